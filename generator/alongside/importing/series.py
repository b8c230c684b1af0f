"""When an event happens, as a meetup says it: first date, zone, rule, end, dates taken out.

Calendars allow more than meetups have. What comes to the same is said in our way: a rule with hours becomes one meetup
an hour, a first date that its own rule does not give becomes a meetup by itself. What does not is refused, with a hint.

    DTSTART;TZID=Europe/Berlin:20261203T183000                starts: 2026-12-03 18:30
    RRULE:FREQ=MONTHLY;BYDAY=1TH;UNTIL=20271231T225959Z       repeats: first Thursday of every month
                                                              until: 2027-12-31
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from alongside.importing.components import Line
from alongside.importing.events import Event
from alongside.importing.values import When, parse_when
from alongside.importing.zones import Zones
from alongside.model.recurrences import RecurrenceError, Rule, gives, next_day, nth_day
from alongside.planning.zones import local_time, read_zone
from alongside.reading.recurrences import parse_rrule

MOST_TIMES = 10_000  # what `times` may say
_CLOCK = ("BYHOUR", "BYMINUTE", "BYSECOND")
_IDLE = {"RSCALE": "GREGORIAN", "SKIP": "OMIT"}  # RFC 7529: what holds anyway
_MOST_HOURS = 24


class UnsaidError(Exception):
    """What no meetup file can say; `hint` is what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How moments of one calendar become wall time."""

    zones: Zones
    floating: str  # IANA: the zone of times that name none
    shown: str  # IANA: in which single dates stand that are written in UTC

    def zone(self, when: When) -> str:
        """The IANA name of a moment's zone; empty for a day. Raises `UnsaidError`."""
        if not isinstance(when.wall, datetime):
            return ""
        if not when.zone:
            return self.floating
        zone = self.zones.find(when.zone, when.wall.year)
        if zone is None:
            raise UnsaidError(
                f'Nobody knows the time zone "{when.zone[:60]}".',
                "Write the meetup by hand, with `timezone:` and a name such as Europe/Berlin.",
            )
        return zone

    def instant(self, when: When) -> datetime:
        """The moment in UTC; a day at its midnight there. Raises `UnsaidError`."""
        if not isinstance(when.wall, datetime):
            return datetime.combine(when.wall, time(), UTC)
        return when.wall.replace(tzinfo=read_zone(self.zone(when))).astimezone(UTC)

    def wall(self, when: When, zone: str) -> datetime | date:
        """What clocks in `zone` show then; a day stays one. Raises `UnsaidError`."""
        if not isinstance(when.wall, datetime) or not zone or self.zone(when) == zone:
            return when.wall
        return self.instant(when).astimezone(read_zone(zone)).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One meetup's dates."""

    starts: datetime | date  # wall time in `zone`, or a day
    zone: str  # IANA; empty for days
    length: timedelta | None = None  # elapsed; of days: whole ones
    rule: Rule | None = None
    until: date | None = None
    times: int | None = None
    excluded: tuple[date, ...] = ()

    @property
    def first(self) -> date:
        """The day of `starts`."""
        return day_of(self.starts)

    def holds(self, day: date) -> bool:
        """Whether the rule gives that day, `excluded` not looked at."""
        if self.rule is None:
            return day == self.first
        last = nth_day(self.rule, self.first, self.times) if self.times is not None else self.until
        return (last is None or day <= last) and gives(self.rule, self.first, day)


def day_of(when: datetime | date) -> date:
    """The date of a wall time, or the day itself."""
    return when.date() if isinstance(when, datetime) else when


def read_single(event: Event, clock: Clock, starts: When | None = None) -> Series:
    """One date: that of the event, or another of the same length. Raises `UnsaidError`."""
    begin = starts or event.starts
    if begin is None:
        raise UnsaidError("It has no start that could be read.", "Write the meetup by hand.")
    zone = clock.zone(begin)
    if zone == "UTC" and begin.zone == "UTC":
        zone = clock.shown
    return Series(starts=clock.wall(begin, zone), zone=zone, length=_length(event, clock))


def _length(event: Event, clock: Clock) -> timedelta | None:
    """Elapsed time; None for one that is not said, or not longer than nothing."""
    if event.starts is None:
        return None
    if event.ends is None:
        length = event.length
    elif isinstance(event.ends.wall, datetime) is isinstance(event.starts.wall, datetime):
        length = clock.instant(event.ends) - clock.instant(event.starts)
    else:
        length = event.ends.day - event.starts.day
    if length is None or length <= timedelta(0):
        return None
    if length > timedelta(days=366):
        raise UnsaidError("It lasts more than a year.", "A lasting gathering is a group: content/groups/<slug>.md.")
    return length


def read_series(event: Event, rule_text: str, clock: Clock) -> Iterator[Series]:
    """The series of one RRULE: one, or one for each hour of the day. Raises `UnsaidError`.

    Where the rule does not give the event's own date, the series starts on the first day that it gives; where it
    gives none, there is none.
    """
    begin = event.starts
    if begin is None:
        raise UnsaidError("It has no start that could be read.", "Write the meetup by hand.")
    zone = clock.zone(begin)
    parts = _parts(rule_text)
    until, count = _bounds(parts)
    walls = _hours(parts, begin.wall, count)
    rule = _rule(parts)
    for wall in walls:
        found = _one_series(event, rule, wall, zone, until, count, clock)
        if found is not None:
            yield found


