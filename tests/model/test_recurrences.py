"""The walk over days gives what dateutil gives, from any day, and stops."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from alongside.model.recurrences import (
    WEEKDAYS,
    gives,
    nearest_day,
    next_day,
    nth_day,
    parse_rule,
    rule_days,
)


def days_of(text: str, first: date, start: date, end: date) -> list[date]:
    return list(rule_days(parse_rule(text), first, start=start, end=end))


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", date(2026, 11, 24), ["2026-11-24", "2026-11-26", "2026-12-08"]),
        ("FREQ=MONTHLY;BYDAY=1TH", date(2026, 12, 3), ["2026-12-03", "2027-01-07", "2027-02-04"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", date(2026, 11, 27), ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1", date(2026, 11, 27), ["2026-11-27", "2026-12-25", "2027-01-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31", date(2026, 12, 31), ["2026-12-31", "2027-01-31", "2027-03-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", date(2026, 12, 31), ["2026-12-31", "2027-01-31", "2027-02-28"]),
        ("FREQ=YEARLY", date(2024, 2, 29), ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR", date(2026, 11, 13), ["2026-11-13", "2027-08-13", "2028-10-13"]),
        ("FREQ=YEARLY;BYYEARDAY=256", date(2026, 9, 13), ["2026-09-13", "2027-09-13", "2028-09-12"]),
        ("FREQ=DAILY;INTERVAL=10", date(2026, 12, 25), ["2026-12-25", "2027-01-04", "2027-01-14"]),
        ("FREQ=MONTHLY;BYDAY=1MO,FR", date(2026, 11, 27), ["2026-11-27", "2026-12-04", "2026-12-07"]),  # a union
        ("freq=daily;byday=mo,we", date(2026, 11, 23), ["2026-11-23", "2026-11-25", "2026-11-30"]),
    ],
)
def test_first_three_days(rule: str, first: date, expected: list[str]) -> None:
    assert [str(day) for day in days_of(rule, first, first, date(2040, 1, 1))[:3]] == expected


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "is no part of a rule"),
        ("BYDAY=MO", "FREQ must be"),
        ("FREQ=HOURLY", "FREQ must be"),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ must be"),
        ("FREQ=DAILY;FREQ=DAILY", "twice"),
        ("FREQ=DAILY;INTERVAL=0", "from 1 to"),
        ("FREQ=DAILY;INTERVAL=٣", "from 1 to"),
        ("FREQ=DAILY;COUNT=3", "times:"),
        ("FREQ=DAILY;UNTIL=20270101", "until:"),
        ("FREQ=DAILY;BYHOUR=3", "BYHOUR is not read"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO is not read"),
        ("FREQ=WEEKLY;BYDAY=1MO", "numbered day"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYYEARDAY=3", "FREQ=YEARLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "count from 1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from -31 to 31"),
        ("FREQ=MONTHLY;BYDAY=XX", "BYDAY cannot be XX"),
        ("FREQ=MONTHLY;BYDAY=99MO", "with 1 to 5 or -1"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs"),
        ("FREQ=WEEKLY;WKST=XX", "a week starts with"),
        ("FREQ=DAILY\r\nBEGIN:VEVENT", "FREQ must be"),
    ],
)
def test_what_is_no_rule_says_why(rule: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_rule(rule)


def test_a_rule_that_never_matches_ends() -> None:
    rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    assert days_of(rule, date(2020, 1, 1), date(2020, 1, 1), date(9999, 12, 31)) == []
    assert nth_day(parse_rule(rule), date(2020, 1, 1), 3) is None
    daily = parse_rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    assert next_day(daily, date(2026, 1, 1), start=date(2026, 1, 1)) is None
    assert nearest_day(daily, date(2026, 1, 1), date(2026, 2, 28)) is None


def test_the_calendar_ends() -> None:
    assert days_of("FREQ=DAILY", date(9999, 12, 30), date(9999, 12, 30), date(9999, 12, 31)) == []
    assert nth_day(parse_rule("FREQ=YEARLY"), date(9990, 1, 1), 3) == date(9992, 1, 1)
    weekly = parse_rule("FREQ=WEEKLY;BYDAY=MO,SU")
    assert days_of("FREQ=WEEKLY;BYDAY=MO,SU", date(9998, 12, 27), date(9998, 12, 27), date.max) == [
        date(9998, 12, 27),
        date(9998, 12, 28),
    ]
    assert not gives(weekly, date(2026, 11, 22), date.max)
    assert nearest_day(weekly, date(2026, 11, 22), date.max) == date(9998, 12, 28)
    assert nearest_day(weekly, date(2026, 11, 22), date.min) == date(2026, 11, 22)


def test_counting() -> None:
    assert nth_day(parse_rule("FREQ=WEEKLY"), date(2026, 12, 3), 12) == date(2027, 2, 18)
    assert nth_day(parse_rule("FREQ=DAILY"), date(2026, 12, 3), 10**6) is None


@pytest.mark.parametrize(
    ("text", "wanted", "near"),
    [
        ("FREQ=WEEKLY", date(2027, 1, 14), date(2027, 1, 14)),
        ("FREQ=WEEKLY", date(2027, 1, 15), date(2027, 1, 14)),
        ("FREQ=WEEKLY", date(2027, 1, 20), date(2027, 1, 21)),
        ("FREQ=WEEKLY", date(2026, 1, 1), date(2027, 1, 7)),  # before the first
        ("FREQ=DAILY;INTERVAL=2", date(2027, 1, 8), date(2027, 1, 7)),  # the earlier of two
        ("FREQ=MONTHLY;BYDAY=1TH", date(2027, 2, 20), date(2027, 3, 4)),
        ("FREQ=YEARLY", date(2030, 6, 1), date(2030, 1, 7)),
    ],
)
def test_nearest_day(text: str, wanted: date, near: date) -> None:
    rule = parse_rule(text)
    assert nearest_day(rule, date(2027, 1, 7), wanted) == near
    assert gives(rule, date(2027, 1, 7), near)
    assert gives(rule, date(2027, 1, 7), wanted) == (wanted == near)


def test_a_rule_as_text_reads_the_same() -> None:
    text = "FREQ=YEARLY;INTERVAL=2;BYMONTH=3,11;BYDAY=2TU,1TH,-1FR;BYSETPOS=1,-1;WKST=SU"
    assert str(parse_rule(text)) == "FREQ=YEARLY;INTERVAL=2;BYMONTH=3,11;BYDAY=1TH,2TU,-1FR;BYSETPOS=1,-1;WKST=SU"


def numbers(least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(least, most).filter(bool), min_size=1, max_size=4).map(
        lambda found: ",".join(map(str, found))
    )


def part(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), values.map(lambda value: f";{name}={value}"))


PLAIN_DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4).map(",".join)
# not mixed: dateutil takes the intersection of MO and 1FR, the standard adds them up
NUMBERED_DAYS = st.one_of(
    PLAIN_DAYS,
    st.lists(
        st.tuples(st.sampled_from(["1", "2", "-1", "-2", "5"]), st.sampled_from(WEEKDAYS)).map("".join),
        min_size=1,
        max_size=4,
    ).map(",".join),
)
INTERVAL = st.integers(1, 6).map(lambda number: f";INTERVAL={number}")
WEEK_START = st.sampled_from(["", ";WKST=SU", ";WKST=WE"])
RULES = st.one_of(
    st.tuples(
        st.just("FREQ=DAILY"),
        INTERVAL,
        part("BYMONTH", numbers(1, 12)),
        part("BYMONTHDAY", numbers(-31, 31)),
        part("BYDAY", PLAIN_DAYS),
    ),
    st.tuples(st.just("FREQ=WEEKLY"), INTERVAL, WEEK_START, part("BYMONTH", numbers(1, 12)), part("BYDAY", PLAIN_DAYS)),
    st.tuples(
        st.just("FREQ=MONTHLY"),
        INTERVAL,
        part("BYMONTH", numbers(1, 12)),
        part("BYMONTHDAY", numbers(-31, 31)),
        part("BYDAY", NUMBERED_DAYS),
    ),
    st.tuples(
        st.sampled_from(["FREQ=MONTHLY", "FREQ=YEARLY"]), INTERVAL, NUMBERED_DAYS.map(lambda days: f";BYDAY={days}"),
        part("BYMONTH", numbers(1, 12)), numbers(-3, 3).map(lambda found: f";BYSETPOS={found}"),
    ),
    st.tuples(
        st.just("FREQ=YEARLY"),
        INTERVAL,
        part("BYMONTH", numbers(1, 12)),
        part("BYMONTHDAY", numbers(-31, 31)),
        part("BYDAY", NUMBERED_DAYS),
    ),
    st.tuples(
        st.just("FREQ=YEARLY"), INTERVAL, part("BYYEARDAY", numbers(-366, 366)), part("BYMONTH", numbers(1, 12)),
        part("BYDAY", PLAIN_DAYS),
    ),
).map("".join)  # fmt: skip


@given(
    text=RULES,
    first=st.dates(date(2008, 1, 1), date(2024, 12, 31)),
    skip=st.integers(-400, 3000),
    length=st.integers(0, 1200),
)
def test_the_days_are_those_of_dateutil_from_any_day(text: str, first: date, skip: int, length: int) -> None:
    start = first + timedelta(days=skip)
    end = start + timedelta(days=length)
    # dateutil, unlike ours, walks to the year 9999 when nothing matches: a match must come soon after the window
    assume(days_of(text, first, end, end + timedelta(days=1500)))
    midnight = datetime.combine(first, datetime.min.time())
    other = rrulestr(f"{text};UNTIL={end:%Y%m%d}T000000", dtstart=midnight)
    expected = [moment.date() for moment in other if moment.date() >= start]
    assert days_of(text, first, start, end) == expected
    rule = parse_rule(text)
    assert parse_rule(str(rule)) == rule
    assert gives(rule, first, start) == (start in expected)
    if expected:
        assert next_day(rule, first, start=start) == expected[0]
