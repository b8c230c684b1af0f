"""`alongside token`, as a team calls it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from alongside.delivery.browser_tokens import BrowserToken, make_browser_token, read_browser_token
from alongside.delivery.store import open_store

from .conftest import Run

NOW = ("--now", "2026-12-01T09:00Z")
ORIGIN = "https://app.example.org"


def test_a_token_says_what_it_allows(run: Run, small_community: Path) -> None:
    config = small_community / "mkdocs.yml"
    config.write_text(config.read_text() + f"      service: {{origins: ['{ORIGIN}']}}\n")
    result = run("token", "--journey", "month", "--origin", f"{ORIGIN}/", "--days", "30", *NOW)
    assert result.exit_code == 0, result.output
    assert "Good until Thu 31 Dec 2026, 09:00 UTC, for pages of https://app.example.org." in result.stderr
    store = open_store(small_community, os.environ)
    read = read_browser_token(result.stdout.strip(), store.key)
    assert read == BrowserToken(journey="month", origins=(ORIGIN,), good_until=datetime(2026, 12, 31, 9, 0, tzinfo=UTC))
    store.close()


def test_origins_and_journeys_that_there_are_not(run: Run) -> None:
    unknown = run("token", "--journey", "month", "--origin", ORIGIN, *NOW)
    assert unknown.exit_code == 2
    assert "mkdocs.yml: service: {origins: [https://app.example.org]}" in unknown.stderr
    near = run("token", "--journey", "month", "--origin", "http://community.example.org", *NOW)
    assert 'Did you mean "https://community.example.org"?' in near.stderr
    assert 'Did you mean "month"?' in run("token", "--journey", "mnth", "--origin", ORIGIN, *NOW).stderr


def test_nobody_makes_a_token_up() -> None:
    token = BrowserToken(journey="month", origins=(ORIGIN,), good_until=datetime(2027, 1, 1, tzinfo=UTC))
    made = make_browser_token(token, b"k" * 32)
    assert read_browser_token(made, b"k" * 32) == token
    assert read_browser_token(made, b"j" * 32) is None
    for position in range(len(made)):
        changed = f"{made[:position]}{'A' if made[position] != 'A' else 'B'}{made[position + 1 :]}"
        assert read_browser_token(changed, b"k" * 32) in (None, token)  # the last character has bits that say nothing
    for text in ("", "b1.", "b1..", "b1.é.é", f"{made}.x", made.replace("b1.", "b2."), "b1." + "A" * 5000):
        assert read_browser_token(text, b"k" * 32) is None
