"""Zones of calendars as names of the IANA database.

A TZID is a name that a calendar made up (RFC 5545 section 3.8.3.1). It may be an IANA name, one with a prefix, a name
of Windows, what Outlook shows for it, or nothing that says anything; then the VTIMEZONE's own clock changes are
compared with those of all zones.

    W. Europe Standard Time                                          Europe/Berlin
    (UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna     Europe/Amsterdam
    /mozilla.org/20050126_1/Europe/Berlin                            Europe/Berlin
    Customized Time Zone                                             by its clock changes
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from alongside.importing.components import Line, Lines, VTimezone
from alongside.importing.values import parse_when, plain_value, split_values
from alongside.model.recurrences import RecurrenceError, Rule, parse_rule, rule_days
from alongside.planning.zones import read_zone
from alongside.reading.slugs import slugify
from alongside.reading.times import parse_zone, zone_names

_WINDOWS = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}
# What Outlook shows for zones, as slugs, where that is no name of a city in the IANA database.
_SHOWN = {
    "atlantic-time-canada": "America/Halifax", "eastern-time-us-canada": "America/New_York",
    "central-time-us-canada": "America/Chicago", "mountain-time-us-canada": "America/Denver",
    "pacific-time-us-canada": "America/Los_Angeles", "arizona": "America/Phoenix", "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu", "indiana-east": "America/Indiana/Indianapolis", "newfoundland": "America/St_Johns",
    "brasilia": "America/Sao_Paulo", "coordinated-universal-time": "UTC", "chennai": "Asia/Kolkata",
    "canberra": "Australia/Sydney", "beijing": "Asia/Shanghai", "abu-dhabi": "Asia/Dubai",
    "edinburgh": "Europe/London", "osaka": "Asia/Tokyo", "pretoria": "Africa/Johannesburg",
    "wellington": "Pacific/Auckland", "bern": "Europe/Zurich",
}  # fmt: skip
_SHOWN_OFFSET = re.compile(r"\((?:UTC|GMT)\s*(?:([+-])(\d{1,2})[:.](\d{2}))?\)\s*(.+)", re.IGNORECASE)
_OFFSET_NAME = re.compile(r"(?:UTC|GMT)\s*([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
_MICROSOFT = "tzone://microsoft/"
_MOST_NAMES = 100  # of zones in one calendar; each is compared with four hundred
_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Zones:
    """The zones of one calendar, each looked up once."""

    stated: Mapping[str, VTimezone]  # by TZID
    wanted: Sequence[str] = ()  # IANA names that are tried first where several fit
    guesses: dict[str, str] = field(default_factory=dict)  # TZID -> the zone that has the same clock changes
    _found: dict[str, str | None] = field(default_factory=dict)

    def find(self, name: str, year: int) -> str | None:
        """The IANA name of a TZID; None for one that says nothing. `year`: in which clock changes are compared."""
        if name not in self._found:
            self._found[name] = self._find(name, year)
        return self._found[name]

    def _find(self, name: str, year: int) -> str | None:
        stated = self.stated.get(name)
        known = named_zone(name)
        if known is None and stated is not None:
            known = named_zone(next((line.value for line in stated.lines if line.name == "X-LIC-LOCATION"), ""))
        # EST and CET are names as well, of clocks that hardly anybody who writes them means
        if known is not None and ("/" in known or known == "UTC" or stated is None):
            return known
        if stated is None or len(self._found) > _MOST_NAMES:
            return None
        same = _same_clock(stated, [known, *self.wanted] if known else self.wanted, year)
        if same is not None:
            self.guesses[name] = same
        return same


def stated_zones(zones: Iterable[VTimezone]) -> dict[str, VTimezone]:
    """What a calendar says of its zones, by TZID; of two with one name the first."""
    found: dict[str, VTimezone] = {}
    for zone in zones:
        name = next((plain_value(line.value) for line in zone.lines if line.name == "TZID"), "")
        found.setdefault(name, zone)
    return found


def named_zone(text: str) -> str | None:
    """The IANA name that a name of a zone means, whoever made it up; None where it means none."""
    text = text.strip().strip('"')
    parts = text.strip("/").split("/")
    for name in (text, *("/".join(parts[-length:]) for length in (3, 2, 1) if len(parts) >= length)):
        known = parse_zone(name)
        if known is not None:
            return known
    folded = text.casefold()
    if folded.startswith(_MICROSOFT):
        return "UTC" if folded.removeprefix(_MICROSOFT) == "utc" else None
    if folded in _WINDOWS:
        return parse_zone(_WINDOWS[folded])
    return _shown_zone(text) or _offset_zone(text)


def _shown_zone(text: str) -> str | None:
    """`(UTC+01:00) Amsterdam, Berlin, ...`: the first of the places that has that time in winter or summer."""
    match = _SHOWN_OFFSET.fullmatch(text)
    if match is None:
        return None
    seconds = _seconds(match[1], match[2], match[3]) if match[2] else 0
    for place in (match[4], *match[4].split(",")):
        name = slugify(place)
        zone = _SHOWN.get(name) or _cities().get(name)
        if zone is not None and any(
            _zone_seconds(zone, datetime(2026, month, 1, tzinfo=UTC)) == seconds for month in (1, 7)
        ):
            return zone
    return None


@lru_cache(maxsize=1)
def _cities() -> dict[str, str]:
    return {slugify(name.rsplit("/", 1)[-1].replace("_", " ")): name for name in zone_names()}


def _offset_zone(text: str) -> str | None:
    """`UTC+01:00`, `GMT-5`."""
    match = _OFFSET_NAME.fullmatch(text)
    if match is None:
        return None
    hours, rest = divmod(_seconds(match[1], match[2], match[3] or "0"), 3600)
    return None if rest or not -12 <= hours <= 14 else f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _seconds(sign: str, hours: str, minutes: str) -> int:
    seconds = int(hours) * 3600 + int(minutes) * 60
    return -seconds if sign == "-" else seconds


def _zone_seconds(zone: str, instant: datetime) -> int:
    offset = instant.astimezone(read_zone(zone)).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


# --- by clock changes ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Observance:
    """A time that clocks show, and when they start to (section 3.6.5)."""

    onset: datetime  # naive, by the clock as it was
    before: int  # seconds east of UTC
    after: int
    rule: Rule | None
    until: date
    more: tuple[datetime, ...]  # RDATE

    def changes(self, first: int, last: int) -> Iterator[tuple[datetime, int]]:
        """The instants in the years `first` to `last` at which it begins, and its seconds."""
        days: Iterable[datetime] = (self.onset, *self.more)
        if self.rule is not None:
            found = rule_days(
                self.rule, self.onset.date(), start=date(first, 1, 1), end=min(date(last, 12, 31), self.until)
            )
            days = (datetime.combine(day, self.onset.time()) for day in found)
        for wall in days:
            if first <= wall.year <= last:
                yield (wall - timedelta(seconds=self.before)).replace(tzinfo=UTC), self.after


def _same_clock(stated: VTimezone, wanted: Sequence[str], year: int) -> str | None:
    """The zone whose clocks show the same in `year` and the next; the first of `wanted` before any other."""
    observances = [one for one in map(_observance, stated.observances) if one is not None]
    if not observances:
        return None
    changes = sorted(change for one in observances for change in one.changes(year - 1, year + 1))
    if not changes:  # it was changed for the last time long ago
        latest = max(observances, key=lambda one: one.onset)
        changes = [(_EARLIEST, latest.after)]
    instants = [datetime(year + number // 12, number % 12 + 1, 15, 12, tzinfo=UTC) for number in range(24)]
    instants += [
        at + step for at, _ in changes if at.year >= year for step in (timedelta(hours=-1), timedelta(hours=1))
    ]
    starts = [at for at, _ in changes]
    expected = [changes[max(bisect_right(starts, instant) - 1, 0)][1] for instant in instants]
    known = [zone for zone in map(parse_zone, ("UTC", *wanted, *WINDOWS_TO_OLSON.values(), *zone_names())) if zone]
    pairs = list(zip(instants, expected, strict=True))
    for zone in dict.fromkeys(known):
        if all(_zone_seconds(zone, instant) == seconds for instant, seconds in pairs):
            return zone
    return None


def _observance(lines: Lines) -> _Observance | None:
    found = {line.name: line for line in reversed(lines)}
    before, after = (_offset_value(found.get(name)) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
    onset = _onset(found["DTSTART"].value) if "DTSTART" in found else None
    if after is None or onset is None:
        return None
    rule, until = None, date.max
    if "RRULE" in found:
        parts = dict(part.partition("=")[::2] for part in found["RRULE"].value.upper().split(";"))
        ends = parse_when(Line("UNTIL", {}, parts.pop("UNTIL", "")))
        until = ends.day if ends is not None else date.max
        try:
            rule = parse_rule(";".join(f"{name}={value}" for name, value in parts.items()))
        except RecurrenceError:
            return None
    more = [parse_when(line, value) for line in lines if line.name == "RDATE" for value in split_values(line.value)]
    return _Observance(
        onset=onset,
        before=after if before is None else before,
        after=after,
        rule=rule,
        until=until,
        more=tuple(when.wall for when in more if when is not None and isinstance(when.wall, datetime)),
    )


def _onset(text: str) -> datetime | None:
    """A wall time of any year: Outlook starts its zones in 1601."""
    try:
        return datetime.fromisoformat(text.strip()[:15])
    except ValueError:
        return None


def _offset_value(line: Line | None) -> int | None:
    """UTC-OFFSET (section 3.3.14)."""
    match = re.fullmatch(r"([+-]?)(\d{2}):?(\d{2})(?::?\d{2})?", line.value.strip()) if line is not None else None
    return _seconds(match[1], match[2], match[3]) if match is not None else None
