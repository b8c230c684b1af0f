// What is opened over the page goes away again: with Escape, with a click beside it, and when the keyboard has left it.
for (const details of document.querySelectorAll(".menu, .bar details")) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    if (details.contains(document.activeElement)) details.querySelector("summary").focus();
    details.open = false;
  });
  document.addEventListener("click", (event) => {
    if (!details.contains(event.target)) details.open = false;
  });
  details.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !details.contains(relatedTarget)) details.open = false;
  });
}
