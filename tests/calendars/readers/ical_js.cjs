// ical.js, which Thunderbird and Nextcloud read calendars with: expands the calendar on stdin over the years of
// calendars/programs.py, one JSON object a line. It has no zones of its own: those of the calendar or none.
const { readFileSync } = require("node:fs");
const ICAL = require("ical.js");

const [first, end] = process.argv.slice(2);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);

const events = calendar.getAllSubcomponents("vevent");
const changes = new Map();
for (const event of events.filter(isChange))
  changes.set(uid(event), [...(changes.get(uid(event)) ?? []), event]);

const lines = [];
for (const component of events.filter((one) => !isChange(one))) {
  // named here: left to itself, an event takes the changes of all others
  const event = new ICAL.Event(component, { strictExceptions: true, exceptions: changes.get(uid(component)) ?? [] });
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

function uid(component) {
  return component.getFirstPropertyValue("uid");
}

function isChange(component) {
  return component.hasProperty("recurrence-id");
}

function add(event, startDate, endDate) {
  const status = event.component.getFirstPropertyValue("status") ?? "";
  lines.push(JSON.stringify({
    uid: event.uid, start: moment(startDate), end: moment(endDate), status, summary: event.summary ?? "",
  }) + "\n");
}

function moment(time) {
  return time.isDate ? time.toString() : new Date(time.toUnixTime() * 1000).toISOString().replace(".000", "");
}
