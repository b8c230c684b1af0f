"""Parsers of dates, wall times, zones and lengths of time."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from alongside.problems import did_you_mean, slip
from alongside.reading.fields import Parser, Sheet
from alongside.reading.values import scalar
from alongside.source.yaml_nodes import Keys, Plain, keys_text

_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_WALL = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_ISO = re.compile(
    r"[Pp](?:(\d{1,6})[Ww])?(?:(\d{1,6})[Dd])?(?:[Tt](?:(\d{1,6}(?:\.\d{1,6})?)[Hh])?(?:(\d{1,6})[Mm])?(?:(\d{1,6})[Ss])?)?"
)
_HUMAN = re.compile(
    r"(\d{1,6}(?:\.\d{1,6})?)\s*(weeks?|days?|d|hours?|hrs?|hr|h|minutes?|mins?|min|m)\b(?:\s*(?:,|and)?\s*)",
    re.IGNORECASE,
)
FIRST_YEAR, LAST_YEAR = 1900, 2200
MAX_DURATION = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, or a wall time, perhaps with the offset an author wrote."""

    when: datetime | date  # naive
    offset: timedelta | None = None  # `Z` is zero

    @property
    def day(self) -> date:
        """Its date."""
        return self.when.date() if isinstance(self.when, datetime) else self.when


def _day(year: str, month: str, day: str) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


@lru_cache(maxsize=16384)
def parse_date(text: str) -> date | None:
    """`2026-05-04`; None where it is no date from 1900 to 2200."""
    match = _DATE.fullmatch(text.strip())
    return _day(*match.groups()) if match is not None else None


def parse_moment(text: str) -> Moment | None:
    """`2026-12-03`, `2026-12-03 18:30`, `2026-12-03T18:30:00+01:00`, `... Z`. 24:00 is the next midnight."""
    text = text.strip()
    match = _WALL.fullmatch(text)
    if match is None:
        day = parse_date(text)
        return Moment(day) if day is not None else None
    day = _day(match[1], match[2], match[3])
    hour, minute, second = int(match[4]), int(match[5]), int(match[6] or 0)
    if day is None or (hour, minute, second) > (24, 0, 0) or minute > 59 or second > 59:
        return None
    when = datetime.combine(day, time(0 if hour == 24 else hour, minute, second))
    if hour == 24:
        when += timedelta(days=1)
    offset = _offset(match[7]) if match[7] else None
    if match[7] and offset is None:
        return None
    return Moment(when, offset)


def _offset(text: str) -> timedelta | None:
    if text in ("Z", "z", "UTC"):
        return timedelta(0)
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:2]), int(digits[2:])) if len(digits) == 4 else (int(digits), 0)
    if hours > 14 or minutes > 59:
        return None
    total = timedelta(hours=hours, minutes=minutes)
    return -total if text[0] == "-" else total


