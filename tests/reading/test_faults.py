"""Every planted fault is told at its line and column with its remedy, alone and among all the others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from alongside.problems import Problem
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from conftest import CONFIG, TODAY, WriteCommunity
from reading.planted_faults import FILES, GOOD, Planted


def check(config: Path, today: date = TODAY) -> list[Problem]:
    settings, problems = read_settings(config)
    return [*problems, *load_community(settings, today=today, cache=False).problems]


def told(problems: list[Problem], path: str) -> list[tuple[int, int, str, str]]:
    return sorted(
        (problem.position.line, problem.position.column, problem.code, problem.severity)
        for problem in problems
        if problem.position.path == path
    )


def wanted(planted: Planted) -> list[tuple[int, int, str, str]]:
    return sorted(
        (line, column, expected.code, expected.severity)
        for (line, column), expected in zip(planted.places, planted.expected, strict=True)
    )


def assert_remedies(problems: list[Problem], planted: Planted) -> None:
    for (line, column), expected in zip(planted.places, planted.expected, strict=True):
        hints = [
            problem.hint
            for problem in problems
            if (problem.position.path, problem.position.line, problem.position.column, problem.code)
            == (planted.path, line, column, expected.code)
        ]
        assert any(expected.remedy in hint for hint in hints), (expected, hints)


def test_the_ground_is_good(write_community: WriteCommunity) -> None:
    assert check(write_community(GOOD)) == []


@pytest.mark.parametrize("planted", FILES, ids=lambda planted: planted.id)
def test_fault_alone(planted: Planted, write_community: WriteCommunity) -> None:
    problems = check(write_community({**GOOD, planted.path: planted.content}))
    assert told(problems, planted.path) == wanted(planted)
    assert_remedies(problems, planted)
    elsewhere = [problem for problem in problems if problem.position.path != planted.path]
    assert elsewhere == []


def test_all_faults_in_one_community(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, **{planted.path: planted.content for planted in FILES}})
    problems = check(config)
    for planted in FILES:
        assert told(problems, planted.path) == wanted(planted), planted.path
        assert_remedies(problems, planted)
    faulty = {planted.path for planted in FILES}
    assert [str(problem) for problem in problems if problem.position.path not in faulty] == []


def test_there_are_enough_of_them() -> None:
    assert sum(len(planted.expected) for planted in FILES) >= 150
    assert len({planted.path for planted in FILES}) == len(FILES)
    assert len({expected.code for planted in FILES for expected in planted.expected}) >= 80


def test_every_message_is_a_sentence_and_every_hint_says_something(write_community: WriteCommunity) -> None:
    config = write_community({**GOOD, **{planted.path: planted.content for planted in FILES}})
    for problem in check(config):
        assert problem.message.endswith((".", "…")), problem
        assert problem.hint, problem
        assert "\n" not in problem.message + problem.hint


def test_a_bad_field_costs_the_field_and_a_missing_one_the_record(write_community: WriteCommunity) -> None:
    settings, _ = read_settings(write_community({**GOOD, **{planted.path: planted.content for planted in FILES}}))
    community = load_community(settings, today=TODAY, cache=False).community
    assert community.members["ambiguous"].place is None
    assert community.stories["challenge"].challenges == ()
    assert community.stories["status"].status == "draft"
    assert community.groups["host"].hosts == ("ana",)
    assert community.meetups["repeats"].rrule == ""
    assert "no-title" not in community.stories
    assert "nobody-tells" not in community.stories
    assert "list-one" in community.meetups


def test_configuration_is_the_one_tests_share() -> None:
    assert "teams: {community: Community team, growth: Growth team" in CONFIG
