"""A person who subscribed: vdirsyncer fetches a feed over HTTP as it stands on a static host, khal lists its dates.

Both run as commands, with configurations and a home folder of their own; their clock is UTC.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from alongside.model.gatherings import Meetup
from alongside.planning.occurrences import final_day, first_day, occurrences
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from alongside.rendering.feeds.content_lines import one_line
from calendars.programs import Date

_VDIRSYNCER = """\
[general]
status_path = "{home}/status/"
[pair feed]
a = "published"
b = "own"
collections = null
conflict_resolution = "a wins"
[storage published]
type = "http"
url = "{url}"
[storage own]
type = "filesystem"
path = "{home}/calendar/"
fileext = ".ics"
"""
_KHAL = """\
[calendars]
[[feed]]
path = {home}/calendar/
readonly = True
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = UTC
default_timezone = UTC
[sqlite]
path = {home}/khal.db
"""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

Listed = tuple[str, str, str, str]  # title, start and end (in UTC; of days the last one), status


class _StaticHost(SimpleHTTPRequestHandler):
    """Files with ETag and Last-Modified."""

    def end_headers(self) -> None:
        file = Path(self.translate_path(self.path))
        if file.is_file():
            self.send_header("ETag", f'"{sha256(file.read_bytes()).hexdigest()[:16]}"')
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: a test says what went wrong."""


@contextmanager
def static_host(folder: Path) -> Iterator[str]:
    """Serve `folder`; gives its address, without a slash at the end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_StaticHost, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody with the two programs and one subscription."""

    home: Path  # empty when they begin

    @classmethod
    def of(cls, home: Path, url: str) -> Subscriber:
        """Subscribe to the feed at `url`."""
        (home / "calendar").mkdir(parents=True)
        (home / "vdirsyncer.conf").write_text(_VDIRSYNCER.format(home=home, url=url), encoding="utf-8")
        (home / "khal.conf").write_text(_KHAL.format(home=home), encoding="utf-8")
        one = cls(home)
        one._run("vdirsyncer", "-c", "vdirsyncer.conf", "discover")
        return one

    def fetch(self) -> None:
        """What happens every few hours."""
        self._run("vdirsyncer", "-c", "vdirsyncer.conf", "sync")

    def dates(self, first: date, last: date) -> set[Listed]:
        """All that `khal list` has from `first` to `last`, both included, and begins there."""
        fields = ("title", "start-long-full", "end-long-full", "all-day", "status")
        named = [word for field in fields for word in ("--json", field)]
        text = self._run("khal", "-c", "khal.conf", "list", *named, first.isoformat(), last.isoformat())
        events = [event for line in text.splitlines() for event in json.loads(line)]
        rows = ([event[field] for field in fields] for event in events)
        found = {
            (title, *(moment[:10] if days == "True" else moment for moment in (starts, ends)), status)
            for title, starts, ends, days, status in rows
        }
        return {one for one in found if first.isoformat() <= one[1][:10] <= last.isoformat()}

    def _run(self, program: str, *words: str) -> str:
        """Output of a command; one that fails fails the test, with what it said."""
        environment = {"HOME": str(self.home), "TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        command = [str(Path(sys.executable).parent / program), *words]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.home,
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        complaints = [line for line in done.stderr.splitlines() if "warning" in line.casefold()]
        if done.returncode or complaints:
            pytest.fail(f"{program}: {done.stdout}\n{done.stderr}")
        return done.stdout


def planned(meetups: Iterable[Meetup], first: date, last: date) -> set[Listed]:
    """The same of our own plan. khal gives an hour to what does not say how long it takes."""
    start, end = (datetime.combine(day, datetime.min.time(), UTC) for day in (first - _DAY, last + 2 * _DAY))
    found = set()
    for meetup in meetups:
        for one in occurrences(meetup, start=start, end=end):
            ends = one.starts if one.ends is None else one.ends
            if one.ends is None and isinstance(one.starts, datetime):
                ends = one.starts + _HOUR
            found.add((one_line(one.title.text("en")), _shown(one.starts), _shown(ends), one.status.upper()))
    return {one for one in found if first.isoformat() <= one[1][:10] <= last.isoformat()}


def listed(dates: Iterable[Date]) -> set[Listed]:
    """What another program has (`programs.read_dates`), as khal would list it."""
    found = set()
    for one in dates:
        if "T" not in one.start:
            last = date.fromisoformat(one.end) - _DAY
            found.add((one.summary, one.start, last.isoformat(), one.status))
            continue
        starts, ends = datetime.fromisoformat(one.start), datetime.fromisoformat(one.end)
        found.add((one.summary, _shown(starts), _shown(starts + _HOUR if ends == starts else ends), one.status))
    return found


def real_feed(communities: Path, folder: Path, *, day: date, first: date, last: date, count: int) -> list[Meetup]:
    """Write `folder`/all.ics with so many real meetups that have a date in a span: series and changed ones first.

    `communities` is the folder of those in our format; `day` is today.
    """
    chosen = _mixed(communities, day, first, last, count)
    events = [(one, render_event(one, EventTexts(uid=f"{number}@real.example"))) for number, one in enumerate(chosen)]
    folder.mkdir()
    (folder / "all.ics").write_bytes(render_calendar(events, name="Real communities"))
    return chosen


def _mixed(communities: Path, day: date, first: date, last: date, count: int) -> list[Meetup]:
    series: list[Meetup] = []
    others: list[list[Meetup]] = []
    for folder in sorted(communities.iterdir()):
        settings, _ = read_settings(folder / "mkdocs.yml")
        found = load_community(settings, today=day, cache=False).community.meetups.values()
        recent = [one for one in found if first_day(one) <= last and (final_day(one) or last) >= first]
        series += [one for one in recent if one.rrule or one.changes]
        others.append([one for one in recent if not (one.rrule or one.changes)][:count])
    mixed = [many[number] for number in range(count) for many in others if number < len(many)]
    return [*series, *mixed][:count]


def _shown(moment: datetime | date) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else moment.isoformat()
