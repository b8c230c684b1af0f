"""Who has no room this week, as a file: read, written, and never the reason why a build stops."""

from __future__ import annotations

from datetime import date

import pytest

from alongside.reading.availability import availability_text
from alongside.reading.loader import Loaded, load_community
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity

FILE = "content/.alongside/availability.yml"
MEMBER = """\
    ---
    name: Ana Souza
    welcomes: 5
    consent: {since: 2026-01-01, for: [page, embed]}
    ---
    Hello.
    """


def load(write_community: WriteCommunity, text: str | bytes) -> Loaded:
    renamed = MEMBER.replace("welcomes: 5", "welcomes: 5\n    was: [bea]")
    config = write_community({"content/members/ana.md": MEMBER, "content/members/bea-lima.md": renamed, FILE: text})
    settings, _ = read_settings(config)
    return load_community(settings, today=TODAY, cache=False)


def test_what_is_written_is_read(write_community: WriteCommunity) -> None:
    full = {"bea-lima": date(2026, 12, 3), "ana": date(2026, 12, 1)}
    text = availability_text(full)
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "full_until:",
        "  ana: 2026-12-01",
        "  bea-lima: 2026-12-03",
    ]
    loaded = load(write_community, text)
    assert (loaded.community.full_until, loaded.problems) == (full, ())
    assert [loaded.community.is_full("ana", date(2026, 12, day)) for day in (1, 2)] == [True, False]


def test_nobody_is_full(write_community: WriteCommunity) -> None:
    loaded = load(write_community, availability_text({}))
    assert (loaded.community.full_until, loaded.problems) == ({}, ())


def test_it_was_written_before_a_file_was_renamed(write_community: WriteCommunity) -> None:
    loaded = load(write_community, "full_until: {bea: 2026-12-03}\n")
    assert (loaded.community.full_until, loaded.problems) == ({"bea-lima": date(2026, 12, 3)}, ())


@pytest.mark.parametrize(
    ("text", "problem", "still"),
    [
        (
            "full_until:\n  ana: 2026-12-01\n  anna: 2026-12-01\n",
            '3:3: warning: There is no member "anna". Did you mean "ana"?',
            ["ana"],
        ),
        (
            "full_until:\n  ana: soon\n  bea-lima: 2026-12-01\n",
            '2:8: warning: full_until.ana: "soon" is no date. Write year-month-day: 2026-05-04.',
            ["bea-lima"],
        ),
        (
            "full_until: [ana]\n",
            "1:13: warning: full_until is a set of `slug: date` lines; this is a list.",
            [],
        ),
        (
            "full_till: {ana: 2026-12-01}\n",
            '1:1: warning: An availability has no key "full_till". Did you mean "full_until"?',
            [],
        ),
        (
            "- ana\n",
            "1:1: warning: An availability is a set of `key: value` lines; this is a list. Its keys: full_until, withdrawn, welcomes.",
            [],
        ),
        ("full_until: {ana: 2026-12-01\n", "1:13: warning: A { is opened here", []),
        ("", "1:1: warning: The file is empty.", []),
        (b"\xff\xfe\x00", "1:1: warning: ", []),
    ],
)
def test_a_fault_is_a_warning(
    write_community: WriteCommunity, text: str | bytes, problem: str, still: list[str]
) -> None:
    loaded = load(write_community, text)
    assert str(loaded.problems[0]).startswith(f"{FILE}:{problem}")
    assert {(found.code, found.severity) for found in loaded.problems} == {("availability-file", "warning")}
    assert all(found.hint.endswith("`alongside refresh` writes this file anew.") for found in loaded.problems)
    assert list(loaded.community.full_until) == still


def test_a_folder_in_its_place(write_community: WriteCommunity) -> None:
    config = write_community({"content/members/ana.md": MEMBER, f"{FILE}/x": ""})
    settings, _ = read_settings(config)
    loaded = load_community(settings, today=TODAY, cache=False)
    assert [(found.position.path, found.code) for found in loaded.problems] == [(FILE, "availability-file")]


def test_what_members_said_is_read_in_place_of_their_files(write_community: WriteCommunity) -> None:
    text = availability_text({}, withdrawn=["bea", "ana"], welcomes={"bea-lima": 0})
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "full_until: {}",
        "withdrawn:",
        "  - ana",
        "  - bea",
        "welcomes:",
        "  bea-lima: 0",
    ]
    loaded = load(write_community, text)
    ana, bea = loaded.community.members["ana"], loaded.community.members["bea-lima"]
    assert (ana.withdrawn, ana.welcomes, ana.filed_welcomes) == (True, 5, None)
    assert (bea.withdrawn, bea.welcomes, bea.filed_welcomes) == (True, 0, 5)
    assert [ana.allows(where, TODAY) for where in ("page", "embed", "mail")] == [False, False, False]
    assert [(found.position.path, found.code, found.severity) for found in loaded.problems] == [
        ("content/members/ana.md", "consent-withdrawn", "warning"),
        ("content/members/bea-lima.md", "consent-withdrawn", "warning"),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("withdrawn: [ana, anna]\n", '1:18: warning: There is no member "anna". Did you mean "ana"?'),
        ("welcomes: {ana: many}\n", "1:17: warning: welcomes.ana is a whole number"),
        ("welcomes: {ana: -1}\n", "1:17: warning: welcomes.ana"),
        ("welcomes: 3\n", "1:11: warning: welcomes is a set of `slug: number` lines"),
    ],
)
def test_a_fault_in_what_they_said_is_a_warning(write_community: WriteCommunity, text: str, problem: str) -> None:
    loaded = load(write_community, text)
    faults = [found for found in loaded.problems if found.code == "availability-file"]
    assert str(faults[0]).startswith(f"{FILE}:{problem}"), faults[0]
    assert loaded.community.members["ana"].welcomes == 5
