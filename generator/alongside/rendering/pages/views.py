"""Record to what a template needs: faces, cards and dates, read from the `Site` so that the build knows of it.

First half of rendering a page; `lists` says which records stand on it, `records` puts both into
templates. A card is small and frozen and knows no HTML. Who may not be named leaves no trace: without `page` consent a
member has no face, so no template can show one.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from alongside.model.gatherings import Chat, Group, GroupKind, GroupStatus, Meetup, MeetupStatus
from alongside.model.group_facts import Activity, GroupFacts, LinkFacts
from alongside.model.people import Container, Member, MemberStatus
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.model.texts import LocalText
from alongside.planning.occurrences import HORIZON, Occurrence, occurrences
from alongside.planning.zones import local_time, read_zone
from alongside.problems import Position
from alongside.rendering.pages.lists import is_shown, path_of_place, start_day
from alongside.rendering.pages.players import may_play
from alongside.rendering.tracking import Site

HUES = 12  # colours for those without a photo; the style sheet has as many
DATES_SHOWN = 6  # next dates on a meetup's page
CARD_CHALLENGES = 3
ROOM_SCHEMES = frozenset({"irc", "ircs", "matrix", "xmpp"})  # of chats that have no web page

# How platforms write themselves; any other stands as its writer wrote it.
PLATFORMS = {
    "discord": "Discord", "discourse": "Discourse", "email": "E-mail", "github": "GitHub", "gitter": "Gitter",
    "irc": "IRC", "line": "LINE", "linkedin": "LinkedIn", "mastodon": "Mastodon", "matrix": "Matrix",
    "mattermost": "Mattermost", "meetup": "Meetup", "rocketchat": "Rocket.Chat", "signal": "Signal", "slack": "Slack",
    "telegram": "Telegram", "whatsapp": "WhatsApp", "xmpp": "XMPP", "zulip": "Zulip",
}  # fmt: skip

# Marks that turn the text around them (Unicode Standard Annex 9: embeddings, overrides, isolates).
_TURNING = dict.fromkeys((0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069))
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " ")


@lru_cache(maxsize=8192)
def one_line(text: str) -> str:
    """Text as it may stand in a title or beside a name: no control characters, no marks that turn what follows."""
    if text.isascii() and text.isprintable():
        return text
    return " ".join(text.translate(_TURNING).translate(_CONTROLS).split())


def safe_url(url: str, *, rooms: bool = False) -> str:
    """`url` when it is one that a page may link to outside of itself (http, https), else an empty text.

    `rooms`: so it may to a chat that opens in a program.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    known = (scheme in ("http", "https") and parts.netloc) or (rooms and scheme in ROOM_SCHEMES)
    return url.strip() if known else ""


