"""`alongside stamp`: the ledger it writes, what git makes of it, and ledgers that were damaged."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from alongside.rendering.embeds import listing
from calendar_rules import broken_rules
from commands import Command, run_command
from conftest import ROOT
from few_places import few_places

Run = Callable[..., Result]

FILE = "content/.alongside/stamps.jsonl"
CALENDARS = "content/.alongside/calendars.tsv"
ATTRIBUTES = "stamps.jsonl merge=union text eol=lf\ncalendars.tsv merge=union text eol=lf\n"
DAYS = [f"2026-12-0{day}T09:00Z" for day in range(1, 8)]
MEETUP = """\
---
title: {title}
starts: 2026-12-03 18:30
timezone: Europe/Berlin
duration: 2h
repeats: first Thursday of every month
until: 2027-12-31
changes:
  2027-02-04: {{status: cancelled, reason: ill}}
---
We meet and talk.
"""


@pytest.fixture
def home(small_community: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three meetups beside the community's journeys."""
    monkeypatch.setattr(listing, "place_shards", few_places)
    (small_community / "content/meetups").mkdir()
    for name in ("ant", "bee", "cat"):
        write(small_community, name)
    return small_community


def write(home: Path, name: str, *, title: str = "", **changed: str) -> None:
    text = MEETUP.format(title=title or name)
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    (home / f"content/meetups/{name}.md").write_text(text)


def ledger(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / FILE).read_text().split("\n") if line]


def sequences(home: Path) -> dict[tuple[str, str], int]:
    found = {(line["event"], line.get("day", "")): line["sequence"] for line in ledger(home)}
    assert list(found) == sorted(found)
    assert len(found) == len(ledger(home))
    return found


def feeds(home: Path) -> dict[str, bytes]:
    found = {path.name: path.read_bytes() for path in (home / "site/feeds").rglob("*.ics")}
    assert [rule for content in found.values() for rule in broken_rules(content)] == []
    return found


def events(content: bytes) -> list[bytes]:
    return re.findall(rb"BEGIN:VEVENT.*?END:VEVENT", content, re.DOTALL)


# --- what it writes ------------------------------------------------------------------------------------------------


