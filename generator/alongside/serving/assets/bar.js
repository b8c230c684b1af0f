// Follows what changes: a page that is another one is loaded anew where it stands, a bar that is another one is replaced.
// Nothing is listened to while nobody looks: browsers open six connections to one server, and have more tabs than that.
"use strict";

(() => {
  const bar = document.querySelector("alongside-bar");
  if (!bar) return;
  if (window.top !== window) {
    bar.hidden = true;
    return;
  }
  let stream = null;

  const listen = () => {
    if (stream || document.hidden) return;
    const { page, shown, bar: digest } = bar.dataset;
    stream = new EventSource(`/_alongside/events?${new URLSearchParams({ page, shown, bar: digest })}`);
    stream.addEventListener("page", () => {
      stop();
      location.reload();
    });
    stream.addEventListener("bar", async (event) => {
      const answer = await fetch(`/_alongside/bar?${new URLSearchParams({ page })}`);
      if (!answer.ok || !bar.shadowRoot) return;
      bar.shadowRoot.innerHTML = await answer.text();
      bar.dataset.bar = event.data;
    });
  };
  const stop = () => {
    if (stream) stream.close();
    stream = null;
  };

  bar.addEventListener("keydown", ({ key }) => {
    const list = bar.shadowRoot?.querySelector("details[open]");
    if (key !== "Escape" || !list) return;
    list.open = false;
    list.firstElementChild.focus();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", listen);
  listen();
})();
