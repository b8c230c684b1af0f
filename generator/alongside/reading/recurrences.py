"""Recurrences: the words authors use for them, as rules of RFC 5545 section 3.3.10, and the days a rule gives.

    first Thursday of every month    FREQ=MONTHLY;BYDAY=1TH
    every 2 weeks on Tue, Thu        FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH
    every month on the 15th          FREQ=MONTHLY;BYMONTHDAY=15

Days are worked out here and not by dateutil, which searches until the year 9999 for a rule that gives none.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Literal

from alongside.problems import nearest

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = tuple(name.casefold() for name in calendar.month_name[1:])
_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "last": -1,
}  # fmt: skip
_NUMBERS = {"other": 2, "second": 2, "two": 2, "three": 3, "third": 3, "four": 4, "fourth": 4, "six": 6}
_UNITS: dict[str, Frequency] = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_ADVERBS: dict[str, str] = {
    "daily": "every day", "weekly": "every week", "monthly": "every month", "yearly": "every year",
    "annually": "every year",
    "biweekly": "every 2 weeks", "fortnightly": "every 2 weeks", "quarterly": "every 3 months",
}  # fmt: skip
FORMS = (
    "every day",
    "every weekday",
    "every week",
    "every Tuesday",
    "every 2 weeks on Tue, Thu",
    "first Thursday of every month",
    "last Friday of every month",
    "every month on the 15th",
    "every 3 months on the 15th",
    "every year",
)
FORMS_HINT = "Write " + ", ".join(f'"{form}"' for form in FORMS) + ' or {rrule: "FREQ=..."}.'
SEARCH_YEARS = 50  # a rule that gives no second day in that time gives none for our purposes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The parts of a rule that every calendar program reads alike."""

    frequency: Frequency
    interval: int = 1
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()  # 1 to 31, or -1 to -31 from the end
    weekdays: tuple[tuple[int, int], ...] = ()  # (which of the period or 0 for each, Monday is 0)
    positions: tuple[int, ...] = ()  # BYSETPOS
    week_start: int = 0

    def __str__(self) -> str:
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.months:
            parts.append("BYMONTH=" + ",".join(map(str, self.months)))
        if self.month_days:
            parts.append("BYMONTHDAY=" + ",".join(map(str, self.month_days)))
        if self.weekdays:
            parts.append("BYDAY=" + ",".join(f"{which or ''}{WEEKDAYS[day]}" for which, day in self.weekdays))
        if self.positions:
            parts.append("BYSETPOS=" + ",".join(map(str, self.positions)))
        if self.week_start:
            parts.append(f"WKST={WEEKDAYS[self.week_start]}")
        return ";".join(parts)


