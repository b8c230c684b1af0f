"""What the site's search knows of record pages: their words, and what one may narrow them by.

Beside rendering a page: the same consents, the same views. Who may not be named on a page is in no record, and a draft
has none. `alongside search` hands the records to Pagefind, which splits words at spaces alone and knows one language
an index: so Chinese and Japanese are spaced by character here, and the script does the same to what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from alongside.model.people import Member
from alongside.rendering.feeds.plain_texts import plain_text
from alongside.rendering.markdown import render_markdown
from alongside.rendering.pages import browsing, lists
from alongside.rendering.pages.views import Face, Label, Prose, Views, docs_source, one_line
from alongside.rendering.pages.words import PageWords
from alongside.rendering.tracking import Site

# Scripts that are written without spaces between words: kana, and Han characters of any use.
_UNSPACED = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BETWEEN = re.compile(rf"(?<=[{_UNSPACED}])(?=\S)|(?<=\S)(?=[{_UNSPACED}])")
_ADDRESS = re.compile(r' href="[^"]*"')  # of links: nobody asks for those, and they fill what a result shows
_STEMMED = frozenset(
    "ar ca da de el en es et eu fi fr hi hu hy id it lt ne nl no pl pt ro ru sr sv ta tr yi".split()
)  # languages whose endings Pagefind takes off


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """One page as the search finds and shows it."""

    path: str  # below the site's root
    text: str  # plain
    meta: dict[str, str]  # what a result shows
    filters: dict[str, list[str]]  # what it can be narrowed by, as people read it


def spaced(text: str) -> str:
    """Text with every character a word of its own where a script has no spaces; else as it is."""
    return text if text.isascii() else _BETWEEN.sub(" ", text)


def search_language(site: Site) -> str:
    """The language of the whole index: that of all stories, where Pagefind knows its endings; else "unknown"."""
    languages = {story.language.split("-")[0].casefold() for story in site.whole.stories.values()}
    only = languages.pop() if len(languages) == 1 else ""
    return only if only in _STEMMED else "unknown"


def search_records(site: Site) -> Iterator[SearchRecord]:
    """A record for each page of a story, member, group, meetup, challenge and place of this build, new stories first.

    `list_jobs` was called before: it knows the pages.
    """
    records = _Records(site)
    community = site.whole
    for story in lists.newest_first(community.stories.values()):
        if story.path in site.pages and story.status == "published":
            yield records.story(story.slug)
    for member in lists.shown_members(site, community):
        if member.path in site.pages:
            yield records.member(member)
    for group in community.groups:
        yield records.group(group)
    for meetup in community.meetups:
        yield records.meetup(meetup)
    for challenge in community.challenges:
        yield records.challenge(challenge)
    for slug, place in lists.places(site).items():
        yield records.made("places", Label(text=one_line(place.name), language="", path=lists.place_path(slug)))


class _Records:
    """Records of pages in the community's language."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._ui = PageWords(site, page="", language=site.settings.language)
        self._views = Views(site, self._ui.language)

    def story(self, slug: str) -> SearchRecord:
        site, story = self._site, self._site.whole.stories[slug]
        card = self._views.story_of(story)
        return self.made(
            "stories",
            card.title,
            texts=(
                *card.words,
                self._words(Prose(text=story.body, source=docs_source(site, story.position), language="")),
            ),
            faces=card.tellers,
            challenges=story.challenges,
            topics=story.topics,
            roles=browsing.roles_of(site, story),
            languages=(story.language,),
            places=[place for teller in site.tellers(story, "page") for place in _place_names(teller)],
            day=story.date,
        )

    def member(self, member: Member) -> SearchRecord:
        face = self._views.face_of(member)
        pages = member.pages.values()
        prose = (
            Prose(text=text, source=docs_source(self._site, page.position), language="")
            for page in pages
            for text in (page.bio, page.welcome if member.status == "active" else "")
        )
        return self.made(
            "members",
            Label(text=face.name, language="", path=member.path),
            texts=map(self._words, prose),
            faces=(face,),
            challenges=member.challenges,
            topics=member.topics,
            roles=face.roles,
            languages=member.languages,
            places=_place_names(member),
        )

    def group(self, slug: str) -> SearchRecord:
        group = self._site.whole.groups[slug]
        prose = Prose(text=group.body, source=docs_source(self._site, group.position), language="")
        return self.made(
            "groups",
            self._views.local(group.name, group.path),
            texts=(self._words(prose),),
            challenges=group.challenges,
            topics=group.topics,
            languages=group.languages,
            places=_place_names(group),
        )

    def meetup(self, slug: str) -> SearchRecord:
        meetup = self._site.whole.meetups[slug]
        prose = Prose(text=meetup.body, source=docs_source(self._site, meetup.position), language="")
        return self.made(
            "meetups",
            self._views.local(meetup.title, meetup.path),
            texts=(self._words(prose),),
            challenges=meetup.challenges,
            topics=meetup.topics,
            languages=meetup.languages,
            places=_place_names(meetup),
        )

    def challenge(self, slug: str) -> SearchRecord:
        challenge = self._site.whole.challenges[slug]
        return self.made(
            "challenges", self._views.local(challenge.title, challenge.path), texts=challenge.also, challenges=(slug,)
        )

    def made(
        self,
        kind: str,
        title: Label,
        *,
        texts: Iterable[str] = (),
        faces: tuple[Face, ...] = (),
        challenges: Iterable[str] = (),
        topics: Iterable[str] = (),
        roles: Iterable[str] = (),
        languages: Iterable[str] = (),
        places: Iterable[str] = (),
        day: date | None = None,
    ) -> SearchRecord:
        """The record of a page; what is empty is left out."""
        named, spoken = self._views.challenges(challenges), list(dict.fromkeys(languages))
        words = (*texts, *(label.text for label in named), *topics, *(face.name for face in faces))
        filters = {
            "kind": [self._ui.say(f"nav.{kind}")],
            "challenge": [label.text for label in named],
            "place": list(dict.fromkeys(map(one_line, places))),
            "language": [self._ui.languages((language,)) for language in spoken],
            "role": [browsing.role_names(self._site).get(browsing.role_slug(role), one_line(role)) for role in roles],
            "year": [str(day.year)] if day else [],
        }
        face = faces[0] if faces else None
        meta = {
            "title": title.text,
            "language": title.language,
            "kind": self._ui.say(f"nav.{kind}"),
            "by": ", ".join(face.name for face in faces) if kind == "stories" else "",
            "day": self._ui.day(day) if day else "",
            "photo": face.small if face else "",
            "initials": face.initials if face and not face.photo else "",
            "hue": str(face.hue) if face else "",
        }
        return SearchRecord(
            path=title.path,
            text=" · ".join(spaced(text) for text in (title.text, *words) if text),
            meta={name: value for name, value in meta.items() if value},
            filters={name: values for name, values in filters.items() if values},
        )

    def _words(self, prose: Prose) -> str:
        html = render_markdown(prose.text, source=prose.source, links=self._site.links(""), convert=self._site.convert)
        return plain_text(_ADDRESS.sub("", html))


def _place_names(record: object) -> tuple[str, ...]:
    """Where somebody or something is, from near to far: town and country."""
    place = getattr(record, "place", None)
    return (place.name, place.country_name) if place is not None and place.country_name else ()
