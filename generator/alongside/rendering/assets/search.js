// The search of record pages: asks the index that `alongside search` made (Pagefind), from this site alone. Narrowing is
// loaded when it is opened. The address says what is asked, so that a search can be kept, and gone back to.
for (const form of document.querySelectorAll(".as-search")) {
  const texts = JSON.parse(form.dataset.texts);
  const root = new URL(form.dataset.root, location.href);
  const input = form.querySelector("input[type=search]");
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const status = make("p", { className: "as-meta", role: "status" });
  const list = make("ol", { className: "as-hits" });
  const more = make("button", { type: "button", className: "as-button as-button-quiet", hidden: true }, texts.more);
  form.parentElement.querySelector(".as-results").append(status, list, more);
  form.hidden = false;

  // Chinese and Japanese are asked as they were indexed: by character, in this order.
  const unspaced = "\\u3040-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
  const between = new RegExp(`(?<=[${unspaced}])(?=\\S)|(?<=\\S)(?=[${unspaced}])`, "gu");
  const joining = `[${unspaced}\\u3000-\\u303f\\uff00-\\uffef]`, tag = "(?:</?mark>)?";
  const apart = new RegExp(`(?<=${joining}${tag}) (?=${tag}${joining})`, "gu");
  // What has the words beside one another comes first: of unspaced ones, that alone is what was asked.
  const asked = text => {
    const words = text.replace(between, " ").replaceAll('"', " ").trim();
    return /\s/.test(words) ? [`"${words}"`, ...(words !== text && !/\s/.test(text) ? [] : [words])] : [words];
  };
  // One ending less, and one more: "proposals" finds "proposal" in languages whose endings the index does not know.
  const shorter = (text, letters) =>
    text.replace(/[\p{L}\p{M}]{5,}/gu, word => word.slice(0, Math.max(4, word.length - letters)));

  // Ten thousand stories take a phone seconds to look through: that is for a worker, beside the page. A policy with
  // trusted types lets none in, one that names workers may not, and a worker that is tried in vain is reported.
  const isBarred = () => fetch(location.pathname, { method: "HEAD" }).then(({ headers }) => {
    const meta = document.querySelector("meta[http-equiv=content-security-policy i]")?.content;
    return /trusted-types|worker-src|child-src/i.test(`${headers.get("content-security-policy")} ${meta}`);
  }).catch(() => true);
  let index;
  const open = () => index ??= import(new URL("pagefind/pagefind.js", root)).then(async pagefind => {
    const noWorker = await isBarred(), basePath = new URL("pagefind/", root).pathname;
    const made = pagefind.createInstance({ noWorker, excerptLength: 28, basePath });
    await made.init();
    return made;
  });

  const fields = new Map();
  const narrow = make("details", { className: "as-narrowing" }, make("summary", {}, texts.narrow));
  form.append(narrow);
  const offer = async () => {
    if (fields.size) return;
    const known = await (await open()).filters();
    const wanted = new URLSearchParams(location.search);
    const box = make("div");
    for (const name of ["kind", "challenge", "place", "role", "language", "year"]) {
      const values = Object.keys(known[name] ?? {});
      if (values.length < 2) continue;
      values.sort((one, other) => name === "year" ? other.localeCompare(one) : one.localeCompare(other, document.documentElement.lang));
      const field = make("select", { name }, make("option", { value: "" }, texts.any));
      for (const value of values) field.append(make("option", { value }, `${value} (${known[name][value]})`));
      field.value = values.includes(wanted.get(name)) ? wanted.get(name) : "";
      fields.set(name, field);
      box.append(make("label", {}, make("span", {}, texts[name]), field));
    }
    if (box.children.length) narrow.append(box);
  };
  narrow.addEventListener("toggle", () => { if (narrow.open) offer().catch(fail); });

  const fail = () => { status.textContent = texts.failed; };

  const excerpt = html => {
    const paragraph = make("p", { className: "as-hit-words", dir: "auto" });
    const joined = html.replace(/<\/mark>( ?)<mark>/g, "$1").replace(apart, "");
    for (const [place, piece] of joined.split(/<\/?mark>/).entries()) {
      if (piece) paragraph.append(place % 2 ? make("mark", {}, piece) : piece);
    }
    return paragraph;
  };
  const hit = ({ raw_url, url, meta, excerpt: words }) => {
    const person = meta.photo || meta.initials || meta.day; // a story nobody may be named for has an empty arch
    const portrait = meta.photo
      ? make("img", { src: new URL(meta.photo, root).href, alt: "", width: 96, height: 96, loading: "lazy" })
      : make("span", { ariaHidden: "true" }, meta.initials ?? "");
    portrait.className = `as-portrait as-portrait-s${meta.hue ? ` as-hue-${meta.hue}` : " as-portrait-unnamed"}`;
    const link = make("a", { href: new URL(raw_url ?? url, root).href, dir: "auto" }, meta.title);
    if (meta.language) link.lang = meta.language;
    const about = make("p", { className: "as-meta" });
    for (const text of [meta.kind, meta.by, meta.day]) {
      if (text) about.append(make("span", { className: "as-dot" }, make("bdi", {}, text)));
    }
    const body = make("div", {}, make("h2", { className: "as-row-title" }, link), about, excerpt(words));
    return make("li", { className: "as-row" }, ...(person ? [portrait] : []), body);
  };

  // Of a word that is nowhere the index takes the longest beginning that is somewhere, were it two letters.
  const isNear = (text, html) => {
    const found = [...html.matchAll(/<mark>(.*?)<\/mark>/gs)].map(([, word]) => word.length);
    return text.replace(between, " ").split(/\s+/).some(word => Math.max(0, ...found) >= .6 * word.length);
  };

  let results = [], turn = 0;
  const show = async count => {
    const mine = turn, from = list.children.length;
    const found = await Promise.all(results.slice(from, from + count).map(result => result.data()));
    if (mine !== turn) return;
    list.append(...found.map(hit));
    more.hidden = list.children.length >= results.length;
  };
  more.addEventListener("click", async () => {
    const from = list.children.length;
    await show(10);
    list.children[from]?.querySelector("a").focus();
  });

  const search = async () => {
    const mine = ++turn, text = input.value.trim().normalize("NFC");
    const query = new URLSearchParams(text ? { q: text } : {});
    try {
      const wanted = new URLSearchParams(location.search);
      if (!fields.size && [...wanted.keys()].some(name => name in texts && name !== "q")) {
        await offer();
        narrow.open = true;
      }
      const filters = {};
      for (const [name, field] of fields) if (field.value) query.set(name, filters[name] = field.value);
      history.replaceState(null, "", `${location.pathname}${query.size ? `?${query}` : ""}`);
      if (!text && !Object.keys(filters).length) {
        results = [];
        list.replaceChildren();
        more.hidden = true;
        status.textContent = "";
        return;
      }
      const pagefind = await open();
      const found = new Map();
      for (const words of new Set([0, 1, 2].map(letters => shorter(text, letters)))) {
        for (const query of text ? asked(words) : [null]) {
          await new Promise(done => setTimeout(done)); // whoever types on, or scrolls, goes first
          if (mine !== turn) return;
          for (const result of (await pagefind.search(query, { filters })).results) {
            if (!found.has(result.id)) found.set(result.id, result);
          }
        }
        if (found.size >= 10 || !text) break;
      }
      results = [...found.values()];
      if (text && results.length && !isNear(text, (await results[0].data()).excerpt)) results = [];
      if (mine !== turn) return;
      list.replaceChildren();
      await show(10);
      status.textContent = results.length ? texts.count.replace("{count}", results.length) : texts.none;
    } catch {
      fail();
    }
  };

  let typing;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, 200);
  });
  form.addEventListener("change", event => { if (event.target !== input) search(); });
  form.addEventListener("submit", event => {
    event.preventDefault();
    clearTimeout(typing);
    search();
  });
  input.value = new URLSearchParams(location.search).get("q") ?? input.value;
  if (location.search) search();
}
