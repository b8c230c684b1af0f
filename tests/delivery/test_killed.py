"""Senders killed with `kill -9` at random moments, in each way to set it up; `make bench AREA=mail` does it at length."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.mail_crashes import CONNECTIONS, crash
from bench.mail_people import load_example

from alongside.settings import Uncertain

MAILS, KILLS = 200, 3


@pytest.mark.parametrize("uncertain", ["resend", "hold"])
def test_nothing_is_lost_and_what_is_uncertain_is_bounded(
    environment: dict[str, str], tmp_path: Path, uncertain: Uncertain
) -> None:
    found = crash(
        load_example(tmp_path),
        tmp_path,
        url=environment["ALONGSIDE_DATABASE_URL"],
        uncertain=uncertain,
        mails=MAILS,
        kills=KILLS,
        longest=0.1,
        seed=1,
    )
    assert (found.lost, found.unsettled) == (0, 0)
    assert found.most_duplicates <= (CONNECTIONS if uncertain == "resend" else 0)
    assert found.most_held <= (CONNECTIONS if uncertain == "hold" else 0)
    assert found.sent + found.held == MAILS
