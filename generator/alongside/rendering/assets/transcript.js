// The times in a transcript: they go to the player on the page, not to the recording alone.
for (const media of document.querySelectorAll(".as-media")) {
  const player = media.querySelector("video, audio");
  if (player) media.addEventListener("click", (event) => {
    const link = event.target.closest(".as-passages a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.currentTime = Number(link.hash.slice("#t=".length));
    player.play().catch(() => {}); // a browser may want another click first; the player then stands there
    player.focus();
  });
}
