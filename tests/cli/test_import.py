"""`alongside import`: from a calendar to files that pass `check`, and again when one of the two has changed."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from delivery.web_servers import Answer, serving
from mail_servers.certificates import make_authority

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"
CALENDAR = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:monthly@example.org
DTSTART;TZID=Europe/Berlin:20261203T183000
DTEND;TZID=Europe/Berlin:20261203T203000
RRULE:FREQ=MONTHLY;BYDAY=1TH
SUMMARY:Docs Berlin: monthly
DESCRIPTION:Bring a page.\\n- or two
END:VEVENT
BEGIN:VEVENT
UID:camp@example.org
DTSTART;VALUE=DATE:20270611
DTEND;VALUE=DATE:20270614
SUMMARY:Writing camp
LOCATION:Lisbon\\, Portugal
END:VEVENT
BEGIN:VEVENT
UID:past@example.org
DTSTART:20250611T180000Z
SUMMARY:Long ago
END:VEVENT
BEGIN:VTODO
END:VTODO
END:VCALENDAR
"""
MONTHLY, CAMP = "content/meetups/docs-berlin-monthly.md", "content/meetups/writing-camp.md"
LEDGER = "content/.alongside/imported.yml"
GROUP = "---\nname: Docs\nkind: chapter\nplace: Berlin, Germany\n---\nTalk.\n"


@pytest.fixture
def folder(small_community: Path) -> Path:
    """A community with a calendar beside it."""
    (small_community / "calendar.ics").write_text(CALENDAR)
    (small_community / "content/groups").mkdir()
    (small_community / "content/groups/docs.md").write_text(GROUP)
    return small_community


def files(folder: Path) -> dict[str, str]:
    """Every file of the content, and when it was written."""
    return {
        f"{path.relative_to(folder)} {path.stat().st_mtime_ns}": path.read_text()
        for path in (folder / "content").rglob("*")
        if path.is_file()
    }


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_calendar_comes_in_once_and_its_uids_stay(run: Run, folder: Path) -> None:
    before = files(folder)
    dry = run("import", "ics", "calendar.ics", "--group", "docs", "--dry-run", "--now", NOW)
    assert (dry.exit_code, files(folder)) == (0, before)
    first = run("import", "ics", "calendar.ics", "--group", "docs", "--now", NOW)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout.splitlines() == [
        f"{MONTHLY}: new: Docs Berlin: monthly",
        f"{CAMP}: new: Writing camp",
        "2 meetups: 2 new. 1 event is over. 1 task left out.",
    ]
    assert dry.stdout == first.stdout.replace("left out.\n", "left out. Nothing was written.\n")
    assert (folder / MONTHLY).read_text() == (
        '---\ntitle: "Docs Berlin: monthly"\ngroup: docs\nstarts: 2026-12-03 18:30\ntimezone: Europe/Berlin\n'
        'duration: 2h\nrepeats: first Thursday of every month\nuid: "monthly@example.org"\n---\n'
        "Bring a page.\n\n- or two\n"
    )
    assert run("check", "--now", NOW).exit_code == 0
    taken = files(folder)
    second = run("import", "ics", "calendar.ics", "--group", "docs", "--now", "2026-12-02T09:00Z")
    assert second.stdout == "2 meetups: 2 unchanged. 1 event is over. 1 task left out.\n"
    assert files(folder) == taken
    assert run("build", "--now", NOW).exit_code == 0
    feed = (folder / "site/feeds/all.ics").read_text()
    assert sorted(re.findall("^UID:(.*)\r?$", feed, re.MULTILINE)) == ["camp@example.org", "monthly@example.org"]


