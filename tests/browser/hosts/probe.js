// The first script of every host page: a host's own, so that strict policies allow it. It stops the clock at the
// example's own day and writes down what happens to the page; the tests read `probe`.
"use strict";

{
  const offset = Number(document.currentScript.dataset.now) - Date.now();
  const RealDate = Date;
  globalThis.Date = class Date extends RealDate {
    constructor(...parts) {
      super(...(parts.length ? parts : [RealDate.now() + offset]));
    }
    static now() {
      return RealDate.now() + offset;
    }
  };
}

const probe = {
  shown: [], // details of `alongside-shown`
  shifts: [], // layout shifts, where the browser counts them
  tops: [], // where what follows the embed has stood, one entry a change
  violations: [], // of Content Security Policy and Trusted Types
  names: [], // what `window` held before the embed's script ran

  // Whether a test comes true within ten seconds.
  async until(test, milliseconds = 10000) {
    for (const end = performance.now() + milliseconds; performance.now() < end; ) {
      if (test()) return true;
      await new Promise((done) => setTimeout(done, 20));
    }
    return false;
  },

  // As long as nothing is fetched and nothing moves for a while.
  async quiet(milliseconds = 150) {
    const state = () => performance.getEntriesByType("resource").length + ":" + this.tops.length + ":" + this.shown.length;
    for (let before = ""; before !== state(); ) {
      before = state();
      await new Promise((done) => setTimeout(done, milliseconds));
    }
  },

  embed() {
    return document.querySelector("alongside-moment");
  },

  // All elements of a tree with the shadow trees inside it, in the order a reader meets them.
  *elements(root) {
    for (const element of root.children) {
      yield element;
      if (element.shadowRoot) yield* this.elements(element.shadowRoot);
      yield* this.elements(element);
    }
  },

  // Pieces of text in the embed that can be seen, now or by scrolling inside it: words, box, size in px, contrast.
  seen(embed = this.embed()) {
    const found = [];
    const frame = embed.getBoundingClientRect();
    if (!embed.shadowRoot || !isShown(embed)) return found;
    for (const element of this.elements(embed.shadowRoot)) {
      if (/^(style|script|template)$/i.test(element.localName) || !isShown(element)) continue;
      for (const node of element.childNodes) {
        if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        const box = range.getBoundingClientRect();
        if (box.width < 2 || box.height < 2 || isClipped(element)) continue;
        const style = getComputedStyle(element);
        const lines = [...range.getClientRects()];
        found.push({
          text: node.data.trim().replace(/\s+/g, " "),
          left: box.left - frame.left,
          right: frame.right - box.right,
          // how far apart the lines begin (the first may follow another element's words), on the left and on the right
          raggedLeft: spread(lines.slice(1).map((line) => line.left)),
          raggedRight: spread(lines.slice(1).map((line) => line.right)),
          insideNow: box.top < frame.bottom && box.bottom > frame.top,
          size: parseFloat(style.fontSize),
          direction: style.direction,
          contrast: contrast(element),
        });
      }
    }
    return found;
  },

  // What the keyboard stands on, through every shadow tree.
  focus() {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const embed = element?.closest("alongside-moment") ?? element?.getRootNode().host?.closest("alongside-moment");
    if (!element || !embed || element === embed) return null;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const frame = embed.getBoundingClientRect();
    return {
      name: element.localName,
      link: element.getAttribute("href") ?? "",
      ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 && colour(style.outlineColor)[3] > 0,
      inView: box.top < frame.bottom && box.bottom > frame.top && box.top < innerHeight && box.bottom > 0,
    };
  },

  // The links and buttons of the embed in the order they are read.
  stops(embed = this.embed()) {
    return [...this.elements(embed.shadowRoot)]
      .filter((element) => element.matches("a[href], button, summary, input, textarea, select") && isShown(element))
      .map((element) => element.localName + " " + (element.getAttribute("href") ?? ""));
  },

  // What is wider than its place: the page, or a part of the embed that neither scrolls nor wraps.
  cutOff(embed = this.embed()) {
    const wide = [];
    if (document.documentElement.scrollWidth > innerWidth) wide.push("the page");
    for (const element of [embed, ...this.elements(embed.shadowRoot)]) {
      const style = getComputedStyle(element);
      const hides = /hidden|clip/.test(style.overflowX) && !isClipped(element);
      if (hides && element.scrollWidth > element.clientWidth + 1) wide.push(element.localName + "." + element.className);
    }
    for (const piece of this.seen(embed)) {
      if (piece.left < -1 || piece.right < -1) wide.push(piece.text);
    }
    return wide;
  },

  // What was kept in this browser, and what the embed's script added to `window`.
  async kept() {
    return {
      cookie: document.cookie,
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      globals: Object.getOwnPropertyNames(window).filter((name) => !this.names.includes(name)),
    };
  },
};
globalThis.probe = probe;

function spread(places) {
  return places.length ? Math.max(...places) - Math.min(...places) : 0;
}

function isShown(element) {
  return element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
}

// Hidden from eyes alone, as words for screen readers are.
function isClipped(element) {
  for (let at = element; at && at.localName !== "alongside-moment"; at = at.parentElement ?? at.getRootNode().host) {
    const box = at.getBoundingClientRect();
    const style = getComputedStyle(at);
    if ((box.width <= 1 || box.height <= 1) && style.overflow !== "visible" && style.display !== "contents") return true;
  }
  return false;
}

// A colour as it is drawn: red, green, blue (0 to 255), opacity (0 to 1).
const painter = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function colour(text) {
  painter.clearRect(0, 0, 1, 1);
  painter.fillStyle = text;
  painter.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = painter.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

function over([red, green, blue, alpha], below) {
  return [red, green, blue].map((value, at) => value * alpha + below[at] * (1 - alpha));
}

// WCAG 2.2, contrast ratio: of an element's own text to what lies behind it.
function contrast(element) {
  const layers = [];
  let opacity = 1;
  for (let at = element; at; at = at.assignedSlot ?? at.parentElement ?? at.getRootNode().host) {
    const style = getComputedStyle(at);
    opacity *= parseFloat(style.opacity);
    layers.push(colour(style.backgroundColor));
    if (layers.at(-1)[3] === 1) break;
  }
  const dark = getComputedStyle(document.documentElement).colorScheme.startsWith("dark");
  const behind = layers.reduceRight((below, layer) => over(layer, below), dark ? [18, 18, 18] : [255, 255, 255]);
  const style = getComputedStyle(element);
  const [red, green, blue, alpha] = colour(style.webkitTextFillColor || style.color);
  const ink = over([red, green, blue, alpha * opacity], behind);
  const [light, deep] = [luminance(ink), luminance(behind)].sort((a, b) => b - a);
  return (light + 0.05) / (deep + 0.05);
}

function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

document.addEventListener("alongside-shown", (event) => probe.shown.push(event.detail));
document.addEventListener("securitypolicyviolation", (event) =>
  probe.violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample + " " + event.sourceFile),
);
if (PerformanceObserver.supportedEntryTypes.includes("layout-shift")) {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      probe.shifts.push({
        value: entry.value,
        moved: entry.sources.map(({ node }) => node?.nodeName + "#" + (node?.id ?? "")),
      });
    }
  }).observe({ type: "layout-shift", buffered: true });
}
requestAnimationFrame(function look() {
  const box = document.getElementById("after")?.getBoundingClientRect();
  const at = box && [box.left + scrollX, box.top + scrollY, box.width].join(" ");
  if (at && at !== probe.tops.at(-1)) probe.tops.push(at);
  requestAnimationFrame(look);
});