def meant_dates(text: str) -> list[str]:
    """The days that a text which is no date of ours can mean: one where that is certain.

    `2026/05/04`, `4 May 2026` and `25.12.2026` mean one day, `04.05.2026` two, of which only its writer knows which.
    """
    text = text.strip()
    match = re.fullmatch(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})", text)
    if match is not None:
        return _days((match[1], match[2], match[3]))
    match = re.fullmatch(r"(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4})", text)
    if match is not None:
        return _days((match[3], match[2], match[1]), (match[3], match[1], match[2]))
    match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|\.)?(?: of)? ([a-z]{3,9})\.?,? (\d{4})", text, re.IGNORECASE)
    if match is not None:
        return _days((match[3], _month(match[2]), match[1]))
    match = re.fullmatch(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", text, re.IGNORECASE)
    return _days((match[3], _month(match[1]), match[2])) if match is not None else []


def _days(*parts: tuple[str, str, str]) -> list[str]:
    found = {day.isoformat() for year, month, number in parts if (day := _day(year, month, number)) is not None}
    return sorted(found)


def _month(name: str) -> str:
    """The number of an English month, also shortened; 0 where it is none."""
    return str(next((n for n, month in enumerate(_MONTHS, 1) if month.startswith(name.casefold())), 0))


_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def meant_moment(text: str) -> str:
    """The wall time that a text certainly means (`4 May 2026, 6 pm`); empty where that is not certain."""
    match = re.fullmatch(r"(.+?)(?:[Tt]|,?\s+)(\d{1,2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)", text.strip(), re.IGNORECASE)
    if match is None:
        days, clock = meant_dates(text), ""
    else:
        days = [match[1]] if parse_date(match[1]) is not None else meant_dates(match[1])
        clock = match[2] if re.fullmatch(r"\d{1,2}:\d{2}", match[2]) else _clock24(match[2])
    if len(days) != 1 or (match is not None and not clock):
        return ""
    meant = f"{days[0]} {clock}".rstrip()
    return meant if parse_moment(meant) is not None else ""


def date_hint(text: str) -> str:
    """What a date that cannot be read was probably meant to be."""
    text = text.strip()
    days = meant_dates(text)
    if days:
        return "Write " + " or ".join(days)
    match = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if match is not None and int(match[2]) in range(1, 13) and _day(match[1], match[2], match[3]) is None:
        year, month = int(match[1]), int(match[2])
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return f"Years are from {FIRST_YEAR} to {LAST_YEAR}."
        if int(match[3]) > 28:
            first_of_next = date(year + month // 12, month % 12 + 1, 1)
            last = first_of_next - timedelta(days=1)
            return f"{last:%B} {year} ends on {last.isoformat()}."
    return "Write year-month-day: 2026-05-04"


def _read_date(sheet: Sheet, keys: Keys, value: Plain) -> date | None:
    text = scalar(sheet, keys, value, "a date (a text)")
    if text is None:
        return None
    day = parse_date(text)
    if day is not None:
        return day
    moment = parse_moment(text)
    if moment is not None:
        sheet.report(
            keys, "bad-date", f"{keys_text(keys)} is a date without a time of day.", f"Write {moment.day.isoformat()}"
        )
        return None
    days = meant_dates(text)
    sheet.report(
        keys, "bad-date", f'{keys_text(keys)}: "{text[:40]}" is no date.', date_hint(text),
        proposal=days[0] if len(days) == 1 else "",
    )  # fmt: skip
    return None


_DATE_SCHEMA = {"type": "string", "pattern": r"^\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\s*$"}
DATE = Parser(read=_read_date, schema=_DATE_SCHEMA)


def _read_moment(sheet: Sheet, keys: Keys, value: Plain) -> Moment | None:
    text = scalar(sheet, keys, value, "a date and time (a text)")
    if text is None:
        return None
    moment = parse_moment(text)
    if moment is None:
        hint = "Write 2026-12-03 18:30, or a date alone for a whole day."
        if parse_date(text[:10]) is None:
            hint = date_hint(text)
        elif re.search(r"\d\s*[ap]\.?m", text, re.IGNORECASE):
            hint = f"Write the hour from 0 to 24: {text[:10]} {_clock24(text[10:]) or '18:30'}"
        sheet.report(
            keys, "bad-time", f'{keys_text(keys)}: "{text[:40]}" is no date and time.', hint,
            proposal=meant_moment(text),
        )  # fmt: skip
    return moment


def _clock24(text: str) -> str:
    """`6:30 pm` as `18:30`; empty where it is no such time."""
    match = re.search(r"(\d{1,2})(?::(\d{2}))?\s*([ap])", text, re.IGNORECASE)
    if match is None or not 1 <= int(match[1]) <= 12:
        return ""
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0)
    return f"{hour:02}:{match[2] or '00'}"


MOMENT = Parser(
    read=_read_moment,
    schema={
        "type": "string",
        "pattern": r"^\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
        r"([Tt\s]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*([Zz]|UTC|[+-][0-9]{1,2}(:?[0-9]{2})?)?)?\s*$",
    },
)


def _read_clock(sheet: Sheet, keys: Keys, value: Plain) -> time | None:
    text = scalar(sheet, keys, value, "a time of day (a text)")
    if text is None:
        return None
    match = _CLOCK.fullmatch(text.strip())
    if match is not None and int(match[1]) <= 23 and int(match[2]) <= 59:
        return time(int(match[1]), int(match[2]))
    if match is not None and (match[1], match[2]) == ("24", "00"):
        return time.max
    sheet.report(keys, "bad-time", f'{keys_text(keys)}: "{text[:40]}" is no time of day.', 'Write "09:00", in quotes.')
    return None


CLOCK = Parser(read=_read_clock, schema={"type": ["string", "integer"], "pattern": "^\\s*[0-9]{1,2}:[0-9]{2}\\s*$"})


@lru_cache(maxsize=1024)
def parse_duration(text: str) -> timedelta | None:
    """`2h`, `90 minutes`, `1h 30m`, `1:30`, `PT1H30M`, `P1D`; None where it is no length of time."""
    text = text.strip()
    match = _ISO.fullmatch(text)
    if match is not None and any(match.groups()):
        weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return _bounded(timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds))
    clock = _CLOCK.fullmatch(text)
    if clock is not None and int(clock[2]) < 60:
        return timedelta(hours=int(clock[1]), minutes=int(clock[2]))
    total, end = timedelta(0), 0
    for part in _HUMAN.finditer(text):
        if part.start() != end:
            return None
        total += _unit(part[2].lower()) * float(part[1])
        end = part.end()
    return _bounded(total) if end == len(text) and end > 0 else None