def test_who_changed_what_decides_which_stays(run: Run, folder: Path) -> None:
    run("import", "ics", "calendar.ics", "--now", NOW)
    calendar, monthly, camp = folder / "calendar.ics", folder / MONTHLY, folder / CAMP
    edit(camp, "uid:", "capacity: 20\nuid:")  # the writer alone
    edit(calendar, "T183000\nDTEND", "T190000\nDTEND")  # the calendar alone
    told = run("import", "ics", "calendar.ics", "--now", NOW)
    assert told.stdout.startswith(f"{MONTHLY}: changed: Docs Berlin: monthly\n2 meetups: 1 changed, 1 unchanged.")
    assert "starts: 2026-12-03 19:00\ntimezone: Europe/Berlin\nduration: 1h 30m\n" in monthly.read_text()
    assert "capacity: 20" in camp.read_text()

    camp.rename(camp.with_name("camp.md"))  # the file is found by its UID, and lists as files do
    edit(calendar, "Lisbon", "Porto")  # both
    kept = run("import", "ics", "calendar.ics", "--now", NOW)
    assert kept.stdout.startswith("2 meetups: 1 unchanged, 1 left as a writer changed it.")
    assert "the file was left as it is. They differ in: place, capacity." in kept.stderr
    assert "Lisbon" in camp.with_name("camp.md").read_text()
    edit(calendar, "Porto", "Lisbon")
    assert "2 unchanged" in run("import", "ics", "calendar.ics", "--now", NOW).stdout

    monthly.unlink()  # and a writer who deletes a meetup does not want it
    gone = run("import", "ics", "calendar.ics", "--now", NOW)
    assert (gone.exit_code, monthly.exists()) == (0, False)
    assert f"so it does not come back. Delete its line in {LEDGER} to have it again." in gone.stderr
    edit(folder / LEDGER, '"monthly@example.org"', '"another@example.org"')
    assert run("import", "ics", "calendar.ics", "--now", NOW).stdout.startswith(f"{MONTHLY}: new")
    (folder / LEDGER).write_text("<<<<<<< ours\n")
    broken = run("import", "ics", "calendar.ics", "--now", NOW)
    assert (broken.exit_code, broken.stderr) == (
        1,
        f"error: {LEDGER} cannot be read. Take an older state of it from git.\n",
    )


def test_a_file_of_a_writer_is_never_overwritten(run: Run, folder: Path) -> None:
    (folder / "content/meetups").mkdir()
    (folder / MONTHLY).write_text("---\ntitle: Ours\nstarts: 2026-12-24\nwas: [writing-camp]\n---\n")
    result = run("import", "ics", "calendar.ics", "--now", NOW)
    assert result.stdout.splitlines()[:2] == [
        "content/meetups/docs-berlin-monthly-2026-12-03.md: new: Docs Berlin: monthly",
        "content/meetups/writing-camp-2027-06-11.md: new: Writing camp",
    ]
    assert "Ours" in (folder / MONTHLY).read_text()
    (folder / "content/meetups/copy.md").write_text((folder / "content/meetups/writing-camp-2027-06-11.md").read_text())
    checked = run("check", "--now", NOW)
    assert "The UID is that of content/meetups/copy.md:" in checked.stdout
    assert checked.exit_code == 1
    run("build", "--now", NOW)  # and until that is mended two are two
    assert "UID:camp@example.org+\r\n" in (folder / "site/feeds/all.ics").read_bytes().decode()


def test_a_list_takes_new_ones_and_keeps_what_stands_in_it(run: Run, folder: Path) -> None:
    run("import", "ics", "calendar.ics", "--list", "calls.yml", "--now", NOW)
    calls = folder / "content/meetups/calls.yml"
    assert calls.read_text() == (
        '- title: "Docs Berlin: monthly"\n  slug: docs-berlin-monthly\n  starts: 2026-12-03 18:30\n'
        "  timezone: Europe/Berlin\n  duration: 2h\n  repeats: first Thursday of every month\n"
        '  uid: "monthly@example.org"\n  description: |\n    Bring a page.\n\n    - or two\n'
        "- title: Writing camp\n  slug: writing-camp\n  starts: 2027-06-11\n  ends: 2027-06-13\n"
        '  place: Lisbon, Portugal\n  uid: "camp@example.org"\n'
    )
    assert run("check", "--now", NOW).exit_code == 0
    calls.write_text(f"# Ours\n- title: By hand # yes\n  starts: 2026-12-24\n{calls.read_text()}# The end")
    edit(folder / "calendar.ics", "Bring a page", "Bring two")
    new = "BEGIN:VEVENT\nUID:new@example.org\nDTSTART;VALUE=DATE:20270701\nSUMMARY:New\nEND:VEVENT\n"
    edit(folder / "calendar.ics", "BEGIN:VTODO", f"{new}BEGIN:VTODO")
    result = run("import", "ics", "calendar.ics", "--list", "calls.yml", "--now", NOW)
    assert result.stdout.splitlines()[-1].startswith("3 meetups: 1 new, 1 changed, 1 unchanged.")
    text = calls.read_text()
    assert text.startswith('# Ours\n- title: By hand # yes\n  starts: 2026-12-24\n- title: "Docs')
    assert "    Bring two.\n" in text
    assert "# The end\n- title: New\n" in text
    assert run("import", "ics", "calendar.ics", "--now", NOW).stdout.startswith("3 meetups: 3 unchanged.")
    for name, told in (("../x.yml", "is no name of a list"), ("x.md", "is no name of a list")):
        assert told in run("import", "ics", "calendar.ics", "--list", name, "--now", NOW).stderr
    calls.write_text("title: no list\n")
    assert run("import", "ics", "calendar.ics", "--list", "calls.yml", "--now", NOW).exit_code == 2


