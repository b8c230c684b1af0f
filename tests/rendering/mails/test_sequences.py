"""Compiled sequences: one page and one JSON file a step and language, naming what will be filled in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from alongside.model.community import Community
from alongside.rendering.artifacts import Artifact
from alongside.rendering.mails.sequences import render_sequences
from alongside.settings import Settings
from mail_records import HERE, NOW, community, journey, mail, member, message, story

ROOT = Path("/site")
SETTINGS = Settings(
    config_file=ROOT / "mkdocs.yml",
    root=ROOT,
    docs_dir=ROOT / "content",
    site_dir=ROOT / "site",
    journeys_dir=ROOT / "journeys",
    site_name="Docs People",
    site_url="https://docs.example.org/",
)


def compiled(people: Community, body: str) -> dict[str, Artifact]:
    messages = {tag: replace(message(tag, body), subject="To {{ newcomer.name }}") for tag in ("en", "pt")}
    way = journey(mail("welcome", messages=messages))
    found = render_sequences(replace(people, journeys={way.slug: way}), SETTINGS, now=NOW)
    return {artifact.path: artifact for artifact in found}


def test_every_step_and_language_can_be_looked_at() -> None:
    people = community(member("ana"), story("talk", "ana", welcome="I lost a word."))
    files = compiled(people, "Hello {{ newcomer.name }}\n\n{{ member.words }}\n\n[all]({{ community.url }})")
    assert list(files) == [
        "first-month/welcome.en.html", "first-month/welcome.en.json",
        "first-month/welcome.pt.html", "first-month/welcome.pt.json",
    ]  # fmt: skip
    told = json.loads(files["first-month/welcome.en.json"].content)
    assert (told["subject"], told["member"], told["story"]) == ("To ‹newcomer.name›", "ana", "talk")
    assert told["compiled"] == "once"
    assert "> I lost a word." in told["text"]
    assert "Hello ‹newcomer.name›" in files["first-month/welcome.en.html"].content.decode()
    assert files == compiled(people, "Hello {{ newcomer.name }}\n\n{{ member.words }}\n\n[all]({{ community.url }})")


def test_a_message_that_looks_into_values_is_named() -> None:
    files = compiled(community(member("ana")), "{% if newcomer.name == 'Mia' %}you{% endif %}")
    assert json.loads(files["first-month/welcome.en.json"].content)["compiled"] == "for each newcomer"


def test_a_message_that_cannot_be_run_says_why() -> None:
    files = compiled(community(member("ana")), "{{ nobody }}")
    assert list(files) == ["first-month/welcome.en.json", "first-month/welcome.pt.json"]
    assert json.loads(files["first-month/welcome.en.json"].content)["error"] == f"{HERE}: 'nobody' is undefined."
