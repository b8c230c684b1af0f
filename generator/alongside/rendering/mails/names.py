"""The names an authored mail may use, and what they are for one newcomer.

What is the same for everybody a mail goes to (`member`, `story`, `community`) is given as it is; what differs
(`newcomer`, `reasons`, `groups`, `meetups`, `challenge`) as holes. `Shape` says which of those there are: all that a
template's `if` and `for` can ask about, and so, with the records, all that a compiled mail depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Newcomer
from alongside.planning.occurrences import Occurrence
from alongside.planning.plan import StepContent, newcomer_zone
from alongside.rendering.interface import format_date, format_time, language_name, reason_texts, say
from alongside.rendering.mails.holes import Block, Url, clean

Shape = tuple[str, ...]  # paths of a person's values that are not empty, in a fixed order

LONGEST = 2000  # characters of one value; a mail has to stay one (Gmail cuts at 102 kB)
GROUP_NAMES = ("name", "url", "chat", "when", "where")
MEMBER_NAMES = frozenset({"name", "pronouns", "place", "roles", "languages", "url"})
MEETUP_NAMES = ("title", "url", "chat", "when", "where")


class Names:
    """A template's object: `newcomer`, `member`, `group` ... It has the attributes it was given and no others."""

    def __init__(self, **values: object) -> None:
        self.__dict__.update(values)


def _kind(name: str) -> type[Names]:
    """`Names` called what writers call it, for messages about names there are not."""
    return type(name, (Names,), {"__module__": "builtins"})


NewcomerNames, MemberNames, StoryNames, CommunityNames, GroupNames, MeetupNames, ChallengeNames = map(
    _kind, ("newcomer", "member", "story", "community", "group", "meetup", "challenge")
)


class Nothing(Names):
    """A `story` or `challenge` that there is not: false, and its attributes are empty."""

    def __bool__(self) -> bool:
        return False


class _Unspoken(StrictUndefined):
    """Something of a member there is not: a template may ask whether it is there, not print it."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # Jinja2 types what never returns as Never
        return False


class Nobody(Nothing):
    """`member` where there is none: false, wordless; to print anything of them is an error."""

    words = ""

    def __getattr__(self, name: str) -> object:
        if name in MEMBER_NAMES:
            return _Unspoken(hint=f'"member.{name}" is undefined: there is no member.')
        raise AttributeError(name)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Absolute addresses of a site's pages; all empty when the site's own is unknown."""

    base: str

    def url(self, path: str) -> Url:
        """The address of the page at `path` below the site's root."""
        return Url(self.base + path if self.base else "")


def fixed_names(content: StepContent, community: Community, words: Block) -> dict[str, object]:
    """What is the same for everybody: `member`, `story`, `community`."""
    addresses = Addresses(community.url)
    member, story, language = content.member, content.story, content.language
    return {
        "community": CommunityNames(name=clean(community.name), url=addresses.url("")),
        "member": MemberNames(
            name=clean(member.name),
            pronouns=clean(member.pronouns),
            place=clean(member.place.label) if member.place else "",
            roles=tuple(map(clean, member.roles)),
            languages=tuple(language_name(tag, language) for tag in member.languages),
            url=addresses.url(member.path) if member.allows("page", content.day) else Url(""),
            words=words,
        )
        if member is not None
        else Nobody(),
        "story": StoryNames(
            title=clean(story.title), url=addresses.url(story.path), date=format_date(story.date, language)
        )
        if story is not None
        else Nothing(title="", url="", date=""),
    }


Texts = dict[tuple[object, ...], Mapping[str, str]]  # of groups and meetups, worked out before


