"""The dates of a meetup as instants: clock changes, bounds, exclusions, changes, and what hostile input costs."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest

from alongside.model.community import Community
from alongside.model.gatherings import Change, Meetup
from alongside.model.texts import LocalText
from alongside.planning.occurrences import (
    Occurrence,
    final_day,
    last_day,
    next_occurrence,
    occurrences,
    upcoming,
)
from alongside.problems import Position

HERE = Position("content/meetups/x.md")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVER = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def wall(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if " " in text else date.fromisoformat(text)


def change(original: str, starts: str = "", **fields: object) -> tuple[date, Change]:
    day = date.fromisoformat(original)
    return day, Change(original=day, starts=wall(starts) if starts else None, position=HERE, **fields)  # type: ignore[arg-type]


def meetup(
    starts: str, rrule: str = "", zone: str = "Europe/Berlin", *changes: tuple[date, Change], **fields: object
) -> Meetup:
    return Meetup(
        slug=str(fields.pop("slug", "x")), title=LocalText((("en", "X"),)), starts=wall(starts), timezone=zone,
        rrule=rrule, changes=dict(changes), position=HERE, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def dates(one: Meetup, count: int = 5) -> list[str]:
    """Starts in UTC (or days) and, after a slash, what differs from an ordinary date."""
    return [said(found) for found in islice(occurrences(one, start=EVER[0], end=EVER[1]), count)]


def said(one: Occurrence) -> str:
    if isinstance(one.starts, datetime):
        return f"{one.starts.astimezone(UTC):%Y-%m-%d %H:%M}" + (" cancelled" if one.status == "cancelled" else "")
    return str(one.starts) + (" cancelled" if one.status == "cancelled" else "")


def test_the_hour_stays_across_a_clock_change() -> None:
    one = meetup("2026-10-20 18:30", "FREQ=WEEKLY", duration=timedelta(hours=2))
    assert dates(one, 3) == ["2026-10-20 16:30", "2026-10-27 17:30", "2026-11-03 17:30"]


def test_days_of_also_come_on_top_of_the_rule_and_its_bounds() -> None:
    also = (date(2026, 12, 5), date(2026, 12, 10), date(2027, 3, 1))
    off = change("2027-03-01", status="cancelled")
    one = meetup("2026-12-03 18:30", "FREQ=WEEKLY", "UTC", off, times=2, excluded=(date(2026, 12, 10),), also=also)
    assert dates(one) == [
        "2026-12-03 18:30", "2026-12-05 18:30", "2026-12-10 18:30", "2027-03-01 18:30 cancelled",
    ]  # fmt: skip
    assert (last_day(one), final_day(one)) == (date(2027, 3, 1), date(2027, 3, 1))
    once = meetup("2026-12-03", also=also[:1])
    assert dates(once) == ["2026-12-03", "2026-12-05"]
    following = next_occurrence(once, after=datetime(2026, 12, 4, 12, tzinfo=UTC))
    assert following is not None
    assert said(following) == "2026-12-05"


@pytest.mark.parametrize(
    ("starts", "zone", "instant"),
    [
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29 01:30"),  # skipped: 03:30 summer time
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25 00:30"),  # twice: the first
        ("2026-03-08 02:30", "America/New_York", "2026-03-08 07:30"),
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 22:00"),  # a day Samoa left out
        ("2026-06-01 12:00", "Etc/GMT+5", "2026-06-01 17:00"),
        ("2026-06-01 12:00", "UTC", "2026-06-01 12:00"),
        ("2026-06-01 12:00", "Asia/Kathmandu", "2026-06-01 06:15"),
    ],
)
def test_wall_times_become_instants(starts: str, zone: str, instant: str) -> None:
    assert dates(meetup(starts, zone=zone)) == [instant]


def test_a_skipped_time_is_shown_as_one_that_exists() -> None:
    one = next(occurrences(meetup("2026-03-29 02:30"), start=EVER[0], end=EVER[1]))
    assert isinstance(one.starts, datetime)
    assert one.starts.isoformat() == "2026-03-29T03:30:00+02:00"


def test_two_hours_are_two_hours_in_the_night_of_a_change() -> None:
    one = next(occurrences(meetup("2026-10-25 01:30", duration=timedelta(hours=2)), start=EVER[0], end=EVER[1]))
    assert isinstance(one.ends, datetime)
    assert one.ends.isoformat() == "2026-10-25T02:30:00+01:00"


@pytest.mark.parametrize(
    ("bounds", "count"),
    [
        ({"until": date(2026, 12, 17)}, 3),  # included
        ({"until": date(2026, 12, 16)}, 2),
        ({"times": 3}, 3),
        ({"times": 3, "until": date(2026, 12, 10)}, 2),
        ({"times": 3, "excluded": (date(2026, 12, 10),)}, 2),  # times counts before except
        ({"until": date(2026, 12, 2)}, 0),
        ({"excluded": (date(2026, 12, 3), date(2026, 12, 10), date(2026, 12, 11)), "times": 4}, 2),
    ],
)
def test_bounds(bounds: dict[str, object], count: int) -> None:
    assert len(dates(meetup("2026-12-03 23:30", "FREQ=WEEKLY", "America/Los_Angeles", **bounds), 99)) == count


def test_until_is_a_day_in_the_meetups_own_zone() -> None:
    one = meetup("2026-12-03 23:30", "FREQ=WEEKLY", "America/Los_Angeles", until=date(2026, 12, 3))
    assert dates(one) == ["2026-12-04 07:30"]


def test_changes_move_rename_and_cancel() -> None:
    one = meetup(
        "2026-12-03 18:30", "FREQ=WEEKLY", "Europe/Berlin",
        change("2026-12-10", "2026-12-11 19:00", title=LocalText((("en", "Party"),))),
        change("2026-12-17", status="cancelled"),
        change("2026-12-24", "2027-01-02"),  # a day alone: the hour stays
        change("2026-12-25", "2026-12-26 10:00"),  # no date of the rule: nothing
        times=4,
    )  # fmt: skip
    assert dates(one) == ["2026-12-03 17:30", "2026-12-11 18:00", "2026-12-17 17:30 cancelled", "2027-01-02 17:30"]
    found = list(occurrences(one, start=EVER[0], end=EVER[1]))
    assert [str(entry.title) for entry in found] == ["X", "Party", "X", "X"]
    assert [str(entry.original) for entry in found] == ["2026-12-03", "2026-12-10", "2026-12-17", "2026-12-24"]
    assert last_day(one) == date(2026, 12, 24)
    assert final_day(one) == date(2027, 1, 2)


def test_a_date_moved_far_away_is_found_where_it_went_and_only_there() -> None:
    one = meetup(
        "2020-01-06 18:00", "FREQ=WEEKLY", "UTC",
        change("2020-01-13", "2026-12-01 18:00"), change("2026-11-30", "2020-02-01 18:00"),
    )  # fmt: skip
    winter = list(occurrences(one, start=datetime(2026, 11, 29, tzinfo=UTC), end=datetime(2026, 12, 8, tzinfo=UTC)))
    assert [said(entry) for entry in winter] == ["2026-12-01 18:00", "2026-12-07 18:00"]
    past = list(occurrences(one, start=datetime(2020, 1, 31, tzinfo=UTC), end=datetime(2020, 2, 4, tzinfo=UTC)))
    assert [said(entry) for entry in past] == ["2020-02-01 18:00", "2020-02-03 18:00"]


def test_a_change_of_the_only_date() -> None:
    one = meetup("2026-12-03 18:30", "", "UTC", change("2026-12-03", "2026-12-04 20:00", duration=timedelta(hours=1)))
    found = next_occurrence(one, after=NOW)
    assert found is not None
    assert (said(found), found.ends) == ("2026-12-04 20:00", datetime(2026, 12, 4, 21, tzinfo=UTC))


def test_days_of_several_days_move_as_a_whole() -> None:
    one = meetup("2026-12-04", "FREQ=YEARLY", "UTC", change("2027-12-04", "2027-12-11"), last_day=date(2026, 12, 6))
    found = [(str(entry.starts), str(entry.ends)) for entry in islice(occurrences(one, start=NOW, end=EVER[1]), 2)]
    assert found == [("2026-12-04", "2026-12-06"), ("2027-12-11", "2027-12-13")]


def test_what_takes_place_all_day_is_next_until_its_first_day_is_over_there() -> None:
    one = meetup("2026-11-23", zone="Asia/Tokyo")
    assert next_occurrence(one, after=datetime(2026, 11, 23, 14, 59, tzinfo=UTC)) is not None
    assert next_occurrence(one, after=datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) is None


def test_next_passes_over_what_is_called_off() -> None:
    one = meetup("2026-12-03 18:30", "FREQ=WEEKLY", "UTC", change("2026-12-03", status="cancelled"))
    found = next_occurrence(one, after=NOW)
    assert found is not None
    assert said(found) == "2026-12-10 18:30"
    assert next_occurrence(meetup("2026-12-03 18:30", status="cancelled"), after=NOW) is None


def test_the_start_counts_and_the_end_does_not() -> None:
    one = meetup("2026-12-03 18:30", "FREQ=DAILY", "UTC")
    start = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)
    assert len(list(occurrences(one, start=start, end=start + timedelta(days=2)))) == 2


def test_upcoming_is_the_first_of_each_soonest_first() -> None:
    records = [
        meetup("2010-01-06 18:00", "FREQ=WEEKLY", "UTC", slug="weekly"),
        meetup("2026-11-24 18:00", "", "UTC", slug="tomorrow"),
        meetup("2026-11-24 18:00", "", "UTC", slug="also-tomorrow"),
        meetup("2026-11-20 18:00", "", "UTC", slug="over"),
        meetup("2028-11-20 18:00", "", "UTC", slug="far"),
        meetup("2026-11-25 18:00", "", "UTC", slug="off", status="cancelled"),
    ]
    community = Community(name="X", meetups={one.slug: one for one in records})
    assert [one.meetup for one in upcoming(community, now=NOW)] == ["also-tomorrow", "tomorrow", "weekly"]


@pytest.mark.parametrize(
    "rrule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY",
        "FREQ=YEARLY;INTERVAL=999",
    ],
)
@pytest.mark.parametrize(
    "starts", ["1900-01-01 00:00", "2199-12-31 23:59", "0001-01-01 00:00", "9999-12-31 23:59", "9999-12-31"]
)
def test_no_rule_walks_for_ever(rrule: str, starts: str) -> None:
    one = meetup(starts, rrule, "Pacific/Kiritimati", duration=timedelta(days=31))
    next_occurrence(one, after=NOW)
    assert len(dates(one, 3)) <= 3


def test_a_rule_that_cannot_be_read_leaves_one_date() -> None:
    assert dates(meetup("2026-12-03 18:30", "FREQ=SECONDLY;BYSECOND=1", "UTC")) == ["2026-12-03 18:30"]


def test_times_beyond_all_measure() -> None:
    one = meetup("2026-12-03 18:30", "FREQ=DAILY", "UTC", times=10**9)
    assert last_day(one) is None
    assert dates(one, 2) == ["2026-12-03 18:30", "2026-12-04 18:30"]


def test_an_occurrence_travels_between_processes() -> None:
    one = next_occurrence(meetup("2026-12-03 18:30"), after=NOW)
    assert one is not None
    again = pickle.loads(pickle.dumps(one))
    assert again == one
    assert again.starts.tzinfo is one.starts.tzinfo  # type: ignore[union-attr]
