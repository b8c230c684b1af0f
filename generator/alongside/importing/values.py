"""Values of calendar lines: texts, moments, lengths of time, lists (RFC 5545 section 3.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from alongside.importing.components import Line
from alongside.reading.times import FIRST_YEAR, LAST_YEAR, parse_duration
from alongside.rendering.feeds.content_lines import clean_text

_ESCAPE = re.compile(r"\\([\\;,:\"nN])")
_MOMENT = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[Tt ](\d{2}):?(\d{2})(?::?(\d{2}))?(?:\.\d+)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """A moment as a calendar writes it, its zone not yet looked up."""

    wall: datetime | date  # naive; or a day
    zone: str = ""  # TZID; "UTC" for a Z; empty for a day, and for the time of whoever reads it ("floating")

    @property
    def day(self) -> date:
        """Its date, in its own zone."""
        return self.wall.date() if isinstance(self.wall, datetime) else self.wall


def plain_value(text: str) -> str:
    """A TEXT value without its escapes, control characters taken out."""
    return clean_text(_ESCAPE.sub(lambda one: "\n" if one[1] in "nN" else one[1], text)).strip()


def split_values(text: str) -> list[str]:
    """The values of a list, each still escaped: a comma after a backslash parts nothing."""
    return [part for part in re.split(r"(?<!\\),", text) if part.strip()]


def parse_when(line: Line, value: str | None = None) -> When | None:
    """DTSTART and its like; `value`: one of a list. None for no moment of the years we plan for (1900 to 2200)."""
    text = (line.value if value is None else value).strip()
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
        if match[4] is None or line.parameters.get("VALUE", "").upper() == "DATE":
            return When(wall=day) if FIRST_YEAR <= day.year <= LAST_YEAR else None
        # a leap second (section 3.3.12) is no second of `datetime`
        wall = datetime.combine(day, time(int(match[4]), int(match[5]), min(int(match[6] or 0), 59)))
        zone = line.parameters.get("TZID", "")
        if match[7]:
            wall, zone = wall - _offset(match[7]), "UTC"
    except (ValueError, OverflowError):
        return None
    return When(wall=wall, zone=zone) if FIRST_YEAR <= wall.year <= LAST_YEAR else None


def _offset(text: str) -> timedelta:
    if text in "Zz":
        return timedelta(0)
    seconds = int(text[1:3]) * 3600 + int(text[-2:]) * 60
    return timedelta(seconds=-seconds if text[0] == "-" else seconds)


def parse_length(text: str) -> timedelta | None:
    """DURATION (section 3.3.6); None for one that cannot be read, or is not longer than nothing."""
    length = parse_duration(text.strip().removeprefix("+"))
    return length if length is not None and length > timedelta(0) else None
