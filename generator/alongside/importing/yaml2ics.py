"""Calendars in the YAML of `yaml2ics` (scientific Python's communities keep theirs in it), as components of a calendar.

Each event becomes the lines that a VEVENT would have, so everything after this is as with a calendar file.

    - summary: Community call                       SUMMARY:Community call
      begin: 2026-01-14 18:00:00 +00:00             DTSTART:20260114T180000Z
      duration: {minutes: 60}                       DURATION:PT3600S
      repeat: {interval: {days: 14}, until: ...}    RRULE:FREQ=DAILY;INTERVAL=14;UNTIL=...
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from alongside.importing.components import MAX_EVENTS, CalendarError, Components, Line, parse_line
from alongside.importing.meetups import Notice
from alongside.problems import Problem
from alongside.reading.slugs import slugify
from alongside.reading.times import Moment, parse_duration, parse_moment
from alongside.source.decoding import decode, read_bytes
from alongside.source.yaml_nodes import read_yaml

_MOST_FILES = 200
_KEYS = frozenset(("name", "timezone", "events", "include"))  # of a file
_UNITS = {
    "seconds": "SECONDLY", "minutes": "MINUTELY", "hours": "HOURLY", "days": "DAILY", "weeks": "WEEKLY",
    "months": "MONTHLY", "years": "YEARLY",
}  # fmt: skip
# Keys whose value is a text of its own property.
_TEXTS = {
    "summary": "SUMMARY", "name": "SUMMARY", "description": "DESCRIPTION", "location": "LOCATION", "url": "URL",
    "status": "STATUS", "classification": "CLASS", "uid": "UID",
}  # fmt: skip
# People, and what a meetup has no use for.
_PASSED = frozenset(("organizer", "attendees", "alarms", "created", "last_modified", "dtstamp", "transparent", "geo"))


@dataclass(slots=True, kw_only=True)
class _Reader:
    notices: list[Notice] = field(default_factory=list)
    components: Components = field(default_factory=Components)
    files: set[Path] = field(default_factory=set)

    def read(self, file: Path) -> None:
        """One file, and those that it includes, each once."""
        try:
            file = file.resolve()
        except (OSError, ValueError) as error:  # links in a circle, a NUL
            raise CalendarError(f"An included file cannot be found: {error}.") from error
        if file in self.files:
            return
        self.files.add(file)
        if len(self.files) > _MOST_FILES:
            raise CalendarError(f"More than {_MOST_FILES} files are included.", hint="Import them one by one.")
        value = _mapping(file)
        zone = _text(value.get("timezone")) or "UTC"
        for name in _list(value.get("include")):
            self.read(file.parent / _text(name))
        events = [event for event in _list(value.get("events")) if isinstance(event, dict)]
        titles = Counter(slugify(_title(event)) for event in events)
        for event in events:
            name = slugify(_title(event))
            uid = f"{slugify(file.stem)}-{name}"
            if titles[name] > 1:
                uid += f"-{_text(event.get('begin'))[:10]}"
            self.components.events.append(tuple(self._lines(event, zone, uid)))
            if len(self.components.events) > MAX_EVENTS:
                raise CalendarError(f"There are more than {MAX_EVENTS:,} events in it.", hint="Import a part of it.")

    def _lines(self, event: dict[str, Any], zone: str, uid: str) -> Iterator[Line]:
        def tell(message: str, hint: str = "") -> None:
            self.notices.append(Notice(uid=uid, title=_title(event), message=message, hint=hint))

        zone = _text(event.get("timezone")) or zone
        if not event.get("uid"):
            yield Line("UID", {}, uid)
        for key, name in _TEXTS.items():
            if event.get(key):
                yield Line(name, {}, _escaped(_text(event[key])))
        categories = [_escaped(_text(item)).replace(",", "\\,") for item in _list(event.get("categories"))]
        if categories:
            yield Line("CATEGORIES", {}, ",".join(categories))
        yield from _times(event, zone)
        repeat = event.get("repeat")
        if isinstance(repeat, dict):
            yield from _repeat(repeat, zone)
        for raw in _text(event.get("ics")).split("\n"):
            line = parse_line(raw.strip()) if raw.strip() else None
            if line is not None:
                yield line
            elif raw.strip():
                tell(f'The line "{raw.strip()[:60]}" under `ics` was not read.', "A line there is NAME:value.")
        known = {*_TEXTS, *_PASSED, "begin", "end", "duration", "timezone", "repeat", "ics", "categories"}
        for key in event:
            if key not in known:
                tell(f"Its key {key[:40]} was not read.")


def read_yaml2ics(file: Path) -> tuple[Components, list[Notice]]:
    """The events of a file and of those that it includes. Raises `CalendarError` for a file that cannot be read."""
    reader = _Reader()
    reader.read(file)
    return reader.components, reader.notices


def _mapping(file: Path) -> dict[str, Any]:
    content = read_bytes(file, file.name)
    text = content if isinstance(content, Problem) else decode(content, file.name)
    if isinstance(text, Problem):
        raise CalendarError(str(text))
    document, problems = read_yaml(text, file.name)
    if document is None or problems:
        raise CalendarError(str(problems[0]) if problems else f"{file.name} cannot be read.")
    if not isinstance(document.value, dict) or not _KEYS & set(document.value):
        raise CalendarError(f"{file.name} is no calendar of yaml2ics.", hint="Such a file has `events:` or `include:`.")
    return document.value


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _title(event: dict[str, Any]) -> str:
    return _text(event.get("summary")) or _text(event.get("name"))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _times(event: dict[str, Any], zone: str) -> Iterator[Line]:
    """DTSTART and DTEND or DURATION. Without an end it is a whole day."""
    begin, end = parse_moment(_text(event.get("begin"))), parse_moment(_text(event.get("end")))
    if begin is None:
        return
    length = _length(event.get("duration"))
    if end is None and length is None:
        yield _moment("DTSTART", Moment(begin.day), zone)
        return
    yield _moment("DTSTART", begin, zone)
    if end is not None:
        yield _moment("DTEND", end, zone)
    elif length is not None:
        yield Line("DURATION", {}, f"PT{round(length.total_seconds())}S")


def _length(value: object) -> timedelta | None:
    """`{hours: 1, minutes: 30}`, a number of seconds, or a text such as 1:30."""
    if isinstance(value, dict):
        words = ((unit, _text(number)) for unit, number in value.items())
        try:
            return timedelta(**{unit: float(number) for unit, number in words})
        except (TypeError, ValueError, OverflowError):
            return None
    text = _text(value)
    if re.fullmatch(r"[0-9]{1,9}", text):
        return timedelta(seconds=int(text))
    return parse_duration(re.sub(r"^(\d{1,2}:\d{2}):00$", r"\1", text)) if text else None


def _moment(name: str, moment: Moment, zone: str) -> Line:
    """A moment with the offset it says, else in `zone`."""
    if not isinstance(moment.when, datetime):
        return Line(name, {"VALUE": "DATE"}, _day(moment.when))
    value = f"{_day(moment.when)}T{moment.when:%H%M%S}"
    if moment.offset is not None:
        minutes = round(moment.offset.total_seconds()) // 60
        hours, rest = divmod(abs(minutes), 60)
        zone = f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else "UTC"
    return Line(name, {}, f"{value}Z") if zone == "UTC" else Line(name, {"TZID": zone}, value)


def _day(day: date) -> str:
    return f"{day.year:04}{day.month:02}{day.day:02}"


def _repeat(repeat: dict[str, Any], zone: str) -> Iterator[Line]:
    interval = repeat.get("interval")
    if isinstance(interval, dict) and len(interval) == 1:
        ((unit, number),) = interval.items()
        rule = f"FREQ={_UNITS.get(unit, unit.upper())};INTERVAL={_text(number)}"
        until = parse_moment(_text(repeat.get("until")))
        if until is not None:
            # a day alone is its first moment to yaml2ics: what happens later on it does not happen
            midnight = Moment(datetime.combine(until.day, time()))
            rule += f";UNTIL={_utc(until if isinstance(until.when, datetime) else midnight)}"
        yield Line("RRULE", {}, rule)
    for key, name in (("except_on", "EXDATE"), ("also_on", "RDATE")):
        yield from _moments(name, _list(repeat.get(key)), zone)


def _utc(moment: Moment) -> str:
    """In UTC where an offset is said; else as the clock shows it."""
    assert isinstance(moment.when, datetime)
    if moment.offset is None:
        return f"{_day(moment.when)}T{moment.when:%H%M%S}"
    when = moment.when - moment.offset
    return f"{_day(when)}T{when:%H%M%S}Z"


def _moments(name: str, values: Iterable[object], zone: str) -> Iterator[Line]:
    for value in values:
        moment = parse_moment(_text(value))
        if moment is not None:
            yield _moment(name, moment, zone)
