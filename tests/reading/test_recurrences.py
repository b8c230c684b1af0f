"""Recurrences: authors' words to rules, and the rules they are refused."""

from __future__ import annotations

import pytest

from alongside.model.recurrences import RecurrenceError
from alongside.reading.recurrences import FORMS, parse_repeats, parse_rrule


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
        ("first Monday of May", "FREQ=YEARLY;BYMONTH=5;BYDAY=1MO"), ("last day of February", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
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


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,1FR", "Number all of them"),
        ("FREQ=YEARLY;BYDAY=-1SU,SA", "Number all of them"),
        ("FREQ=MONTHLY;BYDAY=1FR;BYMONTHDAY=1,2", "BYDAY=1TH"),
        ("FREQ=YEARLY;BYYEARDAY=256", "BYMONTH with BYMONTHDAY"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYMONTH with BYMONTHDAY"),
        ("FREQ=MONTHLY;BYDAI=1TH", "Did you mean BYDAY?"),
        ("FREQ=SOMETIMES", "DAILY, WEEKLY, MONTHLY or YEARLY"),
        ("FREQ=HOURLY", "one meetup for each"),
        ("FREQ=MONTHLY;BYMONTH=13", "from 1 to 12"),
        ("FREQ=WEEKLY;WKST=XX", "MO or SU"),
        ("FREQ=YEARLY;BYDAY=20MO", "BYMONTH=5;BYDAY=3MO"),
        ("FREQ=DAILY;BYMONTHDAY=-2", "FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1", "number the weekdays"),
        ("FREQ=WEEKLY;BYDAY=MO,WE;BYSETPOS=1", "number the weekdays"),
        ("FREQ=YEARLY;BYMONTH=3,9;BYDAY=MO;BYSETPOS=1", "number the weekdays"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTHDAY=-1", "one meetup for each month"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTHDAY=4,31", "one meetup for each month"),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2;BYMONTHDAY=29", "one meetup for each month"),
        ("FREQ=MONTHLY;BYMONTHDAY=-4;BYDAY=MO", "BYDAY=-1FR"),
        ("FREQ=MONTHLY;BYDAY=1TU,-1TU;BYSETPOS=-1", "number the weekdays"),
        ("FREQ=WEEKLY;INTERVAL=24;BYDAY=MO,TH,FR,SU;WKST=SA", "Leave WKST out"),
        ("FREQ=MONTHLY;INTERVAL=5;BYMONTH=7,9;BYDAY=4MO", "Name the months alone"),
    ],
)
def test_what_programs_read_differently_is_refused_with_another_way(text: str, remedy: str) -> None:
    with pytest.raises(RecurrenceError) as caught:
        parse_rrule(text)
    assert caught.value.message.startswith("rrule: ")
    assert remedy in caught.value.hint


@pytest.mark.parametrize(
    ("text", "rule", "bounded"),
    [
        ("rrule:freq=monthly; byday = 3th, 1th;", "FREQ=MONTHLY;BYDAY=1TH,3TH", False),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15,1", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1", False),
        ("WKST=SU;INTERVAL=2;FREQ=WEEKLY;COUNT = 3", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", True),
        ("FREQ=DAILY;UNTIL=20270101", "FREQ=DAILY", True),
    ],
)
def test_rules_are_written_in_one_way(text: str, rule: str, bounded: bool) -> None:
    found, has_bounds = parse_rrule(text)
    assert (str(found), has_bounds) == (rule, bounded)


def test_an_error_shows_its_remedy() -> None:
    with pytest.raises(RecurrenceError, match=r"is no form of recurrence\. .*every 2 weeks on Tue, Thu"):
        parse_repeats("now and then")