def _bounded(length: timedelta) -> timedelta | None:
    return length if length <= timedelta(days=3660) else None


def _unit(word: str) -> timedelta:
    if word.startswith("w"):
        return timedelta(weeks=1)
    if word.startswith("d"):
        return timedelta(days=1)
    return timedelta(hours=1) if word.startswith("h") else timedelta(minutes=1)


def _read_duration(sheet: Sheet, keys: Keys, value: Plain) -> timedelta | None:
    text = scalar(sheet, keys, value, "a length of time (a text)")
    if text is None:
        return None
    length = parse_duration(text)
    if length is None:
        sheet.report(
            keys, "bad-duration", f'{keys_text(keys)}: "{text[:40]}" is no length of time.',
            "Write 2h, 90 minutes, 1h 30m or PT1H30M.",
        )  # fmt: skip
        return None
    if length <= timedelta(0) or length > MAX_DURATION:
        sheet.report(
            keys, "out-of-range", f"{keys_text(keys)} cannot be {text.strip()[:40]}.",
            "It is longer than nothing and at most 31 days.",
        )  # fmt: skip
        return None
    return length


DURATION = Parser(read=_read_duration, schema={"type": "string", "minLength": 2})


# Names that Windows, Java and people use for zones.
_OTHER_ZONES = {
    "w. europe standard time": "Europe/Berlin", "central europe standard time": "Europe/Budapest",
    "romance standard time": "Europe/Paris", "gmt standard time": "Europe/London",
    "central european standard time": "Europe/Warsaw", "e. europe standard time": "Europe/Chisinau",
    "fle standard time": "Europe/Kyiv", "gtb standard time": "Europe/Bucharest",
    "russian standard time": "Europe/Moscow", "turkey standard time": "Europe/Istanbul",
    "eastern standard time": "America/New_York", "us eastern standard time": "America/Indiana/Indianapolis",
    "central standard time": "America/Chicago", "mountain standard time": "America/Denver",
    "us mountain standard time": "America/Phoenix", "pacific standard time": "America/Los_Angeles",
    "e. south america standard time": "America/Sao_Paulo", "argentina standard time": "America/Argentina/Buenos_Aires",
    "sa eastern standard time": "America/Cayenne", "pacific sa standard time": "America/Santiago",
    "sa pacific standard time": "America/Bogota", "central standard time (mexico)": "America/Mexico_City",
    "india standard time": "Asia/Kolkata", "china standard time": "Asia/Shanghai", "tokyo standard time": "Asia/Tokyo",
    "korea standard time": "Asia/Seoul", "singapore standard time": "Asia/Singapore",
    "se asia standard time": "Asia/Bangkok", "taipei standard time": "Asia/Taipei",
    "arabian standard time": "Asia/Dubai", "arab standard time": "Asia/Riyadh",
    "israel standard time": "Asia/Jerusalem",
    "iran standard time": "Asia/Tehran", "pakistan standard time": "Asia/Karachi",
    "aus eastern standard time": "Australia/Sydney", "e. australia standard time": "Australia/Brisbane",
    "cen. australia standard time": "Australia/Adelaide", "w. australia standard time": "Australia/Perth",
    "new zealand standard time": "Pacific/Auckland", "egypt standard time": "Africa/Cairo",
    "south africa standard time": "Africa/Johannesburg", "w. central africa standard time": "Africa/Lagos",
    "e. africa standard time": "Africa/Nairobi", "morocco standard time": "Africa/Casablanca",
    "cest": "Europe/Berlin", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles", "mdt": "America/Denver",
    "cdt": "America/Chicago", "edt": "America/New_York", "bst": "Europe/London", "ist": "Asia/Kolkata",
    "jst": "Asia/Tokyo", "brt": "America/Sao_Paulo", "aest": "Australia/Sydney", "utc+0": "UTC", "z": "UTC",
}  # fmt: skip
# Links of the IANA database that are met in the wild, to the name that stands today (file `backward`).
_LINKS = {
    "Europe/Kiev": "Europe/Kyiv", "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Asia/Dacca": "Asia/Dhaka",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires", "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis", "America/Louisville": "America/Kentucky/Louisville",
    "Australia/ACT": "Australia/Sydney", "Australia/NSW": "Australia/Sydney",
    "Australia/Victoria": "Australia/Melbourne",
    "Australia/Queensland": "Australia/Brisbane", "Brazil/East": "America/Sao_Paulo",
    "US/Pacific": "America/Los_Angeles",
    "US/Mountain": "America/Denver", "US/Central": "America/Chicago", "US/Eastern": "America/New_York",
    "US/Arizona": "America/Phoenix", "US/Hawaii": "Pacific/Honolulu", "Canada/Pacific": "America/Vancouver",
    "Canada/Eastern": "America/Toronto", "GB": "Europe/London", "Japan": "Asia/Tokyo", "PRC": "Asia/Shanghai",
    "ROK": "Asia/Seoul", "NZ": "Pacific/Auckland", "Israel": "Asia/Jerusalem", "Asia/Tel_Aviv": "Asia/Jerusalem",
    "Turkey": "Europe/Istanbul", "Asia/Istanbul": "Europe/Istanbul", "Singapore": "Asia/Singapore",
    "Etc/UTC": "UTC", "Etc/GMT": "UTC", "GMT": "UTC", "Etc/UCT": "UTC", "UCT": "UTC", "Zulu": "UTC", "Etc/Zulu": "UTC",
    "Etc/Greenwich": "UTC", "Greenwich": "UTC", "Universal": "UTC", "Etc/Universal": "UTC",
    "Europe/Belfast": "Europe/London",
    "Europe/Uzhgorod": "Europe/Kyiv", "Europe/Zaporozhye": "Europe/Kyiv", "Asia/Macao": "Asia/Macau",
    "Asia/Ulan_Bator": "Asia/Ulaanbaatar", "Asia/Thimbu": "Asia/Thimphu", "Atlantic/Faeroe": "Atlantic/Faroe",
    "Pacific/Samoa": "Pacific/Pago_Pago", "Pacific/Enderbury": "Pacific/Kanton", "Poland": "Europe/Warsaw",
    "Portugal": "Europe/Lisbon", "Egypt": "Africa/Cairo", "Hongkong": "Asia/Hong_Kong", "Eire": "Europe/Dublin",
    "Iran": "Asia/Tehran", "Cuba": "America/Havana", "Jamaica": "America/Jamaica", "ROC": "Asia/Taipei",
}  # fmt: skip


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    names = zoneinfo.available_timezones() - {"localtime", "posixrules", "Factory"}
    return {name.casefold(): name for name in names if not name.startswith(("posix/", "right/"))}