def test_from_one_edit_to_one_event(run: Run, home: Path) -> None:
    assert run("stamp", "--check", "--now", DAYS[0]).exit_code == 1  # nobody ever stamped
    assert "stamp" not in run("check", "--now", DAYS[0]).output  # and nobody has to
    result = run("stamp", "--now", DAYS[0])
    assert (result.exit_code, result.stdout) == (0, f"{FILE}: written; 6 events, 6 new.\n")
    assert (home / "content/.alongside/.gitattributes").read_text() == ATTRIBUTES
    written = (home / FILE).read_bytes()
    (home / FILE).unlink()
    run("stamp", "--now", DAYS[0])
    assert (home / FILE).read_bytes() == written
    run("build", "--now", DAYS[0])
    built = {path: path.stat().st_mtime_ns for path in (home / "site/feeds").rglob("*.*")}
    os.utime(home / FILE, (1, 1))
    assert run("stamp", "--now", DAYS[1]).stdout == f"{FILE}: unchanged; 6 events, none changed.\n"
    assert (home / FILE).stat().st_mtime == 1
    run("build", "--now", DAYS[1])
    assert {path: path.stat().st_mtime_ns for path in (home / "site/feeds").rglob("*.*")} == built

    before = feeds(home)
    write(home, "bee", ill="a holiday")
    checked = run("check", "--now", DAYS[2])
    assert checked.exit_code == 0
    assert "content/meetups/bee.md:9:3: warning: Calendar apps may keep the old version of this event" in checked.output
    assert "alongside stamp" in checked.output
    stale = run("stamp", "--check", "--now", DAYS[2])
    assert (stale.exit_code, stale.stdout) == (1, f"{FILE}: 1 event is not stamped. Run alongside stamp.\n")
    assert stale.stderr.startswith("content/meetups/bee.md:9:3: warning: ")
    assert (home / FILE).read_bytes() == written
    assert run("stamp", "--now", DAYS[2]).stdout == f"{FILE}: written; 6 events, 1 changed.\n"
    assert run("stamp", "--check", "--now", DAYS[2]).exit_code == 0
    assert "stamp" not in run("check", "--strict", "--now", DAYS[2]).output
    run("build", "--now", DAYS[2])
    after = feeds(home)
    assert sorted(name for name in after if after[name] != before[name]) == ["all.ics", "bee.ics", "en.ics"]
    for name in ("all.ics", "bee.ics", "en.ics"):
        (changed,) = [new for old, new in zip(events(before[name]), events(after[name]), strict=True) if old != new]
        assert b"DTSTAMP:20261203T090000Z\r\nLAST-MODIFIED:20261203T090000Z\r\nSEQUENCE:1\r\n" in changed
        assert b"COMMENT:a holiday" in changed

    (home / "content/meetups/ant.md").unlink()
    gone = run("check", "--now", DAYS[3]).output
    assert f"{FILE}:1:1: warning: Calendar apps may keep this event" in gone
    assert run("stamp", "--now", DAYS[3]).stdout == f"{FILE}: written; 6 events, 1 gone.\n"
    run("build", "--now", DAYS[3])
    (called_off,) = events(feeds(home)["ant.ics"])
    assert b"STATUS:CANCELLED" in called_off
    assert b"SEQUENCE:1\r\n" in called_off


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("content/meetups/bee.md", "---\ntitle: No start\n---\n"),
        ("content/meetups/bee.md", "---\n{"),
        ("content/challenges.yml", "a: [\n"),
        ("content/groups/g.md", "---\nkind: chat\n---\n"),
    ],
)
def test_what_cannot_be_read_is_not_called_off(run: Run, home: Path, path: str, text: str) -> None:
    run("stamp", "--now", DAYS[0])
    written = (home / FILE).read_bytes()
    (home / path).parent.mkdir(exist_ok=True)
    (home / path).write_text(text)
    for options in ((), ("--check",)):
        result = run("stamp", *options, "--now", DAYS[1])
        assert result.exit_code == 1
        assert f"{path}:" in result.stderr
        assert "Nothing is stamped" in result.stderr
    assert (home / FILE).read_bytes() == written


def test_the_example_is_stamped(run: Run) -> None:
    result = run("stamp", "--check", "-f", str(ROOT / "mkdocs.yml"), "--now", "2026-11-23T09:00Z")
    assert result.exit_code == 0, result.output


def test_attributes_of_others_stay(run: Run, home: Path) -> None:
    file = home / "content/.alongside/.gitattributes"
    file.parent.mkdir()
    file.write_text("*.yml linguist-generated")
    run("stamp")
    run("stamp")
    assert file.read_text() == f"*.yml linguist-generated\n{ATTRIBUTES}"


def test_a_calendar_that_was_published_once_never_vanishes(run: Run, home: Path) -> None:
    group = home / "content/groups/docs-berlin.md"
    group.parent.mkdir(exist_ok=True)
    group.write_text("---\nname: Docs Berlin\nkind: chapter\nplace: Berlin, Germany\nlanguages: [de]\n---\nHello.\n")
    run("stamp", "--now", DAYS[0])
    named = dict(line.split("\t") for line in (home / CALENDARS).read_text().splitlines())
    mine = ("groups/docs-berlin", "languages/de", "places/berlin-germany", "places/berlin-region-germany")
    assert [named[f"feeds/{one}.ics"] for one in mine] == [
        "Docs Berlin", "Deutsch", "Berlin, Germany", "Berlin region, Germany",
    ]  # fmt: skip
    run("build", "--now", DAYS[0])
    before = {path.relative_to(home) for path in (home / "site/feeds").rglob("*.ics")}
    group.unlink()
    run("stamp", "--now", DAYS[1])
    assert dict(line.split("\t") for line in (home / CALENDARS).read_text().splitlines()) == named
    run("build", "--now", DAYS[1])
    assert {path.relative_to(home) for path in (home / "site/feeds").rglob("*.ics")} == before
    for one in mine:
        content = (home / f"site/feeds/{one}.ics").read_bytes()
        assert broken_rules(content) == []
        assert b"VEVENT" not in content
        assert b"DESCRIPTION:Nothing new comes here." in content
    assert "calendars-file" not in run("check", "--format", "json", "--now", DAYS[1]).output


