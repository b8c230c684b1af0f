/* The rule of matching in a browser: the same numbers as `alongside.matching` gives, over the shards of one newcomer.

   Whole numbers only, no trigonometry, and no word of the language's own about letters: what a letter is and how it is
   folded comes from a table (`characters/`), because two engines of different years disagree on it. */

const UNSPACED =
  /[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+/gu;
const SPACE = /[\s\x1c-\x1f\x85\ufeff]+/;
const EDGE = /^[.,;:!?"'()[\]«»“”„…。、؟،]+|[.,;:!?"'()[\]«»“”„…。、؟،]+$/g;

const { floor, min, sqrt } = Math;

/* --- text to words ------------------------------------------------------------------------------------------------ */

const codeOf = (character) => character.codePointAt(0);

/* Which parts of the character table a text needs: Unicode in blocks of 4096, those from the fourth on together. */
export const partsOf = (text) =>
  new Set(
    [...text.normalize()]
      .map(codeOf)
      .filter((code) => code > 127)
      .map((code) => min(code >> 12, 3) + (code > 0xffff)),
  );

/* Makes a folder of texts from parts of the table. Each is a list of [gap, result, count, step]: from so many characters
   after the first of the entry before, `count` of them (1) become `result`, which moves on by `step` (0) with each; with
   2, only every second character is meant. 0 is for letters that stay as they are. A result may hold a tab: before it
   the character folded, after it the letters and spaces that words are made of. The folder gives both forms of a text. */
export const folderOf = (tables) => {
  const known = new Map();
  const letters = [[97, 26], [48, 10]]; // a to z, 0 to 9
  for (const table of tables) {
    let first = 0;
    for (const [gap, result, count = 1, step = 0] of table) {
      first += gap;
      if (result === 0) letters.push([first, count]);
      else
        for (let k = 0; k < count; k++)
          known.set(first + k * (step || 1), step ? String.fromCodePoint(codeOf(result) + k * step) : result);
    }
  }
  return (text) => {
    const forms = ["", ""];
    for (let one of text.normalize()) {
      let code = codeOf(one);
      if (code > 64 && code < 91) one = String.fromCodePoint((code += 32));
      if (!known.has(code))
        known.set(code, letters.some(([first, count]) => code >= first && code < first + count) ? one : one + "\t ");
      const [tag, word = tag] = known.get(code).split("\t");
      forms[0] += tag;
      forms[1] += word;
    }
    return forms;
  };
};

const stem = (word) => ([...word].length > 3 && /[^su]s$/.test(word) ? word.slice(0, -1) : word);

export const runsOf = (fold, text) => fold([...text].slice(0, 2e5).join(""))[1].split(" ").filter(Boolean);

const wordsOf = (fold, text) =>
  runsOf(fold, text).flatMap((run) =>
    run
      .replace(UNSPACED, (pairs) => {
        const all = [...pairs];
        return ` ${all[1] ? all.slice(1).map((one, i) => all[i] + one).join(" ") : pairs} `;
      })
      .split(" ")
      .filter(Boolean)
      .map(stem),
  );

/* What a newcomer looks for. `said`: {text, challenges (slugs), topics, roles, languages, country, at, zone, newcomer};
   `titles`: the English titles of the challenges; `fold`: of `folderOf`. */
export const seekerOf = (said, titles, fold) => {
  const words = new Map();
  for (const word of wordsOf(fold, [said.text, ...said.topics, ...said.roles, ...titles].join("\n")))
    words.set(word, (words.get(word) ?? 0) + 1);
  // what a word is told as: the first time it was written
  const surface = new Map();
  for (const written of said.text.split(SPACE))
    for (const word of wordsOf(fold, written)) if (!surface.has(word)) surface.set(word, written.replace(EDGE, ""));
  const tags = (kind, values) => values.map((value) => [kind, kind + " " + (kind[0] == "c" ? value : fold(value)[0]), value]);
  return {
    ...said,
    words,
    surface,
    named: said.topics.map((topic) => [topic, wordsOf(fold, topic)]),
    tags: [...tags("challenge", said.challenges), ...tags("topic", said.topics), ...tags("role", said.roles)],
  };
};

/* --- numbers ------------------------------------------------------------------------------------------------------ */

/* Whole division of numbers that are exact, though their quotient may not be. */
const divide = (a, b) => {
  const quotient = floor(a / b);
  return quotient * b > a ? quotient - 1 : quotient;
};

const utf8 = new TextEncoder();

/* FNV-1a, 32 bits. */
export const fnv = (text, value = 0x811c9dc5) => {
  for (const byte of utf8.encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
};

/* The squared chord of two points so many kilometres apart, with the earth's mean radius. */
const chordOf = (kilometres) => {
  const angle = min(kilometres / 6371.0088, Math.PI);
  let term = 1;
  let total = 0;
  for (let step = 2; step < 42; step += 2) {
    term = (term * (angle * angle)) / (step * (step - 1));
    total += step % 4 == 2 ? term : -term;
  }
  return floor(2 ** 41 * total + 0.5);
};

const compare = (a, b) => (a > b) - (a < b);

export const own = (map, key) => (Object.hasOwn(map, key) ? map[key] : []);

/* --- points and reasons ------------------------------------------------------------------------------------------- */

const NOTHING = [0, "", "", 1]; // no points and no reason, and nothing in the way

/* [points, kind, value, whether it can be reached] of a place. */
const placeRule = (kind, rule, { at, country, zone }, near, [where, name, hours, online, ...there]) => {
  const same = country && country == where;
  const chord = at && there[0] != null ? there.reduce((sum, value, axis) => sum + (value - at[axis]) ** 2, 0) : Infinity;
  if (kind == "members")
    return chord <= rule.bands[0][0] ? [rule.city, "near", name, 1] : same ? [rule.country, "country", where, 1] : NOTHING;
  const band = (!near || chord <= chordOf(near)) && rule.bands.find(([limit]) => chord <= limit);
  if (band) return [band[1], "near", name, 1];
  const reached = !near || !there[2] || !at;
  if (same && (reached || !online)) return [rule.same_country, "country", where, reached];
  if (online) return zone && zone == hours ? [rule.online + rule.same_zone, "zone", hours, 1] : [rule.online, "online", "", 1];
  return [0, "", "", (!country && !at) || !where];
};

/* [points, kind, value, whether they understand each other] of languages. */
const languageRule = ({ language }, { languages }, community, spoken) => {
  const shared = languages.filter((one) => spoken.split(" ").includes(one));
  const special = shared.find((one) => one != community);
  return special ? [language, "language", special, 1] : [0, "", "", shared[0] || !languages[0] || !spoken];
};

/* The best `limit` records of one kind ("members", "stories", "groups", "meetups") among shards, best first:
   {slug, score, reasons: [[kind, value, points]], shard, row}. `options`: {rule, community (language), near (kilometres
   or 0), now (seconds since 1970), today (ISO 8601), limit}. */
export const rank = (kind, shards, seeker, { rule, community, near, now, today, limit }) => {
  const weights = [];
  let square = 0;
  for (const [word, times] of seeker.words) {
    const idf = shards.map(({ words }) => own(words, word)[0]).find(Boolean);
    if (idf) {
      const weight = rule.terms[min(times, 64)] * idf;
      weights.push([word, weight]);
      square += weight * weight;
    }
  }
  const length = floor(sqrt(square));
  const start = fnv("\n", fnv(seeker.newcomer));
  const keyOf = (one) => (one.key ??= fnv(one.slug, start));
  const order = (a, b) => b.level - a.level || a.starts - b.starts || keyOf(a) - keyOf(b) || compare(a.slug, b.slug);

  const best = [];
  const most = kind == "members" ? Infinity : limit;
  let least = 0;
  for (const shard of shards) {
    const { until, closed, dates, norms, language, place: at } = shard;
    // a shard is ranked again and again: what that takes is kept with it
    const slugs = (shard.list ??= shard.slugs.split(" "));
    const size = norms.length;
    const scores = (shard.scores ??= Array(size)).fill(0);
    const dots = (shard.dots ??= Array(size)).fill(0);
    const places = shard.places?.map((place) => placeRule(kind, rule, seeker, near, place)) ?? [NOTHING];
    const tongues = shard.languages.map((one) => languageRule(rule, seeker, community, one));
    for (const [, key] of seeker.tags) {
      const rows = own(shard.tags, key);
      for (let i = 1; i < rows.length; i++) scores[rows[i]] += rows[0];
    }
    for (const [word, weight] of weights) {
      const rows = own(shard.words, word);
      for (let i = 1; i < rows.length; i++) dots[rows[i] % size] += weight * rule.terms[1 + floor(rows[i] / size)] * rows[0];
    }
    for (let row = 0; row < size; row++) {
      const tongue = tongues[language[row]];
      const place = places[at ? at[row] : 0];
      const text = dots[row] && floor((rule.text * divide(1000 * dots[row], length * norms[row])) / 1000);
      let score = scores[row] + tongue[0] + place[0] + text;
      if (!tongue[3]) score = floor((score * rule.no_language_percent) / 100);
      if (score < least || !place[3] || until?.[row] < today) continue;
      if (closed?.[row]?.some(([from, to]) => from <= today && today <= to)) continue;
      const next = dates?.[row].findIndex((over, i) => i % 2 && over * 60 > now);
      const slug = slugs[row];
      if (next < 0 || best.some((one) => one.slug == slug)) continue;
      best.push({ slug, score, level: score, starts: dates?.[row][next - 1], shard, row, place, tongue, text });
      best.sort(order).splice(most);
      least = best[most - 1]?.score ?? 0;
    }
  }

  // members who come near enough to the best one fit as well: the newcomer's id decides among them
  for (const one of best) if (kind == "members" && one.score * 100 >= rule.even * best[0].score) one.level = best[0].score;
  best.sort(order).splice(limit);

  return best.map(({ slug, score, shard, row, place, tongue, text }) => {
    const size = shard.norms.length;
    const reasons = seeker.tags
      .filter(([, key]) => own(shard.tags, key).indexOf(row, 1) > 0)
      .map(([tag, key, value]) => [tag, value, shard.tags[key][0]]);
    for (const [points, told, value] of [place, tongue])
      if (told) reasons.push([told, value, points]);
    if (text) {
      const shared = weights
        .flatMap(([word, weight]) => {
          const held = own(shard.words, word);
          const one = held.find((one, i) => i && one % size == row);
          return one == null ? [] : [[weight * rule.terms[1 + floor(one / size)] * held[0], word]];
        })
        .sort((a, b) => b[0] - a[0] || compare(a[1], b[1]));
      const told = shared.slice(0, 12).map(([, word]) => seeker.surface.get(word));
      const value = told.filter((one) => one && [...one].length > 2).slice(0, 3).join(", ");
      // what cannot be told in words they wrote may be told by a topic they named
      const [topic] = seeker.named.find(
        ([topic, words]) =>
          !value && words[0] && !reasons.some((one) => one[1] == topic) && words.every((word) => shared.some((one) => one[1] == word)),
      ) ?? [];
      reasons.push([topic ? "topic" : "text", topic ?? value, text]);
    }
    const last = ([told, value]) => told == "text" && !value;
    reasons.sort((a, b) => last(a) - last(b) || b[2] - a[2] || compare(a[0], b[0]) || compare(a[1], b[1]));
    return { slug, score, reasons, shard, row };
  });
};
