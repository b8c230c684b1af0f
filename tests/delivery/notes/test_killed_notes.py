"""Notes and letters under `kill -9`, and with two processes at once; the soak runs do it at length."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.mail_people import load_example
from bench.notes_crashes import hear_side_by_side, kill_hearing, kill_sending, send_side_by_side

from alongside.settings import Uncertain

MAILS, KILLS = 30, 2
LONG = [pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12)]


@pytest.fixture
def url(environment: dict[str, str]) -> str:
    return environment["ALONGSIDE_DATABASE_URL"]


@pytest.mark.parametrize("seed", [1, *LONG])
def test_no_note_that_was_acknowledged_is_lost_and_none_passed_on_twice(tmp_path: Path, url: str, seed: int) -> None:
    kills = KILLS if seed == 1 else 12
    found = kill_hearing(
        load_example(tmp_path), tmp_path, url=url, mails=10 * kills, kills=kills, longest=0.05, seed=seed
    )
    assert (found.lost, found.twice, found.missing) == (0, 0, 0)


@pytest.mark.parametrize("to_maildir", [False, True])
@pytest.mark.parametrize("uncertain", ["resend", "hold"])
@pytest.mark.parametrize("seed", [1, *LONG])
def test_a_killed_sender_leaves_one_letter_of_which_nobody_knows(
    tmp_path: Path, url: str, uncertain: Uncertain, to_maildir: bool, seed: int
) -> None:
    kills = KILLS if seed == 1 else 12
    found = kill_sending(
        load_example(tmp_path),
        tmp_path,
        url=url,
        uncertain=uncertain,
        mails=10 * kills,
        kills=kills,
        longest=0.05,
        seed=seed,
        to_maildir=to_maildir,
    )
    holds = uncertain == "hold" and not to_maildir
    assert found.lost == 0
    assert found.changed == 0
    assert found.most_duplicates <= (0 if holds or to_maildir else 1)
    assert found.most_held <= (1 if holds else 0)
    assert found.sent + found.held == found.letters


def test_two_senders_at_once_send_no_letter_twice(tmp_path: Path, url: str) -> None:
    found = send_side_by_side(load_example(tmp_path), tmp_path, url=url, mails=MAILS)
    assert (found.accepted, found.duplicates, found.sent) == (MAILS, 0, MAILS)


def test_two_processes_that_hear_the_same_pass_it_on_once(tmp_path: Path, url: str) -> None:
    found = hear_side_by_side(load_example(tmp_path), tmp_path, url=url, mails=MAILS)
    assert (found.lost, found.twice, found.missing) == (0, 0, 0)
