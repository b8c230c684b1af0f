"""The ways around many stories: by challenge, place, role, language and year, and people by challenge and place.

First half of rendering a page, beside `lists`, whose rules hold here too: slugs and paths alone, made once a build and
looked up by key. A story is found where its tellers are who may be named, and under their roles where it has none.

The page of a challenge or place shows its first 24 of each kind; only where there are more is there a list of all. A
country, which may have no page, has a list from its first story on, a role from the second; languages and years have
theirs where there are two of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from alongside.model.community import Community
from alongside.model.people import Member
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.reading.places import areas_of
from alongside.reading.slugs import slugify
from alongside.rendering.pages import lists
from alongside.rendering.pages.lists import GATHERED, ListPage, name_key
from alongside.rendering.pages.views import one_line
from alongside.rendering.tracking import Site

WAYS = ("challenge", "place", "role", "language", "year")
FEWEST: Mapping[str, int] = {"challenge": GATHERED + 1, "place": GATHERED + 1, "role": 2}  # stories of a list; else 1
SEVERAL = frozenset({"language", "year"})  # of these one alone is the list of all stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value one can browse by."""

    value: str  # slug of the challenge, place or role; language tag; year
    name: str  # of a place or role; of what has a name in each language, the value
    count: int  # stories
    path: str  # of its list; empty: it has none


def roles_of(site: Site, story: Story) -> tuple[str, ...]:
    """The roles a story is told in: its own, else those of the first of its tellers who may be named."""
    tellers = () if story.roles else site.tellers(story, "page")
    return story.roles or (tellers[0].roles if tellers else ())


@lru_cache(maxsize=4096)
def role_slug(role: str) -> str:
    """A role as its list is called, whatever its case and accents; empty where nothing of it can be."""
    return slugify(role) if any(character.isalnum() for character in role) else ""


def found_stories(site: Site) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """For each way, by value: slugs of stories, newest first. A translation counts as a story of its language alone."""

    def compute(community: Community) -> Mapping[str, Mapping[str, Sequence[str]]]:
        found: dict[str, dict[str, list[str]]] = {way: defaultdict(list) for way in WAYS}
        places = {
            member.slug: [place for place in lists.places_of(member) if _may_be_listed(site, place)]
            for member in lists.shown_members(site, community)
        }
        for story in lists.shown_stories(site, community):
            for challenge in story.challenges:
                found["challenge"][challenge].append(story.slug)
            for place in dict.fromkeys(chain.from_iterable(places.get(teller, ()) for teller in story.members)):
                found["place"][place].append(story.slug)
            for role in dict.fromkeys(map(role_slug, roles_of(site, story))):
                if role:
                    found["role"][role].append(story.slug)
            found["year"][str(story.date.year)].append(story.slug)
        for story in lists.newest_first(one for one in community.stories.values() if lists.is_shown(site, one)):
            found["language"][story.language.casefold()].append(story.slug)
        return found

    return site.shared("lists.found_stories", compute)


def list_path(site: Site, kind: str, way: str, value: str) -> str:
    """The list of stories or members (`kind`) with `value`, below the site's root; empty where there is none."""
    path = f"{kind}/{way}/{value}/"
    return path if path in narrowed_paths(site) else ""


def _may_be_listed(site: Site, slug: str) -> bool:
    """True for a place that something can lead from: one with a page, or a country."""
    return slug in lists.places(site) or _is_country(places_of_people(site), slug)


def narrowed_stories(site: Site) -> Mapping[str, ListPage]:
    """Pages of the lists of stories with one thing in common, by path; cut from the oldest on, as that of all is."""

    def compute(_: Community) -> Mapping[str, ListPage]:
        pages: dict[str, ListPage] = {}
        countries = places_of_people(site)
        for way, found in found_stories(site).items():
            if way in SEVERAL and len(found) < 2:
                continue
            for value, slugs in found.items():
                least = 1 if way == "place" and _is_country(countries, value) else FEWEST.get(way, 1)
                if len(slugs) >= least:
                    path = f"stories/{way}/{value}/"
                    pages.update(lists.from_oldest(path, path, slugs, narrowing=way, value=value))
        return pages

    return site.shared("lists.narrowed_stories", compute)


