"""VTIMEZONE (RFC 5545 section 3.6.5) of an IANA zone, from the same file the instants come from.

History is spelled out, one observance a change, from the year a feed needs; what goes on is the rule of the file's
footer (RFC 9636 section 3.3) as an RRULE without an end. Lists of RDATE are shorter, and some readers (ical.js, so
Thunderbird) read them an hour off.

    TZif footer   CET-1CEST,M3.5.0,M10.5.0/3
    VTIMEZONE     DAYLIGHT  TZOFFSETFROM:+0100 TZOFFSETTO:+0200 RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
                  STANDARD  TZOFFSETFROM:+0200 TZOFFSETTO:+0100 RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
"""

from __future__ import annotations

import re
import struct
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from alongside.model.recurrences import WEEKDAYS, parse_rule, rule_days
from alongside.planning.zones import local_time, read_zone, read_zone_file

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_BIG_BANG = -2_300_000_000  # some files begin long before what `datetime` knows
_DAY_SECONDS = 86_400
_LAST_UNCLEAR_YEAR = 2040  # unclear days are looked for up to its end; what governments do later, nobody knows
_NAME = r"(<[^<>]+>|[A-Za-z]{3,})"
_OFFSET = r"([+-]?\d{1,3}(?::\d{2}){0,2})"
_RULE = r"M(\d{1,2})\.(\d)\.(\d)(?:/" + _OFFSET + ")?"
_FOOTER = re.compile(f"{_NAME}{_OFFSET}(?:{_NAME}{_OFFSET}?,{_RULE},{_RULE})?")


