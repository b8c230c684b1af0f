"""Rules of calendars in the words of writers."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.importing.rules import repeats_words, simple_rule
from alongside.model.recurrences import Frequency, RecurrenceError, Rule, next_day, parse_rule, rule_days
from alongside.reading.recurrences import parse_repeats

THURSDAY = date(2026, 12, 3)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=DAILY;INTERVAL=14", "every 2 weeks"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY", "every week"),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=TH", "every week"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "every week on Tue, Thu"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "every 2 weeks on Tue, Thu"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,TH;WKST=SU", ""),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "every day"),
        ("FREQ=MONTHLY", "every month on the 3rd"),
        ("FREQ=MONTHLY;BYMONTHDAY=3,21", "every month on the 3rd and 21st"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=3", "every 3 months on the 3rd"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "last day of every month"),
        ("FREQ=MONTHLY;BYDAY=1TH", "first Thursday of every month"),
        ("FREQ=MONTHLY;BYDAY=TH;BYSETPOS=1", "first Thursday of every month"),
        ("FREQ=MONTHLY;BYDAY=TH;BYMONTHDAY=1,2,3,4,5,6,7", "first Thursday of every month"),
        ("FREQ=MONTHLY;BYDAY=1TH,-1TH", "first and last Thursday of every month"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1TH", "first Thursday of every 2 months"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3", ""),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=3", "every year"),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=1TH", "first Thursday of December"),
        ("FREQ=YEARLY;BYMONTH=6,12;BYDAY=1TH", ""),
    ],
)
def test_a_rule_is_said_as_a_writer_would(rule: str, words: str) -> None:
    assert repeats_words(parse_rule(rule), THURSDAY) == words


FREQUENCIES: tuple[Frequency, ...] = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
numbers = st.frozensets(st.integers(1, 31) | st.just(-1), max_size=8)
weekdays = st.frozensets(st.tuples(st.just(0), st.integers(0, 6)), max_size=7)
numbered = st.frozensets(st.tuples(st.sampled_from((1, 2, 3, 4, 5, -1, -2)), st.integers(0, 6)), max_size=3)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules that the standard allows, the usual ones more often."""
    frequency = draw(st.sampled_from(FREQUENCIES))
    days = draw(weekdays | numbered if frequency in ("MONTHLY", "YEARLY") else weekdays)
    month_days = frozenset[int]() if frequency == "WEEKLY" else draw(st.just(frozenset[int]()) | numbers)
    rule = Rule(
        frequency=frequency,
        interval=draw(st.sampled_from((1, 1, 2, 3, 7, 14))),
        months=draw(st.just(frozenset[int]()) | st.frozensets(st.integers(1, 12), max_size=12)),
        month_days=month_days,
        weekdays=days,
        positions=draw(st.just(frozenset[int]()) | st.frozensets(st.sampled_from((1, 2, -1)), max_size=2)),
        week_start=draw(st.sampled_from((0, 6))),
    )
    return parse_rule(str(rule))


@given(st.data())
def test_what_is_said_gives_the_same_days(data: st.DataObject) -> None:
    try:
        rule = data.draw(rules())
    except RecurrenceError:
        return
    wanted = date(2024, 1, 1) + timedelta(days=data.draw(st.integers(0, 1500)))
    first = next_day(rule, wanted, start=wanted)
    if first is None:
        return

    def days(one: Rule) -> list[date]:
        return list(islice(rule_days(one, first, start=first, end=date(2075, 1, 1)), 60))

    expected = days(rule)
    assert days(simple_rule(rule, first)) == expected
    words = repeats_words(rule, first)
    if words:
        assert days(parse_repeats(words)) == expected
