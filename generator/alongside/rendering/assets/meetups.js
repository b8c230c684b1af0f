// The pages of meetups: narrowing in place, kept in the address, and the reader's own time beside the local one.
// All that is compared stands in the page. The browser is asked for one thing, how far its own clock is from UTC.
{
  const form = document.querySelector(".as-filters"), dates = document.querySelector("[data-dates]");
  const rows = form ? [...dates.querySelectorAll("[data-is]")] : [];
  const status = document.querySelector(".as-found");
  const fields = form ? [...form.elements].filter((field) => field.name) : [];
  const asked = new URLSearchParams(location.search);
  // what others hang onto a link (utm_source, ...) asks for nothing, and a narrowed page stays what it is
  const query = fields.some((field) => asked.has(field.name)) ? asked : new URLSearchParams(form?.dataset.narrowed);
  const values = new Map(rows.map((row) => [row, new Set(row.dataset.is.split(" "))]));

  // --- the reader's own time ---

  const line = document.querySelector(".as-own-line");
  const startOf = (row) => row.querySelector("time")?.dateTime ?? "";
  // a day that starts by no clock is looked at where it is, at its midnight
  const instant = (row) => {
    const start = startOf(row) || row.closest("[data-day]").dataset.day;
    return new Date(start.includes("T") ? start : Date.parse(start) - row.dataset.offset * 60000);
  };
  const isMine = (row) => -instant(row).getTimezoneOffset() === Number(row.dataset.offset);
  const language = dates?.closest("[lang]").lang;
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = new Intl.DateTimeFormat(language, { weekday: "short" });

  const showOwnTimes = () => {
    let others = 0;
    for (const row of rows) {
      const start = startOf(row);
      if (!start.includes("T") || isMine(row)) continue;
      others += 1;
      const from = new Date(start), ends = new Date(row.dataset.ends ?? start);
      const isLong = ends - from >= 864e5; // then hours say little without their days
      const hours = document.createElement("bdi"), own = document.createElement("span");
      hours.dir = "ltr";
      hours.textContent = clock.format(from) + (ends > from && !isLong && row.matches(".as-date") ? `–${clock.format(ends)}` : "");
      // where it is another day, the day is said
      const here = [from.getFullYear(), from.getMonth() + 1, from.getDate()].map((part) => String(part).padStart(2, "0"));
      const [before, after] = form.dataset.time.split("{time}");
      own.className = "as-own";
      own.append(before, start.startsWith(here.join("-")) ? "" : `${weekday.format(from)} `, hours, after);
      row.querySelector(".as-date-time").append(" ", own);
    }
    line.hidden = !others;
    line.querySelector("bdi").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone?.replaceAll("_", " ") ?? "";
  };

  // --- narrowing ---

  const chosen = (name) => form.elements[name]?.selectedOptions?.[0];

  const fits = (row) => {
    const own = values.get(row);
    return fields.every((field) => {
      if (field.type === "checkbox") return field.name !== "zone" || !field.checked || isMine(row);
      if (!field.value) return true;
      const near = field.name === "place" && form.elements.near.checked && chosen("place").dataset.near;
      return (near ? near.split(" ") : [field.value]).some((value) => own.has(`${field.name}:${value}`));
    });
  };

  const narrow = () => {
    let count = 0;
    for (const row of rows) {
      row.hidden = !fits(row);
      count += !row.hidden;
    }
    for (const part of dates.querySelectorAll("section, td[data-day]"))
      if (part.querySelector("[data-is]")) part.classList.toggle("as-nothing", !part.querySelector("[data-is]:not([hidden])"));
    const active = fields.some((field) => (field.type === "checkbox" ? field.checked && field.name === "zone" : field.value));
    const text = active ? (count ? form.dataset.shown : form.dataset.none) : "";
    status.textContent = text.replace("{count}", count).replace("{total}", rows.length);
  };

  const search = () => {
    const kept = new URLSearchParams();
    for (const field of fields)
      if (field.type === "checkbox" ? field.checked : field.value) kept.set(field.name, field.value);
    if (!line.querySelector("input").checked) kept.set("own", "no");
    return kept.size ? `?${kept}` : "";
  };

  // Where a community plans more than one page holds, the page of a place, language or online holds what is asked for.
  const leave = (go) => {
    const place = chosen("place");
    const found = [place, chosen("language"), chosen("how")].map((option) => option?.dataset.path).find(Boolean);
    const path = place?.dataset.near ? `${form.dataset.towns}${place.value}/` : found ?? (form.dataset.narrowed && form.dataset.home);
    if ("whole" in form.dataset || !path) return false;
    const target = new URL(path, location.href);
    if (target.pathname === location.pathname) return false;
    target.search = search();
    go(target.href);
    return true;
  };

  const keep = () => {
    history.replaceState(null, "", location.pathname + search() + location.hash);
    for (const link of document.querySelectorAll(".as-views a, .as-months a, .as-pager a")) link.search = search();
  };

  if (form) {
    for (const field of fields)
      if (field.type === "checkbox") field.checked = query.get(field.name) === field.value;
      else if ([...field.options].some((option) => option.value === query.get(field.name))) field.value = query.get(field.name);
    document.querySelector(".as-narrow").hidden = true;
    form.hidden = false;
    form.closest("details").open ||= fields.some((field) => asked.has(field.name));
    const own = line.querySelector("input");
    own.checked = asked.get("own") !== "no";
    const switchOwn = () => dates.classList.toggle("as-own-off", !own.checked);
    showOwnTimes();
    switchOwn();
    own.addEventListener("change", () => { switchOwn(); keep(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => { if (!leave((to) => location.assign(to))) { keep(); narrow(); } });
    form.addEventListener("reset", () => setTimeout(() => {
      if (!leave((to) => location.assign(to))) { keep(); narrow(); }
    }));
    if (!leave((to) => location.replace(to))) { keep(); narrow(); }
    const today = new Date(), parts = [today.getFullYear(), today.getMonth() + 1, today.getDate()];
    const cell = dates.querySelector(`[data-day="${parts.map((part) => String(part).padStart(2, "0")).join("-")}"]`);
    cell?.setAttribute("aria-current", "date");
  }
}
