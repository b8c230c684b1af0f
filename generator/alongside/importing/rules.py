"""Recurrence rules of calendars as the words writers use (the way back from `reading.recurrences`).

    FREQ=MONTHLY;BYDAY=TH;BYSETPOS=1    first Thursday of every month
    FREQ=DAILY;INTERVAL=14              every 2 weeks
    FREQ=WEEKLY;WKST=SU;BYDAY=TU,TH     every week on Tue, Thu

What the words cannot say stays a rule.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date

from alongside.model.recurrences import RecurrenceError, Rule
from alongside.reading.recurrences import parse_repeats

_ORDINALS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last"}
_WEEKS = {frozenset(range(7 * week + 1, 7 * week + 8)): week + 1 for week in range(4)}  # days 8 to 14: the second


def repeats_words(rule: Rule, first: date) -> str:
    """What a writer would say for a rule that gives `first`; empty where there are no words for it."""
    simple = simple_rule(rule, first)
    words = _words(simple)
    try:
        return words if words and simple_rule(parse_repeats(words), first) == simple else ""
    except RecurrenceError:
        return ""


def simple_rule(rule: Rule, first: date) -> Rule:
    """The plainest rule that gives the same days as `rule`, from `first` on, which it gives."""
    if rule.frequency == "DAILY":
        return _simple_daily(rule, first)
    if rule.frequency == "WEEKLY":
        return _simple_weekly(rule, first)
    rule = _numbered(replace(rule, week_start=0))  # it counts weeks, and here there are none
    if rule.months == frozenset(range(1, 13)) and rule.frequency == "MONTHLY":
        rule = replace(rule, months=frozenset())
    bare = not (rule.weekdays or rule.year_days or rule.positions)
    if rule.frequency == "MONTHLY":
        return replace(rule, month_days=frozenset((first.day,))) if bare and not rule.month_days else rule
    if bare and rule.months == {first.month} and rule.month_days <= {first.day}:
        return Rule(frequency="YEARLY", interval=rule.interval)
    return rule


def _simple_daily(rule: Rule, first: date) -> Rule:
    rule = replace(rule, week_start=0)
    if rule.months or rule.month_days or rule.positions:
        return rule
    if rule.weekdays and rule.interval == 1:
        return _simple_weekly(Rule(frequency="WEEKLY", weekdays=rule.weekdays), first)
    if not rule.weekdays and rule.interval % 7 == 0:
        return Rule(frequency="WEEKLY", interval=rule.interval // 7)
    return rule


def _simple_weekly(rule: Rule, first: date) -> Rule:
    if rule.positions:
        return rule
    if rule.weekdays <= {(0, first.weekday())}:
        return replace(rule, weekdays=frozenset(), week_start=0)
    if rule.interval == 1:
        if len(rule.weekdays) == 7 and not rule.months:
            return Rule(frequency="DAILY")
        return replace(rule, week_start=0)  # where a week starts matters only when some are left out
    return rule


def _numbered(rule: Rule) -> Rule:
    """`TH` at the position 1, or on the days 1 to 7, is `1TH`, in a month."""
    if len(rule.weekdays) != 1 or (rule.frequency == "YEARLY" and len(rule.months) != 1):
        return rule
    ((ordinal, weekday),) = rule.weekdays
    if ordinal or rule.year_days:
        return rule
    if not rule.month_days and rule.positions and all(abs(position) <= 5 for position in rule.positions):
        return replace(
            rule, weekdays=frozenset((position, weekday) for position in rule.positions), positions=frozenset()
        )
    if rule.month_days in _WEEKS and not rule.positions:
        return replace(rule, weekdays=frozenset(((_WEEKS[rule.month_days], weekday),)), month_days=frozenset())
    return rule


def _words(rule: Rule) -> str:
    if rule.positions or rule.year_days:
        return ""
    if rule.frequency == "YEARLY":
        return _yearly_words(rule)
    if rule.months:
        return ""
    if rule.frequency == "MONTHLY":
        return _monthly_words(rule)
    if rule.frequency == "DAILY":
        return "" if rule.weekdays or rule.month_days else _every(rule.interval, "day")
    if rule.weekdays == {(0, day) for day in range(5)} and rule.interval == 1:
        return "every weekday"
    days = ", ".join(calendar.day_abbr[weekday] for _, weekday in sorted(rule.weekdays))
    return _every(rule.interval, "week") + (f" on {days}" if days else "")


def _every(interval: int, unit: str) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


def _monthly_words(rule: Rule) -> str:
    every = _every(rule.interval, "month")
    if rule.weekdays:
        days = "" if rule.month_days else _ordinal_words(rule)
        return f"{days} of {every}" if days else ""
    if rule.month_days == {-1}:
        return f"last day of {every}"
    days = " and ".join(_nth(day) for day in sorted(rule.month_days))
    return f"{every} on the {days}" if min(rule.month_days, default=0) > 0 else ""


def _yearly_words(rule: Rule) -> str:
    if not rule.weekdays:
        return "" if rule.months or rule.month_days else _every(rule.interval, "year")
    days = _ordinal_words(rule)
    if not days or rule.month_days or len(rule.months) != 1 or rule.interval != 1:
        return ""
    return f"{days} of {calendar.month_name[min(rule.months)]}"


def _ordinal_words(rule: Rule) -> str:
    """`first and third Thursday`; empty for days of several names, or that are not numbered."""
    names = {weekday for _, weekday in rule.weekdays}
    if len(names) != 1 or any(ordinal not in _ORDINALS for ordinal, _ in rule.weekdays):
        return ""
    ordinals = sorted((ordinal for ordinal, _ in rule.weekdays), key=lambda number: (number < 0, number))
    return f"{' and '.join(_ORDINALS[ordinal] for ordinal in ordinals)} {calendar.day_name[min(names)]}"


def _nth(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