def _one_series(
    event: Event, rule: Rule, wall: datetime | date, zone: str, until: When | None, count: int | None, clock: Clock
) -> Series | None:
    first = day_of(wall)
    # an hour before that of the event itself is one of the next day
    early = isinstance(wall, datetime) and event.starts is not None and wall < _naive(event.starts)
    start = next_day(rule, first, start=first + timedelta(days=1) if early else first)
    last = _last_day(until, wall, zone, clock) if until is not None else None
    if start is None or (last is not None and last < start):
        return None
    if count is not None and start != first:
        count -= 1  # the date that the rule does not give counts as well (section 3.8.5.3)
        if count < 1:
            return None
    starts = datetime.combine(start, wall.time()) if isinstance(wall, datetime) else start
    series = Series(
        starts=starts,
        zone=zone,
        length=_length(event, clock),
        rule=rule,
        until=last if last is None or last.year <= 2200 else None,
        times=count if count is not None and count <= MOST_TIMES else None,
    )
    excluded = sorted({day for day in (_excluded(when, starts, zone, clock) for when in event.excluded) if day})
    return Series(
        starts=starts, zone=zone, length=series.length, rule=rule, until=series.until, times=series.times,
        excluded=tuple(day for day in excluded if series.holds(day)),
    )  # fmt: skip


def _naive(when: When) -> datetime:
    return when.wall if isinstance(when.wall, datetime) else datetime.combine(when.wall, time())


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.removeprefix("RRULE:").strip(" ;").split(";"):
        name, _, value = (word.strip() for word in part.partition("="))
        if name in parts:
            raise UnsaidError(f"Its rule says {name[:20]} twice.", "Write `repeats:` by hand.")
        if not name.startswith("X-") and _IDLE.get(name) != value:
            parts[name] = value.rstrip(",")
    return parts


def _bounds(parts: dict[str, str]) -> tuple[When | None, int | None]:
    until, count = parts.pop("UNTIL", ""), parts.pop("COUNT", "")
    if until:
        when = parse_when(Line("UNTIL", {}, until))
        if when is None and not until.startswith(("22", "3", "4", "5", "6", "7", "8", "9")):  # "for ever"
            raise UnsaidError(f"Its end {until[:20]} cannot be read.", "Write `until:` by hand.")
        return when, None
    if count and not (count.isascii() and count.isdigit() and 0 < int(count[:9]) < 10**8):
        raise UnsaidError(f"It happens {count[:20]} times, which cannot be read.", "Write `times:` by hand.")
    return None, int(count) if count else None


def _hours(parts: dict[str, str], wall: datetime | date, count: int | None) -> list[datetime | date]:
    """The first date at each hour that the rule names; the parts that name hours are taken out of it."""
    named = {name: parts.pop(name) for name in _CLOCK if name in parts}
    if not named or not isinstance(wall, datetime):
        return [wall]
    try:
        hours, minutes, seconds = (
            sorted({int(number) for number in named[name].split(",")}) if name in named else [default]
            for name, default in zip(_CLOCK, (wall.hour, wall.minute, wall.second), strict=True)
        )
        times = [time(hour, minute, second) for hour in hours for minute in minutes for second in seconds[:1]]
    except ValueError:
        raise UnsaidError(
            "Its rule names hours that cannot be read.", "Write one meetup for each time of day."
        ) from None
    if len(seconds) > 1 or len(times) > _MOST_HOURS or (len(times) > 1 and count is not None):
        raise UnsaidError("Its rule gives several times a day.", "Write one meetup for each time of day.")
    return [datetime.combine(wall.date(), one) for one in times]


def _rule(parts: dict[str, str]) -> Rule:
    try:
        rule, _ = parse_rrule(";".join(f"{name}={value}" for name, value in parts.items()))
    except RecurrenceError as fault:
        raise UnsaidError(f"Its rule cannot be said: {fault.message.removeprefix('rrule: ')}", fault.hint) from None
    return rule


def _last_day(until: When, wall: datetime | date, zone: str, clock: Clock) -> date:
    """The last day on which UNTIL lets the meetup start."""
    end = clock.wall(until, zone) if isinstance(wall, datetime) and until.zone else until.wall
    if isinstance(end, datetime) and isinstance(wall, datetime) and wall.time() > end.time():
        return end.date() - timedelta(days=1)
    return day_of(end)


def _excluded(when: When, starts: datetime | date, zone: str, clock: Clock) -> date | None:
    """The day that an EXDATE takes out; None for one at another hour, which takes out nothing."""
    try:
        wall = clock.wall(when, zone)
    except UnsaidError:
        return when.day
    if isinstance(wall, datetime) and isinstance(starts, datetime) and wall.time() != starts.time():
        # where clocks skip the hour, a moment in UTC is shown as another one
        shown = local_time(datetime.combine(wall.date(), starts.time()), read_zone(zone))
        if shown.replace(tzinfo=None, fold=0) != wall:
            return None
    return day_of(wall)