def host_of(url: str) -> str:
    """The host of a URL as people write it: without "www." and port."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return one_line(host.removeprefix("www."))


@lru_cache(maxsize=8192)
def initials(name: str) -> str:
    """Up to two letters for a name: of its first and last words; of a name in one word, the first."""
    words = [word for word in one_line(name).split() if unicodedata.category(word[0])[0] == "L"]
    if not words:
        return ""
    ends = (words[0],) if len(words) == 1 else (words[0], words[-1])
    letters = [word[0].upper() for word in ends]
    # Letters that join or have no capital say more alone: one is enough.
    return "".join(letters) if all(letter.isupper() for letter in letters) else letters[0]


def hue(slug: str) -> int:
    """The colour of a person without a photo; always the same for a slug."""
    return zlib.crc32(slug.encode()) % HUES


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A short text in a known language, and the page it leads to."""

    text: str
    language: str
    path: str = ""  # site path; empty: no page


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A person who may be shown."""

    name: str
    pronouns: str
    path: str  # of their page; empty where they have none
    photo: str  # site path of the image, or empty
    small: str  # that of its smallest copy, where there is one
    initials: str
    hue: int  # 0 to HUES - 1, always the same for a person
    place: Label | None
    roles: tuple[str, ...]
    status: MemberStatus
    welcomes: bool  # takes newcomers on, today
    until: str  # the last day of their consent, ISO 8601; empty: it has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """Authored text, not yet HTML."""

    text: str
    source: str  # the docs file it stands in, from which relative links count
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCard:
    """A story where it stands among others."""

    slug: str
    path: str
    title: Label
    date: date
    tellers: tuple[Face, ...]  # empty: "a member of the community"
    until: str  # the first day on which a consent of theirs ends, ISO 8601; empty: none does
    words: tuple[str, ...]  # paragraphs of the excerpt a writer chose; empty where there is none
    challenges: tuple[Label, ...]
    audio: bool
    video: bool
    draft: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way into a group."""

    platform: str
    url: str  # empty when the invitation ran out, or was found dead
    expires: date | None
    expired: bool
    dead: date | None  # the day on which it was found to lead nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """What a group's rooms told of themselves, not too long ago."""

    members: int | None  # rounded; None where nobody knows, or they are few
    activity: Activity | None
    read: date  # the day they told it
    until: date  # the last day on which it is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCard:
    """A group where it stands among others."""

    slug: str
    path: str
    name: Label
    kind: GroupKind
    status: GroupStatus
    place: Label | None
    languages: tuple[str, ...]
    ways: tuple[Way, ...]
    alive: Alive | None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """One date of a meetup as its page and its cards say it."""

    starts: datetime | date  # aware, in the meetup's zone, or a day
    ends: datetime | date | None
    zone: str  # IANA
    status: MeetupStatus
    moved_from: date | None  # the day it would have been on
    planned: datetime | date | None  # when it would have begun, where it begins at another time now; aware, or a day
    reason: str
    title: Label | None  # of this date alone
    place: Place | None
    online_url: str

    @property
    def all_day(self) -> bool:
        """True when it has days and no hours."""
        return not isinstance(self.starts, datetime)

    @property
    def day(self) -> date:
        """Its (first) day, in the meetup's zone."""
        return self.starts.date() if isinstance(self.starts, datetime) else self.starts


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetupCard:
    """A meetup where it stands among others, with its next date or another one."""

    slug: str
    path: str
    title: Label
    when: When | None  # None: nothing lies ahead
    last: date | None  # the day it was last on, when nothing lies ahead
    group: Label | None
    place: Label | None
    online: bool
    status: MeetupStatus
    recurring: bool


