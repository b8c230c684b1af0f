"""When steps are due: tables over clock changes, and properties over every zone's oddities."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.model.journeys import Delay, Moment, Window
from alongside.planning.due_times import delayed, due_time, expiry_time, is_open, next_opening, planned_time
from alongside.problems import Position

WEEKDAYS = frozenset(range(5))
OFFICE = Window(days=WEEKDAYS, start=time(9), end=time(17))
# zones whose clocks do what most do not: half hours, whole days skipped, midnight skipped, Ramadan
ZONES = (
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia",
    "America/Sao_Paulo", "Africa/Casablanca", "Asia/Kathmandu", "Africa/Cairo", "UTC",
)  # fmt: skip


def moment(
    *, hours: int | None = None, days: int = 0, window: Window | None = None, gap: timedelta = timedelta(hours=20)
) -> Moment:
    after = Delay(amount=hours, unit="hours") if hours is not None else Delay(amount=days, unit="days")
    return Moment(
        id="check-in",
        owner="community",
        where="mail",
        after=after,
        window=window or Window(),
        gap=gap,
        position=Position("journeys/first-month.yml"),
    )


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "delay", "zone", "expected"),
    [
        ("2026-11-23T09:00Z", Delay(amount=0, unit="hours"), "Europe/Berlin", "2026-11-23T09:00Z"),
        ("2026-11-23T09:00Z", Delay(amount=0, unit="days"), "Europe/Berlin", "2026-11-23T09:00Z"),
        # the night of 29 March 2026 has no hour from 02:00 to 03:00 in Berlin
        ("2026-03-28T09:00Z", Delay(amount=24, unit="hours"), "Europe/Berlin", "2026-03-29T09:00Z"),
        ("2026-03-28T09:00Z", Delay(amount=1, unit="days"), "Europe/Berlin", "2026-03-29T08:00Z"),
        ("2026-03-28T01:30Z", Delay(amount=1, unit="days"), "Europe/Berlin", "2026-03-29T01:30Z"),
        # the night of 25 October 2026 has it twice; the first counts
        ("2026-10-24T00:30Z", Delay(amount=1, unit="days"), "Europe/Berlin", "2026-10-25T00:30Z"),
        ("2026-10-25T01:30Z", Delay(amount=7, unit="days"), "Europe/Berlin", "2026-11-01T01:30Z"),
        ("2026-10-25T01:30Z", Delay(amount=0, unit="days"), "Europe/Berlin", "2026-10-25T01:30Z"),
        # 30 December 2011 did not happen in Samoa
        ("2011-12-29T20:00Z", Delay(amount=2, unit="days"), "Pacific/Apia", "2011-12-30T20:00Z"),
        ("2026-01-31T12:00Z", Delay(amount=30, unit="days"), "UTC", "2026-03-02T12:00Z"),
    ],
)
def test_hours_are_exact_and_days_keep_the_time_of_day(start: str, delay: Delay, zone: str, expected: str) -> None:
    assert delayed(instant(start), delay, zone=zone) == instant(expected)


@pytest.mark.parametrize(
    ("start", "window", "zone", "expected"),
    [
        ("2026-11-23T09:00Z", OFFICE, "Europe/Berlin", "2026-11-23T09:00Z"),  # open already
        ("2026-11-23T07:59:59Z", OFFICE, "Europe/Berlin", "2026-11-23T08:00Z"),
        ("2026-11-23T15:59:59Z", OFFICE, "Europe/Berlin", "2026-11-23T15:59:59Z"),
        ("2026-11-23T16:00Z", OFFICE, "Europe/Berlin", "2026-11-24T08:00Z"),  # `to` does not count
        ("2026-11-20T16:00Z", OFFICE, "Europe/Berlin", "2026-11-23T08:00Z"),  # over the weekend
        ("2026-11-20T23:00Z", OFFICE, "Asia/Tokyo", "2026-11-23T00:00Z"),
        ("2026-03-28T12:00Z", Window(start=time(9), end=time(10)), "Europe/Berlin", "2026-03-29T07:00Z"),
        # the clocks skip its start: open when they have jumped
        ("2026-03-28T12:00Z", Window(start=time(2, 30), end=time(5)), "Europe/Berlin", "2026-03-29T01:00Z"),
        # they skip all of it: not open that day
        ("2026-03-28T12:00Z", Window(start=time(2, 15), end=time(2, 45)), "Europe/Berlin", "2026-03-30T00:15Z"),
        # they repeat it: open twice
        ("2026-10-25T00:40Z", Window(start=time(2, 30), end=time(2, 40)), "Europe/Berlin", "2026-10-25T01:30Z"),
        ("2026-10-25T00:40Z", Window(start=time(1), end=time(2, 40)), "Europe/Berlin", "2026-10-25T01:00Z"),
        # over midnight: the night belongs to the day it starts on
        ("2026-11-23T12:00Z", Window(days=frozenset({0}), start=time(22), end=time(6)), "UTC", "2026-11-23T22:00Z"),
        ("2026-11-24T05:00Z", Window(days=frozenset({0}), start=time(22), end=time(6)), "UTC", "2026-11-24T05:00Z"),
        ("2026-11-24T06:00Z", Window(days=frozenset({0}), start=time(22), end=time(6)), "UTC", "2026-11-30T22:00Z"),
        # Friday 30 December 2011 did not happen in Samoa
        ("2011-12-29T20:00Z", Window(days=frozenset({4})), "Pacific/Apia", "2012-01-05T10:00Z"),
    ],
)
def test_a_window_opens_in_the_newcomers_own_zone(start: str, window: Window, zone: str, expected: str) -> None:
    assert next_opening(instant(start), window=window, zone=zone) == instant(expected)


def test_a_gap_after_another_mail_moves_into_the_window() -> None:
    step = moment(days=7, window=OFFICE)
    enrolled = instant("2026-11-23T09:00Z")
    assert due_time(step, enrolled_at=enrolled, zone="UTC", last_sent=None) == instant("2026-11-30T09:00Z")
    mail = instant("2026-11-29T22:00Z")
    assert due_time(step, enrolled_at=enrolled, zone="UTC", last_sent=mail) == instant("2026-12-01T09:00Z")


def test_it_expires_from_the_planned_time_not_from_the_delayed_one() -> None:
    step = moment(days=7, window=OFFICE)
    saturday = instant("2026-11-21T09:00Z")
    assert planned_time(step, enrolled_at=saturday, zone="UTC") == instant("2026-11-30T09:00Z")
    assert expiry_time(step, enrolled_at=saturday, zone="UTC") == instant("2026-12-14T09:00Z")


def test_a_naive_instant_and_a_window_without_days_are_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        delayed(datetime(2026, 11, 23, 9), Delay(amount=1, unit="days"), zone="UTC")  # noqa: DTZ001
    with pytest.raises(ValueError, match="never opens"):
        next_opening(instant("2026-11-23T09:00Z"), window=Window(days=frozenset()), zone="UTC")
    with pytest.raises(ValueError, match="calendar"):
        next_opening(instant("9999-12-30T09:00Z"), window=Window(days=frozenset({0})), zone="UTC")


instants = st.datetimes(datetime(1995, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
days_ahead = st.integers(0, 60)
clocks = st.times().map(lambda clock: clock.replace(fold=0))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start = draw(clocks)
    end = draw(st.none() | clocks.filter(lambda clock: clock != start))
    width = timedelta(hours=end.hour - start.hour, minutes=end.minute - start.minute) if end else timedelta(days=1)
    if timedelta(0) <= width < timedelta(minutes=1):
        end = None
    return Window(days=draw(st.frozensets(st.integers(0, 6), min_size=1)), start=start, end=end)


@given(enrolled=instants, days=days_ahead, window=windows(), zone=st.sampled_from(ZONES), rest=st.integers(0, 100))
def test_due_is_open_never_early_and_never_within_the_gap(
    enrolled: datetime, days: int, window: Window, zone: str, rest: int
) -> None:
    step = moment(days=days, window=window)
    sent = delayed(enrolled, step.after, zone=zone) + timedelta(hours=rest - 50)
    due = due_time(step, enrolled_at=enrolled, zone=zone, last_sent=sent)
    assert due.tzinfo is UTC
    assert is_open(due, window=window, zone=zone)
    assert due >= delayed(enrolled, step.after, zone=zone) >= enrolled
    assert due >= sent + step.gap
    assert due_time(step, enrolled_at=enrolled, zone=zone, last_sent=sent) == due


@given(start=instants, window=windows(), zone=st.sampled_from(ZONES), later=st.integers(0, 20_000))
def test_opening_is_the_first_and_keeps_the_order(start: datetime, window: Window, zone: str, later: int) -> None:
    opening = next_opening(start, window=window, zone=zone)
    assert next_opening(opening, window=window, zone=zone) == opening
    assert next_opening(start + timedelta(minutes=later), window=window, zone=zone) >= opening
    # nothing before it is open: looked at closely at the end, coarsely over all
    for seconds in (*range(1, 120, 7), *range(120, 9 * 86400, 10_007)):
        earlier = opening - timedelta(seconds=seconds)
        if earlier < start:
            break
        assert not is_open(earlier, window=window, zone=zone)


@given(enrolled=instants, days=days_ahead, more=st.integers(0, 30), zone=st.sampled_from(ZONES), window=windows())
def test_a_longer_delay_is_never_due_earlier(
    enrolled: datetime, days: int, more: int, zone: str, window: Window
) -> None:
    first, second = moment(days=days, window=window), moment(days=days + more, window=window)
    due = [due_time(step, enrolled_at=enrolled, zone=zone, last_sent=None) for step in (first, second)]
    assert due == sorted(due)


@given(enrolled=instants, days=st.integers(1, 60), zone=st.sampled_from(ZONES))
def test_days_are_calendar_days_at_the_same_time(enrolled: datetime, days: int, zone: str) -> None:
    place = ZoneInfo(zone)
    start, end = enrolled.astimezone(place), delayed(enrolled, Delay(amount=days, unit="days"), zone=zone)
    local = end.astimezone(place)
    wanted = datetime.combine(start.date() + timedelta(days=days), start.time().replace(fold=0), tzinfo=place)
    exists = wanted.astimezone(UTC).astimezone(place).replace(tzinfo=None) == wanted.replace(tzinfo=None)
    if exists:
        assert (local.date() - start.date(), local.time()) == (timedelta(days=days), start.time().replace(fold=0))
    else:
        assert end - timedelta(days=1) < wanted.replace(fold=1).astimezone(UTC) < end


def test_a_day_is_a_date_not_a_time_of_day() -> None:
    assert is_open(instant("2026-11-22T23:30Z"), window=Window(days=frozenset({0})), zone="Europe/Berlin")
    assert date(2026, 11, 23).weekday() == 0
