// Subscribing to a calendar: the button that copies its address, and the list of ways open for a link to `#subscribe`.
for (const details of document.querySelectorAll(".as-subscribe")) {
  const field = details.querySelector("textarea"), button = details.querySelector("button");
  const status = details.querySelector("[role=status]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(field.value);
    } catch { // there is none on http, and it can be forbidden
      field.select();
      copied = document.execCommand("copy");
      if (copied) button.focus();
    }
    status.textContent = copied ? button.dataset.copied : button.dataset.selected;
  });
  const open = () => { if (location.hash === `#${details.id}`) details.open = true; };
  addEventListener("hashchange", open);
  open();
}