# --- ended in the middle -------------------------------------------------------------------------------------------


def test_killed_at_any_moment_the_ledger_is_the_old_one_or_the_new_one(home: Path) -> None:
    items = "".join(f"- {{title: M{number}, starts: 2026-12-03 18:30}}\n" for number in range(300))
    (home / "content/meetups/many.yml").write_text(items)
    assert run_command("stamp", "--now", DAYS[0], cwd=home).returncode == 0
    old = (home / FILE).read_bytes()
    (home / "content/meetups/many.yml").write_text(items.replace("18:30", "19:30"))
    full = run_command("stamp", "--now", DAYS[1], cwd=home, largest_file=10_000)
    assert full.returncode == 1
    assert f"{FILE} cannot be written" in full.stderr
    assert (home / FILE).read_bytes() == old
    started = time.monotonic()
    assert run_command("stamp", "--now", DAYS[1], cwd=home).returncode == 0
    took = time.monotonic() - started
    new = (home / FILE).read_bytes()
    for part in range(1, 5):
        (home / FILE).write_bytes(old)
        command = Command("stamp", "--now", DAYS[1], cwd=home)
        time.sleep(took * part / 5)
        command.send_signal(signal.SIGKILL)
        command.wait()
        assert (home / FILE).read_bytes() in (old, new)
    assert run_command("stamp", "--now", DAYS[1], cwd=home).returncode == 0
    assert (home / FILE).read_bytes() == new


# --- damaged, foreign, hostile -------------------------------------------------------------------------------------

EVENT = '{"event":"ant","sequence":5,"changed":"2026-11-01T09:00:00Z","digest":"00"}'


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("<<<<<<< HEAD", "A merge left its marks here."),
        ("=======", "A merge left its marks here."),
        (EVENT[:40], "it is no JSON object"),
        ("[1, 2]", "it is no JSON object"),
        ("[" * 100_000, "it is no JSON object"),
        ("\0\0\0", "it is no JSON object"),
        ('{"event": "\\ud800", "sequence": 1}', "it is no JSON object"),
        (EVENT.replace("{", '{"event":"bee",'), "it is no JSON object"),
        (EVENT.replace('"ant"', "7"), '"event" is no name'),
        (EVENT.replace('"00"', '"\\n"'), '"digest" is none'),
        (EVENT.replace("5", "-1"), '"sequence" is no number'),
        (EVENT.replace("5", "1e9"), '"sequence" is no number'),
        (EVENT.replace("5", "true"), '"sequence" is no number'),
        (EVENT.replace("5", "NaN"), "it is no JSON object"),
        (EVENT.replace("5", "9" * 5000), "it is no JSON object"),
        (EVENT.replace("5", "2147483647"), '"sequence" is no number'),
        (EVENT.replace("-11-01T", "-02-30T"), '"changed" is no instant'),
        (EVENT.replace("2026", "9999"), '"changed" is no instant'),
        (EVENT.replace("}", ',"day":"2027-02-30"}'), '"day" is no date'),
        (EVENT.replace("}", ',"gone":"yes"}'), '"gone" is neither true nor false'),
    ],
)
def test_a_damaged_line_is_told_and_nothing_is_lost(run: Run, home: Path, line: str, told: str) -> None:
    run("stamp", "--now", DAYS[0])
    write(home, "cat", title="Other")
    run("stamp", "--now", DAYS[1])
    text = (home / FILE).read_text().splitlines()
    (home / FILE).write_text("\n".join([*text[:2], line, *text[2:]]))
    damaged = (home / FILE).read_bytes()
    result = run("stamp", "--now", DAYS[2])
    assert result.exit_code == 1
    assert f"{FILE}:3:1: " in result.stderr
    assert told in result.stderr
    assert (home / FILE).read_bytes() == damaged
    checked = run("check", "--now", DAYS[2])
    assert checked.exit_code == 1
    assert told in checked.output
    assert "stamp-stale" not in checked.output  # what can be read counts


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
def test_what_is_no_file_is_left_alone(run: Run, home: Path, make: Callable[[Path], None]) -> None:
    (home / FILE).parent.mkdir()
    make(home / FILE)
    result = run("stamp", "--now", DAYS[0])
    assert result.exit_code == 1
    assert f"{FILE}:1:1: This file cannot be read" in result.stderr
    assert not (home / FILE).is_file()
    assert run("check", "--now", DAYS[0]).exit_code == 1