@lru_cache(maxsize=2048)
def parse_zone(text: str) -> str | None:
    """The canonical IANA name (`Europe/Kyiv` for `Europe/Kiev`), or None where there is no such zone."""
    name = _zones().get(text.strip().replace(" ", "_").casefold())
    if name is None:
        return None
    return _LINKS.get(name, name)


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The canonical names of all zones of a region (`Europe/Kyiv`), sorted; not those of offsets (`Etc/GMT+3`)."""
    found = {_LINKS.get(name, name) for name in _zones().values()}
    return tuple(sorted(name for name in found if "/" in name and not name.startswith("Etc/")))


def meant_zone(text: str) -> str:
    """The zone that a text certainly means: a Windows name, the city of one zone, a slip; empty for any other.

    `IST` and its like are the clocks of several countries, so they are none.
    """
    folded = text.strip().casefold()
    if folded in _OTHER_ZONES and len(folded) > LONGEST_SHORT_ZONE:
        return _OTHER_ZONES[folded]
    cities = {name for name in zone_names() if name.rsplit("/", 1)[-1].replace("_", " ").casefold() == folded}
    return (cities.pop() if len(cities) == 1 else slip(text[:60], zone_names())) or ""


LONGEST_SHORT_ZONE = 5  # letters of `AEST` and `UTC+0`


def propose_zone(text: str) -> str:
    """A hint with the zone that was probably meant."""
    folded = text.strip().casefold()
    if folded in _OTHER_ZONES:
        return f"Write {_OTHER_ZONES[folded]}"
    certain = meant_zone(text)
    if certain:
        return f"Write {certain}"
    hint = did_you_mean(text[:60], sorted(_zones().values()))
    return hint or "Write a name of the IANA database, as in Europe/Berlin or America/Recife."


def _read_zone(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "a time zone (a text)")
    if text is None:
        return None
    zone = parse_zone(text)
    if zone is None:
        sheet.report(
            keys, "unknown-zone", f'There is no time zone "{text[:60]}".', propose_zone(text), proposal=meant_zone(text)
        )
    return zone


ZONE = Parser(read=_read_zone, schema={"type": "string", "pattern": "^[A-Za-z0-9_+/ -]+$"})


@lru_cache(maxsize=256)
def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """The zone of a name that `parse_zone` gave."""
    return zoneinfo.ZoneInfo(name)


def clock_gap(when: datetime, zone: str) -> datetime | None:
    """For a wall time that the clocks jump over: the wall time an hour or so later that everybody shows instead."""
    there = when.replace(tzinfo=zone_of(zone))
    back = there.astimezone(zone_of("UTC")).astimezone(zone_of(zone)).replace(tzinfo=None)
    return back if back != when else None