class RecurrenceError(ValueError):
    """A recurrence that cannot be read; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


# The words of authors


def parse_repeats(text: str) -> Rule:
    """The rule of a human form; raises `RecurrenceError` naming the nearest form."""
    words = re.sub(r"[\s,]+", " ", text.casefold().replace("&", " and ")).strip(" .")
    words = _ADVERBS.get(words, words)
    head, _, rest = words.partition(" ")
    if head in _ADVERBS:
        words = f"{_ADVERBS[head]} {rest}"
    for parse in (_every_unit, _every_weekday, _ordinal_of_month):
        rule = parse(words)
        if rule is not None:
            return rule
    close = nearest(text[:80], FORMS)
    raise RecurrenceError(
        f'repeats: "{text.strip()[:60]}" is no form of recurrence.',
        (f'Did you mean "{close}"? ' if close else "") + FORMS_HINT,
    )


def _every_unit(words: str) -> Rule | None:
    """`every [N|other] day|week|month|year [on ...]`."""
    match = re.fullmatch(
        r"(?:every|each) (?:(\d{1,3})(?:st|nd|rd|th)? |(\w+) )?(day|week|month|year)s?(?: on (.+))?", words
    )
    if match is None:
        return None
    if match[2] and match[2] not in _NUMBERS:
        return None
    interval = int(match[1]) if match[1] else _NUMBERS.get(match[2], 1) if match[2] else 1
    if interval < 1:
        return None
    frequency = _UNITS[match[3]]
    if match[4] is None:
        return Rule(frequency=frequency, interval=interval)
    return _on(frequency, interval, match[4])


def _on(frequency: Frequency, interval: int, rest: str) -> Rule | None:
    if frequency == "WEEKLY":
        days = _weekday_list(rest)
        return Rule(frequency=frequency, interval=interval, weekdays=days) if days else None
    if frequency == "MONTHLY":
        rest = rest.removeprefix("the ")
        if rest in ("last day", "last"):
            return Rule(frequency=frequency, interval=interval, month_days=(-1,))
        numbers = [
            re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", word) for word in re.split(r" and the | and | the | ", rest)
        ]
        month_days = tuple(int(number[1]) for number in numbers if number is not None)
        if len(month_days) == len(numbers) and all(1 <= day <= 31 for day in month_days):
            return Rule(frequency=frequency, interval=interval, month_days=tuple(sorted(set(month_days))))
        ordinal = _ordinal_days(rest)
        return Rule(frequency=frequency, interval=interval, weekdays=ordinal) if ordinal else None
    return None


def _every_weekday(words: str) -> Rule | None:
    """`every Tuesday and Thursday`, `every other Tuesday`, `every weekday`, `Tuesdays`."""
    match = re.fullmatch(r"(?:every |each |on )?(?:(\d{1,2})(?:st|nd|rd|th)? |(other) )?(.+)", words)
    if match is None:
        return None
    interval = 2 if match[2] else int(match[1] or 1)
    if match[3] in ("weekday", "weekdays", "workday", "working day") and interval == 1:
        return Rule(frequency="WEEKLY", weekdays=tuple((0, day) for day in range(5)))
    days = _weekday_list(match[3])
    if not days or interval < 1 or (match[1] and not words.startswith(("every", "each"))):
        return None
    return Rule(frequency="WEEKLY", interval=interval, weekdays=days)


def _ordinal_of_month(words: str) -> Rule | None:
    """`first [and third] Thursday of every [N] month`, `last day of the month`, `first Monday of May`."""
    match = re.fullmatch(
        r"(?:every |on )?(?:the )?(.+?) (?:of|in) (?:(?:every|each|the|a) )?(?:(\d{1,2})(?:nd|rd|th)? |(other) )?(\w+)",
        words,
    )
    if match is None:
        return None
    interval = 2 if match[3] else int(match[2] or 1)
    if match[4] in ("month", "months") and interval >= 1:
        if match[1] == "last day":
            return Rule(frequency="MONTHLY", interval=interval, month_days=(-1,))
        days = _ordinal_days(match[1])
        return Rule(frequency="MONTHLY", interval=interval, weekdays=days) if days else None
    month = _month(match[4])
    days = _ordinal_days(match[1]) if month and interval == 1 else ()
    return Rule(frequency="YEARLY", months=(month,), weekdays=days) if days and month else None


def _month(word: str) -> int | None:
    return next((n for n, name in enumerate(_MONTHS, 1) if len(word) >= 3 and name.startswith(word)), None)


def _ordinal_days(text: str) -> tuple[tuple[int, int], ...]:
    """`first and third thursday` as ((1, 3), (3, 3)); empty where it is none."""
    *ordinals, name = text.split(" ")
    weekday = _weekday(name)
    wanted = [word for word in ordinals if word not in ("and", "the")]
    if weekday is None or not wanted or any(word not in _ORDINALS for word in wanted):
        return ()
    return tuple(dict.fromkeys((_ORDINALS[word], weekday) for word in wanted))


def _weekday_list(text: str) -> tuple[tuple[int, int], ...]:
    found = [_weekday(word) for word in text.split(" ") if word not in ("and", "the")]
    if not found or any(day is None for day in found):
        return ()
    return tuple((0, day) for day in sorted({day for day in found if day is not None}))


def _weekday(word: str) -> int | None:
    """`tue`, `tues`, `tuesday`, `tuesdays`; two letters as in BYDAY."""
    word = word.rstrip(".")
    word = word[:-1] if word.endswith("days") else word
    return next((n for n, name in enumerate(_NAMES) if len(word) >= 2 and name.startswith(word)), None)


# Rules as text


def parse_rrule(text: str) -> Rule:
    """A rule as RFC 5545 writes it; raises `RecurrenceError` on what is wrong or read differently by programs."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").strip(";").split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not value.strip():
            raise RecurrenceError(f'rrule: "{part[:40]}" is no NAME=VALUE.', 'Write "FREQ=MONTHLY;BYDAY=1TH".')
        if name in parts:
            raise RecurrenceError(f"rrule: {name} stands there twice.", "Keep one.")
        parts[name] = value.strip()
    _check_names(parts)
    weekdays = tuple(dict.fromkeys(_rrule_day(item) for item in _items(parts, "BYDAY")))
    rule = Rule(
        frequency=_frequency(parts),
        interval=_number(parts.get("INTERVAL", "1"), "INTERVAL", 1, 999),
        months=tuple(sorted({_number(item, "BYMONTH", 1, 12) for item in _items(parts, "BYMONTH")})),
        month_days=tuple(_signed(item, "BYMONTHDAY", 31) for item in _items(parts, "BYMONTHDAY")),
        weekdays=weekdays,
        positions=tuple(_signed(item, "BYSETPOS", 366) for item in _items(parts, "BYSETPOS")),
        week_start=WEEKDAYS.index(parts["WKST"]) if parts.get("WKST") in WEEKDAYS else 0,
    )
    _check_combination(rule)
    return rule


