/* The page of a moment in an iframe. What the build put there stays, and nothing is loaded, until somebody says for whom
   it is: the address's fragment (`#challenges=first-talk&place=Berlin`, which browsers send to no server), or the page
   around it by postMessage. Both ways only strings of known names are taken, and none is ever HTML.

   The page around it is heard, and told how high this one is, only if the fragment names that page's origin
   (`host=https://app.example.org`): messages of other origins and other windows are nobody's. */
const moment = document.querySelector("alongside-moment");
const NAMES = "challenges topics roles place languages newcomer near text timezone".split(" ");
const LONGEST = 20000; // characters of one of them

/* Whose consent ended after the site was built is shown no more. */
const today = new Date().toLocaleDateString("sv");
for (const one of moment.querySelectorAll("[data-until]")) if (one.dataset.until < today) one.remove();

const said = () => new URLSearchParams(location.hash.slice(1));

/* An origin as browsers write it, else nothing: `*`, `null` and what has a path or a user are none. */
const originOf = (text) => {
  try {
    const { origin, protocol } = new URL(text);
    return /^https?:$/.test(protocol) && origin === text ? origin : "";
  } catch {
    return "";
  }
};

const take = (profile) => {
  for (const name of NAMES) {
    const value = Object.hasOwn(profile, name) ? profile[name] : undefined;
    if (typeof value === "string") moment.setAttribute(name, value.slice(0, LONGEST));
  }
  if (NAMES.some((name) => moment.getAttribute(name))) import("./alongside.js").catch((problem) => console.info(problem));
};

const takeFragment = () => {
  const profile = Object.fromEntries(said());
  for (const name of NAMES) if (!Object.hasOwn(profile, name)) moment.removeAttribute(name);
  take(profile);
};

const host = parent === window ? "" : originOf(said().get("host"));
if (host) {
  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== host || source !== parent) return;
    const profile = data?.alongside;
    if (profile && typeof profile === "object") take(profile);
  });
  const tell = (what) => parent.postMessage({ alongside: what }, host);
  const page = document.documentElement;
  new ResizeObserver(() => tell({ height: Math.ceil(page.getBoundingClientRect().height) })).observe(page);
  moment.addEventListener("alongside-shown", ({ detail }) => tell({ shown: detail }));
}
addEventListener("hashchange", takeFragment);
takeFragment();
