"""Whatever a person answers, it is read as it was meant, or it is refused."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alongside.model.community import Community
from alongside.model.people import Member
from alongside.model.stories import Story
from alongside.problems import Position, UsageError
from alongside.reading.fields import Defaults
from alongside.reading.loader import read_content
from alongside.reading.readings import Record
from alongside.reading.slugs import slug_fault
from alongside.writing.names import Names
from alongside.writing.records import (
    MEMBER_KIND,
    STORY_KIND,
    Kind,
    check_text,
    name_file,
    read_answer,
    record_text,
)
from alongside.writing.yaml_texts import Value

DEFAULTS = Defaults()
ANA = Member(slug="ana-souza", name="Ana Souza", languages=("pt",), position=Position("content/members/ana-souza.md"))
COMMUNITY = Community(name="x", members={"ana-souza": ANA})
ANSWERS = st.text(max_size=30) | st.sampled_from(
    ["no", "12:30", "a # b", "# a", "x: y", "مرحبا", "🥐", "{{ x }}", "- a"]
)


def made(kind: Kind, given_answers: dict[str, Value], body: str) -> Record | None:
    """The record that comes of answers, as reading has it; None where they are refused."""
    answers: dict[str, Value] = {}
    try:
        for question in kind.questions:
            names = Names.of(question.names, COMMUNITY) if question.names else None
            answers[question.key] = read_answer(kind, question, given_answers.get(question.key, ""), names, DEFAULTS)
        slug = name_file(kind, str(answers[kind.questions[0].key]), None, COMMUNITY)
        assert slug_fault(slug) == ("", "")
        text = record_text(kind, answers, body)
        check_text(kind, slug, text, DEFAULTS)
    except UsageError:
        return None
    reading = read_content(kind.name, f"{slug}.md", f"{kind.folder}/{slug}.md", text.encode(), DEFAULTS)
    assert reading.problems == ()
    return reading.drafts[0].record if reading.drafts else None


@given(ANSWERS, st.lists(ANSWERS, max_size=3), ANSWERS)
def test_a_story_says_what_was_answered(title: str, topics: list[str], body: str) -> None:
    answers: dict[str, Value] = {"title": title, "topics": topics, "date": "2026-05-04", "members": ["ana souza"]}
    story = made(STORY_KIND, answers, body)
    if story is None:
        return
    assert isinstance(story, Story)
    assert story.title == spoken(title)
    assert story.topics == tuple(dict.fromkeys(text for topic in topics if (text := spoken(topic))))
    assert story.members == ("ana-souza",)
    assert story.body.strip("\n") == body.strip("\n")
    assert story.status == ("published" if body.strip() else "draft")


@given(ANSWERS.filter(lambda text: text.strip() and text.isprintable()))
def test_printable_names_are_never_refused_for_what_they_mean_in_yaml(name: str) -> None:
    member = made(MEMBER_KIND, {"name": name}, "")
    if not any(character in name for character in "@\u202a\u202b\u202c\u202d\u202e") and slug_of(name):
        assert isinstance(member, Member)
        assert member.name == spoken(name)
        assert member.consent is None


def spoken(text: str) -> str:
    """As a line is read: white space around it does not count, and a tab is a space."""
    return " ".join(text.strip().split("\t"))


def slug_of(name: str) -> Any:
    try:
        return name_file(MEMBER_KIND, name.strip(), None, COMMUNITY)
    except UsageError:
        return None
