"""What stands on the picture that a chat or network shows beside a link to a record (Open Graph, ogp.me).

`alongside images` draws it (`imaging`); the page names it, and gives its words to who cannot see it. Both are made of
the same `PictureCard`, from the same views as the page: who may not be named there is not on the picture either. Its
address ends in a digest of what is on it, as chats keep pictures by their address: when a person takes their consent
back, or a title is mended, they ask again.

Stories, people, groups, meetups and challenges have one: what people send to each other; all other pages have that of
the site. On that of a meetup stands no date: it stays in a chat for years, and the next date is another one soon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from markupsafe import escape

from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Challenge, Member
from alongside.model.stories import Story
from alongside.rendering import interface
from alongside.rendering.copies import DRAWN
from alongside.rendering.pages import lists
from alongside.rendering.pages.jsonld import Linked
from alongside.rendering.pages.views import Face, Label, Views, host_of, one_line
from alongside.rendering.pages.words import spoken_language
from alongside.rendering.tracking import Site
from alongside.settings import Settings

WIDTH, HEIGHT = 1200, 630  # pixels: what networks show whole
_NAMES = 3

Record = TypeVar("Record", bound=Story | Member | Group | Meetup | Challenge)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureCard:
    """All that is on one picture."""

    path: str  # of the page; empty: of the site
    title: str
    language: str  # of the title
    above: str  # a few words over the title; empty: none
    names: tuple[str, ...]  # who tells it
    place: str
    photo: str  # below docs_dir; empty: there are initials
    initials: str
    hue: int | None  # of a person's colour; None: there is nobody to show
    site_name: str

    @property
    def alt(self) -> str:
        """The same in words."""
        return " · ".join(part for part in (self.title, *self.names, self.place, self.site_name) if part)


def cards(site: Site) -> Iterator[PictureCard]:
    """That of the site, and of each page of this build that has one of its own.

    `list_jobs` was called before: it knows the pages.
    """
    community = site.whole
    yield site_card(site.settings)
    for story in community.stories.values():
        if lists.is_shown(site, story):
            yield story_card(site, story)
    for member in lists.shown_members(site, community):
        yield member_card(site, member)
    for group in community.groups.values():
        yield group_card(site, group)
    for meetup in community.meetups.values():
        yield meetup_card(site, meetup)
    for challenge in community.challenges.values():
        yield challenge_card(site, challenge)


def site_card(settings: Settings) -> PictureCard:
    """Its name and where it is."""
    name = one_line(settings.site_name)
    return PictureCard(
        path="",
        title=name,
        language=settings.language,
        above="",
        names=(),
        place="",
        photo="",
        initials="",
        hue=None,
        site_name=host_of(settings.site_url),
    )


def story_card(site: Site, story: Story) -> PictureCard:
    """Its title, what it is about, and who tells it."""
    views = _views(site, story.language)
    faces = views.faces(story.members)
    about = views.challenges(story.challenges[:1])
    return _card(
        site,
        Label(text=one_line(story.title), language=story.language, path=story.path),
        above=about[0].text if about else _say(views, "nav.stories"),
        faces=faces,
    )


def member_card(site: Site, member: Member) -> PictureCard:
    """Their name and roles."""
    language = next(iter(member.pages), site.settings.language)
    face = _views(site, language).face_of(member)
    name = Label(text=face.name, language=language, path=member.path)
    return _card(site, name, above=" · ".join(face.roles[:2]), faces=(face,), named=False)


def group_card(site: Site, group: Group) -> PictureCard:
    """Its name, kind and place."""
    views = _views(site, site.settings.language)
    card = views.group_of(group)
    return _card(site, card.name, above=_say(views, f"group.kind.{card.kind}"), place=card.place)


def meetup_card(site: Site, meetup: Meetup) -> PictureCard:
    """Its title, group and place."""
    views = _views(site, site.settings.language)
    group = site.community.groups.get(meetup.group) if meetup.group else None
    above = views.local(group.name).text if group is not None else _say(views, "nav.meetups")
    return _card(site, views.local(meetup.title, meetup.path), above=above, place=views.place(meetup.place))


def challenge_card(site: Site, challenge: Challenge) -> PictureCard:
    """Its title."""
    views = _views(site, site.settings.language)
    return _card(site, views.local(challenge.title, challenge.path), above=_say(views, "nav.challenges"))


def card_path(page: str) -> str:
    """Where the picture of a page lies in the site.

    >>> card_path("stories/first-talk/")
    'drawn/stories/first-talk.jpg'
    """
    return f"{DRAWN}/{page.rstrip('/') or 'site'}.jpg"


def picture_head(site: Site, make: Callable[[Site, Record], PictureCard], record: Record) -> tuple[str, ...]:
    """Lines for the head of a record's page; none where pictures are not on, or the site's address is unknown: a chat
    asks for a whole one."""
    return _lines(site.settings, make(site, record)) if _are_named(site.settings) else ()


def site_head(settings: Settings) -> tuple[str, ...]:
    """As `picture_head`, for the head of every page that has no picture of its own."""
    return _lines(settings, site_card(settings)) if _are_named(settings) else ()


def digest_of(card: PictureCard) -> str:
    """Short, and another one when there is something else on the picture."""
    return blake2b(repr(card).encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _are_named(settings: Settings) -> bool:
    return settings.images is not None and settings.site_url != ""


def _lines(settings: Settings, card: PictureCard) -> tuple[str, ...]:
    address = Linked(site_url=settings.site_url, site_name=card.site_name).address(card_path(card.path))
    meta = {
        "og:image": f"{address}?{digest_of(card)}",
        "og:image:type": "image/jpeg",
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": card.alt,
    }
    return (
        *(f'<meta property="{name}" content="{escape(content)}">' for name, content in meta.items()),
        '<meta name="twitter:card" content="summary_large_image">',
    )


def _card(
    site: Site,
    title: Label,
    *,
    above: str,
    faces: tuple[Face, ...] = (),
    named: bool = True,
    place: Label | None = None,
) -> PictureCard:
    face = faces[0] if faces else None
    shown = place if face is None else face.place
    return PictureCard(
        path=title.path,
        title=title.text,
        language=title.language,
        above=above,
        names=tuple(face.name for face in faces[:_NAMES]) if named else (),
        place=shown.text if shown is not None else "",
        photo=face.photo if face is not None else "",
        initials=face.initials if face is not None else "",
        hue=face.hue if face is not None else None,
        site_name=one_line(site.settings.site_name),
    )


def _views(site: Site, language: str) -> Views:
    return Views(site, spoken_language(language, site.settings.language))


def _say(views: Views, key: str) -> str:
    return interface.say(views.language, key)
