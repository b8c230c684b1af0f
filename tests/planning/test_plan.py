"""The plan of a sequence, and who and what each step shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from alongside.model.gatherings import Chat, Group, Meetup
from alongside.model.journeys import Delay, Window
from alongside.model.people import Consent, MemberPage
from alongside.model.texts import LocalText
from alongside.planning.plan import newcomer_zone, plan_sequence
from mail_records import (
    CHECK_IN,
    FIRST_MONTH,
    HERE,
    MIA,
    NOW,
    TODAY,
    WELCOME,
    chosen,
    community,
    days,
    journey,
    mail,
    member,
    story,
)

# --- when ---


def test_steps_keep_their_order_and_their_distance() -> None:
    plan = plan_sequence(
        journey(mail("welcome"), mail("groups", after=Delay(amount=2, unit="hours")), mail("check-in", after=days(7))),
        enrolled_at=NOW,
        zone="Europe/Berlin",
    )
    assert [(step.moment.id, step.due.isoformat()) for step in plan] == [
        ("welcome", "2026-11-23T09:00:00+00:00"),
        ("groups", "2026-11-24T05:00:00+00:00"),  # 20 hours after the welcome, not 2
        ("check-in", "2026-11-30T09:00:00+00:00"),
    ]
    assert [step.expires - NOW for step in plan] == [
        timedelta(days=14), timedelta(days=14, hours=2), timedelta(days=21),
    ]  # fmt: skip


def test_a_step_authored_later_is_never_sent_earlier() -> None:
    plan = plan_sequence(
        journey(mail("late", after=days(10)), mail("early", after=days(1))), enrolled_at=NOW, zone="UTC"
    )
    assert plan[0].due < plan[1].due


def test_another_journeys_mail_delays_the_first_step_and_a_late_step_is_marked() -> None:
    sent = NOW - timedelta(hours=5)
    plan = plan_sequence(FIRST_MONTH, enrolled_at=NOW, zone="UTC", last_sent=sent)
    assert plan[0].due == sent + timedelta(hours=20)
    tight = mail("tight", expires=timedelta(hours=1))
    plan = plan_sequence(journey(WELCOME, tight, CHECK_IN), enrolled_at=NOW, zone="UTC")
    assert [step.expired for step in plan] == [False, True, False]
    # what is skipped keeps nobody waiting
    near = mail("near", after=Delay(amount=21, unit="hours"))
    plan = plan_sequence(journey(WELCOME, tight, near), enrolled_at=NOW, zone="UTC")
    assert plan[2].due == NOW + timedelta(hours=21)


def test_what_went_out_is_left_out_and_still_counts() -> None:
    sent = NOW + timedelta(days=6, hours=23)
    plan = plan_sequence(FIRST_MONTH, enrolled_at=NOW, zone="UTC", sent={"welcome": sent})
    assert [(step.moment.id, step.due) for step in plan] == [("check-in", sent + timedelta(hours=20))]


def test_the_member_is_asked_before_and_never_before_enrolling() -> None:
    plan = plan_sequence(FIRST_MONTH, enrolled_at=NOW, zone="UTC")
    assert plan[0].ask_first is None
    assert plan[1].ask_first == NOW + timedelta(days=5)
    soon = journey(mail("soon", after=days(1), ask_first=timedelta(days=2)))
    assert plan_sequence(soon, enrolled_at=NOW, zone="UTC")[0].ask_first == NOW
    team = journey(mail("team", sender="team", ask_first=timedelta(days=2)))
    assert plan_sequence(team, enrolled_at=NOW, zone="UTC")[0].ask_first is None


def test_the_newcomers_zone_is_theirs_then_their_places_then_the_communitys() -> None:
    people = replace(community(), timezone="Europe/Berlin")
    assert newcomer_zone(MIA, people) == "Europe/Berlin"
    assert newcomer_zone(replace(MIA, timezone="America/Recife"), people) == "America/Recife"


def test_a_window_is_the_newcomers_own() -> None:
    office = mail("office", window=Window(days=frozenset(range(5)), start=datetime.min.time().replace(hour=9)))
    plan = plan_sequence(journey(office), enrolled_at=NOW, zone="America/Recife")
    assert plan[0].due == NOW + timedelta(hours=3)


# --- who and what ---


def test_the_first_member_mail_says_the_storys_excerpt_else_the_welcome() -> None:
    people = community(member("ana"), story("talk", "ana", welcome="I lost my words."))
    words = chosen(people).words
    assert words is not None
    assert (words.text, words.markdown) == ("I lost my words.", False)
    bare = community(member("ana"), story("talk", "ana"))
    words = chosen(bare).words
    assert words is not None
    assert (words.text, words.markdown) == ("Welcome words.", True)


def test_later_member_mails_say_the_check_in() -> None:
    people = community(member("ana"), story("talk", "ana", welcome="I lost my words."))
    content = chosen(people, CHECK_IN)
    assert content.words is not None
    assert content.words.text == "Check-in words."
    assert content.notes == ("asks-first",)


def test_words_stand_in_the_newcomers_language_where_the_member_wrote_it() -> None:
    pages = {
        "pt": MemberPage(language="pt", bio="", welcome="Palavras.", position=HERE),
        "en": MemberPage(language="en", bio="", welcome="Words.", position=HERE),
    }
    people = community(member("ana", pages=pages, languages=("pt", "en")))
    for languages, expected in ((("en",), "Words."), (("pt-BR",), "Palavras."), (("ja",), "Words.")):
        words = chosen(people, newcomer=replace(MIA, languages=languages)).words
        assert words is not None
        assert words.text == expected


def test_without_words_the_team_introduces() -> None:
    silent = member("ana", pages={"en": MemberPage(language="en", bio="Hello.", position=HERE)})
    content = chosen(community(silent))
    assert content.member is not None
    assert content.words is None
    assert content.notes == ("no-words",)


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"consent": None}, TODAY),
        ({"consent": Consent(since=date(2026, 1, 1), containers=frozenset({"page"}))}, TODAY),
        ({"status": "former"}, TODAY),
        ({}, date(2027, 1, 1)),  # the day after consent ends
    ],
)
def test_nobody_is_used_without_consent_for_mail_on_that_day(fields: dict[str, Any], day: date) -> None:
    content = chosen(community(member("ana", **fields), story("talk", "ana", welcome="Mine.")), day=day)
    assert (content.member, content.words, content.story) == (None, None, None)
    assert content.notes == ("member-unavailable",)


def test_a_team_mail_names_no_member_and_needs_none() -> None:
    content = chosen(community(member("ana")), mail("groups", sender="team"))
    assert (content.member, content.reasons, content.notes) == (None, (), ())
    assert chosen(community(member("ana")), slug=None).notes == ("no-member",)


def test_the_story_is_the_members_own_voice_and_the_best_match() -> None:
    people = community(
        member("ana"),
        member("ben"),
        story("bens", "ben", welcome="Not hers."),
        story("other", "ana", challenges=(), welcome="Hers, of something else.", date=date(2026, 6, 1)),
        story("fits", "ana", welcome="Hers."),
        replace(story("both", "ben"), members=("ben", "ana"), welcome="Ben speaks here."),
    )
    content = chosen(people)
    assert content.story is not None
    assert content.story.slug == "fits"
    assert content.words is not None
    assert content.words.text == "Hers."


def test_a_story_comes_in_the_mails_language() -> None:
    people = community(
        member("ana"),
        story("talk", "ana", welcome="In English."),
        story("palestra", "ana", language="pt", translation_of="talk", welcome="Em português."),
    )
    content = chosen(people, newcomer=replace(MIA, languages=("pt",)))
    assert (content.language, content.story and content.story.slug) == ("pt", "palestra")
    assert content.words is not None
    assert (content.words.text, content.words.language) == ("Em português.", "pt")


def test_a_story_is_linked_in_the_newcomers_language_though_the_mail_is_not() -> None:
    people = community(
        member("ana"),
        member("ben"),
        story("talk", "ana", welcome="In English."),
        story("palestra", "ana", language="pt", translation_of="talk"),
        story("rede", "ana", language="de", translation_of="talk", welcome="Auf Deutsch."),
        story("hanashi", "ben", language="ja", translation_of="talk", welcome="Ben's."),
    )
    for languages, language, slug in (
        (("de",), "en", "rede"),
        (("de-AT", "pt"), "pt", "rede"),
        (("fr", "pt"), "pt", "palestra"),
        (("ja",), "en", "talk"),  # another voice
        (("fr",), "en", "talk"),
        ((), "en", "talk"),
    ):
        content = chosen(people, newcomer=replace(MIA, languages=languages))
        assert (content.language, content.story and content.story.slug) == (language, slug), languages
    team = chosen(people, mail("team", sender="team"), newcomer=replace(MIA, languages=("de",)))
    assert team.story is not None
    assert team.story.slug == "rede"


def test_a_members_words_stand_in_the_best_page_there_is() -> None:
    pages = {
        language: MemberPage(language=language, bio="", welcome=welcome, check_in=check_in, position=HERE)
        for language, welcome, check_in in (("ja", "Ja.", "Ja later."), ("pt", "Pt.", ""), ("de", "", "De later."))
    }
    people = community(member("ana", pages=pages, languages=("ja", "pt", "de")))
    for moment, languages, language, expected in (
        (WELCOME, ("de",), "en", "Ja."),  # no welcome in German: their own language
        (CHECK_IN, ("de",), "en", "De later."),
        (WELCOME, ("pt",), "pt", "Pt."),
        (CHECK_IN, ("pt", "de"), "pt", "De later."),
        (CHECK_IN, ("pt",), "pt", "Ja later."),
    ):
        content = chosen(people, moment, newcomer=replace(MIA, languages=languages))
        assert content.words is not None
        assert (content.language, content.words.text) == (language, expected)


def test_the_language_is_the_first_there_is_a_message_in() -> None:
    people = community(member("ana"))
    assert chosen(people, newcomer=replace(MIA, languages=("ja", "pt-BR", "en"))).language == "pt"
    content = chosen(people, newcomer=replace(MIA, languages=("ja",)))
    assert (content.language, content.notes) == ("en", ("other-language",))
    assert chosen(people, newcomer=replace(MIA, languages=())).notes == ()


def test_reasons_and_the_shared_challenge_are_told() -> None:
    content = chosen(community(member("ana")))
    assert ("challenge", "first-talk") in {(reason.kind, reason.value) for reason in content.reasons}
    assert content.challenge is not None
    assert content.challenge.slug == "first-talk"


def test_meetups_stand_in_the_order_of_their_dates() -> None:
    def meetup(slug: str, starts: datetime) -> Meetup:
        title = LocalText((("en", slug),))
        return Meetup(
            slug=slug, title=title, starts=starts, timezone="UTC", online=True, languages=("en",), position=HERE
        )

    group = Group(
        slug="room",
        name=LocalText((("en", "Room"),)),
        kind="chat",
        position=HERE,
        chat=(Chat(platform="irc", url="x"),),
    )
    dates = (datetime(2026, 12, 24, 18), datetime(2026, 12, 1, 18), datetime(2020, 1, 1, 18))  # noqa: DTZ001
    people = community(member("ana"), group, *(meetup(f"m{number}", starts) for number, starts in enumerate(dates)))
    content = chosen(people)
    assert [found.slug for found, _ in content.meetups] == ["m1", "m0"]
    assert [found.slug for found in content.groups] == ["room"]
