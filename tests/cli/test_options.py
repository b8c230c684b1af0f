"""What commands share: the clock that `--now` sets, and output that cannot be written."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alongside.cli.options import parse_now
from alongside.problems import UsageError

REAL = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("2026-12-01", "2026-12-01T09:00Z"),
        ("20261201", "2026-12-01T09:00Z"),
        ("2026-12-01T18", "2026-12-01T18:00Z"),
        ("2026-12-01T18:30", "2026-12-01T18:30Z"),
        ("2026-12-01 18:30", "2026-12-01 18:30Z"),
    ],
)
def test_the_instant_that_is_proposed_works(text: str, proposed: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_now(text, real=REAL)
    assert f"Write {proposed} " in error.value.hint
    assert parse_now(proposed, real=REAL).now.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("1970-01-01T00:00Z", True),
        ("2105-12-31T23:59Z", True),
        ("1969-12-31T23:59Z", False),
        ("2106-01-01T00:00Z", False),
        ("2105-12-31T23:59-01:00", False),
        ("9999-12-31T23:59-14:00", False),
    ],
)
def test_years_that_time_stamps_can_hold(text: str, good: bool) -> None:
    if good:
        assert parse_now(text, real=REAL).simulated
        return
    with pytest.raises(UsageError) as error:
        parse_now(text, real=REAL)
    assert error.value.hint == "Use a year from 1970 to 2105."


def test_output_that_cannot_be_written_is_one_line() -> None:
    command = [str(Path(sys.executable).with_name("alongside")), "schema"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: The output cannot be written (No space left on device).\n"


def test_the_command_line_is_there_without_its_script() -> None:
    command = [sys.executable, "-m", "alongside", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "alongside,")