def narrowed_members(site: Site) -> Mapping[str, ListPage]:
    """Pages of the lists of people with a challenge or place in common, by path, by name."""

    def compute(community: Community) -> Mapping[str, ListPage]:
        found: dict[tuple[str, str], list[Member]] = defaultdict(list)
        for member in lists.shown_members(site, community):
            for challenge in member.challenges:
                found["challenge", challenge].append(member)
            for place in lists.places_of(member):
                if place in lists.places(site):  # only the page of a place leads there
                    found["place", place].append(member)
        pages: dict[str, ListPage] = {}
        for (way, value), members in found.items():
            if len(members) > GATHERED:
                slugs, names = [member.slug for member in members], [member.name for member in members]
                path = f"members/{way}/{value}/"
                pages.update(lists.numbered(path, path, slugs, names, narrowing=way, value=value))
        return pages

    return site.shared("lists.narrowed_members", compute)


def narrowed_paths(site: Site) -> Mapping[str, bool]:
    """The first page of each of these lists: who links to one depends on its being there, not on what is in it."""

    def compute(_: Community) -> Mapping[str, bool]:
        pages = (*narrowed_stories(site).values(), *narrowed_members(site).values())
        return {page.path: True for page in pages if page.number == 1}

    return site.shared("lists.narrowed_paths", compute)


def places_of_people(site: Site) -> Mapping[str, Place]:
    """Places of members who are shown, and the regions and countries these lie in, by slug: with a page or without."""

    def compute(community: Community) -> Mapping[str, Place]:
        found: dict[str, Place] = {}
        for member in lists.shown_members(site, community):
            if member.place is not None and member.place.slug:
                for place in (member.place, *areas_of(member.place)):
                    found.setdefault(place.slug, place)
        return found

    return site.shared("lists.places_of_people", compute)


def _is_country(places: Mapping[str, Place], slug: str) -> bool:
    return slug in places and not areas_of(places[slug])


def role_names(site: Site) -> Mapping[str, str]:
    """For each role: how most write it."""

    def compute(community: Community) -> Mapping[str, str]:
        written: dict[str, Counter[str]] = defaultdict(Counter)
        for story in lists.shown_stories(site, community):
            for role in roles_of(site, story):
                written[role_slug(role)][one_line(role)] += 1
        return {slug: min(names, key=lambda name: (-names[name], name)) for slug, names in written.items() if slug}

    return site.shared("lists.role_names", compute)


def choices(site: Site) -> Mapping[str, tuple[Choice, ...]]:
    """For each way: what one can choose, in the order in which people look for it. Of places, countries alone."""

    def compute(_: Community) -> Mapping[str, tuple[Choice, ...]]:
        places, roles = places_of_people(site), role_names(site)

        def names(way: str, value: str) -> str:
            if way == "place":
                return one_line(places[value].name) if _is_country(places, value) else ""
            return roles[value] if way == "role" else value

        found = {
            way: [
                Choice(
                    value=value, name=names(way, value), count=len(slugs), path=list_path(site, "stories", way, value)
                )
                for value, slugs in by_value.items()
            ]
            for way, by_value in found_stories(site).items()
        }
        return {
            "challenge": tuple(sorted(found["challenge"], key=lambda choice: (-choice.count, choice.value))),
            "place": tuple(sorted(filter(_is_named, found["place"]), key=_by_name)),
            "role": tuple(sorted((choice for choice in found["role"] if choice.path), key=_by_name)),
            "language": tuple(sorted(found["language"], key=lambda choice: (-choice.count, choice.value))),
            "year": tuple(sorted(found["year"], key=lambda choice: choice.value, reverse=True)),
        }

    return site.shared("lists.choices", compute)


def _is_named(choice: Choice) -> bool:
    return bool(choice.name)


def _by_name(choice: Choice) -> tuple[str, str]:
    return name_key(choice.name), choice.value


def totals(site: Site) -> Mapping[str, int]:
    """How many there are of each kind."""

    def compute(community: Community) -> Mapping[str, int]:
        return {
            "stories": len(lists.shown_stories(site, community)),
            "members": len(lists.shown_members(site, community)),
            "groups": sum(group.status != "retired" for group in community.groups.values()),
            "meetups": len(lists.coming_meetups(site, community)),
            "challenges": len(community.challenges),
            "places": sum(len(page.slugs) for page in lists.place_pages(site).values()),
        }

    return site.shared("lists.totals", compute)
