"""Area calendar: what people subscribe to (GOALS, Calendar). One function a row.

Meetups in four feeds each against calendars filled anew for each feed (icalendar, ical-generator); from YAML against
yaml2ics; what a rebuild changes; what an embed loads to know what is near; many next dates. Whether calendar programs
agree on all of it is measured where these programs are (`calendar_agreement`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import icalendar

from alongside.model.community import Community
from alongside.planning.occurrences import upcoming
from bench import calendar_agreement
from bench.calendar_builds import near_me, rebuilds
from bench.calendar_peers import against_yaml2ics, ical_generator_seconds
from bench.calendar_sides import FEEDS, NOW, generated_meetups
from bench.harness import BenchError, Figure, Run, interleave, peak_mb, run

ROOT = Path(__file__).resolve().parent.parent
SIDES = ("naive", "cold", "warm")
COMPARED = 500  # events of two feeds: reading takes longer than writing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--meetups 1000` for a quick look."""
    parser.add_argument("--meetups", type=int, default=10_000, help="calendar: how many meetups (default 10,000)")
    parser.add_argument("--calendar-rounds", type=int, default=3, help="calendar: runs of each side; the middle counts")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of this area; raises `BenchError` when two sides do not say the same."""
    with tempfile.TemporaryDirectory(prefix="bench-calendar-") as temporary:
        folder = Path(temporary)
        for name in ("sides", "peers", "builds"):
            (folder / name).mkdir()
        yield from feeds(folder / "sides", arguments.meetups, arguments.calendar_rounds)
        yield from against_yaml2ics(folder / "peers", many=arguments.meetups, rounds=arguments.calendar_rounds)
        yield from rebuilds(folder / "builds", large=arguments.meetups)
    yield from near_me()
    yield from calendar_agreement.measure(arguments)


# --- rows ---


def feeds(folder: Path, count: int, rounds: int) -> Iterator[Figure]:
    """From meetups to the octets of four feeds: cold, and in the next process; then next dates. CPU seconds."""
    runs = interleave({side: partial(_side, side, count, folder) for side in SIDES}, rounds=rounds)
    _check_equal((folder / "cold.ics").read_bytes(), (folder / "naive.ics").read_bytes())
    _check_kept((folder / "cold.ics").read_bytes(), (folder / "warm.ics").read_bytes())
    seconds = {side: statistics.median(float(one.output) for one in runs[side]) for side in SIDES}
    for side in SIDES:
        print(f"# {count} meetups x {FEEDS} feeds, {side}: {seconds[side]:.3f} s CPU, {peak_mb(runs[side]):.0f} MB")
    naive = seconds["naive"]
    yield Figure(
        name=f"{count} meetups x {FEEDS} feeds, cold / naive icalendar", value=seconds["cold"] / naive, goal=0.3
    )
    yield Figure(
        name=f"{count} meetups x {FEEDS} feeds, warm / naive icalendar", value=seconds["warm"] / naive, goal=0.0125
    )
    run([*_command("peer", count, folder)], cwd=ROOT, env=_environment())
    peer = ical_generator_seconds(folder)
    if peer is not None:
        _check_equal((folder / "cold.ics").read_bytes(), (folder / "ical-generator.ics").read_bytes(), unescaped=False)
        print(
            f"# {count} meetups x {FEEDS} feeds, ical-generator: {peer:.3f} s CPU, without VTIMEZONE; "
            f"cold / ical-generator {seconds['cold'] / peer:.2f}, warm {seconds['warm'] / peer:.3f}"
        )
    community = Community(name="X", meetups={one.slug: one for one in generated_meetups(count)})
    started = time.process_time()
    found = upcoming(community, now=NOW)
    spent = time.process_time() - started
    print(f"# next dates of {count} meetups: {spent:.2f} s CPU, {len(found)} coming")
    yield Figure(name=f"next dates of {count} meetups / naive icalendar's feeds", value=spent / naive, goal=0.1)


def _side(side: str, count: int, folder: Path) -> Run:
    if side == "cold":
        for path in (folder / "cache").glob("*"):
            path.unlink()
    return run(_command(side, count, folder), cwd=ROOT, env=_environment())


def _command(side: str, count: int, folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.calendar_sides", side, str(count), str(folder)]


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join([str(ROOT / "generator"), str(ROOT)])}


def _check_equal(ours: bytes, others: bytes, *, unescaped: bool = True) -> None:
    """Both calendars, read again, hold the same events. `unescaped`: the other escapes texts as it should."""
    names = ("UID", "DTSTART", "DTEND", "RRULE", "SUMMARY", "URL", *(["DESCRIPTION"] if unescaped else []))
    for mine, other in zip(_events(ours), _events(others), strict=True):
        for name in names:
            if mine.get(name) != other.get(name):
                raise BenchError(f"{mine.get('UID')}: {name} differs: {mine.get(name)!r}, {other.get(name)!r}")


def _events(content: bytes) -> list[icalendar.Event]:
    head = b"BEGIN:VEVENT".join(content.split(b"BEGIN:VEVENT")[: COMPARED + 1])
    return icalendar.Calendar.from_ical(head.removesuffix(b"END:VCALENDAR\r\n") + b"END:VCALENDAR\r\n").events


def _check_kept(cold: bytes, warm: bytes) -> None:
    """After an edit of the first meetup only its event is another."""
    before, after = cold.split(b"BEGIN:VEVENT"), warm.split(b"BEGIN:VEVENT")
    if before[2:] != after[2:] or b"SUMMARY:Another title" not in after[1]:
        raise BenchError("what was kept is not what was made")