class Views:
    """Records of a site as cards, for one page: in its language, and with what `container` may show."""

    def __init__(self, site: Site, language: str, container: Container = "page") -> None:
        self.site = site
        self.language = language
        self.container = container
        self._preferred = (language, site.settings.language)

    # --- small things ---

    def local(self, text: LocalText, path: str = "") -> Label:
        """A text in the page's language, else the community's, else its first."""
        language, chosen = text.pick(self._preferred)
        return Label(text=one_line(chosen), language=language, path=path)

    def challenges(self, slugs: Iterable[str]) -> tuple[Label, ...]:
        """Challenges by slug; those that do not exist are left out."""
        found = (self.site.community.challenges.get(slug) for slug in slugs)
        return tuple(self.local(challenge.title, challenge.path) for challenge in found if challenge is not None)

    def place(self, place: Place | None) -> Label | None:
        """A place by its label, leading to its page."""
        if place is None:
            return None
        return Label(text=one_line(place.label), language="", path=path_of_place(self.site, place.slug))

    def prose(self, text: str, position: Position, language: str) -> Prose | None:
        """Authored Markdown, or None where there is none."""
        return Prose(text=text, source=docs_source(self.site, position), language=language) if text.strip() else None

    # --- people ---

    def face(self, slug: str) -> Face | None:
        """A member as shown here, or None when they may not be, or do not exist."""
        return self.site.memo(f"face {self.container} {self.language}", self._face, slug)

    def _face(self, slug: str) -> Face | None:
        member = self.site.community.members.get(slug)
        if member is None or not self.site.allows(member, self.container):
            return None
        return self.face_of(member)

    def face_of(self, member: Member) -> Face:
        """A member whom `container` may show; their page counts only where `page` may show them, too."""
        has_page = self.container == "page" or self.site.allows(member, "page")
        return Face(
            name=one_line(member.name),
            pronouns=one_line(member.pronouns),
            path=member.path if has_page else "",
            photo=member.photo,
            small=self.site.smallest(member.photo),
            initials=initials(member.name),
            hue=hue(member.slug),
            place=self.place(member.place),
            roles=tuple(one_line(role) for role in member.roles),
            status=member.status,
            welcomes=self.site.is_welcoming(member),
            until=member.consent.until.isoformat() if member.consent and member.consent.until else "",
        )

    def faces(self, slugs: Iterable[str]) -> tuple[Face, ...]:
        """Those of the members who may be shown, in the order given."""
        return tuple(face for slug in slugs if (face := self.face(slug)) is not None)

    # --- stories ---

    def story(self, slug: str) -> StoryCard | None:
        """A story's card, or None when there is no such story to show."""
        return self.site.memo(f"story {self.container} {self.language}", self._story, slug)

    def _story(self, slug: str) -> StoryCard | None:
        story = self.site.community.stories.get(slug)
        return self.story_of(story) if story is not None and is_shown(self.site, story) else None

    def story_of(self, story: Story) -> StoryCard:
        """A card of a story that is shown."""
        tellers = self.faces(story.members)
        return StoryCard(
            slug=story.slug,
            path=story.path,
            title=Label(text=one_line(story.title), language=story.language, path=story.path),
            date=story.date,
            tellers=tellers,
            until=min((face.until for face in tellers if face.until), default=""),
            words=paragraphs(story.welcome),
            challenges=self.challenges(story.challenges[:CARD_CHALLENGES]),
            audio=bool(story.media.audio) and may_play(self.site, story),
            video=bool(story.media.video) and may_play(self.site, story),
            draft=story.status == "draft",
        )

    def stories(self, slugs: Iterable[str]) -> tuple[StoryCard, ...]:
        """Those of the stories that are shown, in the order given."""
        return tuple(card for slug in slugs if (card := self.story(slug)) is not None)

    # --- groups ---

    def group(self, slug: str) -> GroupCard | None:
        """A group's card, or None when there is none of that slug."""
        group = self.site.community.groups.get(slug)
        return self.group_of(group) if group is not None else None

    def group_of(self, group: Group) -> GroupCard:
        """A group's card."""
        facts = self.site.community.group_facts.get(group.slug, GroupFacts())
        return GroupCard(
            slug=group.slug,
            path=group.path,
            name=self.local(group.name, group.path),
            kind=group.kind,
            status=group.status,
            place=self.place(group.place),
            languages=group.languages,
            ways=tuple(self._way(chat, facts.link(chat.url)) for chat in group.chat),
            alive=self._alive(facts) if group.status != "retired" else None,
        )

    def groups(self, slugs: Iterable[str]) -> tuple[GroupCard, ...]:
        """Groups by slug, in the order given."""
        return tuple(card for slug in slugs if (card := self.group(slug)) is not None)

    def _way(self, chat: Chat, facts: LinkFacts | None) -> Way:
        known = facts is not None and not self.site.is_past(facts.until)
        ends = [
            day for day in (chat.expires, facts.expires if facts is not None and known else None) if day is not None
        ]
        expires = min(ends, default=None)
        expired = expires is not None and self.site.is_past(expires)
        dead = facts.read if facts is not None and known and facts.state == "dead" else None
        return Way(
            platform=PLATFORMS.get(chat.platform.casefold(), one_line(chat.platform)),
            url="" if expired or dead is not None else safe_url(chat.url, rooms=True),
            expires=expires,
            expired=expired,
            dead=dead,
        )

    def _alive(self, facts: GroupFacts) -> Alive | None:
        """What there is to tell, as long as it is not too old."""
        members = facts.members if isinstance(facts.members, int) else None
        if facts.read is None or facts.until is None or (members is None and facts.activity is None):
            return None
        if self.site.is_past(facts.until):
            return None
        return Alive(members=members, activity=facts.activity, read=facts.read, until=facts.until)

    # --- meetups ---

    def meetup(self, slug: str) -> MeetupCard | None:
        """A meetup's card, or None when there is none of that slug."""
        meetup = self.site.community.meetups.get(slug)
        return self.meetup_of(meetup) if meetup is not None else None

    def meetup_of(self, meetup: Meetup) -> MeetupCard:
        """A meetup's card with its next date."""
        return self.meetup_on(meetup, self.site.upcoming.get(meetup.slug))

    def meetup_on(self, meetup: Meetup, occurrence: Occurrence | None) -> MeetupCard:
        """A meetup's card with one of its dates; None: nothing lies ahead."""
        when = self.when(meetup, occurrence) if occurrence is not None else None
        group = self.site.community.groups.get(meetup.group) if meetup.group else None
        place = when.place if when is not None else meetup.place
        return MeetupCard(
            slug=meetup.slug,
            path=meetup.path,
            title=when.title if when is not None and when.title else self.local(meetup.title, meetup.path),
            when=when,
            last=None if when is not None else start_day(meetup),
            group=self.local(group.name, group.path) if group is not None else None,
            place=self.place(place),
            online=meetup.online,
            status=when.status if when is not None else meetup.status,
            recurring=bool(meetup.rrule),
        )

    def meetups(self, slugs: Iterable[str]) -> tuple[MeetupCard, ...]:
        """Meetups by slug, in the order given."""
        return tuple(card for slug in slugs if (card := self.meetup(slug)) is not None)

    def when(self, meetup: Meetup, occurrence: Occurrence) -> When:
        """A date of a meetup, with what its change says."""
        change = meetup.changes.get(occurrence.original)
        title = change.title if change is not None else None
        starts = occurrence.starts
        day = starts.date() if isinstance(starts, datetime) else starts
        return When(
            starts=starts,
            ends=occurrence.ends,
            zone=occurrence.zone,
            status=occurrence.status,
            moved_from=occurrence.original if day != occurrence.original else None,
            planned=_planned(meetup, occurrence) if change is not None and change.starts is not None else None,
            reason=one_line(change.reason) if change is not None else "",
            title=self.local(title, meetup.path) if title is not None else None,
            place=occurrence.place,
            online_url=safe_url(occurrence.online_url),
        )

    def dates(self, meetup: Meetup) -> tuple[When, ...]:
        """The next dates of a meetup, those called off included; one that is over has none.

        Only one with dates called off looks at the clock itself; else its page stays as it is from date to date.
        """
        following = self.site.upcoming.get(meetup.slug)
        if any(change.status == "cancelled" for change in meetup.changes.values()) or meetup.status == "cancelled":
            start = self.site.now
        elif following is not None:
            start = following.instant
        else:
            return ()
        found = occurrences(meetup, start=start, end=start + HORIZON)
        return tuple(self.when(meetup, occurrence) for occurrence in islice(found, DATES_SHOWN))


