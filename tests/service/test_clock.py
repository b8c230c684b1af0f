"""Work by the clock: again and again, whatever it raises; the community read again when something changed."""

from __future__ import annotations

import io
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from alongside.model.community import Community
from alongside.problems import AlongsideError
from alongside.service.clock import Rounds, Work, start_clock, told_defect
from alongside.service.home import LiveHome
from alongside.service.lines import Level, line_log, one_line
from alongside.settings import Settings

from .conftest import NOW, make_home


def wait_until(true: object, seconds: float = 10) -> None:
    """Until `true()`."""
    assert callable(true)
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_fails_is_told_and_tried_again() -> None:
    lines: list[tuple[Level, str, str]] = []
    stopping = threading.Event()
    failures = iter(
        (AlongsideError("The server refuses ana@example.net.", hint="Wait."), KeyError("ana@example.net"), OSError(5))
    )
    runs: list[str] = []

    def work() -> str:
        for failure in failures:
            raise failure
        runs.append("done")
        return "" if len(runs) == 1 else "sent=1"

    def log(level: Level, about: str, text: str) -> None:
        lines.append((level, about, text))

    other: list[str] = []

    def work_beside() -> str:
        other.append("ran")
        return ""

    works = (
        Work(name="send", every_seconds=0.01, run=work),
        Work(name="other", every_seconds=0.01, run=work_beside),
    )
    threads = start_clock(works, stopping=stopping, log=log, rounds=Rounds())
    wait_until(lambda: len(runs) > 2 and len(other) > 2)
    stopping.set()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert lines[0] == ("error", "send", "The server refuses a…@example.net. Wait.")
    assert [(level, text.partition(" at ")[0]) for level, _, text in lines[1:3]] == [
        ("error", "KeyError"),
        ("error", "OSError"),
    ]
    assert lines[3] == ("info", "send", "sent=1")  # a pass with nothing to tell tells nothing


def test_stopping_does_not_wait_for_the_next_time() -> None:
    stopping = threading.Event()
    ran = threading.Event()

    def run() -> str:
        ran.set()
        return ""

    work = Work(name="send", every_seconds=3600, run=run)
    (thread,) = start_clock((work,), stopping=stopping, log=lambda *_: None, rounds=Rounds())
    assert ran.wait(5)
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_defect_is_told_without_values() -> None:
    with pytest.raises(ValueError, match="ana@") as caught:
        int("ana@example.net")
    assert told_defect(caught.value).startswith("ValueError at test_clock.py:")


@pytest.mark.parametrize(
    ("text", "line"), [("a\nb", "a b"), ("a\x1b[31mred", "a?[31mred"), ("  a \r\n 2026 info b", "a 2026 info b")]
)
def test_nothing_looks_like_another_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_line() -> None:
    stream = io.StringIO()
    line_log(lambda: NOW, stream)("info", "send", "sent=3")
    assert stream.getvalue() == "2026-11-23T09:00:00Z info send sent=3\n"


def test_a_line_for_programs() -> None:
    """Counts are numbers, and take no name of ours; what is somebody's is masked whoever forgot to."""
    stream = io.StringIO()
    log = line_log(lambda: NOW, stream, style="json")
    log("info", "send", "sent=3 letters_sent=1")
    log("info", "http", "level=9 text=1")
    log("error", "send", "smtps://ana:pass@word@mail.example.org said no=1 to\nana@example.net")
    log("warning", "http", "s-6172ab09c4d1f03b52e711 and notes+r-mzxw6ytboi4dcmrtgq2tmnzyhe@example.org, \u202e\x1b[2J")
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    head = {"time": "2026-11-23T09:00:00Z", "level": "info"}
    assert told[0] == {**head, "about": "send", "text": "sent=3 letters_sent=1", "sent": 3, "letters_sent": 1}
    assert told[1] == {**head, "about": "http", "text": "level=9 text=1"}
    assert told[2]["text"] == "smtps://mail.example.org said no=1 to a…@example.net"
    assert told[3]["text"] == "… and n…@example.org, ??[2J"
    assert all(set(line) >= {"time", "level", "about", "text"} for line in told)


def test_files_that_changed_are_read_again(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    settings = replace(make_home().settings, root=tmp_path, docs_dir=tmp_path / "content")
    read: list[date] = []

    def read_community(of: Settings, day: date) -> Community:
        read.append(day)
        return Community(name=f"Read {len(read)} times", url="")

    live = LiveHome(lambda: settings, read_community, now=NOW)
    first = live.current
    assert live.refresh(NOW + timedelta(minutes=1)) is first
    (tmp_path / "content" / "ana.md").write_text("Hello")
    assert live.refresh(NOW).community.name == "Read 2 times"
    assert live.current.community.name == "Read 2 times"
    live.refresh(datetime(2026, 11, 24, 0, 1, tzinfo=UTC))  # who has consent depends on the day
    assert read == [date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 24)]


def test_what_cannot_be_read_leaves_what_was(tmp_path: Path) -> None:
    settings = replace(make_home().settings, root=tmp_path, docs_dir=tmp_path)
    broken = False

    def read_settings() -> Settings:
        if broken:
            raise AlongsideError("mkdocs.yml is no YAML.")
        return settings

    live = LiveHome(read_settings, lambda *_: Community(name="Whole", url=""), now=NOW)
    broken = True
    with pytest.raises(AlongsideError):
        live.refresh(NOW)
    assert live.current.community.name == "Whole"
