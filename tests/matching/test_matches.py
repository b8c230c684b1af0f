"""Whole matches over a small community made by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from alongside.matching.assignment import assign_member
from alongside.matching.index import MatchIndex, build_index
from alongside.matching.matches import match_newcomer, spread_key
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Away, Challenge, Consent, Container, Member, MemberPage, MemberStatus, Newcomer
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.problems import Position

TODAY = date(2026, 11, 23)
HERE = Position("content/x.md")


def place(label: str, country: str, lat: float, lon: float, zone: str) -> Place:
    return Place(label=label, slug=label.lower(), name=label, country=country, lat=lat, lon=lon, zone=zone)


BERLIN = place("Berlin, Germany", "DE", 52.52, 13.405, "Europe/Berlin")
POTSDAM = place("Potsdam, Germany", "DE", 52.39, 13.06, "Europe/Berlin")
MUNICH = place("Munich, Germany", "DE", 48.14, 11.58, "Europe/Berlin")
RECIFE = place("Recife, Brazil", "BR", -8.05, -34.9, "America/Recife")


def member(
    slug: str,
    bio: str = "",
    *,
    where: Place | None = None,
    languages: tuple[str, ...] = ("en",),
    challenges: tuple[str, ...] = (),
    welcomes: int = 3,
    status: MemberStatus = "active",
    until: date | None = date(2027, 6, 1),
    containers: frozenset[Container] = frozenset({"page", "embed", "mail"}),
    away: Away | None = None,
) -> Member:
    return Member(
        slug=slug,
        name=slug.title(),
        place=where,
        languages=languages,
        challenges=challenges,
        welcomes=welcomes,
        status=status,
        away=away,
        consent=Consent(since=date(2026, 1, 1), until=until, containers=containers),
        pages={languages[0]: MemberPage(language=languages[0], bio=bio, position=HERE)},
        position=HERE,
    )


def index_of(
    *members: Member, stories: tuple[Story, ...] = (), groups: tuple[Group, ...] = (), meetups: tuple[Meetup, ...] = ()
) -> MatchIndex:
    challenges = (
        Challenge(slug="first-talk", title=LocalText((("en", "Giving a first talk"),)), position=HERE),
        Challenge(slug="isolation", title=LocalText((("en", "Being the only one"),)), position=HERE),
    )
    community = Community(
        name="Test",
        challenges={challenge.slug: challenge for challenge in challenges},
        members={record.slug: record for record in members},
        stories={record.slug: record for record in stories},
        groups={record.slug: record for record in groups},
        meetups={record.slug: record for record in meetups},
    )
    return build_index(community, today=TODAY)


def members_for(index: MatchIndex, newcomer: Newcomer) -> list[str]:
    return [match.slug for match in match_newcomer(index, newcomer, upcoming={}, limit=9).members]


def test_words_find_the_member_who_wrote_of_the_same_thing() -> None:
    index = index_of(
        member("ana", "I froze on stage at my first conference talk and went on."),
        member("bo", "I keep bees and write release notes."),
        member("cy", "I maintain a compiler."),
    )
    matches = match_newcomer(
        index, Newcomer(text="I have to talk at a conference and I am afraid."), upcoming={}, limit=9
    )
    assert matches.members[0].slug == "ana"
    reason = matches.members[0].reasons[0]
    assert reason.kind == "text"
    assert "conference" in reason.value
    assert matches.members[0].score == sum(reason.points for reason in matches.members[0].reasons)


def test_a_shared_challenge_is_the_first_reason() -> None:
    index = index_of(member("ana", challenges=("first-talk",)), member("bo", where=BERLIN))
    matches = match_newcomer(index, Newcomer(challenges=("first-talk",), place=BERLIN), upcoming={}, limit=9)
    assert [match.slug for match in matches.members] == ["ana", "bo"]
    assert matches.members[0].reasons[0].kind == "challenge"
    assert matches.members[1].reasons[0].kind == "near"


@pytest.mark.parametrize(
    "hidden",
    [
        member("x", status="former"),
        member("x", status="memorial"),
        member("x", until=date(2026, 11, 22)),
        member("x", containers=frozenset()),
    ],
)
def test_nobody_without_consent_is_listed(hidden: Member) -> None:
    assert members_for(index_of(member("ana"), hidden), Newcomer()) == ["ana"]


def test_the_last_day_of_a_consent_counts() -> None:
    assert members_for(index_of(member("ana", until=TODAY)), Newcomer()) == ["ana"]


def test_who_shares_no_language_comes_last() -> None:
    index = index_of(
        member("ana", challenges=("first-talk",), languages=("pt",)),
        member("bo", challenges=("first-talk",), languages=("de",)),
    )
    newcomer = Newcomer(challenges=("first-talk",), languages=("pt-BR", "en"))
    matches = match_newcomer(index, newcomer, upcoming={}, limit=9)
    assert [match.slug for match in matches.members] == ["ana", "bo"]
    assert "language" in {reason.kind for reason in matches.members[0].reasons}


def test_equal_scores_are_spread_by_the_newcomer_and_stay_so() -> None:
    index = index_of(*(member(f"m{number}") for number in range(20)))
    orders = {tuple(members_for(index, Newcomer(id=f"n{number}"))) for number in range(10)}
    assert len(orders) == 10
    assert members_for(index, Newcomer(id="n1")) == members_for(index, Newcomer(id="n1"))
    assert spread_key("a", "") == spread_key("a", "") != spread_key("b", "")


def story(slug: str, title: str, *, language: str = "en", original: str = "", body: str = "") -> Story:
    return Story(
        slug=slug,
        title=title,
        members=("ana",),
        date=date(2026, 1, 1),
        language=language,
        translation_of=original,
        body=body,
        position=HERE,
    )


def test_a_translation_counts_once_and_in_the_newcomers_language() -> None:
    index = index_of(
        member("ana"),
        stories=(
            story("talk", "My talk"),
            story("palestra", "A palestra", language="pt", original="talk"),
            story("bees", "Bees"),
        ),
    )
    matches = match_newcomer(index, Newcomer(text="a talk", languages=("pt",)), upcoming={}, limit=9)
    assert [match.slug for match in matches.stories] == ["palestra", "bees"]
    assert match_newcomer(index, Newcomer(text="a talk"), upcoming={}, limit=9).stories[0].slug == "talk"


def group(slug: str, where: Place | None) -> Group:
    return Group(slug=slug, name=LocalText((("en", slug),)), kind="chapter", place=where, position=HERE)


def test_a_translation_is_found_by_its_own_words_and_so_is_who_tells_it() -> None:
    told = (
        story("told", "My talk"),
        story("erzaehlt", "Mein Vortrag", language="de", original="told", body="Lampenfieber"),
    )
    other = replace(story("bees", "Bees"), members=("bo",))
    index = index_of(member("bo"), member("ana"), stories=(*told, other))
    matches = match_newcomer(index, Newcomer(text="Lampenfieber", languages=("de",)), upcoming={}, limit=9)
    assert matches.stories[0].slug == "erzaehlt"
    assert matches.members[0].slug == "ana"
    assert ("text", "Lampenfieber") in [(reason.kind, reason.value) for reason in matches.stories[0].reasons]


def test_groups_by_bands() -> None:
    index = index_of(
        groups=(
            group("recife", RECIFE),
            group("munich", MUNICH),
            group("berlin", BERLIN),
            group("potsdam", POTSDAM),
            group("chat", None),
        )
    )
    newcomer = Newcomer(place=BERLIN)
    order = [match.slug for match in match_newcomer(index, newcomer, upcoming={}, limit=9).groups]
    assert order == ["berlin", "potsdam", "munich", "chat", "recife"]
    near = [match.slug for match in match_newcomer(index, newcomer, upcoming={}, limit=9, near_km=50).groups]
    assert near == ["berlin", "potsdam", "chat"]


def test_only_coming_meetups_the_sooner_first() -> None:
    def meetup(slug: str) -> Meetup:
        return Meetup(
            slug=slug,
            title=LocalText((("en", "x"),)),
            starts=datetime(2026, 12, 1, 18),  # noqa: DTZ001 (wall time)
            timezone="UTC",
            online=True,
            position=HERE,
        )

    index = index_of(meetups=(meetup("late"), meetup("soon"), meetup("past")))
    upcoming = {"late": datetime(2027, 1, 5, tzinfo=UTC), "soon": datetime(2026, 12, 1, tzinfo=UTC)}
    matches = match_newcomer(index, Newcomer(id="n"), upcoming=upcoming, limit=9)
    assert [match.slug for match in matches.meetups] == ["soon", "late"]


def test_assignment_takes_the_best_who_has_room() -> None:
    index = index_of(member("ana", "stage fright", welcomes=1), member("bo", "stage"), member("cy", "bees", welcomes=0))
    newcomer = Newcomer(text="stage fright")
    chosen = assign_member(index, newcomer, day=TODAY, load={})
    assert chosen is not None
    assert chosen.slug == "ana"
    chosen = assign_member(index, newcomer, day=TODAY, load={"ana": 1})
    assert chosen is not None
    assert chosen.slug == "bo"
    assert assign_member(index, newcomer, day=TODAY, load={"ana": 1, "bo": 3}) is None


def test_assignment_keeps_the_member_they_have() -> None:
    index = index_of(member("ana", "stage"), member("bo"))
    chosen = assign_member(index, Newcomer(text="stage"), day=TODAY, load={"bo": 99}, keep="bo")
    assert chosen is not None
    assert chosen.slug == "bo"


@pytest.mark.parametrize(
    "gone",
    [
        member("bo", status="former"),
        member("bo", until=date(2026, 11, 1)),
        member("bo", containers=frozenset({"page", "embed"})),
        member("bo", away=Away(first=TODAY, last=TODAY)),
    ],
)
def test_a_member_who_left_is_not_kept(gone: Member) -> None:
    chosen = assign_member(index_of(member("ana"), gone), Newcomer(), day=TODAY, load={}, keep="bo")
    assert chosen is not None
    assert chosen.slug == "ana"


def test_the_member_met_in_the_embed_within_their_own_limit() -> None:
    index = index_of(member("ana", "stage"), member("bo", welcomes=2))
    newcomer = Newcomer(text="stage", met="bo")
    assert assign_member(index, newcomer, day=TODAY, load={"bo": 1}).slug == "bo"  # type: ignore[union-attr]
    assert assign_member(index, newcomer, day=TODAY, load={"bo": 2}).slug == "ana"  # type: ignore[union-attr]


def test_the_load_is_even() -> None:
    index = index_of(*(member(f"m{number}", "stage" if number == 0 else "", welcomes=50) for number in range(10)))
    load: dict[str, int] = {}
    for number in range(200):
        chosen = assign_member(index, Newcomer(id=str(number), text="stage"), day=TODAY, load=load)
        assert chosen is not None
        load[chosen.slug] = load.get(chosen.slug, 0) + 1
    assert max(load.values()) <= 1.5 * 200 / 10


def test_a_topic_they_named_is_told_where_a_text_holds_all_its_words() -> None:
    index = index_of(
        member("ana", "I moved our web development to plain pages."),
        member("bo", "I keep bees on the web."),
        member("cy"),
    )
    named = ("web development",)
    matches = {
        match.slug: match for match in match_newcomer(index, Newcomer(topics=named), upcoming={}, limit=9).members
    }
    assert [(reason.kind, reason.value) for reason in matches["ana"].reasons] == [("topic", "web development")]
    assert [(reason.kind, reason.value) for reason in matches["bo"].reasons] == [("text", "")]
    wrote = match_newcomer(index, Newcomer(topics=named, text="Web pages!"), upcoming={}, limit=1).members[0]
    assert [(reason.kind, reason.value) for reason in wrote.reasons] == [("text", "pages, Web")]
