"""What people's trust hangs on is closed while it cannot be read: whatever shows and promises least holds until then."""

from __future__ import annotations

from datetime import date

import pytest

from alongside.model.community import Community
from alongside.problems import Problem
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity
from reading.planted_faults import GOOD, Planted, one

CONSENT = "consent: {since: 2026-03-01, for: [page, embed, mail]}"


def member(text: str, code: str, remedy: str) -> Planted:
    return one("content/members/bo.md", f"---\nname: Bo\n{text}\n---\nBio.\n", code, remedy)


def load(write_community: WriteCommunity, planted: Planted) -> tuple[Community, list[Problem]]:
    settings, _ = read_settings(write_community({**GOOD, planted.path: planted.content}))
    loaded = load_community(settings, today=TODAY, cache=False)
    return loaded.community, list(loaded.problems)


def assert_told(problems: list[Problem], planted: Planted) -> None:
    told = [(problem.position.line, problem.position.column, problem.code, problem.severity) for problem in problems]
    assert told == [
        (line, column, expected.code, "error")
        for (line, column), expected in zip(planted.places, planted.expected, strict=True)
    ]
    assert {problem.position.path for problem in problems} == {planted.path}
    for problem, expected in zip(problems, planted.expected, strict=True):
        assert problem.hint.endswith(expected.remedy), problem.hint


FORMER = "Until then they count as former."
HIDDEN = "Until then they are not shown."
AWAY = "Until then they count as away."


@pytest.mark.parametrize(
    "planted",
    [
        member(f"{CONSENT}\nstatus: ▶memorail", "unknown-value", FORMER),
        member(f"{CONSENT}\nstatus: ▶[former]", "wrong-type", FORMER),
        member(f"{CONSENT}\n▶stauts: memorial", "unknown-key", FORMER),
    ],
    ids=["unknown", "list", "misspelt-key"],
)
def test_an_unreadable_member_is_not_active(planted: Planted, write_community: WriteCommunity) -> None:
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert community.members["bo"].status == "former"
    assert not community.members["bo"].allows("mail", TODAY)


@pytest.mark.parametrize(
    "planted",
    [
        member("welcomes: 3\nconsent: {since: 2026-03-01, until: ▶2025-13-40, for: [page, mail]}", "bad-date", HIDDEN),
        member("consent: {since: 2026-03-01, until: ▶9999-12-31, for: [page]}", "bad-date", f"1900 to 2200. {HIDDEN}"),
        member("consent: {since: 2026-03-01, ▶utnil: 2026-06-01, for: [page, mail]}", "unknown-key", HIDDEN),
        member("consent: {since: 2026-03-01, for: [page, ▶emial]}", "unknown-value", HIDDEN),
        member("consent: {since: 2026-03-01, for: [page, ▶[mail]]}", "wrong-type", HIDDEN),
        member("consent: {since: ▶yesterday, for: [page]}", "bad-date", HIDDEN),
        member("consent: ▶{for: [page]}", "missing-key", HIDDEN),
        member("consent: {since: 2026-03-01, until: ▶2026-01-01, for: [page]}", "dates-reversed", HIDDEN),
        member("consent: ▶yes", "wrong-type", HIDDEN),
    ],
    ids=["until", "year", "key", "for", "for-list", "since", "no-since", "reversed", "text"],
)  # fmt: skip
def test_an_unreadable_consent_is_none(planted: Planted, write_community: WriteCommunity) -> None:
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert community.members["bo"].consent is None


@pytest.mark.parametrize(
    "planted",
    [
        member("away: {from: 2026-11-01, to: ▶2026-11-31}", "bad-date", AWAY),
        member("away: {from: ▶summer, to: 2026-11-30}", "bad-date", AWAY),
        member("away: ▶{from: 2026-11-01}", "missing-key", AWAY),
        member("away: {from: 2026-11-01, to: ▶2026-10-01}", "dates-reversed", AWAY),
        member("away: ▶true", "wrong-type", AWAY),
    ],
    ids=["to", "from", "no-to", "reversed", "text"],
)
def test_unreadable_time_away_is_all_the_time(planted: Planted, write_community: WriteCommunity) -> None:
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert all(community.members["bo"].is_away(day) for day in (date(1970, 1, 1), TODAY, date(2200, 1, 1)))


def test_unreadable_welcomes_are_none(write_community: WriteCommunity) -> None:
    planted = member(f"{CONSENT}\nwelcomes: ▶three", "no-number", "Until then nobody is sent to them.")
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert community.members["bo"].welcomes == 0


def test_an_unreadable_story_is_a_draft(write_community: WriteCommunity) -> None:
    text = "---\ntitle: T\nmembers: [ana]\ndate: 2026-05-04\nstatus: ▶drafft\n---\nText.\n"
    planted = one("content/stories/x.md", text, "unknown-value", "Until then it counts as a draft.")
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert community.stories["x"].status == "draft"


def test_an_unreadable_group_is_retired(write_community: WriteCommunity) -> None:
    text = "---\nname: G\nkind: chat\nstatus: ▶closed\n---\n"
    planted = one("content/groups/x.md", text, "unknown-value", "Until then it counts as retired.")
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert community.groups["x"].status == "retired"


MEETUP = "---\ntitle: M\nstarts: 2027-01-07 18:30\ntimezone: UTC\n{}\n---\n"


def test_an_unreadable_meetup_is_left_out(write_community: WriteCommunity) -> None:
    planted = one(
        "content/meetups/x.md",
        MEETUP.format("status: ▶postponed"),
        "unknown-value",
        "Until then the meetup is left out.",
    )
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    assert community.meetups == {}


@pytest.mark.parametrize("word", ["cancelled", "canceled", "Canceled"])
def test_cancelled_is_spelt_in_two_ways(word: str, write_community: WriteCommunity) -> None:
    text = MEETUP.format(f"repeats: every week\nstatus: {word}\nchanges:\n  2027-01-14: {{status: {word}}}")
    settings, _ = read_settings(write_community({**GOOD, "content/meetups/x.md": text}))
    loaded = load_community(settings, today=TODAY, cache=False)
    assert loaded.problems == ()
    meetup = loaded.community.meetups["x"]
    assert (meetup.status, meetup.changes[date(2027, 1, 14)].status) == ("cancelled", "cancelled")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("{status: ▶off}", "unknown-value"),
        ("{▶staus: cancelled}", "unknown-key"),
        ("▶cancelled", "wrong-type"),
    ],
)
def test_an_unreadable_change_calls_that_date_off(change: str, code: str, write_community: WriteCommunity) -> None:
    text = MEETUP.format(f"repeats: every week\nchanges:\n  2027-01-14: {change}")
    planted = one("content/meetups/x.md", text, code, "Until then this date is called off.")
    community, problems = load(write_community, planted)
    assert_told(problems, planted)
    meetup = community.meetups["x"]
    assert (meetup.status, meetup.changes[date(2027, 1, 14)].status) == ("confirmed", "cancelled")


def test_what_is_left_empty_is_what_it_is_without(write_community: WriteCommunity) -> None:
    text = "---\nname: Bo\nstatus:\naway:\nwelcomes:\nconsent:\n---\nBio.\n"
    settings, _ = read_settings(write_community({**GOOD, "content/members/bo.md": text}))
    loaded = load_community(settings, today=TODAY, cache=False)
    assert loaded.problems == ()
    member = loaded.community.members["bo"]
    assert (member.status, member.away, member.welcomes, member.consent) == ("active", None, 0, None)
