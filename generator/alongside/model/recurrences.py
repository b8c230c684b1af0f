"""Recurrence rules on days (RFC 5545 section 3.3.10): what `repeats` becomes, and the days it gives.

Ground floor, pure arithmetic, and the one place that reads and counts rules: `reading.recurrences` turns the words of
authors into them, occurrences and feeds are made of the days given here. A meetup happens at most once a day, so a rule
gives days; the hour is that of `starts`. The walk goes from period to period (week, month, year) and starts at the
period that is asked for, so a weekly meetup of 2010 costs nothing to ask about next week, and a rule that never matches
costs the periods looked at.

    >>> rule = parse_rule("FREQ=MONTHLY;BYDAY=1TH")
    >>> [str(day) for day in rule_days(rule, date(2026, 12, 3), start=date(2027, 1, 1), end=date(2027, 3, 1))]
    ['2027-01-07', '2027-02-04']
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from typing import Literal

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES: tuple[Frequency, ...] = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?\d{1,4}")
# The largest number each part may hold, either sign where the standard allows one.
_LIMITS = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYSETPOS": 366}
_LAST_YEAR = 9998  # the walk stops before the calendar of `datetime` does
_SHORTEST_MONTH = 28
_SEARCH_YEARS = 50  # a rule that gives no day in that time gives none for our purposes


class RecurrenceError(ValueError):
    """A recurrence that cannot be read; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One RRULE without UNTIL and COUNT. Empty parts do not restrict."""

    frequency: Frequency
    interval: int = 1
    months: frozenset[int] = frozenset()  # BYMONTH, 1 to 12
    month_days: frozenset[int] = frozenset()  # BYMONTHDAY, 1 to 31, or -1 to -31 from the end
    year_days: frozenset[int] = frozenset()  # BYYEARDAY, 1 to 366, or -1 to -366
    weekdays: frozenset[tuple[int, int]] = frozenset()  # BYDAY: (0 for every, else first = 1, last = -1; Monday = 0)
    positions: frozenset[int] = frozenset()  # BYSETPOS
    week_start: int = 0  # WKST, Monday = 0

    def __str__(self) -> str:
        """The RRULE value, its parts and their numbers always in the same order: FREQ=MONTHLY;BYDAY=1TH,3TH."""
        return _written(self)

    @property
    def depends_on_weeks(self) -> bool:
        """Whether WKST decides on the days: weeks are left out, and the others have several."""
        return self.frequency == "WEEKLY" and self.interval > 1 and len(self.weekdays) > 1


@lru_cache(maxsize=4096)  # meetups are many, the rules they follow few
def _written(rule: Rule) -> str:
    days = sorted(rule.weekdays, key=lambda day: (_from_the_end_last(day[0]), day[1]))
    parts = [
        ("FREQ", rule.frequency),
        ("INTERVAL", str(rule.interval) if rule.interval != 1 else ""),
        ("BYMONTH", _joined(rule.months)),
        ("BYMONTHDAY", _joined(rule.month_days)),
        ("BYYEARDAY", _joined(rule.year_days)),
        ("BYDAY", ",".join(f"{ordinal or ''}{WEEKDAYS[weekday]}" for ordinal, weekday in days)),
        ("BYSETPOS", _joined(rule.positions)),
        ("WKST", WEEKDAYS[rule.week_start] if rule.week_start else ""),
    ]
    return ";".join(f"{name}={value}" for name, value in parts if value)


def _from_the_end_last(number: int) -> tuple[bool, int]:
    return number < 0, number


def _joined(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers, key=_from_the_end_last)))


@lru_cache(maxsize=4096)
def parse_rule(text: str) -> Rule:
    """The rule of an RRULE value such as `FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH`.

    Raises RecurrenceError, with a remedy, for what is no rule, and for what a meetup does not need and calendar apps
    read in different ways: hours and minutes, week numbers, UNTIL and COUNT (`until` and `times`).
    """
    parts: dict[str, str] = {}
    for part in text.upper().split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise RecurrenceError(f'"{part[:40]}" is no part of a rule.', "A rule looks like FREQ=WEEKLY;BYDAY=TU.")
        if name in parts:
            raise RecurrenceError(f"{name[:20]} is there twice.", "Keep one.")
        parts[name] = value
    frequency = _frequency(parts.pop("FREQ", ""))
    rule = Rule(
        frequency=frequency,
        interval=_number(parts.pop("INTERVAL", "1"), "INTERVAL", 1, 9999),
        months=frozenset(_number(word, "BYMONTH", 1, 12) for word in _words(parts.pop("BYMONTH", ""))),
        month_days=_signed(parts.pop("BYMONTHDAY", ""), "BYMONTHDAY"),
        year_days=_signed(parts.pop("BYYEARDAY", ""), "BYYEARDAY"),
        weekdays=frozenset(_weekday(word) for word in _words(parts.pop("BYDAY", ""))),
        positions=_signed(parts.pop("BYSETPOS", ""), "BYSETPOS"),
        week_start=_week_start(parts.pop("WKST", "MO")),
    )
    if "UNTIL" in parts or "COUNT" in parts:
        raise RecurrenceError("UNTIL and COUNT are not part of the rule.", "Write `until:` or `times:`.")
    if parts:
        raise RecurrenceError(f"{min(parts)[:20]} is not read in a rule.", "The hour is that of `starts`.")
    _check_combination(rule)
    return rule


def _frequency(word: str) -> Frequency:
    for frequency in _FREQUENCIES:
        if word == frequency:
            return frequency
    message = f"There is no FREQ={word[:20]}." if word else "FREQ is missing."
    raise RecurrenceError(message, "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY.")


def _words(text: str) -> list[str]:
    return text.split(",") if text else []


def _number(word: str, name: str, least: int, most: int) -> int:
    if not _NUMBER.fullmatch(word) or not word.isascii() or not least <= int(word) <= most:
        raise RecurrenceError(f"{name} cannot be {word[:20]}.", f"It is a number from {least} to {most}.")
    return int(word)


def _signed(text: str, name: str) -> frozenset[int]:
    numbers = frozenset(_number(word, name, -_LIMITS[name], _LIMITS[name]) for word in _words(text))
    if 0 in numbers:
        raise RecurrenceError(f"{name} cannot be 0.", "Always count from 1, or from -1 at the end.")
    return numbers


def _weekday(word: str) -> tuple[int, int]:
    match = _DAY.fullmatch(word)
    if match is None or (match[1] is not None and not 1 <= abs(int(match[1])) <= 53):
        raise RecurrenceError(f"BYDAY cannot be {word[:20]}.", "Write MO, TU, ... SU, with 1 to 5 or -1 before it.")
    return int(match[1] or 0), WEEKDAYS.index(match[2])


def _week_start(word: str) -> int:
    if word not in WEEKDAYS:
        raise RecurrenceError(f"WKST cannot be {word[:20]}.", "It is the day a week starts with: write MO or SU.")
    return WEEKDAYS.index(word)


def _check_combination(rule: Rule) -> None:
    """Refuse what the standard forbids (the table of section 3.3.10)."""
    numbered = any(ordinal for ordinal, _ in rule.weekdays)
    if rule.frequency in ("DAILY", "WEEKLY") and numbered:
        raise RecurrenceError(
            "A numbered day such as 1MO needs FREQ=MONTHLY or FREQ=YEARLY.", "Write FREQ=MONTHLY;BYDAY=1TH."
        )
    if rule.frequency == "WEEKLY" and rule.month_days:
        raise RecurrenceError("BYMONTHDAY does not go with FREQ=WEEKLY.", "Use FREQ=MONTHLY.")
    if rule.year_days and rule.frequency != "YEARLY":
        raise RecurrenceError(f"BYYEARDAY does not go with FREQ={rule.frequency}.", "Use FREQ=YEARLY.")
    if rule.year_days and numbered:
        raise RecurrenceError("A numbered day such as 1MO does not go with BYYEARDAY.", "Keep one of the two.")
    if rule.positions and not (rule.months or rule.month_days or rule.year_days or rule.weekdays):
        raise RecurrenceError("BYSETPOS needs another BY part.", "Add BYDAY or BYMONTHDAY.")


def spelt_out(rule: Rule, first: date) -> Rule:
    """The same days from `first` on, said so that calendar programs have nothing to fill in or to get wrong.

    From the 29th on the day is named: some go on from 29 February to the 28th, or to 1 March; and of a yearly rule only
    the months that have it, where ical.js takes the first of the next. Days of several months are said by the month: of
    a yearly rule ical.js and libical take the month of the start alone, or the day of one month for all. So is a day
    from the end of a month every few years, which ical.js puts into other years. A week that starts in a way of its own
    is said only where it decides: few write such rules, and so few programs were ever tried with them.
    """
    if rule.week_start and not _week_decides(rule):
        rule = replace(rule, week_start=0)
    open_day = not (rule.weekdays or rule.month_days or rule.year_days)
    if rule.frequency in ("MONTHLY", "YEARLY") and open_day and first.day > _SHORTEST_MONTH:
        months = _months_with(rule.months or _open_months(rule, first), first.day)
        rule = replace(rule, month_days=frozenset({first.day}), months=months)
    if (
        rule.frequency == "YEARLY"
        and rule.interval > 1
        and len(rule.months) == 1
        and min(rule.month_days, default=1) < 0
    ):
        return replace(rule, frequency="MONTHLY", interval=12 * rule.interval, months=frozenset())
    by_month = rule.month_days and not rule.year_days and not rule.positions and len(rule.months) != 1
    numbered = any(ordinal for ordinal, _ in rule.weekdays)
    if rule.frequency == "YEARLY" and by_month and not numbered:
        if rule.interval == 1:
            return replace(rule, frequency="MONTHLY")
        return replace(rule, months=rule.months or frozenset(range(1, 13)))
    return rule


def _week_decides(rule: Rule) -> bool:
    """Whether weeks that start on Monday would give other days."""
    weekdays = {weekday for _, weekday in rule.weekdays}
    together = {weekday < rule.week_start for weekday in weekdays}  # those of one week also when it starts on Monday
    return rule.depends_on_weeks and len(together) > 1


def _open_months(rule: Rule, first: date) -> frozenset[int]:
    return frozenset({first.month}) if rule.frequency == "YEARLY" else frozenset()


def _months_with(months: frozenset[int], day: int) -> frozenset[int]:
    """Those of `months` that have a day of that number, in leap years at least."""
    return frozenset(month for month in months if day <= monthrange(2028, month)[1])


def rule_days(rule: Rule, first: date, *, start: date, end: date) -> Iterator[date]:
    """The days `rule` gives from `first` on that fall in `start` to `end`, both included, in order.

    `first` is where counting begins (DTSTART): it sets the phase of INTERVAL and stands in for what the rule leaves
    open, and is given only when it satisfies the rule itself.
    """
    start = max(start, first)
    end = min(end, date(_LAST_YEAR, 12, 31))
    if end < start:
        return
    for period in _periods(rule, first, start, end):
        for day in _positioned(period, rule.positions):
            if day > end:
                return
            if day >= start:
                yield day


def gives(rule: Rule, first: date, day: date) -> bool:
    """Whether the rule, counted from `first`, gives `day`. `first` itself counts only when it fits the rule."""
    return next(rule_days(rule, first, start=day, end=day), None) is not None


def next_day(rule: Rule, first: date, *, start: date) -> date | None:
    """The first day that a rule counted from `first` gives on or after `start`; None where 50 years hold none."""
    start = max(start, first)
    end = date(min(start.year + _SEARCH_YEARS, _LAST_YEAR), 12, 31)
    return next(rule_days(rule, first, start=start, end=end), None)


def nearest_day(rule: Rule, first: date, wanted: date) -> date | None:
    """The day the rule gives that is nearest to `wanted`, the earlier of two; None where 50 years hold none."""
    after = next_day(rule, first, start=wanted)
    reach = (after - wanted).days if after is not None else 366 * _SEARCH_YEARS
    low = date.fromordinal(max(wanted.toordinal() - reach, 1))
    before = None
    for day in rule_days(rule, first, start=low, end=wanted):
        before = day
    return before or after


@lru_cache(maxsize=4096)
def nth_day(rule: Rule, first: date, count: int) -> date | None:
    """The last day of a rule that stops after `count` days; None when it has not stopped within 200 years."""
    end = date(min(first.year + 200, _LAST_YEAR), 12, 31)
    return next(islice(rule_days(rule, first, start=first, end=end), count - 1, None), None)


def _positioned(days: Iterable[date], positions: frozenset[int]) -> list[date]:
    """Sorted; only those at the BYSETPOS positions of the period, where there are any."""
    ordered = sorted(days)
    if not positions:
        return ordered
    size = len(ordered)
    indices = {position - 1 if position > 0 else size + position for position in positions}
    return [ordered[index] for index in sorted(indices) if 0 <= index < size]


def _periods(rule: Rule, first: date, start: date, end: date) -> Iterator[Iterable[date]]:
    """The days of each period of the rule, from the one `start` falls in."""
    if rule.frequency == "DAILY":
        return _daily(rule, first, start, end)
    if rule.frequency == "WEEKLY":
        return _weekly(rule, first, start, end)
    if rule.frequency == "MONTHLY":
        return _monthly(rule, first, start, end)
    return _yearly(rule, first, start, end)


def _daily(rule: Rule, first: date, start: date, end: date) -> Iterator[Iterable[date]]:
    weekdays = {weekday for _, weekday in rule.weekdays}
    ordinal = start.toordinal() + (first.toordinal() - start.toordinal()) % rule.interval
    for number in range(ordinal, end.toordinal() + 1, rule.interval):
        day = date.fromordinal(number)
        if (
            (not rule.months or day.month in rule.months)
            and (not weekdays or day.weekday() in weekdays)
            and (not rule.month_days or _is_month_day(day, rule.month_days))
        ):
            yield (day,)


def _is_month_day(day: date, month_days: frozenset[int]) -> bool:
    return day.day in month_days or day.day - monthrange(day.year, day.month)[1] - 1 in month_days


def _weekly(rule: Rule, first: date, start: date, end: date) -> Iterator[Iterable[date]]:
    weekdays = {weekday for _, weekday in rule.weekdays} or {first.weekday()}
    offsets = [(weekday - rule.week_start) % 7 for weekday in weekdays]
    zero = first.toordinal() - (first.weekday() - rule.week_start) % 7  # the week of `first`
    step = 7 * rule.interval
    begin = zero + (start.toordinal() - zero) // step * step
    for week in range(begin, end.toordinal() + 1, step):
        days = (date.fromordinal(week + offset) for offset in offsets if week + offset > 0)
        yield [day for day in days if not rule.months or day.month in rule.months]


def _monthly(rule: Rule, first: date, start: date, end: date) -> Iterator[Iterable[date]]:
    zero = first.year * 12 + first.month - 1
    begin = zero + (start.year * 12 + start.month - 1 - zero) // rule.interval * rule.interval
    for number in range(begin, end.year * 12 + end.month, rule.interval):
        year, month = number // 12, number % 12 + 1
        if not rule.months or month in rule.months:
            yield _month(rule, year, month, default=first.day)


def _month(rule: Rule, year: int, month: int, *, default: int) -> set[date]:
    """The days of one month: BYMONTHDAY and BYDAY both, either, or the day `default`."""
    size = monthrange(year, month)[1]
    if rule.weekdays:
        days = _weekdays_between(rule.weekdays, date(year, month, 1), date(year, month, size))
        return {day for day in days if not rule.month_days or _is_month_day(day, rule.month_days)}
    numbers = {day if day > 0 else size + 1 + day for day in rule.month_days} or {default}
    return {date(year, month, number) for number in numbers if 1 <= number <= size}


def _weekdays_between(weekdays: frozenset[tuple[int, int]], first: date, last: date) -> set[date]:
    """The days of a month or year that BYDAY names, counted inside it."""
    days: set[date] = set()
    for ordinal, weekday in weekdays:
        head = first.toordinal() + (weekday - first.weekday()) % 7
        tail = last.toordinal() - (last.weekday() - weekday) % 7
        if ordinal == 0:
            days.update(map(date.fromordinal, range(head, tail + 1, 7)))
            continue
        number = head + 7 * (ordinal - 1) if ordinal > 0 else tail + 7 * (ordinal + 1)
        if head <= number <= tail:
            days.add(date.fromordinal(number))
    return days


def _yearly(rule: Rule, first: date, start: date, end: date) -> Iterator[Iterable[date]]:
    begin = first.year + (start.year - first.year) // rule.interval * rule.interval
    for year in range(begin, end.year + 1, rule.interval):
        yield _year(rule, year, first)


def _year(rule: Rule, year: int, first: date) -> set[date]:
    """The days of one year. Numbered weekdays count inside the months where there are any, else inside the year."""
    if rule.year_days:
        return _year_days(rule, year)
    if rule.weekdays and not rule.months and not rule.month_days:
        return _weekdays_between(rule.weekdays, date(year, 1, 1), date(year, 12, 31))
    if rule.months:
        months = rule.months
    else:
        months = frozenset(range(1, 13)) if rule.month_days else frozenset({first.month})
    if rule.weekdays and rule.month_days and not rule.months:  # "Friday the 13th": BYDAY counts inside the year
        days = _weekdays_between(rule.weekdays, date(year, 1, 1), date(year, 12, 31))
        return {day for day in days if _is_month_day(day, rule.month_days)}
    return {day for month in months for day in _month(rule, year, month, default=first.day)}


def _year_days(rule: Rule, year: int) -> set[date]:
    new_year = date(year, 1, 1)
    size = (date(year, 12, 31) - new_year).days + 1
    numbers = {day if day > 0 else size + 1 + day for day in rule.year_days}
    days = {new_year + timedelta(days=number - 1) for number in numbers if 1 <= number <= size}
    if rule.weekdays:
        days &= _weekdays_between(rule.weekdays, new_year, date(year, 12, 31))
    return {
        day
        for day in days
        if (not rule.months or day.month in rule.months)
        and (not rule.month_days or _is_month_day(day, rule.month_days))
    }
