/* <alongside-moment>: community inside somebody else's product.

   What stands between its tags is shown until the data is there, and stays where it cannot be had. What is then shown
   was laid out by the build, as trees (see `rendering/embeds/layouts.py`); here it is only chosen, put into the reader's
   language and built, by createElement: a page's policy for HTML (Trusted Types) is never asked. Nothing of a newcomer
   leaves the browser but keys of files: a challenge's slug, a cell of the map, a part of the table of places. */

import { fnv, folderOf, own, partsOf, rank, runsOf, seekerOf } from "./rank.js";

const NAME = "alongside-moment";
const HERE = new URL(".", import.meta.url);
const ATTRIBUTES = "moment challenges topics roles place languages newcomer near text timezone".split(" ");
const NOBODY = "" + Math.random(); // whom no id tells apart: the same people on one page, others on the next

const SPARE = 2; // more than are shown, of each kind: a card may be gone

const loaded = {};

const load = (path) =>
  (loaded[path] ??= fetch(new URL(path, HERE), { credentials: "omit", referrerPolicy: "no-referrer" })
    .then((answer) => (answer.ok ? answer[/css$/.test(path) ? "text" : "json"]() : Promise.reject(path)))
    .catch((problem) => {
      delete loaded[path]; // another try may find it
      throw problem;
    }));

const listOf = (text) => (text ?? "").split(",").map((one) => one.trim()).filter(Boolean);
const languageOf = (tag) => tag.split("-")[0].toLowerCase();

/* What the attributes say, ready for ranking. */
const read = async (attributes, index) => {
  const fold = folderOf(await Promise.all([...partsOf(Object.values(attributes).join())].map((part) => load(`characters/${part}.json`))));
  const keyOf = (text) => runsOf(fold, text).join(" ");
  const challenges = listOf(attributes.challenges).flatMap((name) => own(index.names, keyOf(name)));
  const said = {
    text: attributes.text ?? "",
    challenges: [...new Set(challenges)],
    topics: listOf(attributes.topics),
    roles: listOf(attributes.roles),
    languages: listOf(attributes.languages).map(languageOf),
    newcomer: attributes.newcomer || NOBODY,
    zone: attempt(() => dayOf(new Date(), attributes.timezone)) && attributes.timezone,
  };
  const place = keyOf(attributes.place ?? "");
  if (place && index.places) {
    const part = fnv(place.slice(0, 8)) % index.places;
    const { zones, places, names } = await load(`places/${part}.json`).catch(() => ({ names: {} }));
    const [country, zone, ...there] = places?.[own(names, place)] ?? [];
    said.country = country;
    said.zone ||= zones?.[zone];
    said.cell = there[3];
    if (said.cell) said.at = there.slice(0, 3);
  }
  said.zone ||= Intl.DateTimeFormat().resolvedOptions().timeZone;
  return seekerOf(said, said.challenges.map((slug) => index.challenges[slug].words), fold);
};

/* The files that hold a newcomer's records of one kind. */
const pathsOf = (kind, { challenges, cell }, { shards, rule, cells }) => {
  const keys = [...challenges.slice(0, rule.challenges), "_"];
  const paths = keys.filter((key) => shards[kind].includes(key)).map((key) => `${kind}/${key}.json`);
  const near = /ups$/.test(kind) && cells.findLast((one) => cell?.startsWith(one));
  return near ? [...paths, `near/${near}.json`] : paths;
};

/* The best `limit` of one kind, each with its card. One whose card is gone is passed over; where nothing at all could be
   asked, that is an error: nobody may read that nobody is there. */
