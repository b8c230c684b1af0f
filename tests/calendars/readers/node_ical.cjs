// node-ical: expands the calendar on stdin over the years of calendars/programs.py, one JSON object a line.
// It takes zones by their IANA name from Node.js and looks into no VTIMEZONE, unless the name is one of Outlook's.
const { readFileSync } = require("node:fs");
const ical = require("node-ical");

const [first, end] = process.argv.slice(2).map((day) => new Date(day));
const lines = [];
for (const event of Object.values(ical.sync.parseICS(readFileSync(0, "utf8")))) {
  if (event?.type !== "VEVENT") continue;
  for (const one of ical.expandRecurringEvent(event, { from: first, to: end })) {
    lines.push(JSON.stringify({
      uid: event.uid, start: moment(one.start, one.isFullDay), end: moment(one.end, one.isFullDay),
      status: one.event.status ?? "", summary: one.summary,
    }) + "\n");
  }
}
process.stdout.write(lines.join(""));

function moment(date, isDay) {
  const text = date.toISOString(); // the clock of this process is UTC, so a day's midnight is that of UTC
  return isDay ? text.slice(0, 10) : text.replace(".000", "");
}
