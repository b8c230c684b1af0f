/* The page of a moment in an iframe: takes the newcomer's profile from the address's fragment, or from the page around
   it by postMessage, and tells that page how high it is. Both only if the fragment names that page's origin
   (`host=https://app.example.org`), which is compared exactly. */
const moment = document.querySelector("alongside-moment");
const profile = new URLSearchParams(location.hash.slice(1));
const host = profile.get("host");
const names = "challenges topics roles place languages newcomer near text timezone".split(" ");

const take = (said) => {
  for (const name of names) {
    const value = said[name];
    if (typeof value === "string") moment.setAttribute(name, value);
  }
};

take(Object.fromEntries(profile));
if (host && parent !== window) {
  addEventListener("message", ({ origin, source, data }) => {
    if (origin === host && source === parent && data && typeof data.alongside === "object") take(data.alongside ?? {});
  });
  new ResizeObserver(() => {
    parent.postMessage({ alongside: { height: Math.ceil(document.documentElement.getBoundingClientRect().height) } }, host);
  }).observe(document.documentElement);
  moment.addEventListener("alongside-shown", ({ detail }) => parent.postMessage({ alongside: { shown: detail } }, host));
}
addEventListener("hashchange", () => take(Object.fromEntries(new URLSearchParams(location.hash.slice(1)))));