const choose = async (kind, limit, seeker, index, near) => {
  const now = new Date();
  const files = await Promise.all(pathsOf(kind, seeker, index).map(load));
  const held = files.flatMap((file) => file[kind] ?? []);
  const { rule, language } = index;
  const options = { rule, near, community: language, now: now / 1000, limit: limit + SPARE };
  const found = rank(kind, held, seeker, { ...options, today: dayOf(now, seeker.zone) });
  const drawn = [];
  let problem;
  while (drawn.length < limit && found[0]) {
    const wanted = found.splice(0, limit - drawn.length);
    const cards = wanted.map(({ slug, shard, row }) => {
      const versions = shard.versions?.[row] ?? {};
      return load(`cards/${kind}/${versions[seeker.languages.find((one) => versions[one])] ?? slug}.json`);
    });
    (await Promise.allSettled(cards)).map(({ value, reason }, i) =>
      value ? drawn.push({ ...wanted[i], card: value }) : (problem = reason),
    );
  }
  if (problem && !drawn[0]) throw problem;
  return drawn;
};

const dayOf = (moment, timeZone) => moment.toLocaleDateString("sv", { timeZone });

/* What a browser does not know as a zone or an address is left out: one such text is no reason to show nothing. */
const attempt = (ask) => {
  try {
    return ask();
  } catch {}
};
const addressOf = (value) => attempt(() => new URL(value, new URL("../..", HERE)).href.match(/^(https?|mailto|webcal|xmpp|ircs?|matrix):.*/)[0]);

/* Builds trees: a text; [tag, {attributes}, ...children]; or one of the nodes below, which ask who reads. */
const builderOf = (index, texts, languages, seeker, found) => {
  const [language] = languages;
  const now = new Date();
  const named = (type, code) => attempt(() => new Intl.DisplayNames(language, { type }).of(code)) ?? code;
  const written = (moment, timeZone, how) =>
    attempt(() => moment.toLocaleString(language, { timeZone, ...how })) ?? written(moment, "UTC", how);
  const day = { dateStyle: "full" };
  const hours = { timeStyle: "short" };

  const build = (one) => {
    if (!one.map) return one;
    const [tag, attributes, ...children] = one;
    if (Object.hasOwn(nodes, tag)) return nodes[tag](attributes, ...children);
    const made = document.createElement(/^(script|style|link|base|meta|iframe|object|embed)$/.test(tag) ? "p" : tag);
    for (const [name, value] of Object.entries(attributes)) {
      const safe = /^(href|src)$/.test(name) ? addressOf(value) : /^(on|style)/.test(name) || value;
      if (safe?.at) made.setAttribute(name, safe);
    }
    made.append(...children.flatMap(build));
    return made;
  };

  const nodes = {
    /* an interface text; what is put into it is isolated, so that a name in another script stays whole */
    say: (key, values = {}) =>
      (texts[key] ?? "").split(/[{}]/).flatMap((part, i) => (i % 2 ? build(["bdi", {}, values[part] ?? ""]) : part)),
    /* one of several languages' children: the first of the reader's */
    pick: (versions, tag, attributes) => {
      const codes = Object.keys(versions);
      const code = languages.map((wanted) => codes.find((one) => languageOf(one) == wanted)).find(Boolean) ?? codes[0];
      return code ? build([tag, languageOf(code) == language ? attributes : { lang: code, dir: "auto", ...attributes }, ...versions[code]]) : [];
    },
    /* for readers of other languages than `code` */
    foreign: (code) => (languageOf(code) == language ? [] : named("language", code)),
    language: (code) => named("language", code),
    /* until that day, included */
    until: (last, ...children) => (last && last < dayOf(now, seeker.zone) ? [] : children.flatMap(build)),
    /* the first that is not over */
    next: (...dates) => dates.filter(([over]) => over * 6e4 > now).slice(0, 1).flatMap(([, ...children]) => children.flatMap(build)),
    day: (date) => written(new Date(date), "UTC", day),
    /* a moment, in the reader's time, and in the meetup's where it is another */
    time: (minutes, zone) => {
      const moment = new Date(minutes * 6e4);
      const there = written(moment, zone, hours);
      const city = zone.split("/").pop().replaceAll("_", " ");
      return [
        written(moment, seeker.zone, { ...day, ...hours }),
        ...(there == written(moment, seeker.zone, hours) ? [] : [" (", there, " ", ...nodes.say("meetup.zone", { city }), ")"]),
      ];
    },
    /* the chosen ones of a kind, each as one part of its card; else the children */
    chosen: (kind, part, most, ...children) => {
      const drawn = found[kind].slice(0, most).flatMap((one) => {
        nodes.why = () => whyOf(one, kind);
        return (one.card[part] ?? []).flatMap(build);
      });
      return drawn[0] ? drawn : children.flatMap(build);
    },
  };

  const whyOf = ({ reasons }, kind) =>
    reasons
      .filter(([told, value]) => value || told != "text")
      .slice(0, 3)
      .map(([told, value]) => {
        if (told == "challenge") value = ["pick", index.challenges[value].title, "bdi", {}];
        if (told == "language") value = named("language", value);
        if (told == "country") value = named("region", value);
        return build(["li", {}, ["say", `reason.${told}.${kind == "members" ? "member" : "record"}`, { value }]]);
      });

  return build;
};

