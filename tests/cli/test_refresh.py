"""`alongside refresh`: from a store to what the next build shows."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from alongside.rendering.embeds import listing
from delivery.web_servers import Answer, serving
from few_places import few_places
from mail_servers.certificates import make_authority

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"
EMBEDS = """\
title: Everything
moments:
  - {id: sign-up, owner: growth, where: embed, show: [welcome]}
"""
FILE = "content/.alongside/availability.yml"
EMBED = "site/embed/everything/sign-up/index.html"


@pytest.fixture(autouse=True)
def _few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "place_shards", few_places)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def busy(run: Run, small_community: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A community whose only member took on five newcomers of the five she offered, in each kind of store."""
    if request.param == "postgresql":
        monkeypatch.setenv("ALONGSIDE_DATABASE_URL", request.getfixturevalue("make_database")())
    (small_community / "journeys/everything.yml").write_text(EMBEDS)
    rows = "".join(f"p{number}@example.net,Secret{number},consent\n" for number in range(5))
    (small_community / "five.csv").write_text("email,name,basis\n" + rows)
    run("enroll", "month", "--csv", "five.csv", "--now", NOW)
    assert run("send", "--now", NOW).exit_code == 0
    return small_community


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_who_is_full_is_not_offered_until_the_week_is_over(run: Run, busy: Path) -> None:
    assert run("build", "--now", NOW).exit_code == 0
    assert "Ana Souza" in (busy / EMBED).read_text()
    result = run("refresh", "--now", NOW)
    assert (result.exit_code, result.stdout) == (0, f"{FILE}: written; 1 member has no room this week.\n")
    written = (busy / FILE).read_text()
    assert re.sub("^#.*\n", "", written, flags=re.MULTILINE) == "full_until:\n  ana-souza: 2026-12-07\n"
    assert "alongside refresh" in written
    assert "@" not in written
    assert "Secret" not in written
    for day, offered in ((1, False), (7, False), (8, True)):
        assert run("build", "--now", f"2026-12-0{day}T10:00Z").exit_code == 0
        assert ("Ana Souza" in (busy / EMBED).read_text()) is offered, day
        built = contents(busy / "site")
        run("build", "--clean", "--now", f"2026-12-0{day}T10:00Z")
        assert contents(busy / "site") == built
    assert not [path for path in (busy / "site").rglob("*") if "availability" in path.name]


def test_nothing_changed_and_the_file_is_not_touched(run: Run, busy: Path) -> None:
    run("refresh", "--now", NOW)
    os.utime(busy / FILE, (1, 1))
    result = run("refresh", "--now", "2026-12-02T09:00Z")
    assert (result.exit_code, result.stdout) == (0, f"{FILE}: unchanged; 1 member has no room this week.\n")
    assert (busy / FILE).stat().st_mtime == 1
    assert (
        run("refresh", "--now", "2026-12-08T09:00Z").stdout == f"{FILE}: written; 0 members have no room this week.\n"
    )
    assert (busy / FILE).read_text().endswith("full_until: {}\n")


def test_without_a_store_what_is_there_stays(run: Run, small_community: Path) -> None:
    (small_community / FILE).parent.mkdir()
    (small_community / FILE).write_text("full_until: {ana-souza: 2026-12-07}\n")
    result = run("refresh", "--now", NOW)
    assert (result.exit_code, result.stdout.split(".")[0]) == (0, "Nobody is enrolled yet")
    assert (small_community / FILE).read_text() == "full_until: {ana-souza: 2026-12-07}\n"
    assert not (small_community / "alongside.sqlite").exists()


def test_what_cannot_be_done_is_said(run: Run, small_community: Path) -> None:
    assert run("refresh", "-f", "nowhere.yml").exit_code == 2
    assert run("refresh", "--now", "soon").exit_code == 2
    run("enroll", "month", "joana.yml", "--now", NOW)
    (small_community / "content/.alongside").write_text("no folder\n")
    result = run("refresh", "--now", NOW)
    assert (result.exit_code, FILE in result.stderr) == (1, True)


GROUPS = "content/.alongside/groups.yml"
ROOM = """\
---
name: The room
kind: chat
chat: [{platform: forum, url: "%s"}]
---
Talk.
"""


def test_groups_that_answer_and_groups_that_do_not(
    run: Run, small_community: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server within one's own network, whose certificate the system trusts; what fails is told, and ends nothing."""
    authority = make_authority(tmp_path / "ca")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    answers = {"/good": Answer(), "/soon": Answer(status=404), "/ill": Answer(status=503)}
    folder = small_community / "content/groups"
    folder.mkdir()
    with serving(answers, authority.issue("web", "DNS:localhost,IP:127.0.0.1")) as server:
        for name in ("good", "soon", "ill"):
            (folder / f"{name}.md").write_text(ROOM % f"https://localhost:{server.port}/{name}")
        (folder / "example.md").write_text(ROOM % "https://matrix.to/#/#room:example.org")
        outside = run("refresh", "--now", NOW)
        assert outside.exit_code == 0
        assert outside.stdout.splitlines()[-1] == f"{GROUPS}: written; 3 invitations asked, 3 could not be read."
        assert outside.stderr.count("It has the port") == 3
        assert server.asked == []
        (small_community / "rooms.json").write_text(
            '{"example": {"members": 127, "last_activity": "2026-11-30", "read_at": "2026-12-01"}, "none": {"read_at": "x"}}'
        )
        asked = run("refresh", "--internal", "LOCALHOST", "--groups", "rooms.json", "--now", NOW)
        assert asked.exit_code == 0
        told = f"{GROUPS}: written; 3 invitations asked, 1 led nowhere, 1 could not be read."
        assert asked.stdout.splitlines()[-1] == told
        assert "rooms.json:1:" in asked.stderr
        assert f"warning: https://localhost:{server.port}/ill: It answered 503." in asked.stderr
    assert "members: 130\n    activity: week" in (small_community / GROUPS).read_text()
    assert (small_community / GROUPS).read_text().count("state: ok") == 1
    checked = run("check", "--now", NOW)
    assert "content/groups/soon.md:4:8: warning: The forum invitation led nowhere on 2026-12-01" in checked.output
    for day, left in (("2026-12-15", 3), ("2026-12-16", 0)):  # nobody answers any more: known for 14 days
        run("refresh", "--internal", "localhost", "--now", f"{day}T09:00Z")
        written = (small_community / GROUPS).read_text()
        assert written.count("2026-12-01") == left, day
    assert run("refresh", "--groups", "nowhere.json", "--now", NOW).exit_code == 2
    assert run("refresh", "--groups", "content", "--now", NOW).exit_code == 2
