"""`alongside map` and `alongside digest`: what teams look at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result

Run = Callable[..., Result]
NOW = "2026-12-01T09:00Z"  # a Tuesday


@pytest.fixture
def enrolled(run: Run, small_community: Path) -> Path:
    assert run("enroll", "month", "joana.yml", "--now", NOW).exit_code == 0
    assert run("send", "--now", NOW).exit_code == 0
    return small_community


def test_the_map_in_a_terminal(run: Run, small_community: Path) -> None:
    result = run("map", "month")
    assert result.stdout == (
        "month  The first month: 2 moments, by mail: 2\n"
        "  moment    where  when          team\n"
        "  welcome   mail   at the start  Community team\n"
        "      from a member\n"
        "  check-in  mail   after 7 days  Community team\n"
        "      from a member; Mon–Fri, 09:00–17:00; not if they have answered before; not\n"
        "      if the two write to each other\n"
        "  ■ left: no more mail of this journey\n"
    )
    assert not (small_community / "alongside.sqlite").exists()
    assert 'There is no journey "moth". Did you mean "month"?' in run("map", "moth").stderr


def test_the_map_as_files(run: Run, enrolled: Path) -> None:
    result = run("map", "--svg", "out/map.svg", "--html", "out/map.html")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Wrote out/map.svg\nWrote out/map.html\n"
    svg = (enrolled / "out" / "map.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg)[0].text == "Journeys of Test community"
    assert "sent 1" in svg
    assert svg[: svg.index(">")] not in (enrolled / "out" / "map.html").read_text(encoding="utf-8")
    assert "joana.yml/x.svg cannot be written" in run("map", "--svg", "joana.yml/x.svg").stderr


def test_the_map_for_programs(run: Run, enrolled: Path) -> None:
    told = json.loads(run("map", "month", "--format", "json").stdout)
    (journey,) = told["journeys"]
    welcome, check_in = journey["moments"]
    assert (welcome["id"], welcome["owner"], welcome["reached"]["sent"]) == ("welcome", "community", 1)
    assert (check_in["after"], check_in["stop_when"]) == ({"amount": 7, "unit": "days"}, ["replied", "talked"])


def test_a_digest_in_a_terminal(run: Run, enrolled: Path) -> None:
    text = run("digest", "community", "--week", "2026-12-03", "--now", NOW).stdout
    assert text.startswith("Community team: your week from 30 November 2026 to 6 December 2026\n")
    assert "The first month\n- welcome: sent 1\n- check-in: nothing\n" in text
    assert "Joana" not in text
    quiet = run("digest", "--now", NOW).stdout  # last week
    assert "A quiet week" in quiet
    told = json.loads(run("digest", "--week", "2026-12-01", "--now", NOW, "--format", "json").stdout)
    assert (told["first"], told["moments"][0]["sent"]) == ("2026-11-30", 1)
    assert len(list((enrolled / "outbox" / "new").iterdir())) == 1  # the welcome


def test_a_digest_needs_a_team_and_a_week_that_exist(run: Run, small_community: Path) -> None:
    assert run("digest").stdout.startswith("Nobody is enrolled yet.")
    assert 'There is no team "grwth". Did you mean "growth"?' in run("digest", "grwth").stderr
    assert "Write a day of that week: 2026-11-16." in run("digest", "--week", "last").stderr
    assert not (small_community / "alongside.sqlite").exists()
