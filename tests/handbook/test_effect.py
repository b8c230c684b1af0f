"""The figures of the handbook's page about the effect of mails are those of the formula."""

from __future__ import annotations

import re
from pathlib import Path

from alongside.cli.effect import rounded
from alongside.delivery.intervals import people_needed

PAGE = Path(__file__).resolve().parents[2] / "content/handbook/effect.md"
ROW = re.compile(r"\| (\d+)% \| (\d+)% \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|")


def test_how_many_people_it_takes() -> None:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) > 5
    for without, with_mail, *shown in rows:
        rate, difference = int(without) / 100, (int(with_mail) - int(without)) / 100
        needed = [people_needed(rate, difference, held_out=part) for part in (0.1, 0.2, 0.5)]
        assert [f"{rounded(count):,}" for count in needed] == shown
