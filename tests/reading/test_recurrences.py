"""Recurrences: authors' words to rules, and the days of rules against dateutil's."""

from __future__ import annotations

from datetime import date, datetime, time
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.reading.recurrences import FORMS, RecurrenceError, days, gives, nearest_day, parse_repeats, parse_rrule


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("every day", "FREQ=DAILY"), ("daily", "FREQ=DAILY"), ("every 3 days", "FREQ=DAILY;INTERVAL=3"),
        ("every week", "FREQ=WEEKLY"), ("Weekly", "FREQ=WEEKLY"), ("every Tuesday", "FREQ=WEEKLY;BYDAY=TU"),
        ("every tue and thu", "FREQ=WEEKLY;BYDAY=TU,TH"), ("Tuesdays", "FREQ=WEEKLY;BYDAY=TU"),
        ("every other Tuesday", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"), ("every 2 weeks on Tue, Thu", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"),
        ("every other week", "FREQ=WEEKLY;INTERVAL=2"), ("every week on Mon.", "FREQ=WEEKLY;BYDAY=MO"),
        ("every weekday", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"), ("first Thursday of every month", "FREQ=MONTHLY;BYDAY=1TH"),
        ("First  THURSDAY of the month", "FREQ=MONTHLY;BYDAY=1TH"), ("1st and 3rd Thursday of each month", "FREQ=MONTHLY;BYDAY=1TH,3TH"),
        ("last Friday of every month", "FREQ=MONTHLY;BYDAY=-1FR"), ("every second Tuesday of the month", "FREQ=MONTHLY;BYDAY=2TU"),
        ("fifth Sunday of every 2 months", "FREQ=MONTHLY;INTERVAL=2;BYDAY=5SU"), ("last Friday of every 2nd month", "FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR"),
        ("every month", "FREQ=MONTHLY"), ("every month on the 15th", "FREQ=MONTHLY;BYMONTHDAY=15"),
        ("every month on the 1st and 15th", "FREQ=MONTHLY;BYMONTHDAY=1,15"), ("every 3 months on the 15th", "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15"),
        ("every month on the first Thursday", "FREQ=MONTHLY;BYDAY=1TH"), ("last day of every month", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ("quarterly", "FREQ=MONTHLY;INTERVAL=3"), ("every year", "FREQ=YEARLY"), ("annually", "FREQ=YEARLY"),
        ("first Monday of May", "FREQ=YEARLY;BYMONTH=5;BYDAY=1MO"),
        ("", None), ("sometimes", None), ("every 0 weeks", None), ("every month on the 32nd", None), ("every blue moon", None),
        ("sixth Monday of every month", None), ("every week on Funday", None),
    ],
)  # fmt: skip
def test_words(words: str, rule: str | None) -> None:
    if rule is None:
        with pytest.raises(RecurrenceError) as caught:
            parse_repeats(words)
        assert FORMS[0] in caught.value.hint
    else:
        assert str(parse_repeats(words)) == rule


@pytest.mark.parametrize("form", FORMS)
def test_the_forms_that_hints_show_are_read(form: str) -> None:
    parse_repeats(form)


@pytest.mark.parametrize(
    "text",
    ["", "FREQ", "BYDAY=MO", "FREQ=SOMETIMES", "FREQ=MINUTELY", "FREQ=DAILY;BYHOUR=9,17", "FREQ=YEARLY;BYWEEKNO=20", "FREQ=WEEKLY;BYDAY=1MO",
     "FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY;BYDAY=6MO", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=DAILY;INTERVAL=0",
     "FREQ=DAILY;FREQ=DAILY", "FREQ=MONTHLY;BYSETPOS=1", "FREQ=DAILY;WHEN=NOW", "FREQ=MONTHLY;BYDAY=XX", "FREQ=DAILY;INTERVAL=99999999999"],
)  # fmt: skip
def test_rules_that_are_refused(text: str) -> None:
    with pytest.raises(RecurrenceError) as caught:
        parse_rrule(text)
    assert caught.value.hint


WEEKDAYS = st.lists(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), max_size=3, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    months = draw(st.lists(st.integers(1, 12), max_size=2, unique=True))
    if months:
        parts.append("BYMONTH=" + ",".join(map(str, sorted(months))))
    weekdays = draw(WEEKDAYS)
    month_days = (
        draw(st.lists(st.sampled_from([1, 15, 28, 31, -1]), max_size=2, unique=True)) if frequency != "WEEKLY" else []
    )
    if weekdays:
        which = (
            draw(st.sampled_from(["", "1", "-1", "3"])) if frequency in ("MONTHLY", "YEARLY") and not month_days else ""
        )
        parts.append("BYDAY=" + ",".join(which + day for day in weekdays))
    if month_days:
        parts.append("BYMONTHDAY=" + ",".join(map(str, month_days)))
    if (weekdays or month_days) and draw(st.booleans()) and frequency in ("MONTHLY", "YEARLY"):
        parts.append(f"BYSETPOS={draw(st.sampled_from([1, -1]))}")
    if frequency == "WEEKLY" and draw(st.booleans()):
        parts.append("WKST=SU")
    return ";".join(parts)


@given(rules(), st.dates(date(2024, 1, 1), date(2027, 12, 31)))
@settings(max_examples=150, deadline=None)
def test_days_are_those_of_dateutil(text: str, start: date) -> None:
    until = date(start.year + 6, 12, 31)
    rule = parse_rrule(text)
    ours = [day for day in islice(days(rule, start), 400) if day <= until]
    window = rrulestr(f"{text};UNTIL={until:%Y%m%d}T235959", dtstart=datetime.combine(start, time(12)))
    theirs = [when.date() for when in islice(window, 400)]
    assert ours[: len(theirs)] == theirs
    assert len(ours) == len(theirs) or len(theirs) == 400
    assert all(gives(rule, start, day) for day in ours[:20])


def test_a_rule_that_gives_nothing_ends() -> None:
    rule = parse_rrule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")
    assert list(days(rule, date(2026, 1, 1))) == []
    assert nearest_day(rule, date(2026, 1, 1), date(2026, 2, 28)) is None


@pytest.mark.parametrize(
    ("words", "wanted", "near"),
    [
        ("every week", date(2027, 1, 15), date(2027, 1, 14)), ("every week", date(2026, 1, 1), date(2027, 1, 7)),
        ("first Thursday of every month", date(2027, 2, 20), date(2027, 3, 4)), ("every year", date(2030, 6, 1), date(2030, 1, 7)),
    ],
)  # fmt: skip
def test_nearest_day(words: str, wanted: date, near: date) -> None:
    assert nearest_day(parse_repeats(words), date(2027, 1, 7), wanted) == near
