"""Names in mail templates: what is known, what is not, and that the sandbox of mails agrees."""

from __future__ import annotations

import pytest

from alongside.problems import Problem
from alongside.reading.fields import Defaults
from alongside.reading.files import Source
from alongside.reading.mail_checks import FILTERS, check_template, contract_names
from alongside.rendering.mails.bounds import COUNTERS
from alongside.rendering.mails.templates import sandbox


def check(text: str) -> tuple[list[Problem], bool]:
    source = Source(path="m.md", docs_path="m.md", defaults=Defaults())
    asks = check_template(source, text, 4)
    return source.problems, asks


@pytest.mark.parametrize(
    "text",
    [
        "No template, {braces} only.",
        "{{ newcomer.name }} {{ newcomer['place'] }} {{ newcomer.languages | join(', ') }} {{ newcomer.challenges[0] }}",
        "{% for reason in reasons %}{{ loop.index }}{{ reason }}{% else %}{{ member.name }}{% endfor %}",
        "{% set who = member %}{{ who.name }}",
        "{% for title, url in [(story.title, story.url)] %}{{ title }}{{ url }}{% endfor %}",
        "{% with name = challenge.title %}{{ name }}{% endwith %}",
        "{% macro row(x) %}{{ x.anything }}{% endmacro %}{{ row(member) }}",
        "{% if missing is defined %}x{% endif %}",
        "{{ member.name.upper() }} {{ member.name | upper }}",
        "{% if reasons | length > 1 %}{{ reasons[0] }}{{ groups | length }}{% endif %}",
        "{% raw %}{{ anything }}{% endraw %} {# {{ comment.x }} #}",
        "{{ story.title if story else community.name }}",
        "{{ (groups | first).name }}",
        "{{ '-' * 72 }}{% for i in range(1000) %}{{ 1 / 2 }}{{ -i * 3 }}{{ range(i) }}{{ range(1, 2, 0) }}{% endfor %}",
        "{% macro a() %}a{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ b() }}",
    ],
)
def test_good_templates(text: str) -> None:
    assert check(text)[0] == []


@pytest.mark.parametrize(
    ("text", "at", "code"),
    [
        ("Hi\n\n {{ member.nme }}", (6, 5), "unknown-name"),
        ("{{ members.name }}", (4, 4), "unknown-name"),
        ("{% for g in groups %}{{ g.title }}{% endfor %}", (4, 25), "unknown-name"),
        ("{% set m = member %}{{ m.x }}", (4, 24), "unknown-name"),
        ("{{ newcomer['nme'] }}", (4, 14), "unknown-name"),
        ("{{ reasons.name }}", (4, 4), "unknown-name"),
        ("{{ member.name.first }}", (4, 4), "unknown-name"),
        ("{% if member.word %}x{% endif %}", (4, 7), "unknown-name"),
        ("{{ name | nofilter }}".replace("name", "team"), (4, 11), "template-filter"),
        ("{% for x in y %}{% endfor %}", (4, 13), "unknown-name"),
        ("{% include 'x' %}", (4, 1), "template-syntax"),
        ("a\n{% endif %}", (5, 4), "template-syntax"),
        ("{{ }}", (4, 1), "template-syntax"),
        ("a\n{% for x in groups %}\n{% if x %}\n{% endif %}", (5, 4), "template-unclosed"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", (4, 1), "template-syntax"),
        ("{% frobnicate %}", (4, 4), "template-syntax"),
        ("{{ 'a' * 10**9 }}", (4, 1), "template-work"),
        ("{{ 'a' * 1000000000 }}", (4, 1), "template-work"),
        ("{{ team * 20000 }}", (4, 1), "template-work"),
        ("x\n{{ 1 / 0 }}", (5, 1), "template-work"),
        ("{{ reasons | length % 0 }}", (4, 1), "template-work"),
        ("{% for i in range(90000) %}{% endfor %}", (4, 13), "template-work"),
        ("{% for i in range(5, -2000, -1) %}{% endfor %}", (4, 13), "template-work"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", (4, 1), "template-work"),
        ("{% macro again() %}{{ again() }}{% endmacro %}", (4, 10), "template-work"),
        ("{{ team.format(1) }}", (4, 4), "unknown-name"),
    ],
)
def test_faults(text: str, at: tuple[int, int], code: str) -> None:
    problems, _ = check(text)
    assert [(problem.position.line, problem.position.column, problem.code) for problem in problems] == [(*at, code)]
    assert problems[0].hint


def test_asking_for_words() -> None:
    assert check("{% if member.words %}{{ member.words }}{% endif %}")[1]
    assert check("{{ member.words if member.words else 'x' }}")[1]
    assert check("{% if story and member.words %}x{% endif %}")[1]
    assert not check("{{ member.words }}")[1]


def test_the_sandbox_of_mails_has_the_same_filters() -> None:
    assert sandbox().filters.keys() - COUNTERS.keys() == FILTERS  # templates cannot name the counters


def test_names_of_the_contract() -> None:
    names = set(contract_names())
    assert {"newcomer.text", "member.words", "groups[].chat", "meetups[].when", "reasons[]", "community.url"} <= names


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Hi\n\n{% if newcomer.name == 'Mia' %}x{% endif %}", (6, 7)),
        ("{{ newcomer.name | upper }}", (4, 4)),
        ("{% for group in groups %}{% if group.where == 'x' %}y{% endif %}{% endfor %}", (4, 8)),
        ("{% for meetup in meetups | sort(attribute='when') %}{{ meetup.when }}{% endfor %}", (4, 8)),
        ("{{ reasons }}", (4, 4)),
    ],
)
def test_what_looks_into_its_reader_is_a_warning(text: str, at: tuple[int, int]) -> None:
    (problem,) = check(text)[0]
    assert (problem.code, problem.severity) == ("mail-for-each", "warning")
    assert (problem.position.line, problem.position.column) == at
