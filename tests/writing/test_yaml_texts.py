"""What is written as YAML is read back as it was, by us and by others."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alongside.source.decoding import find_controls
from alongside.source.front_matter import FrontMatter, split_front_matter
from alongside.source.yaml_nodes import read_yaml
from alongside.writing.yaml_texts import Value, flow, line, markdown_file, quoted

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    ["no", "On", "~", "null", "", " ", "12:30", "a: b", "# x", "a # b", "@ana", "*b*", "&a", "!x", "- a", "? a", "|", ">",
     "%x", "`x`", "{{ name }}", "[x", "x]", "it's", '"q"', "\\", "---", "...", "🥐 b", "مرحبا: أنا", "שלום", "日本、語", "é"]
)  # fmt: skip
KEYS = st.text("abcdefghijklmnoty", min_size=1, max_size=8)
VALUES = TEXTS | st.lists(TEXTS, max_size=3) | st.dictionaries(KEYS, TEXTS, max_size=3)


def read_back(text: str) -> Any:
    document, problems = read_yaml(text, "x.yml")
    assert document is not None
    assert problems == []
    return document.value


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5), TEXTS)
def test_what_is_written_is_read(fields: dict[str, Any], body: str) -> None:
    text = markdown_file(fields, body, comments=("what: is left to do",))
    parts = split_front_matter(text, "x.md")
    assert isinstance(parts, FrontMatter)
    assert parts.yaml is not None
    assert find_controls(parts.yaml) == []
    assert read_back(parts.yaml) == fields
    assert parts.body.strip("\n") == body.strip("\n")


@given(TEXTS)
def test_another_reader_takes_a_text_for_no_truth(text: str) -> None:
    """PyYAML's own rules (YAML 1.1): a text stays one, unless it is a number or a date, which looks like itself."""
    for written in (quoted(text), line(text)):
        read = yaml.safe_load(f"key: {written}")["key"]
        assert read == text if isinstance(read, str) else not isinstance(read, bool | None)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("My first talk", "My first talk"),
        ("2026-12-03 18:30", "2026-12-03 18:30"),
        ("-8.61", "-8.61"),
        ("no", '"no"'),
        ("Talks: how we began", '"Talks: how we began"'),
        ("Brot, Käse", '"Brot, Käse"'),
        ("\u2028\x7f", '"\\u2028\\u007f"'),
        (["en", "no"], '[en, "no"]'),
        ({"pt": "Olá", "no": "Hei"}, '{pt: Olá, "no": Hei}'),
        ([{"platform": "matrix", "url": "https://x.example/#a"}], '[{platform: matrix, url: "https://x.example/#a"}]'),
    ],
)
def test_how_it_looks(value: Value, written: str) -> None:
    assert flow(value) == written


def test_a_line_of_its_own_needs_fewer_quotes() -> None:
    assert line("My first talk, in two languages!") == "My first talk, in two languages!"
    assert line("R&D: what now?") == '"R&D: what now?"'
    assert line("no") == '"no"'