@dataclass(frozen=True, slots=True)
class Offset:
    """What clocks show for a while."""

    seconds: int  # east of UTC
    daylight: bool
    name: str  # "CET", "-03"


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of the clocks, in UTC."""

    at: datetime
    before: Offset
    after: Offset

    @property
    def wall(self) -> datetime:
        """What the clock shows at the change, before it is moved: DTSTART of an observance. Naive."""
        return (self.at + timedelta(seconds=self.before.seconds)).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class YearlyChange:
    """A change that comes every year, on the day of a POSIX rule `Mm.w.d/time`."""

    before: Offset
    after: Offset
    month: int
    week: int  # 1 to 4; 5: the last
    weekday: int  # Sunday = 0
    seconds: int  # wall time after midnight; may be negative, or more than a day


@dataclass(frozen=True, slots=True)
class ZoneHistory:
    """A TZif file, read."""

    first: Offset  # before the first transition
    transitions: tuple[Transition, ...]
    ruled_from: datetime  # UTC: after this the yearly changes hold
    yearly: tuple[YearlyChange, ...]  # none or two


@lru_cache(maxsize=1024)
def render_timezone(name: str, first_year: int) -> str:
    """The VTIMEZONE of `name`, right from 1 January of `first_year` on, lines ended by CRLF.

    Raises ZoneInfoNotFoundError for an unknown zone.
    """
    history = read_history(name)
    return "".join(
        [
            "BEGIN:VTIMEZONE\r\n",
            f"TZID:{name}\r\n",  # of letters, digits and /_+-, and short: nothing to escape or to fold, here and below
            *_observances(history, first_year),
            "END:VTIMEZONE\r\n",
        ]
    )


def _observances(history: ZoneHistory, first_year: int) -> Iterator[str]:
    start = datetime(first_year, 1, 1, tzinfo=UTC) - timedelta(days=1)  # a day: whatever the offset
    past = [one for one in history.transitions if one.at <= start]
    # With a yearly rule in force for a whole year before `start`, its changes of that year say what holds then.
    ruled = bool(history.yearly) and history.ruled_from.year < first_year - 1
    if not ruled:
        yield _observance_before(past[-1] if past else None, history.first, first_year)
    # Their order says nothing; but to KCalendarCore, which may not know the name, the last offset is that of the zone.
    # So the changes that move no clock stand first.
    for one in sorted(history.transitions[len(past) :], key=lambda one: one.before.seconds != one.after.seconds):
        yield _observance(one.wall, one.before, one.after)
    for change in history.yearly:
        from_year = max(history.ruled_from.year, first_year - 1)
        yield from _yearly_observances(change, after=history.ruled_from, from_year=from_year)


def _observance_before(last: Transition | None, first: Offset, first_year: int) -> str:
    """What holds when the range begins, told as if it had always been so.

    The change it came by is left out. It may be from local mean time, with seconds in its offset that ical.js carries
    over; and KCalendarCore, which looks for a zone with the same changes, takes Brisbane's of 1992 for Sydney's.
    """
    offset = first if last is None else last.after
    return _observance(datetime.combine(date(min(first_year - 1, 1970), 1, 1), time()), offset, offset)


def _observance(wall: datetime, before: Offset, after: Offset, rule: str = "") -> str:
    kind = "DAYLIGHT" if _is_summer(before, after) else "STANDARD"
    lines = [
        f"BEGIN:{kind}",
        f"DTSTART:{wall.year:04}{wall:%m%dT%H%M%S}",
        *([f"RRULE:{rule}"] if rule else []),
        f"TZOFFSETFROM:{_offset_value(before.seconds)}",
        f"TZOFFSETTO:{_offset_value(after.seconds)}",
        f"TZNAME:{after.name}",
        f"END:{kind}",
    ]
    return "\r\n".join(lines) + "\r\n"


def _is_summer(before: Offset, after: Offset) -> bool:
    """Clocks are ahead in what calendars call daylight time; Ireland's file has it the other way round.

    Samoa left out a day in summer: as DAYLIGHT, which icalendar takes for clocks a day ahead, no event could be read.
    """
    if abs(after.seconds - before.seconds) >= _DAY_SECONDS:
        return False
    if before.daylight == after.daylight:
        return after.daylight
    return after.seconds > before.seconds


def _offset_value(seconds: int) -> str:
    sign, seconds = "-" if seconds < 0 else "+", abs(seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{seconds:02}" if seconds else "")


def _yearly_observances(change: YearlyChange, *, after: datetime, from_year: int) -> Iterator[str]:
    """The RRULE of a yearly change, from its first time after the instant `after`, in `from_year` or later.

    Two where the day is now in one month, now in the next (Cairo: midnight after the last Thursday of October).
    """
    shift, seconds = divmod(change.seconds, _DAY_SECONDS)
    for rule in _day_rules(change.month, change.week, change.weekday, shift):
        days = rule_days(
            parse_rule(rule), date(1900, 1, 1), start=date(from_year, 1, 1), end=date(from_year + 60, 1, 1)
        )
        for day in days:
            wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
            if wall.replace(tzinfo=UTC) - timedelta(seconds=change.before.seconds) > after:
                yield _observance(wall, change.before, change.after, rule)
                break


@lru_cache(maxsize=4096)
def unclear_days(name: str, clock: time, duration: timedelta) -> tuple[date, ...]:
    """The days from 1900 to 2040 on which clocks change while something lasts that starts at the wall time `clock`.

    In order; those also on which the clocks skip `clock` itself, or show it twice. Raises ZoneInfoNotFoundError for an
    unknown zone.
    """
    days: set[date] = set()
    for begin, end in _unclear_spans(name):
        first = (begin - duration).date()
        # a skipped span may be a whole day and lie on two, as in Samoa in 2011
        for day in (first + timedelta(days=number) for number in range((end.date() - first).days + 1)):
            if begin - duration <= datetime.combine(day, clock) < end:
                days.add(day)
    return tuple(sorted(days))


@lru_cache(maxsize=4096)
def skipped_days(name: str, clock: time) -> tuple[date, ...]:
    """The days from 1900 to 2040 on which clocks skip the wall time `clock`, in order. Raises as `unclear_days`."""
    zone = read_zone(name)
    walls = (datetime.combine(day, clock) for day in unclear_days(name, clock, timedelta()))
    return tuple(wall.date() for wall in walls if local_time(wall, zone).replace(tzinfo=None, fold=0) != wall)


@lru_cache(maxsize=1024)
def _unclear_spans(name: str) -> tuple[tuple[datetime, datetime], ...]:
    """The wall times that clocks skip or show twice, a span for each change: (from, to), naive, `to` not included."""
    history = read_history(name)
    walls = [(one.wall, one.after.seconds - one.before.seconds) for one in history.transitions]
    for change in history.yearly:
        seconds = change.after.seconds - change.before.seconds
        walls += [(wall, seconds) for wall in _yearly_walls(change, after=history.ruled_from)]
    moved = [(wall, wall + timedelta(seconds=seconds)) for wall, seconds in walls]
    return tuple((min(span), max(span)) for span in moved)


def _yearly_walls(change: YearlyChange, *, after: datetime) -> Iterator[datetime]:
    """What the clock shows at each coming of a yearly change after the instant `after`."""
    shift, seconds = divmod(change.seconds, _DAY_SECONDS)
    for rule in _day_rules(change.month, change.week, change.weekday, shift):
        first = date(after.year, 1, 1)
        for day in rule_days(parse_rule(rule), first, start=first, end=date(_LAST_UNCLEAR_YEAR, 12, 31)):
            wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
            if wall.replace(tzinfo=UTC) - timedelta(seconds=change.before.seconds) > after:
                yield wall


def _day_rules(month: int, week: int, weekday: int, shift: int) -> list[str]:
    """RRULEs for the day `shift` days after the `week`th `weekday` (Sunday = 0) of `month`."""
    day = WEEKDAYS[(weekday + shift - 1) % 7]
    if not shift:
        return [f"FREQ=YEARLY;BYMONTH={month};BYDAY={-1 if week == 5 else week}{day}"]
    size = monthrange(2023, month)[1]
    low = (size - 6 if week == 5 else 7 * week - 6) + shift
    inside = [number for number in range(low, low + 7) if 1 <= number <= size]
    beyond = [number - size for number in range(low, low + 7) if number > size]
    before = [number for number in range(low, low + 7) if number < 1]
    rules = []
    for where, numbers in ((month, inside), (month % 12 + 1, beyond)):
        if numbers:
            listed = ",".join(map(str, numbers))
            rules.append(f"FREQ=YEARLY;BYMONTH={where};BYMONTHDAY={listed};BYDAY={day}")
    if before:
        previous = (month - 2) % 12 + 1
        listed = ",".join(str(number + monthrange(2023, previous)[1]) for number in before)
        rules.append(f"FREQ=YEARLY;BYMONTH={previous};BYMONTHDAY={listed};BYDAY={day}")
    return rules


# --- TZif (RFC 9636) ---


@lru_cache(maxsize=1024)
def read_history(name: str) -> ZoneHistory:
    """All changes of a zone. Raises ZoneInfoNotFoundError for an unknown one."""
    data = read_zone_file(name)
    start = 44 + _block_octets(_counts(data, 0), 4)  # the block of version 1 (four-octet times) is passed over
    counts = _counts(data, start)
    time_count, type_count = counts[3], counts[4]
    position = start + 44
    times = struct.unpack_from(f">{time_count}q", data, position)
    indices = data[position + 8 * time_count : position + 9 * time_count]
    types = position + 9 * time_count
    names = types + 6 * type_count
    offsets = []
    for index in range(type_count):
        seconds, daylight, name_index = struct.unpack_from(">iBB", data, types + 6 * index)
        text = data[names + name_index : data.index(b"\0", names + name_index)].decode("ascii")
        offsets.append(Offset(seconds, bool(daylight), text))
    footer = data[start + 44 + _block_octets(counts, 8) :].strip(b"\n").decode("ascii")
    return _history(times, indices, offsets, _parse_footer(footer))


def _counts(data: bytes, start: int) -> tuple[int, ...]:
    """Of UTC and standard indicators, leap seconds, times, types, and octets of names: the header at `start`."""
    if data[start : start + 4] != b"TZif":
        raise ValueError("no TZif file")
    return struct.unpack_from(">6l", data, start + 20)


def _block_octets(counts: tuple[int, ...], width: int) -> int:
    """The size of a data block whose times take `width` octets."""
    utc_count, standard_count, leap_count, time_count, type_count, name_octets = counts
    return (
        time_count * (width + 1) + type_count * 6 + name_octets + leap_count * (width + 4) + standard_count + utc_count
    )


def _history(
    times: tuple[int, ...], indices: bytes, offsets: list[Offset], yearly: tuple[YearlyChange, ...]
) -> ZoneHistory:
    """Changes from 1900 on; those that change nothing only say from when on the footer holds."""
    first = before = offsets[0]
    found: list[Transition] = []
    ruled_from = _EARLIEST
    for seconds, index in zip(times, indices, strict=True):
        after = offsets[index]
        moment = _EPOCH + timedelta(seconds=max(seconds, _BIG_BANG))
        if moment < _EARLIEST:
            first = after
        else:
            ruled_from = moment
            if after != before:
                found.append(Transition(moment, before, after))
        before = after
    return ZoneHistory(first, tuple(found), ruled_from, yearly)


def _parse_footer(text: str) -> tuple[YearlyChange, ...]:
    """The yearly changes of a POSIX TZ string. Raises ValueError for one with rules by the day of the year."""
    match = _FOOTER.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the time zone rule {text!r}")
    if match[3] is None:
        return ()
    standard = Offset(-_seconds(match[2]), False, match[1].strip("<>"))
    ahead = standard.seconds + 3600 if match[4] is None else -_seconds(match[4])
    daylight = Offset(ahead, True, match[3].strip("<>"))
    return (
        _yearly(match, 5, standard, daylight),
        _yearly(match, 9, daylight, standard),
    )


def _yearly(match: re.Match[str], group: int, before: Offset, after: Offset) -> YearlyChange:
    month, week, weekday = (int(match[group + index]) for index in range(3))
    return YearlyChange(before, after, month, week, weekday, _seconds(match[group + 3] or "2"))


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = (*map(int, text.lstrip("+-").split(":")), 0, 0)[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)
