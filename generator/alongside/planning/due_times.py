"""When a step is due: enrolling, plus its delay, inside its window, and not too soon after another mail.

Part of planning, between matches and rendering. Pure functions: no clock, no store. Instants go in and come out
aware, results in UTC; days, windows and "the same time of day" are the newcomer's own zone's.

Enrolled Friday 27 March 2026, 10:00 in Berlin; `after: 2 days`, `window: {days: [mon, tue], from: "09:00"}`:

    planned   Sunday 29 March 10:00 (08:00 UTC: the clock went forward that night)
    due       Monday 30 March 09:00 (07:00 UTC), unless another mail went out less than `gap` before
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from alongside.model.journeys import Delay, Moment, Window

SEARCH_DAYS = 28  # a window opens at least once in that many days, whatever the clocks do


def due_time(moment: Moment, *, enrolled_at: datetime, zone: str, last_sent: datetime | None) -> datetime:
    """The instant (UTC) from which `moment`'s mail may go out.

    `enrolled_at` and `last_sent` (any other mail to the same person, None: none yet) are aware instants, `zone` is
    the newcomer's IANA zone. Never before `enrolled_at` plus `after`, always inside the window, and at least `gap`
    after `last_sent`. Raises `ValueError` for naive instants and `ZoneInfoNotFoundError` for an unknown zone.
    """
    earliest = planned_time(moment, enrolled_at=enrolled_at, zone=zone)
    if last_sent is None or earliest >= (rested := _utc(last_sent) + moment.gap):
        return earliest
    return next_opening(rested, window=moment.window, zone=zone)


def planned_time(moment: Moment, *, enrolled_at: datetime, zone: str) -> datetime:
    """The instant (UTC) the journey alone asks for: `after` and the window, without the gap after other mails."""
    return _planned_time(moment.after, moment.window, enrolled_at, zone)


@lru_cache(maxsize=4096)  # an import enrolls thousands at one instant, and each is asked about several times
def _planned_time(after: Delay, window: Window, enrolled_at: datetime, zone: str) -> datetime:
    return next_opening(delayed(enrolled_at, after, zone=zone), window=window, zone=zone)


def expiry_time(moment: Moment, *, enrolled_at: datetime, zone: str) -> datetime:
    """The instant (UTC) after which the mail is skipped: `expires` after the planned time, whatever delayed it."""
    return planned_time(moment, enrolled_at=enrolled_at, zone=zone) + moment.expires


def delayed(start: datetime, delay: Delay, *, zone: str) -> datetime:
    """`start` plus `delay` (UTC). Hours are exact; days keep the time of day in `zone` across clock changes.

    A time of day that the clocks skip becomes the same distance after the skip (PEP 495, as RFC 5545 section 3.3.5
    does); one they repeat is the first of the two.
    """
    instant = _utc(start)
    if delay.unit == "hours":
        return instant + timedelta(hours=delay.amount)
    if not delay.amount:
        return instant
    local = instant.astimezone(ZoneInfo(zone))
    return (local + timedelta(days=delay.amount)).replace(fold=0).astimezone(UTC)


def is_open(instant: datetime, *, window: Window, zone: str) -> bool:
    """True when the wall clock in `zone` stands inside `window`. One that ends before it starts spans midnight."""
    local = instant.astimezone(ZoneInfo(zone))
    clock = local.time()
    today = local.weekday() in window.days
    if window.end is None:
        return today and clock >= window.start
    if window.start < window.end:
        return today and window.start <= clock < window.end
    yesterday = (local.weekday() - 1) % 7 in window.days
    return (today and clock >= window.start) or (yesterday and clock < window.end)


def next_opening(instant: datetime, *, window: Window, zone: str) -> datetime:
    """The first instant (UTC) at or after `instant` that lies inside `window` in `zone`.

    Exact over clock changes: a window whose start the clocks skip opens when they have jumped; one they repeat is
    open twice. Raises `ValueError` when the window never opens.
    """
    instant = _utc(instant)
    if is_open(instant, window=window, zone=zone):
        return instant
    first_day = instant.astimezone(ZoneInfo(zone)).date()
    for offset in range(-1, SEARCH_DAYS):
        try:
            openings = _openings(first_day + timedelta(days=offset), window=window, zone=zone)
        except OverflowError as error:
            raise ValueError("the window opens after the end of the calendar") from error
        ahead = (opening for opening in openings if opening >= instant and is_open(opening, window=window, zone=zone))
        found = min(ahead, default=None)
        if found is not None:
            return found
    raise ValueError("the window never opens")


def _openings(day: date, *, window: Window, zone: str) -> set[datetime]:
    """The instants of `day` at which `window` may open: its start, and where the clocks jump."""
    place = ZoneInfo(zone)
    starts = {datetime.combine(day, window.start, tzinfo=place).replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    midnight, next_midnight = (
        datetime.combine(midnight_of, time(), tzinfo=place).astimezone(UTC)
        for midnight_of in (day, day + timedelta(days=1))
    )
    jump = _clock_change(midnight, next_midnight, place)
    return starts | ({jump} if jump is not None else set())


def _clock_change(start: datetime, end: datetime, place: ZoneInfo) -> datetime | None:
    """The instant between two at which the zone's offset changes, or None; to the second."""
    before = start.astimezone(place).utcoffset()
    if before == end.astimezone(place).utcoffset():
        return None
    low, high = 0, int((end - start).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (start + timedelta(seconds=middle)).astimezone(place).utcoffset() == before:
            low = middle
        else:
            high = middle
    return start + timedelta(seconds=high)


def _utc(instant: datetime) -> datetime:
    """The same instant in UTC, in which sums of datetimes are sums of time."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return instant.astimezone(UTC)