/* The room that is kept, whatever a page's style says about every element of it; the rest is in `style.css`. */
const host = new CSSStyleSheet();
host.replaceSync(
  ":host{display:block;block-size:var(--alongside-block-size,30rem);box-sizing:border-box;overflow:auto;zoom:1;float:none;max-block-size:none;max-inline-size:none;writing-mode:horizontal-tb;}".replaceAll(";", "!important;"),
);

class Moment extends HTMLElement {
  static observedAttributes = ATTRIBUTES;
  #turn = 0;

  connectedCallback() {
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [host];
      this.#show(document.createElement("slot"));
    }
    this.#ask();
  }

  attributeChangedCallback() {
    if (this.shadowRoot) this.#ask();
  }

  #show(content) {
    this.shadowRoot.replaceChildren(content);
  }

  /* Several attributes change at once: one look at them is enough. */
  #ask() {
    const turn = ++this.#turn;
    setTimeout(async () => {
      const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [name, this.getAttribute(name)]));
      const asked = JSON.stringify(attributes);
      if (turn != this.#turn || asked == this.asked) return;
      this.asked = "";
      try {
        const [content, css, detail] = await this.#choose(attributes);
        if (turn != this.#turn) return;
        this.asked = asked;
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(css);
        this.shadowRoot.adoptedStyleSheets = [sheet, host];
        this.#show(content);
        this.dispatchEvent(new CustomEvent("alongside-shown", { bubbles: true, composed: true, detail }));
      } catch (problem) {
        console.info(problem);
        if (turn == this.#turn) this.#show(document.createElement("slot"));
      }
    });
  }

  async #choose(attributes) {
    const files = ["index.json", `moments/${encodeURI(attributes.moment)}.json`, "style.css"];
    const [index, moment, css] = await Promise.all(files.map(load));
    if (index.format != 1) throw index.format;
    const wanted = [...listOf(attributes.languages), ...navigator.languages, index.language].map(languageOf);
    const language = wanted.find((one) => index.languages.includes(one)) ?? "en";
    const [texts, seeker] = await Promise.all([load(`texts/${language}.json`), read(attributes, index)]);
    const found = {};
    const detail = {};
    const near = parseFloat(attributes.near) * 1.609344 ** /mi/.test(attributes.near) || moment.near;
    await Promise.all(
      moment.kinds.map(async ([kind, limit]) => {
        found[kind] = await choose(kind, limit, seeker, index, near);
        detail[kind] = found[kind].map(({ slug }) => slug);
      }),
    );
    const content = builderOf(index, texts, [...new Set([language, ...wanted])], seeker, found)(moment.tree);
    content.lang = language;
    content.dir = texts.dir;
    /* The form for a note is a script of its own, for whoever wants it. Where that cannot be had, the link is followed. */
    content.onclick = (event) => {
      const link = event.target.closest(".n");
      if (!link) return;
      event.preventDefault();
      import("./" + NOTE).then((form) => form.show(link)).catch(() => {
        link.className = "b";
        link.click();
      });
    };
    return [content, css, detail];
  }
}

customElements.get(NAME) || customElements.define(NAME, Moment);

Moment.all = [folderOf, partsOf, pathsOf, rank, seekerOf]; // for who counts as a browser does
