"""`alongside store`: what it says, and that a copy is the store again."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

LATER = "2026-12-20T09:00Z"


def test_there_and_back(run: Run, small_community: Path) -> None:
    assert "Nobody is enrolled yet" in run("store", "backup", "copy").output
    assert not (small_community / "alongside.sqlite").exists()
    run("enroll", "month", "joana.yml", "--now", "2026-11-23T09:00Z")
    made = run("store", "backup", "copy", "--now", "2026-11-23T09:01Z")
    assert made.exit_code == 0
    assert made.output.startswith("copy: ")
    assert "ALONGSIDE_SECRET" in made.output
    refused = run("store", "restore", "copy")
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    done = run("store", "restore", "copy", "--replace", "--now", LATER)
    assert done.exit_code == 0, done.output
    assert "made Mon 23 Nov 2026, 09:01 UTC" in done.output
    assert "2 mails and 0 letters may have gone out since, and are held." in done.output
    assert "alongside send --resolve" in done.output
    assert list(small_community.glob("alongside.sqlite.2026*"))
    assert "0 mails" in run("send", "--dry-run", "--now", LATER).output
    listed = run("send", "--resolve", "--now", LATER).output
    assert listed.count("may have gone out after the backup") == 2
    assert "j…@example.org" in listed
    assert "2 held mails taken as sent." in run("send", "--resolve", "sent", "--now", LATER).output


@pytest.mark.parametrize("words", [("backup", "mkdocs.yml"), ("restore", "mkdocs.yml"), ("restore", "nowhere")])
def test_what_is_no_backup_stays(run: Run, small_community: Path, words: tuple[str, ...]) -> None:
    run("enroll", "month", "joana.yml")
    before = (small_community / "mkdocs.yml").read_bytes()
    result = run("store", *words)
    assert result.exit_code == 1
    assert result.output.startswith("error: ")
    assert (small_community / "mkdocs.yml").read_bytes() == before
