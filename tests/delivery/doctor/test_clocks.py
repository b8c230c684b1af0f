from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from alongside.delivery.doctor.clocks import check_clock, compare_clocks
from alongside.delivery.schema import runs
from alongside.delivery.store import Store
from delivery.doctor.looking import NOW, MakeSetup, told

NTP = "Let the system keep its clock (NTP): timedatectl set-ntp true."


def test_time_zone_data(make_setup: MakeSetup) -> None:
    good = told(check_clock(make_setup(), wall=lambda: NOW, offline=True), "time zones")
    assert (good[0], good[1].split(" (")[0]) == ("ok", "The rules are there")
    setup = make_setup(timezone="Mars/Olympus")
    assert told(check_clock(setup, wall=lambda: NOW, offline=True), "time zones") == (
        "error",
        "There are no rules for Mars/Olympus. Install them: pip install tzdata",
    )


def test_a_simulated_clock_is_not_judged(make_setup: MakeSetup) -> None:
    findings = list(check_clock(make_setup(simulated=True), wall=lambda: NOW, offline=False))
    assert told(findings, "clock") == ("skipped", "--now says 2026-11-23 09:00 UTC; the real clock was not looked at.")
    assert len(findings) == 2


@pytest.mark.parametrize(
    ("hours", "state", "said"),
    [
        (-1, "ok", "No pass ran in the future."),
        (
            3,
            "error",
            "The last pass ran at 2026-11-23 12:00 UTC, and now it is 2026-11-23 09:00 UTC: the clock went back. "
            f"{NTP} Until then nothing that became due meanwhile goes out.",
        ),
    ],
)
def test_against_the_last_pass(
    store: Store, environment: dict[str, str], make_setup: MakeSetup, hours: int, state: str, said: str
) -> None:
    at = NOW + timedelta(hours=hours)
    with store.writing() as connection:
        connection.execute(insert(runs).values(at=at, real_at=at, sent=0, skipped=0, planned_again=0, failed=0))
    findings = list(check_clock(make_setup(environment=environment), wall=lambda: NOW, offline=True))
    assert told(findings, "last pass") == (state, said)
    if store.path is None:  # the server's clock is the real one, ours stands still in 2026
        assert told(findings, "database clock")[1].startswith("The database server says ")


@pytest.mark.parametrize(
    ("seconds", "state", "said"),
    [
        (0.2, "ok", "The web server agrees within 1 s."),
        (-40, "ok", "The web server agrees within 40 s."),
        (200, "warning", f"The web server says 2026-11-23 09:03:20 UTC, this machine 2026-11-23 09:00:00 UTC. {NTP}"),
        (-3600, "error", f"The web server says 2026-11-23 08:00:00 UTC, this machine 2026-11-23 09:00:00 UTC. {NTP}"),
    ],
)
def test_two_clocks(seconds: float, state: str, said: str) -> None:
    found = compare_clocks("web clock", "The web server", NOW + timedelta(seconds=seconds), NOW)
    assert told([found], "web clock") == (state, said)


def test_nobody_to_compare_with(tmp_path: Path, make_setup: MakeSetup) -> None:
    setup = make_setup(site_url="http://localhost/")
    assert told(check_clock(setup, wall=lambda: NOW, offline=False), "web clock") == (
        "skipped",
        "There is no HTTPS address to compare with.",
    )
    setup = make_setup(site_url="https://127.0.0.1:1/")
    assert told(check_clock(setup, wall=lambda: NOW, offline=False), "web clock") == (
        "skipped",
        "https://127.0.0.1:1/ gave no time to compare with.",
    )
