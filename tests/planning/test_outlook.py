"""What ends or grows old, by the day and by what was read of chats since their files were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from alongside.model.community import Community
from alongside.model.gatherings import Chat, Group
from alongside.model.group_facts import GroupFacts, LinkFacts
from alongside.model.people import Challenge, Consent, Member, MemberPage
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.planning.outlook import FAR, Load, chats_by_end, consents_by_end, look_ahead, stories_before
from alongside.problems import Position

HERE = Position("content/x.md")
TODAY = date(2026, 12, 1)
DAY = timedelta(days=1)


def member(slug: str, until: date | None, *, welcomes: int = 2, **fields: object) -> Member:
    return Member(
        slug=slug,
        name=slug.title(),
        welcomes=welcomes,
        consent=Consent(since=date(2026, 1, 1), until=until, containers=frozenset(("page", "mail"))),
        pages={"en": MemberPage(language="en", bio="", position=HERE)},
        position=HERE,
        **fields,  # type: ignore[arg-type]
    )


def community(*members: Member, **fields: object) -> Community:
    return Community(name="Test", members={one.slug: one for one in members}, **fields)  # type: ignore[arg-type]


def test_consents_by_the_day_they_end() -> None:
    told = community(
        member("late", TODAY + FAR + DAY), member("last", TODAY + FAR), member("over", TODAY - DAY),
        member("open", None), member("former", TODAY, status="former"),
    )  # fmt: skip
    found = [(one.slug, day - TODAY) for day, one in consents_by_end(told, until=TODAY + FAR)]
    assert found == [("over", -DAY), ("last", FAR)]


def test_an_invitation_ends_when_its_file_or_its_platform_says_so_first() -> None:
    def group(slug: str, expires: date | None, **fields: object) -> Group:
        chat = Chat(platform="discord", url=f"https://{slug}.example.org/", expires=expires)
        name = LocalText((("en", slug),))
        return Group(slug=slug, name=name, kind="chat", chat=(chat,), position=HERE, **fields)  # type: ignore[arg-type]

    groups = (
        group("read", TODAY + 50 * DAY), group("filed", TODAY + 10 * DAY), group("never", None),
        group("retired", TODAY, status="retired"),
    )  # fmt: skip
    link = LinkFacts(url="https://read.example.org/", state="ok", read=TODAY, expires=TODAY + 5 * DAY)
    told = community(groups={one.slug: one for one in groups}, group_facts={"read": GroupFacts(links=(link,))})
    found = [(one.slug, (day - TODAY).days) for day, one, _ in chats_by_end(told, until=TODAY + FAR)]
    assert found == [("read", 5), ("filed", 10)]


def test_stories_and_the_newest_of_each_challenge() -> None:
    def story(slug: str, day: date, *challenges: str, **fields: object) -> Story:
        values: dict[str, object] = {"title": slug, "members": ("a",), "language": "en", "position": HERE}
        return Story(slug=slug, date=day, challenges=challenges, **values, **fields)  # type: ignore[arg-type]

    stories = (
        story("old", date(2024, 11, 30), "talk"), story("of-the-day", date(2024, 12, 1), "talk", "no-such"),
        story("older", date(2020, 2, 29)), story("draft", date(2019, 1, 1), "asking", status="draft"),
        story("translation", date(2020, 1, 1), "talk", translation_of="old"),
    )  # fmt: skip
    titles = {slug: LocalText((("en", slug),)) for slug in ("talk", "asking")}
    told = community(
        stories={one.slug: one for one in stories},
        challenges={slug: Challenge(slug=slug, title=title, position=HERE) for slug, title in titles.items()},
    )
    outlook = look_ahead(told, day=TODAY, load=None, languages=("pt",))
    assert [one.slug for one in outlook.old_stories] == ["older", "old"]
    assert {slug: one and one.slug for slug, one in outlook.newest_stories.items()} == {
        "talk": "of-the-day",
        "asking": None,
    }
    assert stories_before(told, date(2019, 1, 2)) == []
    assert outlook.untranslated == ()  # there is no mail


def test_loads_by_the_store_and_by_what_was_last_refreshed() -> None:
    full, idle, quiet = member("full", None), member("idle", None, welcomes=3), member("quiet", None, welcomes=0)
    told = replace(community(full, idle, quiet), full_until={"idle": TODAY})
    counted = look_ahead(told, day=TODAY, load={"full": 2, "quiet": 1}, languages=()).loads
    assert counted == (
        Load(member=full, taken=2, is_full=True),
        Load(member=idle, taken=0, is_full=False),
        Load(member=quiet, taken=1, is_full=True),
    )
    refreshed = look_ahead(told, day=TODAY, load=None, languages=()).loads
    assert [(load.member.slug, load.taken, load.is_full) for load in refreshed] == [
        ("full", None, False),
        ("idle", None, True),
    ]
