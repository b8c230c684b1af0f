"""icalendar and recurring-ical-events: expand the calendar on stdin, one JSON object a line.

They take a zone by its IANA name from the `tzdata` package, and one of another name from the calendar.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime

import icalendar
import recurring_ical_events  # type: ignore[import-untyped]


def moment(value: datetime | date) -> str:
    """An instant in UTC, or a day."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat()


def main() -> None:
    """Read, expand from the first day of the arguments up to the second, write."""
    first, end = (date.fromisoformat(day) for day in sys.argv[1:])
    calendar = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
    for event in recurring_ical_events.of(calendar).between(first, end):
        line = {
            "uid": str(event["UID"]),
            "start": moment(event.start),
            "end": moment(event.end),
            "status": str(event.get("STATUS", "")),
            "summary": str(event.get("SUMMARY", "")),
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
