"""Strict YAML: what is text, what is refused, and where things stand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.problems import Position, Problem
from alongside.source.decoding import decode, find_controls
from alongside.source.front_matter import FrontMatter, split_front_matter
from alongside.source.yaml_nodes import read_yaml


def value(text: str) -> object:
    document, problems = read_yaml(text, "f")
    assert problems == []
    assert document is not None
    return document.value


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a: 12:30", "12:30"),
        ("a: no", "no"),
        ("a: on", "on"),
        ("a: 2026-05-04", "2026-05-04"),
        ("a: 0o17", "0o17"),
        ("a: 1_000", "1_000"),
        ("a: .inf", ".inf"),
        ("a: 'null'", "null"),
        ("a: null", None),
        ("a: ~", None),
        ("a:", None),
        ("a: ''", ""),
        ("a: |\n  x\n  y\n", "x\ny\n"),
        ("a: &x b\nc: *x", "b"),
    ],
)
def test_everything_is_text(text: str, plain: object) -> None:
    found = value(text)
    assert isinstance(found, dict)
    assert found["a"] == plain


def test_positions() -> None:
    document, _ = read_yaml("é: x\nlist:\n  - {k: v}\n  - two words\n", "f", first_line=2)
    assert document is not None
    assert document.position(("list", 0, "k")) == Position("f", 4, 9)
    assert document.position(("list", 0, "k"), key=True) == Position("f", 4, 6)
    assert document.position(("list", 1), find="words") == Position("f", 5, 9)
    assert document.position(("é",)) == Position("f", 2, 4)
    assert document.position(("nothing", "there")) == Position("f", 2, 1)


@pytest.mark.parametrize("sign", ["\x85", "\u2028", "\u2029", "\U0001f600"])
def test_lines_end_where_editors_end_them(sign: str) -> None:
    document, _ = read_yaml(f'first: "one{sign}two"\né: {{last: x}}\n', "f")
    assert document is not None
    assert document.position(("first",)) == Position("f", 1, 8)
    assert document.position(("é", "last")) == Position("f", 2, 11)
    assert document.positions(("é",), ["last", "nothing"]) == {"last": Position("f", 2, 11)}


def test_positions_in_a_long_text() -> None:
    text = "".join(f"key{number}: value\n" for number in range(1000)) + "last: é\n"
    document, _ = read_yaml(text, "f")
    assert document is not None
    assert document.position(("last",)) == Position("f", 1001, 7)
    assert document.position(("key7",), key=True) == Position("f", 8, 1)


@pytest.mark.parametrize(
    "text",
    ["[" * 1_000_000, "{" * 1_000_000, "- " * 100_000, "? " * 100_000, "a: " + "&a " * 20_000, "a: [" + "*a," * 20_000, "!" * 50_000,
     "\n".join("  " * depth + "k:" for depth in range(2000))],
)  # fmt: skip
def test_bombs_are_refused_with_one_problem(text: str) -> None:
    document, problems = read_yaml(text, "f")
    assert document is None
    assert len(problems) == 1


def test_an_alias_in_itself() -> None:
    document, problems = read_yaml("a: &x [*x]", "f")
    assert document is None
    assert problems[0].code == "yaml-aliases"


def test_many_repeated_keys_are_a_few_problems() -> None:
    _, problems = read_yaml("a: b\n" * 5000, "f")
    assert len(problems) == 20


@given(st.text(alphabet="ab:-?[]{}#&*!|>'\"%@`, \n\t\\<é\u2028", max_size=40))
@settings(max_examples=300)
def test_anything_is_a_value_or_a_problem(text: str) -> None:
    document, problems = read_yaml(text, "f")
    assert document is not None or problems
    for problem in problems:
        assert 1 <= problem.position.line <= text.count("\n") + 2
        assert problem.position.column >= 1
        assert problem.hint


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_problem(content: bytes) -> None:
    text = decode(content, "f")
    if isinstance(text, Problem):
        assert text.code == "encoding"
    else:
        assert "\r" not in text
        for control in find_controls(text):
            assert text[control.index] == control.character


def test_line_ends_and_marks() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n", "f") == "a\nb\nc\n"
    problem = decode(b"a\r\nb \xe9", "f")
    assert isinstance(problem, Problem)
    assert (problem.position.line, problem.position.column) == (2, 3)
    assert "0xE9" in problem.message


def test_front_matter_keeps_line_numbers() -> None:
    parts = split_front_matter("---\na: b\n---\n\nText.\n", "f")
    assert parts == FrontMatter(yaml="a: b\n", first_line=2, body="\nText.\n", body_line=4)
    parts = split_front_matter("---\na: b\n...", "f")
    assert isinstance(parts, FrontMatter)
    assert (parts.yaml, parts.body) == ("a: b\n", "")
    parts = split_front_matter("Text\n---\n", "f")
    assert isinstance(parts, FrontMatter)
    assert parts.yaml is None
