/* The form for a note inside an embed: fetched when somebody presses "Write to Ana", and not before.

   The service that takes notes says what the form says (`service/note_pages.py`); it is asked for that once the form is
   opened, by the member's slug and the reader's language alone. What somebody types leaves the browser when they press
   the button. All is built by createElement and styled by a sheet of its own, as strict pages want it. */

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
.form { margin-block-start: 1rem; padding-block-start: 1rem; border-block-start: 3px solid var(--c); }
.form form { margin-block-start: 1rem; }
.form h3:focus { outline: none; }
.field { display: grid; gap: .3rem; margin-block-end: 1rem; }
.field label { font-weight: 600; }
.field span { font-size: .875rem; color: var(--s); }
.field .error, .alert { font-weight: 600; color: var(--c); }
.field input, .field select, .field textarea { font: inherit; box-sizing: border-box; inline-size: 100%; min-block-size: 2.75rem; padding: .5em .7em; color: var(--i); background: var(--p); border: 1px solid var(--s); border-radius: .25rem; }
.field select { text-align: start; }
.field textarea { min-block-size: 8rem; resize: vertical; }
.field [aria-invalid="true"] { border: 2px solid var(--c); }
.form :focus-visible { outline: 3px solid var(--c); outline-offset: 2px; }
.apart { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
.ways { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
.form button { font: inherit; min-block-size: 2.75rem; padding: .5em 1em; border: 1px solid; border-radius: .25rem; cursor: pointer; color: var(--c); background: none; }
.form button.send { font-weight: 600; color: var(--p); background: var(--c); }
.form button[aria-disabled="true"] { opacity: .7; cursor: progress; }
`);

const drafts = {}; // what was typed, by form, as long as the page lives: the card around it may be drawn anew

const element = (tag, attributes, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(name, value);
  made.append(...children);
  return made;
};

/* What the service answers to a request that carries nothing of this browser: its JSON, whatever the status. */
const ask = async (url, more) => {
  const answer = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", ...more, headers: { Accept: "application/json", ...more?.headers } });
  return answer.json();
};

/* --- work (ALTCHA) --- */

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
const hexOf = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/* The number that opens a challenge, as the service wants to have it. The browser counts beside the page, which stays
   alive; `goes`: whether anybody still waits for it. */
const solve = async (challenge, goes) => {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const password = new Uint8Array([...bytesOf(nonce), 0, 0, 0, 0]);
  const rule = { name: "PBKDF2", hash: "SHA-256", salt: bytesOf(salt), iterations: cost };
  for (let counter = 0; goes(); counter++) {
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const derivedKey = hexOf(await crypto.subtle.deriveBits(rule, key, keyLength * 8));
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
  }
};

/* --- the form --- */

/* As a link does, in a tab of its own: where no form can be had here. */
const follow = (link) => {
  link.classList.remove("n");
  link.click();
};

/* Shows the form below `link`, which leads to its page. */
export const show = async (link) => {
  const place = link.closest("p");
  if (place.hidden) return;
  const { lang, dir } = link.closest("[lang]");
  const address = `${link.href}?lang=${lang}`;
  place.hidden = true;
  let told;
  try {
    told = await ask(address);
    if (!told.title || (told.altcha && !crypto.subtle)) throw told;
  } catch {
    place.hidden = false;
    return follow(link);
  }
  const root = link.getRootNode();
  if (!root.adoptedStyleSheets.includes(STYLE)) root.adoptedStyleSheets.push(STYLE);

  const title = element("h3", { tabindex: -1, id: "n-title" }, told.title);
  const box = element("div", { class: "form", lang, dir }, title, ...told.texts.map((text) => element("p", {}, text)));
  place.after(box);
  const close = () => {
    box.remove();
    place.hidden = false;
    link.focus();
  };
  // a page's own shortcuts are not meant by what is typed here
  for (const type of ["keydown", "keypress", "keyup"]) box.addEventListener(type, (event) => event.stopPropagation());
  box.addEventListener("keydown", (event) => {
    if (event.key != "Escape" || event.isComposing) return;
    event.preventDefault();
    close();
  });
  const cancel = element("button", { type: "button" });
  cancel.onclick = close;
  if (told.fields) box.append(formOf(told, address, cancel, box));
  title.focus();
  box.scrollIntoView({ block: "nearest" });
};

const formOf = (told, address, cancel, box) => {
  const { words, fields, hidden } = told;
  const draft = (drafts[address] ??= { language: told.language });
  const inputs = {
    address: element("input", { type: "email", autocomplete: "email", required: true, dir: "ltr" }),
    name: element("input", { autocomplete: "name", dir: "auto", maxlength: told.longest_name }),
    language: element("select", {}, ...told.languages.map(([code, name]) => element("option", { value: code, lang: code }, name))),
    message: element("textarea", { rows: 6, required: true, dir: "auto" }),
  };
  const errors = {};
  const rows = Object.entries(inputs).map(([name, input]) => {
    const { label, hint } = fields[name];
    errors[name] = element("span", { class: "error", id: `n-${name}-error` });
    input.id = `n-${name}`;
    input.value = draft[name] ?? "";
    input.oninput = () => (draft[name] = input.value);
    input.setAttribute("aria-describedby", `n-${name}-error n-${name}-hint`);
    return element("div", { class: "field" }, element("label", { for: input.id }, label), input, element("span", { id: `n-${name}-hint` }, hint), errors[name]);
  });
  const counted = element("span", { role: "status" });
  rows.at(-1).append(counted);
  inputs.message.addEventListener("input", () => {
    const count = [...inputs.message.value].length;
    counted.textContent = count > told.most * 0.9 ? words.counted.replace("{count}", count.toLocaleString(told.language)) : "";
  });
  const trap = element("input", { name: hidden, id: "n-trap", tabindex: -1, autocomplete: "off" });
  const alert = element("p", { class: "alert", role: "alert", tabindex: -1 });
  const send = element("button", { class: "send" }, words.button);
  cancel.append(words.cancel);
  const form = element(
    "form",
    { novalidate: "novalidate", "aria-labelledby": "n-title" },
    ...rows,
    element("div", { class: "apart", "aria-hidden": true }, element("label", { for: "n-trap" }, words.leave), trap),
    alert,
    element("p", { class: "ways" }, send, cancel),
  );
  let { stamp } = told;
  let busy = false;

  const take = ({ ok, title, texts, trouble, fields: answered, stamp: next }) => {
    if (ok || !answered) {
      delete drafts[address];
      const heading = element("h3", { tabindex: -1 }, title);
      box.replaceChildren(heading, ...texts.map((text) => element("p", {}, text)));
      return heading.focus();
    }
    stamp = next;
    let first = alert;
    for (const name of Object.keys(inputs).reverse()) {
      const { error } = answered[name];
      errors[name].textContent = error;
      inputs[name].setAttribute("aria-invalid", !!error);
      if (error) first = inputs[name];
    }
    alert.textContent = trouble;
    first.focus();
  };

  // by a click, which Enter in a field is, too: a frame that may not send forms may still run this
  send.onclick = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    send.setAttribute("aria-disabled", true);
    send.textContent = words.sending;
    alert.textContent = "";
    try {
      const altcha = told.altcha ? await solve(await ask(new URL("../altcha", address)), () => form.isConnected) : "";
      if (!form.isConnected) return;
      const body = { stamp, altcha, [hidden]: trap.value };
      for (const [name, input] of Object.entries(inputs)) body[name] = input.value;
      const headers = { "Content-Type": "application/json" };
      take(await ask(address, { method: "POST", headers, body: JSON.stringify(body) }));
    } catch {
      alert.textContent = words.failed;
    } finally {
      busy = false;
      send.setAttribute("aria-disabled", false);
      send.textContent = words.button;
    }
  };
  return form;
};