def test_what_a_newer_version_wrote_is_kept(run: Run, home: Path) -> None:
    run("stamp", "--now", DAYS[0])
    lines = (home / FILE).read_text().splitlines()
    lines[0] = lines[0][:-1] + ',"seen":{"by":[1,2.5,null]}}'
    newer = ['{"place": "berlin", "sequence": 3}', '{"place":"ß","sequence":1}']
    (home / FILE).write_text("\r\n".join([newer[0], *lines, newer[1]]))  # and Windows' line ends
    write(home, "ant", title="Other")
    assert run("stamp", "--now", DAYS[1]).exit_code == 0
    after = (home / FILE).read_text().splitlines()
    assert after[-2:] == newer
    assert json.loads(after[0])["seen"] == {"by": [1, 2.5, None]}
    assert (json.loads(after[0])["title"], json.loads(after[0])["sequence"]) == ("Other", 1)
    assert "\r" not in (home / FILE).read_text()


@pytest.mark.parametrize(
    "outline",
    [
        {"slug": "../../../escaped", "title": "X", "starts": "2026-12-03"},
        {"slug": "/escaped", "title": "X", "starts": "2026-12-03"},
        {"slug": ["escaped"], "title": "X", "starts": "2026-12-03"},
        {"slug": "x", "title": "X"},
        {"slug": "x", "title": "X", "starts": "2026-12-03 18:00", "repeats": {"rrule": "FREQ=SECONDLY"}},
        {"slug": "x", "title": "X", "starts": "9999-12-31 23:59", "ends": "9999-12-31 23:59:59"},
        {"slug": "x", "title": "X\r\nEND:VEVENT\u2028BEGIN:VEVENT", "starts": "2026-12-03 18:00", "timezone": "../etc"},
        {"slug": "x", "title": "X", "starts": "2026-12-03", "group": "../escaped", "challenges": ["../escaped"]},
        {"slug": "x", "title": "X", "starts": "2026-12-03", "place": {"label": "../escaped", "lat": 99, "lon": 0}},
        {"slug": "x", "title": {"en": "X"}, "starts": 7, "languages": {"a": {"b": []}}, "online": 5, "hosts": ["ana"]},
    ],
)
def test_hostile_outlines(run: Run, home: Path, outline: dict[str, object]) -> None:
    run("stamp", "--now", DAYS[0])
    head = {"event": "../../escaped\r\nX:1", "sequence": 1, "changed": "2026-11-01T09:00:00Z", "digest": "0"}
    line = json.dumps(head | {"gone": True} | outline)
    (home / FILE).write_text((home / FILE).read_text() + line + "\n")
    outside = {path for path in home.parent.rglob("*") if "site" not in path.parts and "build" not in path.parts}
    assert run("build", "--now", DAYS[1]).exit_code == 0
    assert len(feeds(home)) >= 4
    assert not [path for path in home.parent.rglob("*") if "escaped" in path.name]
    kept = {path for path in home.parent.rglob("*") if "site" not in path.parts and "build" not in path.parts}
    assert kept == outside
    assert run("check", "--now", DAYS[1]).exit_code == 0
    run("stamp", "--now", DAYS[1])
    assert json.loads(line) in ledger(home)  # as it was: a deleted meetup of which nobody can tell when it is over


# --- git -----------------------------------------------------------------------------------------------------------


