"""The names an authored mail may use, and what they are for one newcomer.

What is the same for everybody a mail goes to (`member`, `story`, `community`) is given as it is; what differs
(`newcomer`, `reasons`, `groups`, `meetups`, `challenge`) as holes. `Shape` says which of those there are: all that a
template's `if` and `for` can ask about, and so, with the records, all that a compiled mail depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Newcomer
from alongside.planning.occurrences import Occurrence
from alongside.planning.plan import StepContent, newcomer_zone
from alongside.rendering.interface import format_date, format_time, language_name, reason_texts, say
from alongside.rendering.mails.holes import Block, Url, clean


class Record:
    """The texts of a group or meetup that are not empty, by name.

    Kept from one newcomer to the next (`Texts`), so it is told from others by which object it is, in no time.
    """

    __slots__ = ("names", "texts")

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = {name: cleaned for name, text in texts.items() if (cleaned := clean(text))}
        self.names = tuple(self.texts)


Shape = tuple[str, ...]  # paths of a person's values that are not empty, in a fixed order
Values = Mapping[str, str]  # texts by path: "newcomer.name", "groups.0.url"
Items = tuple[str, ...] | tuple[Record, ...]
Lists = Mapping[str, Items]  # by name, those of `LISTS`

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


def fixed_names(content: StepContent, community: Community, words: Block, *, page: str) -> dict[str, object]:
    """What is the same for everybody: `member`, `story`, `community`. `page`: path of the member's, or empty."""
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
            url=addresses.url(page) if page else Url(""),
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


Texts = dict[object, Any]  # of reasons, groups and meetups, worked out before


class Case(NamedTuple):  # made for every mail, and a tuple is made three times as fast as a frozen record
    """What a person's values are worked out from."""

    content: StepContent
    newcomer: Newcomer
    community: Community
    known: Texts  # from one newcomer to the next
    confirm_url: str = ""  # of one mail alone, and made by who sends it


def spread(lists: Lists) -> dict[str, str]:
    """What stands in lists, by path ("groups.0.url"), in a fixed order."""
    values: dict[str, str] = {}
    for name, items in lists.items():
        for number, item in enumerate(items):
            if isinstance(item, Record):
                values.update((f"{name}.{number}.{part}", text) for part, text in item.texts.items())
            else:
                values[f"{name}.{number}"] = str(item)
    return values


def personal_values(
    content: StepContent, newcomer: Newcomer, community: Community, known: Texts | None = None
) -> dict[str, str]:
    """All that differs from person to person, by path."""
    case = Case(content, newcomer, community, {} if known is None else known)
    texts = {name: text for name, write in TEXTS.items() if (text := write(case))}
    return {**texts, **spread({name: write(case) for name, write in LISTS.items()})}


def _one_line(text: str) -> str:
    return clean(text)[:LONGEST].rstrip()


def _one_lines(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(_one_line, texts)))


def _languages(case: Case) -> Items:
    language, spoken = case.content.language, case.newcomer.languages
    key = ("languages", spoken, language)
    if key not in case.known:
        case.known[key] = _one_lines(language_name(tag, language) for tag in spoken)
    return cast(Items, case.known[key])


def _challenges(case: Case) -> Items:
    language, faced = case.content.language, case.newcomer.challenges
    key = ("challenges", faced, language)
    if key not in case.known:
        community = case.community
        challenges = (community.challenges[slug] for slug in faced if slug in community.challenges)
        case.known[key] = _one_lines(one.title.text(language, community.language) for one in challenges)
    return cast(Items, case.known[key])


def _challenge(case: Case) -> str:
    challenge = case.content.challenge
    if challenge is None:
        return ""
    return _one_line(challenge.title.text(case.content.language, case.community.language))


def _reasons(case: Case) -> Items:
    content, community, known = case.content, case.community, case.known
    texts = []
    for reason in content.reasons:
        key = ("reason", reason.kind, reason.value, content.language)
        text = known.get(key)
        if text is None:  # empty: one that cannot be told
            text = known[key] = _one_line("".join(reason_texts((reason,), content.language, community)))
        if text:
            texts.append(text)
    return tuple(texts)


def _groups(case: Case) -> Items:
    content, community, known = case.content, case.community, case.known
    records = []
    for group in content.groups:
        key = ("group", group.slug, content.language, content.day)  # an invitation to a chat may have ended
        record = known.get(key)
        if record is None:
            record = known[key] = Record(_group(group, case, Addresses(community.url)))
        if record.names:
            records.append(record)
    return tuple(records)


def _meetups(case: Case) -> Items:
    content, newcomer, community, known = case.content, case.newcomer, case.community, case.known
    records = []
    for meetup, occurrence in content.meetups:
        zone = newcomer_zone(newcomer, community) if occurrence.place is None else ""  # whose clock counts
        key = ("meetup", meetup.slug, content.language, zone, occurrence.original)
        record = known.get(key)
        if record is None:
            record = known[key] = Record(_meetup(meetup, occurrence, content, Addresses(community.url), zone))
        if record.names:
            records.append(record)
    return tuple(records)


# What a mail may use that differs from person to person, and how it is worked out.
TEXTS: Mapping[str, Callable[[Case], str]] = {
    "newcomer.name": lambda case: _one_line(case.newcomer.name),
    "newcomer.place": lambda case: _one_line(case.newcomer.place.label if case.newcomer.place is not None else ""),
    "newcomer.text": lambda case: _one_line(case.newcomer.text),
    "challenge.title": _challenge,
    "confirm_url": lambda case: case.confirm_url,
}
LISTS: Mapping[str, Callable[[Case], Items]] = {
    "newcomer.languages": _languages,
    "newcomer.challenges": _challenges,
    "reasons": _reasons,
    "groups": _groups,
    "meetups": _meetups,
}
PERSONAL = (*TEXTS, *LISTS)


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

    asked = {"confirm_url": hole("confirm_url")} if "confirm_url" in known else {}
    return {
        **asked,
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


def _group(group: Group, case: Case, addresses: Addresses) -> Mapping[str, str]:
    open_chats = case.community.open_chats(group, case.content.day)
    return {
        "name": group.name.text(case.content.language),
        "url": addresses.url(group.path),
        "chat": open_chats[0].url if open_chats else "",
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
