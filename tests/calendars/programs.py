"""Five calendar programs that nobody here wrote, and what each makes of a calendar.

Each is a process that reads a calendar on stdin and writes one JSON object for each date. `readers/` has their sources:
ical.js and node-ical come from npm (`make calendars`), libical and KCalendarCore are compiled once, with what Debian
has of them. None may ask the machine for its zone: the clock of every process is UTC.

A calendar is read as it is published, and once more with zones that nobody knows (`renamed`), so that the VTIMEZONE is
all there is. By a name they know, Python looks into the `tzdata` package, Node.js into data of its own, KCalendarCore
into that of the machine, and libical, which has the offsets from the VTIMEZONE, counts on in the zone of ICU. By one
they do not know, node-ical has no zone at all, and KCalendarCore takes the one of the machine that is most like ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = Path(__file__).resolve().parent / "readers"
MODULES = ROOT / "build" / "npm-calendars" / "node_modules"  # what `make calendars` installs
COMPILED = ROOT / "build" / "calendars"
FIRST, END = date(2010, 1, 1), date(2028, 1, 1)  # dates are read from the first day up to the second
_NOTHING_OF_THE_MACHINE = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONTZPATH": ""}
_MARGIN_YEARS = 2  # read on either side as well: a changed date may have moved in or out
_TZID = re.compile(rb"(TZID[=:])(?!X-)([^:;\r\n]+)")

ReaderName = Literal["ical.js", "node-ical", "icalendar", "libical", "KCalendarCore"]
READERS: tuple[ReaderName, ...] = ("ical.js", "node-ical", "icalendar", "libical", "KCalendarCore")
OF_OUR_ZONES: tuple[ReaderName, ...] = ("ical.js", "icalendar", "libical")  # take the VTIMEZONE as it is


class ReaderError(Exception):
    """A program could not be made, or did not read a calendar."""


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """One date of one event, as a program has it."""

    uid: str
    start: str  # "2026-12-03T17:30:00Z", or "2026-12-03"
    end: str  # the same; for days the one after the last
    status: str  # "CONFIRMED"
    summary: str


def renamed(calendar: bytes) -> bytes:
    """The calendar with zones whose names nobody knows: X-Europe/Berlin."""
    unfolded = calendar.replace(b"\r\n ", b"")  # readers take lines of any length
    return _TZID.sub(rb"\1X-\2", unfolded)


def read_dates(reader: ReaderName, calendar: bytes, *, first: date = FIRST, end: date = END) -> list[Date]:
    """What starts from `first` up to `end`, sorted. Raises ReaderError when the program fails or complains."""
    wide = (first.replace(year=first.year - _MARGIN_YEARS), end.replace(year=end.year + _MARGIN_YEARS))
    command = [*_command(reader), *(day.isoformat() for day in wide)]
    environment = {**_NOTHING_OF_THE_MACHINE, "PATH": os.environ["PATH"], "NODE_PATH": str(MODULES)}
    done = subprocess.run(command, input=calendar, capture_output=True, env=environment, cwd=SOURCES, check=False)
    if done.returncode or done.stderr:
        raise ReaderError(f"{reader} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    dates = [Date(**json.loads(line)) for line in done.stdout.splitlines()]
    return sorted(one for one in dates if first.isoformat() <= one.start < end.isoformat())


# --- how each is made ---


def left_out() -> str:
    """Why tests that need the five are left out, empty where they run. Under CI=true they run, and fail."""
    absent = [] if os.environ.get("CI") == "true" else missing()
    return f"needs {', '.join(absent)}" if absent else ""


def missing() -> list[str]:
    """What is not installed, in words; empty when all five can run."""
    found = [] if (MODULES / "ical.js").is_dir() and (MODULES / "node-ical").is_dir() else ["make calendars (npm)"]
    found += [
        f"{program} (Debian)" for program in ("node", "gcc", "g++", "pkg-config") if shutil.which(program) is None
    ]
    return found


@cache
def _command(reader: ReaderName) -> tuple[str, ...]:
    match reader:
        case "ical.js":
            return "node", str(SOURCES / "ical_js.cjs")
        case "node-ical":
            return "node", str(SOURCES / "node_ical.cjs")
        case "icalendar":
            return sys.executable, str(SOURCES / "icalendar_python.py")
        case "libical":
            return (str(_compiled("gcc", "libical_reader.c", ("libical",), ("-O2",))),)
        case "KCalendarCore":
            flags = ("-O1", "-std=c++17", "-fPIC")
            return (str(_compiled("g++", "kcalendarcore_reader.cpp", ("KF6CalendarCore", "KF5CalendarCore"), flags)),)


def _compiled(compiler: str, source: str, packages: Sequence[str], flags: Sequence[str]) -> Path:
    """The program of a source, made with the first of `packages` that is there, unless it was made before."""
    for package in packages:
        found = subprocess.run(
            ["pkg-config", "--cflags", "--libs", package], capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            break
    else:
        raise ReaderError(f"pkg-config knows none of {', '.join(packages)}")
    text = (SOURCES / source).read_bytes()
    key = sha256(repr((compiler, text, flags, found.stdout)).encode()).hexdigest()[:16]
    program = COMPILED / f"{Path(source).stem}-{key}"
    if not program.exists():
        COMPILED.mkdir(parents=True, exist_ok=True)
        made = COMPILED / f"{program.name}.{os.getpid()}"  # several workers may make it at once
        command = [compiler, *flags, "-o", str(made), str(SOURCES / source), *found.stdout.split()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ReaderError(f"{source} cannot be compiled:\n{done.stderr[:4000]}")
        made.replace(program)
    return program