def git(home: Path, *words: str) -> None:
    environment = {
        **os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip
    subprocess.run(["git", *words], cwd=home, env=environment, check=True, capture_output=True)


def two_branches(run: Run, home: Path, ours: Callable[[], object], theirs: Callable[[], object]) -> None:
    """Both edits, each stamped and committed on a branch of its own, merged."""
    git(home, "init", "-q", "-b", "main")
    run("stamp", "--now", DAYS[0])
    git(home, "add", "content")
    git(home, "commit", "-qm", "start")
    for name, edit, now in (("theirs", theirs, DAYS[1]), ("main", ours, DAYS[2])):
        git(home, "checkout", "-q", *(["-b", name] if name != "main" else [name]))
        edit()
        run("stamp", "--now", now)
        git(home, "add", "-A", "content")
        git(home, "commit", "-qm", "edit")
    git(home, "merge", "-q", "--no-edit", "theirs")  # fails where there is a conflict


def add(home: Path, name: str) -> Callable[[], None]:
    return lambda: write(home, name)


@pytest.mark.parametrize("case", ["neighbours", "both add", "one deletes", "dates of one series"])
def test_git_merges_two_branches(run: Run, home: Path, case: str) -> None:
    series = MEETUP.format(title="ant")
    cases: dict[str, tuple[Callable[[], object], Callable[[], object], dict[tuple[str, str], int]]] = {
        "neighbours": (
            lambda: write(home, "ant", title="Ours"), lambda: write(home, "bee", title="Theirs"),
            {("ant", ""): 1, ("ant", "2027-02-04"): 1, ("bee", ""): 1, ("bee", "2027-02-04"): 1},
        ),
        "both add": (
            add(home, "dog"), add(home, "dodo"),
            {("dodo", ""): 0, ("dodo", "2027-02-04"): 0, ("dog", ""): 0, ("dog", "2027-02-04"): 0},
        ),
        "one deletes": (
            lambda: (home / "content/meetups/bee.md").unlink(), lambda: write(home, "cat", title="Theirs"),
            {("bee", ""): 1, ("bee", "2027-02-04"): 1, ("cat", ""): 1, ("cat", "2027-02-04"): 1},
        ),
        "dates of one series": (
            lambda: (home / "content/meetups/ant.md").write_text(series.replace("until: 2027-12-31", "until: 2028-12-31")),
            lambda: (home / "content/meetups/ant.md").write_text(series.replace("ill", "a holiday")),
            {("ant", ""): 1, ("ant", "2027-02-04"): 1},
        ),
    }  # fmt: skip
    ours, theirs, expected = cases[case]
    before = {("ant", ""): 0, ("ant", "2027-02-04"): 0, ("bee", ""): 0, ("bee", "2027-02-04"): 0, ("cat", ""): 0,
              ("cat", "2027-02-04"): 0}  # fmt: skip
    two_branches(run, home, ours, theirs)
    assert "stamp" not in run("check", "--now", DAYS[3]).output
    assert run("stamp", "--check", "--now", DAYS[3]).exit_code == 0
    run("stamp", "--now", DAYS[3])  # puts the lines in order, and stamps nothing
    assert sequences(home) == before | expected


def test_git_merges_two_edits_of_one_meetup_and_the_next_stamp_knows(run: Run, home: Path) -> None:
    def ours() -> None:
        write(home, "ant", title="Ours")

    def theirs() -> None:
        write(home, "ant", **{"We meet and talk.": "We meet and listen."})

    two_branches(run, home, ours, theirs)
    text = (home / "content/meetups/ant.md").read_text()
    assert "Ours" in text
    assert "listen" in text
    checked = run("check", "--now", DAYS[3]).output
    assert "content/meetups/ant.md:2:1: warning: Calendar apps may keep the old version" in checked
    assert run("stamp", "--check", "--now", DAYS[3]).exit_code == 1
    run("stamp", "--now", DAYS[3])
    assert [sequences(home)["ant", day] for day in ("", "2027-02-04")] == [2, 2]
    assert sequences(home)["bee", ""] == 0


def test_a_link_for_git_is_not_copied(run: Run, home: Path) -> None:
    """What it leads to, a key perhaps, would be committed with the next stamp."""
    (home / "key").write_text("secret\n")
    link = home / "content/.alongside/.gitattributes"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(home / "key")
    assert run("stamp", "--now", DAYS[0]).exit_code == 0
    assert link.is_symlink()
    assert (home / "key").read_text() == "secret\n"
