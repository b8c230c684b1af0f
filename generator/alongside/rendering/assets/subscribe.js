// Subscribing to a calendar: the button that copies its address, and the list of ways open for a link to `#subscribe`.
for (const details of document.querySelectorAll(".as-subscribe")) {
  const field = details.querySelector("textarea"), button = details.querySelector("button");
  const status = details.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    let copied = false;
    try {
      await navigator.clipboard.writeText(field.value);
      copied = true;
    } catch {
      copied = document.execCommand("copy"); // where there is no clipboard: on http, or forbidden
    }
    status.textContent = copied ? button.dataset.copied : button.dataset.selected;
  });
  const open = () => { if (location.hash === `#${details.id}`) details.open = true; };
  addEventListener("hashchange", open);
  open();
}
