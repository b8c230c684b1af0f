// ical.js, which Thunderbird and Nextcloud read calendars with: expands the calendar on stdin over the years of
// calendars/readers.py, one JSON object a line. It has no zones of its own: those of the calendar or none.
const { readFileSync } = require("node:fs");
const ICAL = require("ical.js");

const [first, end] = process.argv.slice(2);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);

const events = calendar.getAllSubcomponents("vevent").map((one) => new ICAL.Event(one, { strictExceptions: true }));
const changes = new Map();
for (const event of events.filter((one) => one.isRecurrenceException()))
  changes.set(event.uid, [...(changes.get(event.uid) ?? []), event]);

const lines = [];
for (const event of events.filter((one) => !one.isRecurrenceException())) {
  for (const change of changes.get(event.uid) ?? []) event.relateException(change);
  if (!event.isRecurring()) {
    add(event, event.startDate, event.endDate);
    continue;
  }
  const occurrences = event.iterator();
  for (let next = occurrences.next(); next; next = occurrences.next()) {
    if (next.year > Number(end.slice(0, 4))) break;
    if (next.year < Number(first.slice(0, 4)) - 1) continue;
    const { item, startDate, endDate } = event.getOccurrenceDetails(next);
    add(item, startDate, endDate);
  }
}
process.stdout.write(lines.join(""));

function add(event, startDate, endDate) {
  const status = event.component.getFirstPropertyValue("status") ?? "";
  lines.push(JSON.stringify({
    uid: event.uid, start: moment(startDate), end: moment(endDate), status, summary: event.summary ?? "",
  }) + "\n");
}

function moment(time) {
  return time.isDate ? time.toString() : new Date(time.toUnixTime() * 1000).toISOString().replace(".000", "");
}
