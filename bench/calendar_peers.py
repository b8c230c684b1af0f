"""Area calendar, peers that people use: yaml2ics, from YAML to .ics files, and ical-generator, from events to octets.

yaml2ics (PyPI) is what communities keep a calendar in git with. Both sides get the same meetups, each in its own YAML,
and run as whole processes; what they say is read again and compared. Its zones are those of `ics`; ours come from
`tzdata`. A zone counts when python-dateutil, reading the VTIMEZONE alone, finds the instants of a January and a July.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import icalendar
from dateutil.tz import tzical

from alongside.model.gatherings import Meetup
from alongside.model.texts import LocalText
from alongside.planning.zones import read_zone
from alongside.problems import Position
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from bench.calendar_sides import FEEDS
from bench.harness import BenchError, Figure, Run, interleave, median_cpu_seconds, run, spread

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "bench" / "ical_generator"
NPM = ROOT / "build" / "npm-bench"
FEW = 2_000  # meetups, beside the many that count: what a process costs before the first is told apart from each
EDITED = b"SUMMARY:Moved "
COMPARED = 200  # events of the two calendars: reading takes longer than writing
YAML2ICS = [str(Path(sys.executable).with_name("yaml2ics"))]
COMPILE = [sys.executable, "-m", "bench.calendar_compile"]


# --- yaml2ics ---


def against_yaml2ics(folder: Path, *, many: int, rounds: int) -> Iterator[Figure]:
    """From the YAML of both to one calendar, as whole processes, by turns; then every IANA zone. CPU seconds.

    Ours with nothing kept, and as on any other day: one meetup edited since. yaml2ics keeps nothing.
    """
    ratios = {count: _ratios(folder / str(count), count, rounds=rounds) for count in (min(FEW, many), many)}
    for count, (new, edited) in ratios.items():
        print(f"# {count} meetups from YAML to .ics files / yaml2ics: {new:.3f}; one edited: {edited:.3f}", flush=True)
    new, edited = ratios[many]
    yield Figure(name=f"{many} meetups from YAML to .ics files / yaml2ics", value=new, goal=0.1)
    yield Figure(name=f"one of {many} meetups edited, from YAML to .ics files / yaml2ics", value=edited, goal=0.1)
    zones = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
    failures = {
        side: [zone for zone in zones if not _has_zone(render, zone)]
        for side, render in (("alongside", _our_zone), ("yaml2ics", _their_zone))
    }
    for side, failed in failures.items():
        print(f"# {len(zones)} IANA zones, wrong or refused, {side}: {len(failed)} {', '.join(failed[:12])}")
    yield Figure(name=f"IANA zones of {len(zones)} that fail", value=len(failures["alongside"]), goal=0)


def _ratios(folder: Path, count: int, *, rounds: int) -> tuple[float, float]:
    """Our seconds by those of yaml2ics, for `count` meetups: with nothing kept, and with one edited."""
    community, theirs = folder / "ours", folder / "yaml2ics"
    _write_inputs(community, theirs, count)
    environment = {"PYTHONPATH": os.pathsep.join([str(ROOT / "generator"), str(ROOT)])}

    def ours() -> Run:
        shutil.rmtree(community / "build", ignore_errors=True)  # what was read is not remembered
        return run([*COMPILE, str(community)], cwd=community, env=environment)

    def edited() -> Run:
        _edit(community)
        return run([*COMPILE, str(community)], cwd=community, env=environment)

    def peer() -> Run:
        found = run([*YAML2ICS, "meetups.yaml"], cwd=theirs)
        (theirs / "meetups.ics").write_text(found.output)
        return found

    runs = interleave({"alongside": ours, "alongside, one edited": edited, "yaml2ics": peer}, rounds=rounds)
    seconds = {side: median_cpu_seconds(times) for side, times in runs.items()}
    for side, times in runs.items():
        told = f"{seconds[side]:.2f} s CPU, {spread(times)}"
        print(f"# {count} meetups from YAML to .ics files, {side}: {told}", flush=True)
    written = (community / "out/feeds/all.ics").read_bytes()
    _check_equal(written, (theirs / "meetups.ics").read_bytes())
    if EDITED not in written:
        raise BenchError("the edited meetup is as it was")
    return seconds["alongside"] / seconds["yaml2ics"], seconds["alongside, one edited"] / seconds["yaml2ics"]


def _write_inputs(community: Path, theirs: Path, count: int) -> None:
    """The same meetups for both; once, weekly and every two weeks: yaml2ics knows intervals alone."""
    (community / "content/meetups").mkdir(parents=True, exist_ok=True)
    theirs.mkdir(parents=True, exist_ok=True)
    (community / "mkdocs.yml").write_text(
        "site_name: Generated\nsite_url: https://example.org/\ndocs_dir: content\nplugins:\n  - alongside:\n"
        "      timezone: Europe/Berlin\n      teams: {community: Community team}\n"
    )
    (community / "content/index.md").write_text("# Generated\n")
    ours, peers = [], ["name: Generated", "timezone: Europe/Berlin", "events:"]
    for number in range(count):
        day = date(2026, 1, 5) + timedelta(days=number % 300)
        text = f"We meet for the {number}th time; everybody is welcome, bring a laptop and a question."
        ours += [
            f"- slug: meetup-{number}",
            f"  title: Meetup {number}",
            f"  starts: {day} 18:30",
            "  duration: 2h",
            f"  description: {text}",
        ]
        peers += [
            f"  - uid: meetup-{number}@example.org",
            f"    summary: Meetup {number}",
            f"    begin: {day} 18:30:00",
            "    duration: {hours: 2}",
            f"    url: https://example.org/meetups/meetup-{number}/",
            f"    description: {text}",
        ]
        if weeks := number % 3:
            ours += [f"  repeats: {'every week' if weeks == 1 else 'every 2 weeks'}", "  until: 2027-12-31"]
            peers += ["    repeat:", f"      interval: {{weeks: {weeks}}}", "      until: 2027-12-31 23:59:59"]
    (community / "content/meetups/all.yml").write_text("\n".join(ours) + "\n")
    (theirs / "meetups.yaml").write_text("\n".join(peers) + "\n")


def _edit(community: Path) -> None:
    """Another title for the last meetup, each time: what is kept never has it."""
    path = community / "content/meetups/all.yml"
    head, _, last = path.read_text().rpartition("  title: ")
    path.write_text(f"{head}  title: Moved {last}")


def _check_equal(ours: bytes, theirs: bytes) -> None:
    """Both say the same of the first meetups: when, how often, what."""
    mine, others = _said(ours), _said(theirs)
    if len(mine) != COMPARED or mine != others:
        wrong = next((uid for uid in mine if mine[uid] != others.get(uid)), "")
        raise BenchError(f"{wrong}: {mine.get(wrong)} and {others.get(wrong)}")


def _said(content: bytes) -> dict[str, tuple[object, ...]]:
    names = {f"meetup-{number}@example.org" for number in range(COMPARED)}
    events = [event for event in icalendar.Calendar.from_ical(content).events if str(event["UID"]) in names]
    return {str(event["UID"]): _what(event) for event in events}


def _what(event: icalendar.Event) -> tuple[object, ...]:
    """When by the wall, how often, and the texts."""
    rule: Any = event.get("RRULE")
    return (
        *(
            moment.replace(tzinfo=None) if isinstance(moment, datetime) else moment
            for moment in (event.start, event.end)
        ),
        (rule["FREQ"], rule.get("INTERVAL", [1])) if rule else (),
        *(str(event[name]).strip() for name in ("SUMMARY", "DESCRIPTION", "URL")),
    )


def _has_zone(render: Callable[[str, tuple[datetime, ...]], str], zone: str) -> bool:
    walls = (datetime.fromisoformat("2026-01-15T18:30"), datetime.fromisoformat("2026-07-15T18:30"))
    try:
        made = render(zone, walls)
        found = tzical(StringIO(_for_dateutil(made))).get() if "BEGIN:VTIMEZONE" in made else UTC
        right = [wall.replace(tzinfo=read_zone(zone)).utcoffset() for wall in walls]
        return [wall.replace(tzinfo=found).utcoffset() for wall in walls] == right
    except Exception:  # a peer may fail in any way
        return False


def _for_dateutil(calendar: str) -> str:
    """The VTIMEZONE of a calendar, without what dateutil refuses and people's apps may pass over."""
    begin, end = calendar.index("BEGIN:VTIMEZONE"), calendar.rindex("END:VTIMEZONE")
    lines = [line for line in calendar[begin:end].splitlines() if not line.startswith("X-")]
    parts = "\n".join([*lines, "END:VTIMEZONE", ""]).split("BEGIN:")
    return "BEGIN:".join(part if "DTSTART" in part else part.replace("RDATE", "DTSTART", 1) for part in parts)