def _items(parts: dict[str, str], name: str) -> list[str]:
    return [item.strip() for item in parts[name].split(",")] if name in parts else []


def _check_names(parts: dict[str, str]) -> None:
    if "FREQ" not in parts:
        raise RecurrenceError("rrule has no FREQ.", 'Start with FREQ=: "FREQ=MONTHLY;BYDAY=1TH".')
    known = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST", "UNTIL", "COUNT")
    for name in parts:
        if name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            raise RecurrenceError(f"rrule: {name} makes several times a day.", "Write one meetup for each time of day.")
        if name in ("BYYEARDAY", "BYWEEKNO"):
            raise RecurrenceError(
                f"rrule: calendar programs do not agree on {name}.", "Use BYMONTH with BYMONTHDAY or BYDAY."
            )
        if name not in known:
            close = nearest(name, known)
            raise RecurrenceError(
                f"rrule has no part {name[:20]}.",
                f"Did you mean {close}?" if close else "See RFC 5545, section 3.3.10.",
            )


def _frequency(parts: dict[str, str]) -> Frequency:
    match parts["FREQ"]:
        case "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY" as frequency:
            return frequency
        case "HOURLY" | "MINUTELY" | "SECONDLY" as frequency:
            raise RecurrenceError(
                f"rrule: FREQ={frequency} makes several times a day.", "Write one meetup for each time of day."
            )
        case other:
            raise RecurrenceError(f"rrule: there is no FREQ={other[:20]}.", "It is DAILY, WEEKLY, MONTHLY or YEARLY.")


def _number(text: str, name: str, low: int, high: int) -> int:
    if re.fullmatch(r"\d{1,4}", text) and low <= int(text) <= high:
        return int(text)
    raise RecurrenceError(f"rrule: {name} cannot be {text[:20]}.", f"It is a number from {low} to {high}.")


def _signed(text: str, name: str, high: int) -> int:
    if re.fullmatch(r"[+-]?\d{1,3}", text) and 1 <= abs(int(text)) <= high:
        return int(text)
    raise RecurrenceError(
        f"rrule: {name} cannot be {text[:20]}.", f"It is a number from 1 to {high}, or from -1 to -{high}."
    )


