/* Four feeds of the events in peer.json, each filled and serialised anew; prints the CPU seconds it took. */
import { readFileSync, writeFileSync } from "node:fs";
import ical from "ical-generator";

const [folder, feeds] = process.argv.slice(2);
const events = JSON.parse(readFileSync(`${folder}/peer.json`, "utf8"));
const started = process.cpuUsage();
const render = () => {
  const calendar = ical({ name: "All meetups", prodId: "-//naive//EN" });
  for (const one of events) {
    calendar.createEvent({
      id: one.id,
      stamp: one.stamp,
      sequence: 0,
      start: one.start,
      end: one.end,
      timezone: one.zone || null,
      repeating: one.rule ? `RRULE:${one.rule}` : null,
      status: "CONFIRMED",
      transparency: "TRANSPARENT",
      summary: one.summary,
      description: one.description,
      url: one.url,
      categories: one.categories.map((name) => ({ name })),
    });
  }
  return calendar.toString();
};
let first = "";
for (let count = 0; count < feeds; count++) {
  const made = render();
  first ||= made;
}
const { user, system } = process.cpuUsage(started);
writeFileSync(`${folder}/ical-generator.ics`, first);
console.log(((user + system) / 1e6).toFixed(4));