def _planned(meetup: Meetup, occurrence: Occurrence) -> datetime | date | None:
    """When a date that was moved would have begun; None where it begins then all the same."""
    first: datetime | date = occurrence.original
    if isinstance(meetup.starts, datetime):
        first = local_time(datetime.combine(occurrence.original, meetup.starts.time()), read_zone(meetup.timezone))
    return first if first != occurrence.starts else None


# --- what needs no language ---


def paragraphs(text: str) -> tuple[str, ...]:
    """Plain text as paragraphs, apart by a blank line; lines within one are joined."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return tuple(one_line(" ".join(block)) for block in blocks if block)


def docs_source(site: Site, position: Position) -> str:
    """The path below docs_dir of the file a position stands in."""
    return position.path.removeprefix(_docs_prefix(site.settings.root, site.settings.docs_dir))


@lru_cache(maxsize=16)
def _docs_prefix(root: Path, docs_dir: Path) -> str:
    folder = docs_dir.relative_to(root) if docs_dir.is_relative_to(root) else docs_dir
    return f"{folder.as_posix()}/"


def body_language(languages: Sequence[str], community_language: str) -> str:
    """What the text of a group or meetup is written in: the community's language where it is one of theirs."""
    if not languages or any(language.split("-")[0] == community_language.split("-")[0] for language in languages):
        return community_language
    return languages[0]
