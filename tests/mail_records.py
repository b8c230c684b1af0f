"""Records for tests of plans and mails: a small community made by hand, without reading files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from alongside.matching.index import build_index
from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Delay, Journey, Message, Moment
from alongside.model.people import Challenge, Consent, Container, Member, MemberPage, Newcomer
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.planning.plan import StepContent, choose, next_meetups
from alongside.problems import Position

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TODAY = NOW.date()
HERE = Position("content/x.md")
ALL: frozenset[Container] = frozenset({"page", "embed", "mail"})


def message(language: str = "en", body: str = "Hello") -> Message:
    return Message(language=language, subject="Hello", body=body, subject_position=HERE, body_position=HERE)


def mail(moment_id: str, **fields: Any) -> Moment:
    fields.setdefault("messages", {"en": message(), "pt": message("pt")})
    return Moment(id=moment_id, owner="community", where="mail", position=HERE, **fields)


def days(amount: int) -> Delay:
    return Delay(amount=amount, unit="days")


def journey(*moments: Moment) -> Journey:
    return Journey(slug="first-month", title=LocalText((("en", "First month"),)), moments=moments, position=HERE)


def member(slug: str, *, pages: Mapping[str, MemberPage] | None = None, **fields: Any) -> Member:
    page = MemberPage(language="en", bio="", welcome="Welcome words.", check_in="Check-in words.", position=HERE)
    values: dict[str, Any] = {
        "name": slug.title(),
        "languages": ("en",),
        "challenges": ("first-talk",),
        "welcomes": 5,
        "consent": Consent(since=date(2026, 1, 1), until=date(2026, 12, 31), containers=ALL),
    }
    return Member(slug=slug, pages=pages or {"en": page}, position=HERE, **{**values, **fields})


def story(slug: str, teller: str, **fields: Any) -> Story:
    values: dict[str, Any] = {"title": slug, "date": date(2026, 1, 1), "language": "en", "challenges": ("first-talk",)}
    return Story(slug=slug, members=(teller,), position=HERE, **{**values, **fields})


def community(*records: Member | Story | Group | Meetup) -> Community:
    def of(kind: type) -> dict[str, Any]:
        return {record.slug: record for record in records if isinstance(record, kind)}

    talk = Challenge(slug="first-talk", title=LocalText((("en", "Giving a first talk"),)), position=HERE)
    return Community(
        name="Docs People",
        url="https://docs.example.org/",
        challenges={"first-talk": talk},
        members=of(Member),
        stories=of(Story),
        groups=of(Group),
        meetups=of(Meetup),
    )


MIA = Newcomer(email="mia@example.net", name="Mia", languages=("en",), challenges=("first-talk",))
WELCOME, CHECK_IN = mail("welcome"), mail("check-in", after=days(7), ask_first=timedelta(days=2))
FIRST_MONTH = journey(WELCOME, CHECK_IN)


def chosen(
    people: Community,
    moment: Moment = WELCOME,
    *,
    newcomer: Newcomer = MIA,
    slug: str | None = "ana",
    day: date = TODAY,
    on: Journey = FIRST_MONTH,
) -> StepContent:
    return choose(
        people,
        build_index(people, today=day),
        journey=on,
        moment=moment,
        newcomer=newcomer,
        member=slug,
        upcoming=next_meetups(people, now=NOW),
        day=day,
    )
