"""JSON Schemas: valid themselves, true of good records, and never behind the reader."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from alongside.reading.schemas import KINDS, TABLES, render_schema
from reading.planted_faults import FILES, GOOD

ROOT = Path(__file__).resolve().parents[2]


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it (1.2 core): dates and times stay text."""


EditorLoader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool", ":int"))]
    for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def value(text: str, *, markdown: bool) -> Any:
    if markdown:
        text = text.split("---\n")[1]
    return yaml.load(text, EditorLoader)


def errors(kind: str, instance: Any) -> list[str]:
    validator = jsonschema.Draft7Validator(render_schema(kind))
    return [error.message for error in validator.iter_errors(instance)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_schema(kind: str) -> None:
    schema = render_schema(kind)
    jsonschema.Draft7Validator.check_schema(schema)
    json.dumps(schema)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in TABLES])
def test_it_names_every_key_the_reader_knows(kind: str) -> None:
    schema = render_schema(kind)
    assert set(schema["properties"]) == set(TABLES[kind].by_name)
    assert schema["additionalProperties"] is False
    assert schema.get("required", []) == [field.name for field in TABLES[kind].fields if field.required]
    assert all(len(field.about) > 5 for field in TABLES[kind].fields)


KIND_OF = {"members": "member", "stories": "story", "groups": "group", "meetups": "meetup"}


def kind_of(path: str) -> str:
    if path.startswith("journeys/"):
        return "mail" if "/mails/" in path else "journey"
    if path.endswith("challenges.yml"):
        return "challenges"
    return "meetups" if path.endswith(".yml") else KIND_OF[path.split("/")[1]]


def example_files() -> list[Path]:
    found = [
        *ROOT.glob("content/*/*.md"),
        *ROOT.glob("content/meetups/*.yml"),
        ROOT / "content/challenges.yml",
        *ROOT.glob("journeys/*.yml"),
        *ROOT.glob("journeys/mails/*.md"),
    ]
    return sorted(
        path
        for path in found
        if path.is_file()
        and path.parent.name in (*KIND_OF, "content", "journeys", "mails")
        and path.name not in ("index.md", "README.md")
    )


def test_the_example_community_is_valid() -> None:
    checked = 0
    for path in example_files():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md" and not text.startswith("---\n"):
            continue  # a page in another language
        kind = kind_of(path.relative_to(ROOT).as_posix())
        assert errors(kind, value(text, markdown=path.suffix == ".md")) == [], path
        checked += 1
    assert checked > 40


def test_good_records_are_valid() -> None:
    from textwrap import dedent

    for path, text in GOOD.items():
        if path != "content/index.md":
            assert errors(kind_of(path), value(dedent(text), markdown=path.endswith(".md"))) == [], path


BAD = {
    "unknown-key", "missing-key", "unknown-value", "no-number",
}  # fmt: skip


def test_bad_records_are_not() -> None:
    checked = 0
    for planted in FILES:
        if (
            planted.expected[0].code not in BAD
            or not planted.path.startswith(("content/", "journeys/"))
            or len(planted.expected) > 1
        ):
            continue
        if "team" in planted.path or planted.path.endswith(".pt.md"):
            continue
        text = planted.content.decode()
        instance = value(text, markdown=planted.path.endswith(".md"))
        kind = kind_of(planted.path)
        if planted.path.endswith("no-message.yml") or planted.path.endswith("no-show.yml"):
            continue  # what a moment needs depends on where it is
        assert errors(kind, instance), planted.path
        checked += 1
    assert checked >= 12


def test_words_that_editors_take_for_something_else() -> None:
    story = {"title": 2024, "members": ["ana"], "date": "2026-05-04", "topics": [1984, True], "translation_of": None}
    assert errors("story", story) == []
    assert errors("member", {"name": "A", "welcomes": 5, "languages": ["no"], "photo": None}) == []
    assert (
        errors(
            "meetup", {"title": "x", "starts": "2026-12-03 18:30", "online": True, "repeats": {"rrule": "FREQ=DAILY"}}
        )
        == []
    )
    assert errors("newcomer", {}) == []
