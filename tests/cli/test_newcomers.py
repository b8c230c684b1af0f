from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"


@pytest.fixture
def on_the_road(run: Run) -> Run:
    """Joana has had her welcome."""
    run("enroll", "month", "joana.yml", "--now", NOW)
    run("send", "--now", NOW)
    return run


def test_nobody_yet(run: Run, small_community: Path) -> None:
    assert "Nobody is enrolled yet." in run("newcomers", "list").stdout
    assert json.loads(run("newcomers", "list", "--format", "json").stdout) == []
    for command in ("show", "export", "erase", "confirm"):
        result = run("newcomers", command, "joana@example.org")
        assert result.exit_code == 1
        assert "Nothing is held of that address." in result.stderr
    assert not (small_community / "alongside.sqlite").exists()


def test_list_masks_addresses(on_the_road: Run) -> None:
    listed = on_the_road("newcomers", "list").stdout
    assert "j…@example.org" in listed
    assert "joana@" not in listed.casefold()
    assert "ana-souza" in listed
    assert "Tue 8 Dec 2026, 12:00 UTC" in listed
    assert "joana@example.org" in on_the_road("newcomers", "list", "--show").stdout
    (entry,) = json.loads(on_the_road("newcomers", "list", "--format", "json").stdout)
    assert (entry["address"], entry["sent"], entry["member"]) == ("j…@example.org", 1, "ana-souza")
    assert on_the_road("newcomers", "list", "--journey", "mont").exit_code == 2


def test_show_tells_the_whole_story(on_the_road: Run) -> None:
    shown = on_the_road("newcomers", "show", "JOANA@example.org").stdout
    for words in ("Joana", "America/Recife", "on the basis of consent (joana.yml)", "Welcome, Joana", "check-in"):
        assert words in shown


def test_export_is_all_we_hold(on_the_road: Run) -> None:
    held = json.loads(on_the_road("newcomers", "export", "joana@example.org").stdout)
    assert held["newcomer"]["address_as_given"].casefold() == "joana@example.org"
    assert [message["subject"] for message in held["messages"]] == ["Welcome, Joana"]
    assert {event["kind"] for event in held["events"]} == {"enrolled"}


def test_stop_is_obeyed_and_remembered_after_erasing(on_the_road: Run, small_community: Path) -> None:
    result = on_the_road("newcomers", "stop", "joana@example.org", "--now", NOW)
    assert result.stdout == "Stopped: 1 planned mail. No more of any journey.\n"
    assert "0 mails sent" in on_the_road("send", "--now", "2026-12-09T12:00Z").stdout
    erased = on_the_road("newcomers", "erase", "joana@example.org")
    assert "Erased: 1 enrollment, 1 mail in outbox/." in erased.stdout
    assert "Not reached from here" in erased.stdout
    assert list((small_community / "outbox" / "new").iterdir()) == []
    assert b"oana" not in (small_community / "alongside.sqlite").read_bytes()
    assert on_the_road("newcomers", "erase", "joana@example.org").exit_code == 1
    again = on_the_road("enroll", "month", "joana.yml", "--now", NOW)
    assert again.exit_code == 0
    assert "they asked for no more mail" in again.stdout
    assert "No more mail at all" in on_the_road("newcomers", "show", "joana@example.org").stdout


def test_stop_one_journey(on_the_road: Run) -> None:
    result = on_the_road("newcomers", "stop", "joana@example.org", "--journey", "month", "--now", NOW)
    assert result.stdout == "Stopped: 1 planned mail. No more of month.\n"
    assert on_the_road("enroll", "careful", "joana.yml", "--now", NOW).stdout.startswith("1 newcomer")


def test_addresses_that_are_none(run: Run) -> None:
    for command in ("show", "export", "erase", "stop", "confirm"):
        result = run("newcomers", command, "joana")
        assert result.exit_code == 2
        assert "this is no e-mail address" in result.stderr


def test_contacts(run: Run, small_community: Path) -> None:
    assert "No addresses yet." in run("contacts", "list").stdout
    (small_community / "contacts.csv").write_text("slug,email\nana-souza,Ana@Example.org\n", encoding="utf-8")
    assert run("contacts", "import", "contacts.csv").stdout == "1 address imported, 0 changed, 0 as before.\n"
    assert run("contacts", "import", "contacts.csv").stdout == "0 addresses imported, 0 changed, 1 as before.\n"
    (small_community / "contacts.csv").write_text("slug,email\nana-souza,new@example.org\n", encoding="utf-8")
    assert "1 changed" in run("contacts", "import", "contacts.csv").stdout
    assert "n…@example.org" in run("contacts", "list").stdout
    assert json.loads(run("contacts", "list", "--show", "--format", "json").stdout) == {"ana-souza": "new@example.org"}


def test_contacts_of_a_renamed_member(run: Run, small_community: Path) -> None:
    (small_community / "contacts.csv").write_text("slug,email\nana-souza,Ana@Example.org\n", encoding="utf-8")
    run("contacts", "import", "contacts.csv")
    old = small_community / "content/members/ana-souza.md"
    text = old.read_text(encoding="utf-8").replace("welcomes: 5", "welcomes: 5\nwas: [ana-souza]")
    (small_community / "content/members/ana.md").write_text(text, encoding="utf-8")
    old.unlink()
    assert json.loads(run("contacts", "list", "--show", "--format", "json").stdout) == {"ana": "ana@example.org"}
    assert "1 as before" in run("contacts", "import", "contacts.csv").stdout
    assert json.loads(run("contacts", "list", "--show", "--format", "json").stdout) == {"ana": "ana@example.org"}


def test_contacts_of_nobody_we_know(run: Run, small_community: Path) -> None:
    (small_community / "contacts.csv").write_text("slug,email\nana-suoza,ana@example.org\n", encoding="utf-8")
    result = run("contacts", "import", "contacts.csv")
    assert "contacts.csv:2:1" in result.stderr
    assert "ana-souza" in result.stderr
