"""`tools/fairness.py`: whom it counts, and what it says where there is nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import ROOT, WriteCommunity

MEMBER = """\
---
name: {name}
welcomes: {welcomes}
consent: {{since: 2026-03-01, until: 2027-03-01, for: [page, embed, mail]}}
---
Bio.
"""


def run(*arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, ROOT / "tools" / "fairness.py", "--day", "2026-11-23", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def test_those_who_welcome_newcomers_are_counted(write_community: WriteCommunity) -> None:
    config = write_community(
        {
            "content/members/ana.md": MEMBER.format(name="Ana", welcomes=5),
            "content/members/bo.md": MEMBER.format(name="Bo", welcomes=0),
        }
    )
    code, told = run(config, "--newcomers", "7")
    assert (code, told.splitlines()[0]) == (0, "Test community: 1 members who welcome newcomers, 7 newcomers")
    assert "100 %  ana" in told


def test_where_there_is_nobody_it_says_so(write_community: WriteCommunity) -> None:
    config = write_community({"content/members/bo.md": MEMBER.format(name="Bo", welcomes=0)})
    assert run(config) == (0, "Test community: nobody welcomes newcomers, so nobody is shown.\n")


def test_a_wrong_call_is_told(tmp_path: Path) -> None:
    for arguments, words in ((("--newcomers", "0"), "draw at least one"), ((tmp_path / "nowhere",), "There is no ")):
        code, told = run(*arguments)
        assert (code, words in told, "Traceback" in told) == (2, True, False)
