"""`alongside notes`: counts without addresses, words only for who says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alongside.delivery.store import open_store
from delivery.notes.village import ANA, JO, Village

from .conftest import Run

AT = "2026-11-23T09:00Z"


@pytest.fixture
def talking(small_community: Path) -> Village:
    """A village in the store of a community on disk: one note passed on, one held, one conversation reported."""
    store = open_store(small_community, {})
    village = Village(store, small_community)
    village.enroll()
    (welcome,) = village.send()
    village.answer(welcome, f"Jo <{JO}>", "Hello Ana, a sentence about marmalade.")
    village.answer(welcome, f"Eve <{JO}>", "Give me money at once, please.", envelope="eve@example.com")
    (note, alert) = sorted(village.send(), key=lambda mail: "marmalade" not in mail.text)
    assert "held" in alert.text
    raw = f"From: <{ANA}>\nTo: {note.link('report')}\nMessage-ID: <b@x>\n\n".encode()
    village.hear(raw, sender=ANA)
    store.close()
    return village


def test_counts(run: Run, talking: Village, small_community: Path) -> None:
    shown = run("notes", "--now", AT)
    assert shown.exit_code == 0
    assert "1 conversation: 0 with words of both, 1 ended, 1 reported" in shown.output
    assert "1 note held" in shown.output
    told = json.loads(run("notes", "--format", "json", "--now", AT).output)
    assert told["notes"] == {"held": 1, "passed on": 1}
    assert "@" not in shown.output


def test_held_and_reported_show_no_words(run: Run, talking: Village, small_community: Path) -> None:
    held = run("notes", "held", "--now", AT)
    assert "it came from an address that is not theirs" in held.output
    reported = run("notes", "reported", "--now", AT)
    assert "reported" in reported.output
    assert "money" not in held.output + reported.output
    assert "@" not in held.output + reported.output


def test_words_want_a_reason_which_is_written_down(run: Run, talking: Village, small_community: Path) -> None:
    assert run("notes", "read", "1", "--now", AT).exit_code == 2
    assert run("notes", "read", "1", "--why", " ", "--now", AT).exit_code == 2
    shown = run("notes", "read", "1", "--why", "reported by Ana", "--now", AT)
    assert "marmalade" in shown.output
    exported = run("newcomers", "export", JO, "--now", AT)
    assert "reported by Ana" in exported.output
    assert "marmalade" in exported.output


def test_what_the_team_decides(run: Run, talking: Village, small_community: Path) -> None:
    refused = run("notes", "release", "2", "--now", AT)
    assert refused.exit_code == 2  # the conversation was reported, and is closed
    assert "Conversation 1 goes on." in run("notes", "reopen", "1", "--now", AT).output
    assert "goes out with the next pass" in run("notes", "release", "2", "--now", AT).output
    assert run("notes", "drop", "2", "--now", AT).exit_code == 2
    assert "key 1" in run("notes", "rotate", "--now", AT).output
    assert "1 letter" in run("notes", "--now", AT).output


def test_before_there_is_any(run: Run, small_community: Path) -> None:
    assert "No notes yet" in run("notes", "--now", AT).output
    assert not (small_community / "alongside.sqlite").exists()