def test_nothing_is_half_written(run: Run, folder: Path) -> None:
    """The last of the files cannot be made: the others are not there either, nor anything of them."""
    (folder / "content/.alongside").write_text("no folder\n")
    before = files(folder)
    result = run("import", "ics", "calendar.ics", "--now", NOW)
    assert (result.exit_code, result.stderr) == (1, "error: Nothing was written: File exists (.alongside).\n")
    assert files(folder) == before
    (folder / "content/.alongside").unlink()
    (folder / "content/meetups").mkdir(exist_ok=True)
    (folder / CAMP).symlink_to("nowhere.md")  # a name that is taken
    assert run("import", "ics", "calendar.ics", "--now", NOW).exit_code == 0
    assert (folder / CAMP).is_symlink()


def test_another_folder_to_look_at_first(run: Run, folder: Path) -> None:
    (folder / "elsewhere").write_text("")
    assert run("import", "ics", "calendar.ics", "--into", "elsewhere", "--now", NOW).exit_code == 2
    before = files(folder)
    assert run("import", "ics", "calendar.ics", "--into", "look", "--now", NOW).exit_code == 0
    assert files(folder) == before
    assert sorted(path.name for path in (folder / "look").iterdir()) == [
        ".alongside",
        "docs-berlin-monthly.md",
        "writing-camp.md",
    ]
    assert "2 unchanged" in run("import", "ics", "calendar.ics", "--into", "look", "--now", NOW).stdout


def test_what_is_left_out_is_told_and_machines_read_it(run: Run, folder: Path) -> None:
    edit(folder / "calendar.ics", "RRULE:FREQ=MONTHLY;BYDAY=1TH", "RRULE:FREQ=HOURLY")
    edit(folder / "calendar.ics", "Bring a page", "\x1b[31mWrite to ana@example.org")
    options = ("--since", "2025-01-01", "--place", "Recife, Brazil", "--now", NOW)
    result = run("import", "ics", "calendar.ics", *options)
    assert result.exit_code == 1
    assert result.stderr == (
        'left out: "Docs Berlin: monthly" (monthly@example.org): Its rule cannot be said: FREQ=HOURLY makes several '
        "times a day. Write one meetup for each time of day.\n"
    )
    assert "place: Recife, Brazil" in (folder / "content/meetups/long-ago.md").read_text()
    found = json.loads(run("import", "ics", "calendar.ics", "--format", "json", *options).stdout)
    assert [(one["uid"], one["action"]) for one in found["meetups"]] == [
        ("past@example.org", "unchanged"), ("camp@example.org", "unchanged"),
    ]  # fmt: skip
    assert [one["uid"] for one in found["left_out"]] == ["monthly@example.org"]
    assert (found["over"], found["others"], found["notes"]) == (0, {"VTODO": 1}, [])
    for call, told in (
        (("nowhere.ics",), "There is no file nowhere.ics."),
        (("calendar.ics", "--group", "doc"), 'There is no group "doc". Did you mean "docs"?'),
        (("calendar.ics", "--place", "Springfield, United States"), "No one place is called"),
        (("calendar.ics", "--since", "soon"), '--since "soon" is no date.'),
    ):
        wrong = run("import", "ics", *call)
        assert (wrong.exit_code, told in wrong.stderr) == (2, True)
    (folder / "page.ics").write_text("<html>")
    assert run("import", "ics", "page.ics").exit_code == 1


