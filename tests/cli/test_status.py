from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"


def test_an_empty_store_helps(run: Run, small_community: Path) -> None:
    result = run("status")
    assert (result.exit_code, result.stdout.strip()) == (
        0,
        "Nobody is enrolled yet. Start with: alongside enroll JOURNEY profile.yml",
    )
    assert not (small_community / "alongside.sqlite").exists()
    assert json.loads(run("status", "--format", "json").stdout)["journeys"] == []


def test_what_happened_and_what_comes(run: Run, small_community: Path) -> None:
    (small_community / "two.csv").write_text("email,basis\na@example.org,consent\nb@example.org,consent\n")
    run("enroll", "month", "--csv", "two.csv", "--now", NOW)
    assert "Nothing was sent yet" in run("status", "--now", NOW).stdout
    run("send", "--now", NOW)
    run("newcomers", "stop", "a@example.org", "--now", NOW)
    text = run("status", "--now", "2026-12-02T09:00Z").stdout
    assert text == (
        "Test community  Wed 2 Dec 2026, 09:00 UTC\n"
        "\n"
        "month  The first month: 2 newcomers (1 active, 1 stopped)\n"
        "  step      sent  due  coming  skipped\n"
        "  welcome      2    0       0        0\n"
        "  check-in     0    0       1        1  stopped 1\n"
        "\n"
        "Welcomed in the last seven days\n"
        "  Ana Souza  ████████████████████ 2 of 5\n"
        "\n"
        "Last pass: Tue 1 Dec 2026, 09:00 UTC, 2 sent, 0 skipped, 0 planned again\n"
    )


def test_status_for_programs(run: Run) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    run("send", "--now", NOW)
    status = json.loads(run("status", "--now", NOW, "--format", "json").stdout)
    (journey,) = status["journeys"]
    assert journey["slug"] == "month"
    assert [(step["moment"], step["sent"], step["coming"]) for step in journey["steps"]] == [
        ("welcome", 1, 0),
        ("check-in", 0, 1),
    ]
    assert status["members"] == [{"slug": "ana-souza", "last_seven_days": 1, "welcomes": 5}]
    assert status["last_run"]["sent"] == 1


def test_a_journey_that_is_gone_is_still_told(run: Run, small_community: Path) -> None:
    run("enroll", "month", "joana.yml", "--now", NOW)
    (small_community / "journeys" / "month.yml").unlink()
    assert "month  no longer there: 1 newcomer (1 active)" in run("status", "--now", NOW).stdout
