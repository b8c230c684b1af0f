"""The weekly mail to a team that owns moments: what became of them, and what needs somebody. Plain text.

No newcomer is in it by name, address or words; members are, as on their public pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from alongside.model.community import Community
from alongside.rendering.interface import format_date, format_number, interface_language, join_words, say
from alongside.rendering.mails.holes import clean
from alongside.rendering.mails.notes import Told

NAMED = 8  # so many of a kind are named; the others are counted

NeedKind = Literal[
    "held_mails", "held_notes", "reported", "unreached", "overloaded", "withdrawn", "unconfirmed", "consent_over",
    "consent_ends", "chats", "old_stories", "challenges",
]  # fmt: skip
COMMANDS: dict[NeedKind, str] = {
    "held_mails": "alongside send --resolve",
    "held_notes": "alongside notes held",
    "reported": "alongside notes reported",
}
# Why a mail was left out, as the store says it, where it tells a team something: -> the last part of the text's key.
TELLING = {
    "expired": "expired",
    "replied": "replied",
    "talked": "talked",
    "the member wrote it": "wrote",
    "the member said not now": "not_now",
    "the member is away": "away",
    "they ended the conversation": "ended",
    "no longer in the journey": "gone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentWeek:
    """What became of one moment's mails in a week."""

    journey: str  # slug
    moment: str  # id
    sent: int = 0
    answered: int = 0  # first answers, to mails of any time
    stopped: int = 0  # newcomers for whom it was the last mail before they asked for no more
    bounced: int = 0
    held: int = 0  # as of the writing: nobody knows whether they arrived
    refused: int = 0
    skipped: tuple[tuple[str, int], ...] = ()  # (reason, count), those that tell something


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that waits for a person. Nothing in it is about one newcomer."""

    kind: NeedKind
    count: int
    names: tuple[str, ...] = ()  # of members, stories, groups, challenges, moments; at most `NAMED`
    days: tuple[str, ...] = ()  # beside the names: when it ends or ended, ISO 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A team's week. Kept as it was when it was written, so that a mail that goes out again is the same one."""

    team: str  # its name; empty: all that have no address of their own
    first: date
    last: date  # included
    moments: tuple[MomentWeek, ...]  # with a mail, in authored order
    uncounted: int  # moments in the product and on pages
    needs: tuple[Need, ...]


def digest_letter(digest: Digest, community: Community) -> Told:
    """The mail in words, in the community's language."""
    language = interface_language(community.language)
    days = {"first": format_date(digest.first, language), "last": format_date(digest.last, language)}
    team = clean(digest.team or community.name)
    parts = [say(language, "digest.opening", team=team, **days)]
    if any(_figures(moment, language) for moment in digest.moments):
        parts += _journeys(digest, community, language)
    elif digest.moments:
        parts.append(say(language, "digest.quiet"))
    if digest.uncounted:
        parts.append(say(language, "digest.uncounted", count=digest.uncounted))
    if digest.needs:
        needs = (f"- {_need(need, language)}" for need in digest.needs)
        parts.append("\n".join((say(language, "digest.needs"), *needs)))
    else:
        parts.append(say(language, "digest.no_needs"))
    why = say(language, "digest.why", community=clean(community.name))
    return Told(
        subject=clean(say(language, "digest.subject", team=team, **days)),
        text="\n\n".join(parts) + f"\n\n-- \n{why}",
        language=language,
    )


def _journeys(digest: Digest, community: Community, language: str) -> Iterator[str]:
    """A paragraph a journey: its title, and a line a moment."""
    for slug, moments in groupby(digest.moments, key=lambda moment: moment.journey):
        journey = community.journeys.get(slug)
        title = clean(journey.title.text(language, community.language)) if journey is not None else slug
        lines = (
            f"- {clean(moment.moment)}: {_figures(moment, language) or say(language, 'digest.nothing')}"
            for moment in moments
        )
        yield "\n".join((title, *lines))


def _figures(week: MomentWeek, language: str) -> str:
    """`sent 12, answered 3; left out: too late 1`; empty when nothing happened."""
    figures = [
        say(language, f"map.figure.{name}", number=format_number(count, language))
        for name in ("sent", "answered", "stopped", "bounced")
        if (count := getattr(week, name))
    ]
    figures += [
        say(language, f"digest.figure.{name}", number=format_number(count, language))
        for name in ("held", "refused")
        if (count := getattr(week, name))
    ]
    skipped = [
        say(language, f"digest.skipped.{TELLING[why]}", number=format_number(count, language))
        for why, count in week.skipped
    ]
    told = [", ".join(figures)] if figures else []
    if skipped:
        told.append(say(language, "digest.skipped", reasons=", ".join(skipped)))
    return "; ".join(told)


def _need(need: Need, language: str) -> str:
    names = [clean(name) for name in need.names]
    if need.days:
        shown = (format_date(date.fromisoformat(day), language) for day in need.days)
        names = [f"{name} ({day})" for name, day in zip(names, shown, strict=True)]
    if names and need.count > len(names):
        names.append(say(language, "digest.more", count=need.count - len(names)))
    text = say(language, f"digest.need.{need.kind}", count=need.count, names=join_words(names, language))
    command = COMMANDS.get(need.kind)
    return f"{text} {command}" if command else text
