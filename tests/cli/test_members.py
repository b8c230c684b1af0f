"""`alongside members`: who is invited to their page, and what they said there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alongside.delivery.members import own_word, record_consent, record_welcomes
from alongside.delivery.store import open_store
from delivery.notes.village import NOW

from .conftest import Run

AT = ("--now", "2026-11-23T09:00Z")


@pytest.fixture
def served(small_community: Path) -> Path:
    """A community whose mails name its service."""
    config = small_community / "mkdocs.yml"
    text = config.read_text(encoding="utf-8")
    assert "  - alongside:\n" in text
    config.write_text(
        text.replace("  - alongside:\n", "  - alongside:\n      mail: {service: 'https://s.example.org/'}\n")
    )
    return small_community


def test_invited_and_listed(run: Run, served: Path) -> None:
    (served / "contacts.csv").write_text("slug,email\nana-souza,ana@example.com\n")
    assert run("contacts", "import", "contacts.csv", *AT).exit_code == 0
    shown = run("members", "invite", "--all", *AT)
    assert shown.exit_code == 0, shown.output
    assert "1 letter in line" in shown.output
    assert "Got one within a day, and no other: ana-souza." in run("members", "invite", "ana-souza", *AT).output
    assert run("members", "invite", *AT).exit_code == 2
    assert run("members", "invite", "ana-souza", "--all", *AT).exit_code == 2
    assert 'Did you mean "ana-souza"?' in run("members", "invite", "ana-suza", *AT).output
    store = open_store(served, {})
    with store.writing() as connection:
        word = own_word(connection, "ana-souza", resolve=str)
        record_consent(connection, word, "withdrawn", now=NOW)
        record_welcomes(connection, word, 2)
    store.close()
    told = {row["slug"]: row for row in json.loads(run("members", "list", "--format", "json", *AT).output)}
    assert (told["ana-souza"]["said"], told["ana-souza"]["welcomes"], told["ana-souza"]["has_address"]) == (
        "withdrawn",
        2,
        True,
    )
    listed = run("members", "list", *AT).output
    assert "withdrawn 2026-11-23" in listed
    assert "ana@example.com" not in listed
    # what they said reaches the build, and the writer
    assert run("refresh", *AT).exit_code == 0
    checked = run("check", *AT)
    assert "took their consent back, and the file still holds one." in checked.output


def test_a_page_needs_the_service(run: Run, small_community: Path) -> None:
    shown = run("members", "invite", "--all", *AT)
    assert shown.exit_code == 2
    assert "mail: {service:" in shown.output
    assert run("members", "list", *AT).exit_code == 0
