"""The handbook's table of what can go wrong: its rows are numbered without a gap, and each names a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "content" / "handbook" / "notes.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| `([\w/]+\.py)::(\w+)` \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str, str, str]]:
    """(number, what, what then, file, test) of each row."""
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of a file's tests, those in classes too."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_rows_are_numbered_without_a_gap() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [int(number) for number, *_ in rows()] == list(range(1, len(rows()) + 1))
    assert len(rows()) >= 40
    assert len(rows()) == len(re.findall(r"^\| \d", text, re.MULTILINE))


def test_every_row_has_a_test() -> None:
    named = {(file, test) for *_, file, test in rows()}
    assert [each for each in named if each[1] not in names_in(each[0]) or not each[1].startswith("test_")] == []


def test_every_failure_that_is_tested_is_told() -> None:
    file = "delivery/notes/test_failures.py"
    told = {test for *_, named, test in rows() if named == file}
    assert {name for name in names_in(file) if name.startswith("test_")} - told == set()