def personal_values(
    content: StepContent, newcomer: Newcomer, community: Community, known: Texts | None = None
) -> dict[str, str]:
    """What differs from person to person, by path ("newcomer.name", "groups.0.url"), on one line; empty ones left out.

    `known` keeps the texts of groups and meetups from one newcomer to the next.
    """
    known = {} if known is None else known
    language = content.language
    challenges = (community.challenges[slug] for slug in newcomer.challenges if slug in community.challenges)
    texts = {
        "newcomer.name": newcomer.name,
        "newcomer.place": newcomer.place.label if newcomer.place else "",
        "newcomer.text": newcomer.text,
        "challenge.title": content.challenge.title.text(language, community.language) if content.challenge else "",
        **_numbered("newcomer.languages", (language_name(tag, language) for tag in newcomer.languages)),
        **_numbered("newcomer.challenges", (one.title.text(language, community.language) for one in challenges)),
        **_numbered("reasons", reason_texts(content.reasons, language, community)),
    }
    values = {path: cleaned for path, text in texts.items() if (cleaned := clean(text)[:LONGEST])}
    addresses = Addresses(community.url)
    for number, group in enumerate(content.groups):
        key: tuple[object, ...] = ("group", group.slug, language, content.day)
        if key not in known:
            known[key] = _without_empty(_group(group, content, addresses))
        values |= {f"groups.{number}.{name}": text for name, text in known[key].items()}
    zone = newcomer_zone(newcomer, community)
    for number, (meetup, occurrence) in enumerate(content.meetups):
        key = ("meetup", meetup.slug, language, zone, occurrence.original)
        if key not in known:
            known[key] = _without_empty(_meetup(meetup, occurrence, content, addresses, zone))
        values |= {f"meetups.{number}.{name}": text for name, text in known[key].items()}
    return values


def _without_empty(texts: Mapping[str, str]) -> Mapping[str, str]:
    return {name: cleaned for name, text in texts.items() if (cleaned := clean(text))}


def personal_names(paths: Shape, hole: Callable[[str], object]) -> dict[str, object]:
    """`newcomer`, `reasons`, `groups`, `meetups` and `challenge` of a template: `hole(path)` where there is a value."""
    known = frozenset(paths)

    def value(path: str) -> object:
        return hole(path) if path in known else ""

    def listed(prefix: str) -> tuple[object, ...]:
        return tuple(
            hole(path) for path in paths if path.startswith(f"{prefix}.") and path.count(".") == prefix.count(".") + 1
        )

    def records(prefix: str, kind: type[Names], names: tuple[str, ...]) -> tuple[Names, ...]:
        count = len({path.split(".")[1] for path in paths if path.startswith(f"{prefix}.")})
        return tuple(kind(**{name: value(f"{prefix}.{number}.{name}") for name in names}) for number in range(count))

    return {
        "newcomer": NewcomerNames(
            name=value("newcomer.name"),
            place=value("newcomer.place"),
            text=value("newcomer.text"),
            languages=listed("newcomer.languages"),
            challenges=listed("newcomer.challenges"),
        ),
        "reasons": listed("reasons"),
        "groups": records("groups", GroupNames, GROUP_NAMES),
        "meetups": records("meetups", MeetupNames, MEETUP_NAMES),
        "challenge": ChallengeNames(title=hole("challenge.title")) if "challenge.title" in known else Nothing(title=""),
    }


def _numbered(prefix: str, texts: Any) -> dict[str, str]:
    return {f"{prefix}.{number}": text for number, text in enumerate(texts)}


def _group(group: Group, content: StepContent, addresses: Addresses) -> Mapping[str, str]:
    open_chats = (chat.url for chat in group.chat if chat.expires is None or chat.expires >= content.day)
    return {
        "name": group.name.text(content.language),
        "url": addresses.url(group.path),
        "chat": next(open_chats, ""),
        "where": group.place.label if group.place else "",
    }


def _meetup(
    meetup: Meetup, occurrence: Occurrence, content: StepContent, addresses: Addresses, zone: str
) -> Mapping[str, str]:
    place = occurrence.place.label if occurrence.place else ""
    return {
        "title": occurrence.title.text(content.language),
        "url": addresses.url(meetup.path),
        "when": when_text(occurrence, content.language, zone=zone),
        "where": place or (say(content.language, "mail.online") if meetup.online else ""),
    }


def when_text(occurrence: Occurrence, language: str, *, zone: str) -> str:
    """When it starts: where one goes to, the clock there; online only, the newcomer's own, with its zone named."""
    starts = occurrence.starts
    if not isinstance(starts, datetime):
        return format_date(starts, language, "weekday")
    if occurrence.place is not None:
        day = format_date(starts.date(), language, "weekday")
        return say(language, "mail.when", day=day, time=format_time(starts))
    local = starts.astimezone(ZoneInfo(zone))
    day = format_date(local.date(), language, "weekday")
    city = zone.rpartition("/")[2].replace("_", " ")
    return say(language, "mail.when_zone", day=day, time=format_time(local), zone=city)
