"""Recurrences: the words authors use for them, as rules of RFC 5545 section 3.3.10, and what they are told about them.

    first Thursday of every month    FREQ=MONTHLY;BYDAY=1TH
    every 2 weeks on Tue, Thu        FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH
    every month on the 15th          FREQ=MONTHLY;BYMONTHDAY=15

Rules and their days are those of `model.recurrences`; here stands what a writer may say, which is less than the
standard allows: a rule that calendar programs read in different ways is refused with another way to say it.
"""

from __future__ import annotations

import calendar
import re
from functools import lru_cache

from alongside.model.recurrences import Frequency, RecurrenceError, Rule, parse_rule
from alongside.problems import nearest

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
_PARTS = ("FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "WKST", "UNTIL", "COUNT")
_WEEK_STARTS = (0, 6)  # Monday, Sunday
_CLOCK = frozenset(("BYHOUR", "BYMINUTE", "BYSECOND", "FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY"))


# The words of authors


@lru_cache(maxsize=4096)
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
            return Rule(frequency=frequency, interval=interval, month_days=frozenset((-1,)))
        numbers = [
            re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", word) for word in re.split(r" and the | and | the | ", rest)
        ]
        month_days = frozenset(int(number[1]) for number in numbers if number is not None)
        if None not in numbers and all(1 <= day <= 31 for day in month_days):
            return Rule(frequency=frequency, interval=interval, month_days=month_days)
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
        return Rule(frequency="WEEKLY", weekdays=frozenset((0, day) for day in range(5)))
    days = _weekday_list(match[3])
    if not days or interval < 1 or (match[1] and not words.startswith(("every", "each"))):
        return None
    return Rule(frequency="WEEKLY", interval=interval, weekdays=days)


def _ordinal_of_month(words: str) -> Rule | None:
    """`first [and third] Thursday of every [N] month`, `last day of the month` (or of May), `first Monday of May`."""
    match = re.fullmatch(
        r"(?:every |on )?(?:the )?(.+?) (?:of|in) (?:(?:every|each|the|a) )?(?:(\d{1,2})(?:nd|rd|th)? |(other) )?(\w+)",
        words,
    )
    if match is None:
        return None
    interval = 2 if match[3] else int(match[2] or 1)
    if match[4] in ("month", "months") and interval >= 1:
        if match[1] == "last day":
            return Rule(frequency="MONTHLY", interval=interval, month_days=frozenset((-1,)))
        days = _ordinal_days(match[1])
        return Rule(frequency="MONTHLY", interval=interval, weekdays=days) if days else None
    month = _month(match[4])
    if month is None or interval != 1:
        return None
    if match[1] == "last day":
        return Rule(frequency="YEARLY", months=frozenset((month,)), month_days=frozenset((-1,)))
    days = _ordinal_days(match[1])
    return Rule(frequency="YEARLY", months=frozenset((month,)), weekdays=days) if days else None


def _month(word: str) -> int | None:
    return next((n for n, name in enumerate(_MONTHS, 1) if len(word) >= 3 and name.startswith(word)), None)


def _ordinal_days(text: str) -> frozenset[tuple[int, int]]:
    """`first and third thursday` as {(1, 3), (3, 3)}; empty where it is none."""
    *ordinals, name = text.split(" ")
    weekday = _weekday(name)
    wanted = [word for word in ordinals if word not in ("and", "the")]
    if weekday is None or not wanted or any(word not in _ORDINALS for word in wanted):
        return frozenset()
    return frozenset((_ORDINALS[word], weekday) for word in wanted)


def _weekday_list(text: str) -> frozenset[tuple[int, int]]:
    found = [_weekday(word) for word in text.split(" ") if word not in ("and", "the")]
    return frozenset((0, day) for day in found if day is not None) if None not in found else frozenset()


def _weekday(word: str) -> int | None:
    """`tue`, `tues`, `tuesday`, `tuesdays`; two letters as in BYDAY."""
    word = word.rstrip(".")
    word = word[:-1] if word.endswith("days") else word
    return next((n for n, name in enumerate(_NAMES) if len(word) >= 2 and name.startswith(word)), None)


# Rules as text


def parse_rrule(text: str) -> tuple[Rule, bool]:
    """A rule as RFC 5545 writes it, and whether it had UNTIL or COUNT, which are not part of it here.

    Raises `RecurrenceError` on what is wrong, and on what calendar programs read in different ways.
    """
    try:
        parts = _parts(text)
        _check_parts([name for name, _ in parts], [value for name, value in parts if name == "FREQ"])
        inner = [f"{name}={value}" for name, value in parts if name not in ("UNTIL", "COUNT")]
        rule = parse_rule(";".join(inner))
        _check_readers(rule)
    except RecurrenceError as fault:
        raise RecurrenceError(f"rrule: {fault.message}", fault.hint) from None
    return rule, len(inner) < len(parts)


def _parts(text: str) -> list[tuple[str, str]]:
    """Names and values as programs write them: capitals, no blanks around signs, no `RRULE:` before."""
    found = []
    for part in text.strip().upper().removeprefix("RRULE:").strip(" ;").split(";"):
        name, _, value = part.partition("=")
        items = ",".join(item.strip() for item in value.split(","))
        if not name.strip() or not items:
            raise RecurrenceError(f'"{part[:40]}" is no NAME=VALUE.', 'Write "FREQ=MONTHLY;BYDAY=1TH".')
        found.append((name.strip(), items))
    return found


def _check_parts(names: list[str], frequencies: list[str]) -> None:
    if "FREQ" not in names:
        raise RecurrenceError("There is no FREQ.", 'Start with FREQ=: "FREQ=MONTHLY;BYDAY=1TH".')
    for name in (*names, *(f"FREQ={word}" for word in frequencies)):
        if name in _CLOCK:
            raise RecurrenceError(f"{name} makes several times a day.", "Write one meetup for each time of day.")
        if name in ("BYYEARDAY", "BYWEEKNO"):
            raise RecurrenceError(f"Calendar programs do not agree on {name}.", "Use BYMONTH with BYMONTHDAY or BYDAY.")
        if name not in _PARTS and not name.startswith("FREQ="):
            close = nearest(name[:20], _PARTS)
            raise RecurrenceError(
                f"There is no part {name[:20]}.",
                f"Did you mean {close}?" if close else "See RFC 5545, section 3.3.10.",
            )


def _check_readers(rule: Rule) -> None:
    """Refuse what the standard allows and calendar programs take in different ways, or as nothing."""
    ordinals = {abs(ordinal) for ordinal, _ in rule.weekdays}
    if 0 in ordinals and len(ordinals) > 1:
        raise RecurrenceError(
            "Calendar programs do not agree on plain and numbered weekdays together.",
            "Number all of them, as in BYDAY=1MO,1FR, or none.",
        )
    if ordinals - {0} and rule.month_days:
        raise RecurrenceError(
            "Calendar programs do not agree on numbered weekdays with BYMONTHDAY.", "Write FREQ=MONTHLY;BYDAY=1TH."
        )
    if (rule.frequency == "MONTHLY" or rule.months) and max(ordinals, default=0) > 5:
        raise RecurrenceError("A month has no sixth weekday.", "Number weekdays 1 to 5, or -1 to -5.")
    if rule.frequency == "YEARLY" and not rule.months and max(ordinals, default=0) > 4:
        raise RecurrenceError(
            "Calendar programs do not agree on weekdays that are counted through the year.",
            "Count inside a month: FREQ=YEARLY;BYMONTH=5;BYDAY=3MO.",
        )
    if rule.frequency == "MONTHLY" and rule.interval > 1 and rule.months:
        raise RecurrenceError(
            "Calendar programs do not agree on BYMONTH with FREQ=MONTHLY and INTERVAL.",
            "Name the months alone: FREQ=YEARLY;BYMONTH=2,7;BYDAY=1TH.",
        )
    if rule.weekdays and min(rule.month_days, default=1) < 0:
        raise RecurrenceError(
            "Calendar programs do not agree on weekdays that are days from the end of a month, too.",
            "Write FREQ=MONTHLY;BYDAY=-1FR for a last Friday.",
        )
    every_few_years = rule.frequency == "YEARLY" and rule.interval > 1 and len(rule.months) != 1
    if every_few_years and (min(rule.month_days, default=1) < 0 or max(rule.month_days, default=1) > _shortest(rule)):
        raise RecurrenceError(
            "Calendar programs do not agree on days at the end of several months every few years.",
            "Write one meetup for each month: FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYMONTHDAY=-1.",
        )
    if rule.depends_on_weeks and rule.week_start not in _WEEK_STARTS:
        raise RecurrenceError(
            "Calendar programs do not agree on weeks that start on another day than Monday or Sunday.",
            "Leave WKST out, or write one meetup for each weekday.",
        )
    if rule.frequency == "DAILY" and rule.month_days:
        raise RecurrenceError("Calendar programs do not agree on BYMONTHDAY with FREQ=DAILY.", "Use FREQ=MONTHLY.")
    if rule.positions and (ordinals != {0} or rule.month_days or not _is_monthly(rule)):
        raise RecurrenceError(
            "Calendar programs agree on BYSETPOS only among the weekdays of one month.",
            "Write FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1 for a last working day, or number the weekdays: 1TH.",
        )


def _shortest(rule: Rule) -> int:
    """The days that each of the months of a rule has."""
    return min(calendar.monthrange(2027, month)[1] for month in rule.months or range(1, 13))


def _is_monthly(rule: Rule) -> bool:
    return rule.frequency == "MONTHLY" or (rule.frequency == "YEARLY" and len(rule.months) == 1)