def _our_zone(zone: str, walls: tuple[datetime, ...]) -> str:
    meetups = [
        Meetup(
            slug=f"m{wall.month}", title=LocalText((("en", "M"),)), starts=wall, timezone=zone, position=Position("x")
        )
        for wall in walls
    ]
    events = [(one, render_event(one, EventTexts(uid=one.slug))) for one in meetups]
    return render_calendar(events, name="X").decode()


def _their_zone(zone: str, walls: tuple[datetime, ...]) -> str:
    import yaml2ics  # type: ignore[import-untyped]

    events = [
        yaml2ics.event_from_yaml({"summary": "M", "begin": wall, "duration": {"hours": 2}, "timezone": zone})
        for wall in walls
    ]
    return str(yaml2ics.events_to_calendar(events).serialize())


# --- ical-generator ---


def ical_generator_seconds(folder: Path) -> float | None:
    """CPU seconds for the feeds of `peer.json` in `folder`; None where npm or its packages cannot be had."""
    if shutil.which("npm") is None or not _installed():
        print("# ical-generator: not measured, npm or its packages are missing")
        return None
    shutil.copy(SOURCE / "render.mjs", NPM)
    return float(run(["node", str(NPM / "render.mjs"), str(folder), str(FEEDS)], cwd=folder, env={"TZ": "UTC"}).output)


def _installed() -> bool:
    if (NPM / "node_modules" / "ical-generator").is_dir():
        return True
    NPM.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, NPM)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    return subprocess.run(command, cwd=NPM, check=False).returncode == 0
