"""Octets of a calendar as components (RFC 5545 section 3.4): events as lists of lines, zones, a count of the rest.

First step of an import. Nothing here knows what a line means. Calendars come from anywhere, so a line or component that
breaks the rules costs itself and no more: whole-file parsers stop at the first one. One pass, without recursion.

    DTSTART;TZID=Europe/Berlin:20261203T183000

    Line(name="DTSTART", parameters={"TZID": "Europe/Berlin"}, value="20261203T183000")
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from alongside.problems import AlongsideError

MAX_OCTETS = 50_000_000  # of a calendar; the largest public ones have a tenth
MAX_EVENTS = 100_000
_MAX_DEPTH = 20
_LINE = re.compile(r'([A-Za-z0-9-]+)[ \t]*((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';[ \t]*([A-Za-z0-9-]+)[ \t]*=[ \t]*((?:"[^"]*"|[^;"])*)')
_FOLD = re.compile(rb"\r?\n[ \t]")
_CARETS = {"^n": "\n", "^'": '"', "^^": "^"}  # RFC 6868
_CARET = re.compile(r"\^[n'^]")
# Texts that some programs fold without the space that says so.
_LONGEST_FOLDED = 100_000  # characters put together in this way
_FOLDED_BADLY = frozenset(("DESCRIPTION", "X-ALT-DESC", "LOCATION", "SUMMARY"))


class CalendarError(AlongsideError):
    """No calendar that could be read; the message says why."""


class Line(NamedTuple):
    """A content line."""

    name: str  # upper case
    parameters: Mapping[str, str]  # names in upper case, without quotes
    value: str  # as it stands, escapes and all


Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VTimezone:
    """What a calendar says of a zone."""

    lines: Lines  # TZID and others
    observances: tuple[Lines, ...]  # STANDARD and DAYLIGHT


@dataclass(slots=True, kw_only=True)
class Components:
    """A calendar in parts."""

    lines: list[Line] = field(default_factory=list)  # of the calendar itself
    events: list[Lines] = field(default_factory=list)
    zones: list[VTimezone] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)  # VTODO, VJOURNAL, ...: how many
    encoding: str = "utf-8"  # what the octets were
    cut: bool = False  # it ends in the middle

    def value(self, name: str) -> str:
        """Of the first line of the calendar that has the name; empty where none has."""
        return next((line.value for line in self.lines if line.name == name), "")


def read_components(content: bytes) -> Components:
    """The parts of an iCalendar file. Raises `CalendarError` for what is none, and for one that is too large."""
    if len(content) > MAX_OCTETS:
        raise CalendarError(
            f"The calendar is larger than {MAX_OCTETS // 1_000_000} MB.", hint="Export a part of it: the coming year."
        )
    text, encoding = _decode(content)
    _check_start(text)
    walk = _Walk(found=Components(encoding=encoding))
    for raw in text.split("\n"):
        walk.take(raw)
    return walk.end()


def _decode(content: bytes) -> tuple[str, str]:
    """Unfolded text with "\\n" line ends, and its encoding. Folds go first: some programs fold inside a character."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode("utf-8", "replace")
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = _FOLD.sub(b"", content.removeprefix(codecs.BOM_UTF8))
    try:
        text, encoding = content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", "replace"), "windows-1252"
    return text.replace("\r", "\n"), encoding


def _check_start(text: str) -> None:
    start = text[:4000].lstrip().upper()
    if start.startswith(("<!DOCTYPE", "<HTML", "<?XML")):
        raise CalendarError(
            "This is a web page and no calendar.", hint="Look for the calendar's own address; most end in .ics."
        )
    if "BEGIN:VCALENDAR" not in start and "BEGIN:VEVENT" not in start:
        raise CalendarError("This is no iCalendar file.", hint="Such a file starts with BEGIN:VCALENDAR.")


@dataclass(slots=True, kw_only=True)
class _Walk:
    """The way through the lines: which components are open, and what the innermost holds so far."""

    found: Components
    open: list[tuple[str, list[Line]]] = field(default_factory=list)
    observances: list[Lines] = field(default_factory=list)

    def take(self, raw: str) -> None:
        if not raw.strip():
            return
        line = parse_line(raw)
        if line is None:
            self._continue(raw)
        elif line.name == "BEGIN":
            self._begin(line.value.strip().upper())
        elif line.name == "END":
            self._end(line.value.strip().upper())
        else:
            self._lines().append(line)

    def _lines(self) -> list[Line]:
        return self.open[-1][1] if self.open and self.open[-1][0] != "VCALENDAR" else self.found.lines

    def _continue(self, raw: str) -> None:
        lines = self._lines()
        if lines and lines[-1].name in _FOLDED_BADLY and len(lines[-1].value) < _LONGEST_FOLDED:
            lines[-1] = lines[-1]._replace(value=f"{lines[-1].value}\\n{raw}")

    def _begin(self, name: str) -> None:
        if name == "VEVENT":
            while any(other == "VEVENT" for other, _ in self.open):
                self._end("VEVENT")  # one that was never closed
        if len(self.open) >= _MAX_DEPTH:
            raise CalendarError(f"Components are nested more than {_MAX_DEPTH} deep.", hint="This is no real calendar.")
        self.open.append((name, []))

    def _end(self, name: str) -> None:
        if not any(other == name for other, _ in self.open):
            return
        while True:  # those inside that were never closed end with it
            closed, lines = self.open.pop()
            self._close(closed, tuple(lines))
            if closed == name:
                return

    def _close(self, name: str, lines: Lines) -> None:
        if name == "VEVENT":
            self.found.events.append(lines)
            if len(self.found.events) > MAX_EVENTS:
                raise CalendarError(
                    f"There are more than {MAX_EVENTS:,} events in it.", hint="Export a part of it: the coming year."
                )
        elif name in ("STANDARD", "DAYLIGHT"):
            self.observances.append(lines)
        elif name == "VTIMEZONE":
            self.found.zones.append(VTimezone(lines=lines, observances=tuple(self.observances)))
            self.observances = []
        elif name not in ("VCALENDAR", "VALARM"):
            self.found.others[name] += 1

    def end(self) -> Components:
        """All of it. An event that is open where the file ends has lost lines, and nobody knows which."""
        self.found.cut = bool(self.open)
        return self.found


def parse_line(raw: str) -> Line | None:
    """An unfolded line; None where it is none."""
    match = _LINE.fullmatch(raw.lstrip("\ufeff \t"))
    if match is None:
        return None
    return Line(match[1].upper(), dict(_parameters(match[2])) if match[2] else {}, match[3])


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for match in _PARAMETER.finditer(text):
        value = match[2].strip().replace('"', "")
        yield match[1].upper(), _CARET.sub(lambda caret: _CARETS[caret[0]], value) if "^" in value else value