def test_a_calendar_from_its_address(run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of https: and webcal:, of http: with a warning; nothing of one's own network that was not named."""
    authority = make_authority(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    bomb = gzip.compress(b" " * 60_000_000)
    answers = {
        "/good.ics": Answer(body=CALENDAR.encode(), headers={"Content-Type": "text/calendar"}),
        "/moved.ics": Answer(status=302, headers={"Location": "/good.ics"}),
        "/inside.ics": Answer(status=302, headers={"Location": "https://127.0.0.1/"}),
        "/bomb.ics": Answer(body=bomb, headers={"Content-Encoding": "gzip"}),
    }
    with serving(answers, authority.issue("web", "DNS:localhost,IP:127.0.0.1")) as server:
        for address in (f"https://localhost:{server.port}/good.ics", "http://127.0.0.1/", "https://169.254.169.254/"):
            refused = run("import", "ics", address, "--now", NOW)
            assert (refused.exit_code, "cannot be fetched" in refused.stderr) == (1, True)
        assert server.asked == []
        host = ("--internal", "localhost", "--now", NOW)
        for name, told in (
            ("none.ics", "It answered 404."),
            ("bomb.ics", "It is larger than"),
            ("inside.ics", "is no public address."),
        ):
            wrong = run("import", "ics", f"https://localhost:{server.port}/{name}", *host)
            assert (wrong.exit_code, told in wrong.stderr) == (1, True)
        assert not (folder / MONTHLY).exists()
        good = run("import", "ics", f"webcal://localhost:{server.port}/moved.ics", *host)
        assert good.stdout.splitlines()[-1].startswith("2 meetups: 2 new.")
    with serving(answers) as server:
        plain = run("import", "ics", f"http://localhost:{server.port}/good.ics", *host)
        assert plain.stdout.startswith("2 meetups: 2 unchanged.")
        assert plain.stderr.startswith("warning: http: is not protected")
    assert run("import", "ics", "file:///etc/passwd", "--now", NOW).exit_code == 1
    assert "localhost" not in (folder / MONTHLY).read_text() + (folder / LEDGER).read_text()


YAML = """\
name: Community calls
timezone: America/Recife
include: [more.yaml, calls.yaml]
events:
  - summary: Community call
    description: |
      Join us via Zoom: https://zoom.us/j/832
    begin: 2026-12-09 18:00:00
    duration: {hours: 1, minutes: 30}
    repeat:
      interval: {days: 14}
      until: 2027-03-03
      except_on: [2026-12-23 18:00:00]
      also_on: [2026-12-30 18:00:00]
    organizer: ana@example.org
    colour: red
  - summary: Planning
    begin: 2026-12-01 09:00:00 -08:00
    end: 2026-12-01 10:00:00 -08:00
    ics: |
      RRULE:FREQ=MONTHLY;BYDAY=1TU;INTERVAL=2
      nonsense
"""
MORE = """\
events:
  - {summary: Sprint, begin: 2027-02-01, location: "Recife, Brazil", timezone: Europe/Berlin, categories: [docs]}
  - {summary: Sprint, begin: 2027-03-01 09:00:00, duration: "1:30"}
"""


def test_yaml2ics(run: Run, folder: Path) -> None:
    (folder / "calls.yaml").write_text(YAML)
    (folder / "more.yaml").write_text(MORE)
    result = run("import", "yaml2ics", "calls.yaml", "--list", "calls.yml", "--now", NOW)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "5 meetups: 5 new."
    assert (
        (folder / "content/meetups/calls.yml").read_text()
        == """\
- title: Planning
  slug: planning
  starts: 2026-12-01 09:00
  timezone: Etc/GMT+8
  duration: 1h
  repeats: first Tuesday of every 2 months
  uid: calls-planning
- title: Community call
  slug: community-call
  starts: 2026-12-09 18:00
  timezone: America/Recife
  duration: 1h 30m
  repeats: every 2 weeks
  until: 2027-03-02
  except: [2026-12-23]
  online: "https://zoom.us/j/832"
  uid: calls-community-call
  description: |
    Join us via Zoom: https://zoom.us/j/832
- title: Community call
  slug: community-call-2026-12-30
  starts: 2026-12-30 18:00
  timezone: America/Recife
  duration: 1h 30m
  online: "https://zoom.us/j/832"
  uid: calls-community-call+2026-12-30
  description: |
    Join us via Zoom: https://zoom.us/j/832
- title: Sprint
  slug: sprint
  starts: 2027-02-01
  place: Recife, Brazil
  topics: [docs]
  uid: more-sprint-2027-02-01
- title: Sprint
  slug: sprint-2027-03-01
  starts: 2027-03-01 09:00
  timezone: UTC
  duration: 1h 30m
  uid: more-sprint-2027-03-01
"""
    )
    assert [line.partition("): ")[2] for line in result.stderr.splitlines()] == [
        "Its key colour was not read.",
        'The line "nonsense" under `ics` was not read. A line there is NAME:value.',
        "It has single dates (RDATE); each became a meetup of its own.",
    ]
    assert run("check", "--now", NOW).exit_code == 0
    assert "5 unchanged" in run("import", "yaml2ics", "calls.yaml", "--now", NOW).stdout
    for text in ("events: {", "- a\n", "events: [&a [*a, *a]]\ninclude: [nowhere.yaml]\n", "other: 1\n", "\udcff",
                 'include: ["a\\0b"]\n'):  # fmt: skip
        (folder / "calls.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
        assert run("import", "yaml2ics", "calls.yaml", "--now", NOW).exit_code == 1
    assert run("import", "yaml2ics", "none.yaml").exit_code == 2


def test_no_title_takes_the_place_of_the_list(run: Run, folder: Path) -> None:
    for title in ("Index", "README"):
        (folder / "calendar.ics").write_text(CALENDAR.replace("Docs Berlin: monthly", title))
        assert run("import", "ics", "calendar.ics", "--now", NOW).exit_code == 0
        assert not {"index.md", "readme.md"} & {file.name.lower() for file in (folder / "content/meetups").iterdir()}
        for file in (folder / "content").rglob("*.md"):
            if file.parent.name == "meetups":
                file.unlink()
        (folder / LEDGER).unlink()


def test_a_calendar_of_the_site_itself_doubles_nothing(run: Run, folder: Path) -> None:
    """A community that imports what it publishes: the series, its night without that hour, and one that is deleted."""
    own, gone = folder / "content/meetups/own.md", folder / "content/meetups/gone.md"
    own.parent.mkdir(exist_ok=True)
    own.write_text("---\ntitle: Own\nstarts: 2026-12-06 02:30\ntimezone: Europe/Berlin\nrepeats: every week\n---\n")
    gone.write_text("---\ntitle: Gone\nstarts: 2026-12-06 18:00\n---\n")
    for file in (None, gone):
        if file is not None:
            file.unlink()
        run("stamp", "--now", NOW)
    run("build", "--now", NOW)
    calendar = folder / "site/feeds/all.ics"
    assert b"UID:own+20270328@" in calendar.read_bytes()
    result = run("import", "ics", str(calendar), "--now", NOW)
    assert (result.exit_code, result.stdout) == (0, "0 meetups.\n")
    assert 'It is the meetup "own" of this site' in result.stderr
    assert [file.name for file in own.parent.iterdir()] == ["own.md"]
    # elsewhere, each date stands once
    elsewhere = calendar.read_text().replace("@", "@elsewhere.")
    (folder / "calendar.ics").write_text(elsewhere)
    assert run("import", "ics", "calendar.ics", "--now", NOW).exit_code == 0
    run("build", "--now", NOW)
    uids = [line for line in calendar.read_text().split("\n") if line.startswith("UID:")]
    assert len(uids) == len(set(uids)) > 20


def test_an_event_that_becomes_private_is_told_until_its_file_is_gone(run: Run, folder: Path) -> None:
    assert run("import", "ics", "calendar.ics", "--now", NOW).exit_code == 0
    (folder / "calendar.ics").write_text(CALENDAR.replace("SUMMARY:Docs", "CLASS:PRIVATE\nSUMMARY:Docs"))
    result = run("import", "ics", "calendar.ics", "--now", NOW)
    assert result.exit_code == 1
    assert f"It is private in the calendar by now, and {MONTHLY} still tells everybody." in result.stderr
    (folder / MONTHLY).unlink()
    assert run("import", "ics", "calendar.ics", "--now", NOW).exit_code == 0
    assert not (folder / MONTHLY).exists()