def _rrule_day(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", text)
    if match is None or (match[1] is not None and not 1 <= abs(int(match[1])) <= 53):
        raise RecurrenceError(
            f"rrule: BYDAY cannot be {text[:20]}.", "Write MO, TU, ... SU, with 1 to 5 or -1 before it."
        )
    return int(match[1] or 0), WEEKDAYS.index(match[2])


def _check_combination(rule: Rule) -> None:
    ordinals = any(which for which, _ in rule.weekdays)
    if ordinals and (rule.frequency in ("DAILY", "WEEKLY") or rule.month_days):
        raise RecurrenceError(
            "rrule: numbered weekdays need FREQ=MONTHLY or FREQ=YEARLY, and no BYMONTHDAY.",
            "Write FREQ=MONTHLY;BYDAY=1TH.",
        )
    if ordinals and (rule.frequency == "MONTHLY" or rule.months) and any(abs(which) > 5 for which, _ in rule.weekdays):
        raise RecurrenceError("rrule: a month has no sixth weekday.", "Number weekdays 1 to 5, or -1 to -5.")
    if rule.month_days and rule.frequency == "WEEKLY":
        raise RecurrenceError("rrule: BYMONTHDAY does not go with FREQ=WEEKLY.", "Use FREQ=MONTHLY.")
    if rule.positions and not (rule.months or rule.month_days or rule.weekdays):
        raise RecurrenceError("rrule: BYSETPOS needs another BY part.", "Add BYDAY or BYMONTHDAY.")


# The days of a rule


def days(rule: Rule, start: date, *, first: date | None = None) -> Iterator[date]:
    """The days the rule gives from `start` on, or from `first` on, for 50 years."""
    begin = max(start, first) if first is not None else start
    last_year = min(begin.year + SEARCH_YEARS, date.max.year - 1)
    index = _period_index(rule, begin) - _period_index(rule, start)
    index -= index % rule.interval
    origin = _period_index(rule, start)
    while True:
        try:
            found = _period(rule, start, origin + index)
        except (OverflowError, ValueError):
            return
        for day in found:
            if day >= begin:
                if day.year > last_year:
                    return
                yield day
        if _period_year(rule, origin + index) > last_year:
            return
        index += rule.interval


def gives(rule: Rule, start: date, day: date) -> bool:
    """True when the rule, started on `start`, gives `day`. The start itself counts only when it fits."""
    if day < start:
        return False
    index = _period_index(rule, day)
    return (index - _period_index(rule, start)) % rule.interval == 0 and day in _period(rule, start, index)


def nearest_day(rule: Rule, start: date, wanted: date) -> date | None:
    """The day the rule gives that is nearest to `wanted`, the earlier of two; None where it gives none."""
    after = next(days(rule, start, first=max(wanted, start)), None)
    step = timedelta(
        days=31 * rule.interval if rule.frequency in ("DAILY", "WEEKLY", "MONTHLY") else 366 * rule.interval
    )
    before = None
    low = max(start, wanted - step * 2) if wanted - date(1, 1, 1) > step * 2 else start
    for day in islice(days(rule, start, first=low), 500):
        if day >= wanted:
            break
        before = day
    options = [day for day in (before, after) if day is not None]
    return min(options, key=lambda day: abs((day - wanted).days), default=None)


def _period_index(rule: Rule, day: date) -> int:
    """The number of the day, week, month or year that holds `day`."""
    match rule.frequency:
        case "DAILY":
            return day.toordinal()
        case "WEEKLY":
            return (day.toordinal() - 1 - rule.week_start) // 7
        case "MONTHLY":
            return day.year * 12 + day.month - 1
        case "YEARLY":
            return day.year


def _period_year(rule: Rule, index: int) -> int:
    match rule.frequency:
        case "DAILY":
            return date.fromordinal(index).year
        case "WEEKLY":
            return date.fromordinal(index * 7 + 1 + rule.week_start).year
        case "MONTHLY":
            return index // 12
        case "YEARLY":
            return index


def _period(rule: Rule, start: date, index: int) -> list[date]:
    """The days the rule gives in one period, in order."""
    match rule.frequency:
        case "DAILY":
            found = [day for day in [date.fromordinal(index)] if _keeps(rule, day)]
        case "WEEKLY":
            found = _week(rule, start, index)
        case "MONTHLY":
            year, month = index // 12, index % 12 + 1
            found = _month_days(rule, start, year, month) if not rule.months or month in rule.months else []
        case "YEARLY":
            found = _year(rule, start, index)
    found = sorted(set(found))
    if rule.positions:
        count = len(found)
        chosen = {n - 1 if n > 0 else count + n for n in rule.positions}
        found = [found[n] for n in sorted(chosen) if 0 <= n < count]
    return found


def _keeps(rule: Rule, day: date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.weekdays and (0, day.weekday()) not in rule.weekdays:
        return False
    return not rule.month_days or day in _by_number(rule, day.year, day.month)


def _week(rule: Rule, start: date, index: int) -> list[date]:
    monday = date.fromordinal(index * 7 + 1 + rule.week_start)
    wanted = {day for _, day in rule.weekdays} or {start.weekday()}
    week = [monday + timedelta(days=n) for n in range(7)]
    return [day for day in week if day.weekday() in wanted and (not rule.months or day.month in rule.months)]


def _by_number(rule: Rule, year: int, month: int) -> list[date]:
    length = calendar.monthrange(year, month)[1]
    numbers = [n if n > 0 else length + 1 + n for n in rule.month_days]
    return [date(year, month, n) for n in numbers if 1 <= n <= length]


def _month_days(rule: Rule, start: date, year: int, month: int) -> list[date]:
    length = calendar.monthrange(year, month)[1]
    if rule.month_days:
        numbered = _by_number(rule, year, month)
        weekdays = {day for _, day in rule.weekdays}
        return [day for day in numbered if not weekdays or day.weekday() in weekdays]
    if rule.weekdays:
        return _by_weekday(rule, date(year, month, 1), length)
    return [date(year, month, start.day)] if start.day <= length else []


def _by_weekday(rule: Rule, first: date, length: int) -> list[date]:
    """The weekdays of a month or a year, numbered within it."""
    found: list[date] = []
    for which, weekday in rule.weekdays:
        offset = (weekday - first.weekday()) % 7
        every = [first + timedelta(days=n) for n in range(offset, length, 7)]
        if not which:
            found.extend(every)
        elif abs(which) <= len(every):
            found.append(every[which - 1 if which > 0 else which])
    return found


def _year(rule: Rule, start: date, year: int) -> list[date]:
    if rule.weekdays and not rule.months and not rule.month_days:
        return _by_weekday(rule, date(year, 1, 1), 366 if calendar.isleap(year) else 365)
    months = rule.months or (range(1, 13) if rule.month_days else (start.month,))
    return [day for month in months for day in _month_days(rule, start, year, month)]
