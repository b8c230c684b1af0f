"""Which records stand on which page, in what order: lists made once a build and looked up by key.

First half of rendering a page, below `rendering.pages.views`. Each function returns a mapping of `Site.shared`: slugs,
numbers and paths, no cards, so that a page depends on the records it shows and on its own entry, not on all of them.
Everything here is linear in the number of records, sorting aside.

Lists that grow are cut where an addition disturbs least. Stories are cut from the oldest on: `stories/page/1/` holds
the first sixty for good, and `stories/` the newest 30 to 89.
"""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Member
from alongside.model.places import Place
from alongside.model.stories import Story
from alongside.planning.occurrences import last_day
from alongside.reading.places import areas_of
from alongside.rendering.tracking import Computed, Site

PAGE = 60  # entries of a list's page
FRONT = 30  # at least so many stand on the front page of the stories, where there are as many
GATHERED = 24  # entries of one kind on the page of a challenge or place
RELATED = 3
MORE_STORIES = 3  # of the same teller, beside one of theirs
NEIGHBOURS = 4  # older stories under each challenge, topic and role, among which related ones are sought
NEAR_KM = 250.0
NEAR_PLACES = 8
EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """One page of a list."""

    path: str
    slugs: tuple[str, ...]
    previous: str = ""  # path of the page before (for stories: of newer ones); empty: none
    following: str = ""
    number: int = 1
    # on the first: (path, first, last) of each page; of people and groups by name, of stories by day (ISO 8601)
    directory: tuple[tuple[str, str, str], ...] = ()
    year: int = 0  # past meetups: of which year
    total: int = 0  # records in the whole list; on its first page
    narrowing: str = ""  # what all of them have in common (`browsing.Way`); empty: nothing
    value: str = ""  # which challenge, place, role, language or year that is


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What one challenge or place brings together: slugs, cut, and how many there are of each."""

    members: tuple[str, ...] = ()
    stories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    meetups: tuple[str, ...] = ()  # coming ones
    more: tuple[int, int, int, int] = (0, 0, 0, 0)  # left out of each of the four


def name_key(text: str) -> str:
    """Sorts names as readers expect: without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in folded if not unicodedata.combining(mark)).strip()


# --- who and what is listed at all ---


def is_shown(site: Site, story: Story) -> bool:
    """True for published stories, and for drafts where they are previewed."""
    return story.status == "published" or site.drafts


def start_day(meetup: Meetup) -> date:
    """The day of `starts`."""
    return meetup.starts.date() if isinstance(meetup.starts, datetime) else meetup.starts


def shown_members(site: Site, community: Community) -> list[Member]:
    """Those with a page today, by name."""
    members = [member for member in community.members.values() if site.allows(member, "page")]
    return sorted(members, key=lambda member: (name_key(member.name), member.slug))


def shown_stories(site: Site, _: Community) -> Sequence[Story]:
    """Stories that are shown, newest first; translations are left to their originals."""

    def compute(community: Community) -> Mapping[str, tuple[Story, ...]]:
        stories = community.stories
        originals = (
            story
            for story in stories.values()
            if is_shown(site, story)
            and not (story.translation_of in stories and is_shown(site, stories[story.translation_of]))
        )
        return {"all": tuple(newest_first(originals))}

    return site.shared("lists.shown_stories", compute)["all"]


def newest_first(stories: Iterable[Story]) -> list[Story]:
    """Stories by date; those of one day by slug."""
    return sorted(stories, key=lambda story: (-story.date.toordinal(), story.slug))


def coming_meetups(site: Site, community: Community) -> list[Meetup]:
    """Meetups with a date ahead, soonest first."""
    found = [(following.instant, slug) for slug in community.meetups if (following := site.upcoming[slug]) is not None]
    return [community.meetups[slug] for _, slug in sorted(found)]


# --- lists ---


def story_pages(site: Site) -> Mapping[str, ListPage]:
    """Pages of the list of stories, by path."""

    def compute(community: Community) -> Mapping[str, ListPage]:
        return from_oldest("stories/", "stories/page/", [story.slug for story in shown_stories(site, community)])

    return site.shared("lists.stories", compute)


def member_pages(site: Site) -> Mapping[str, ListPage]:
    """Pages of the list of members, by path."""

    def compute(community: Community) -> Mapping[str, ListPage]:
        members = shown_members(site, community)
        slugs, names = [member.slug for member in members], [member.name for member in members]
        return numbered("members/", "members/page/", slugs, names)

    return site.shared("lists.members", compute)


def group_pages(site: Site) -> Mapping[str, ListPage]:
    """Pages of the list of groups, by path: from anywhere first, then by country and place; retired ones last."""

    def key(group: Group) -> tuple[bool, bool, str, str, str, str]:
        place = group.place
        lost = place is None and group.kind == "chapter"  # meets somewhere, nobody said where
        where = (place.country_name, name_key(place.name)) if place is not None else ("", "")
        return (group.status == "retired", lost, *where, name_key(str(group.name)), group.slug)

    def compute(community: Community) -> Mapping[str, ListPage]:
        groups = sorted(community.groups.values(), key=key)
        slugs, names = [group.slug for group in groups], [str(group.name) for group in groups]
        return numbered("groups/", "groups/page/", slugs, names)

    return site.shared("lists.groups", compute)


def soonest_meetups(site: Site) -> Mapping[str, tuple[str, ...]]:
    """Under `all`: the first meetups with a date ahead, soonest first."""

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        return {"all": tuple(meetup.slug for meetup in coming_meetups(site, community)[:GATHERED])}

    return site.shared("lists.soonest_meetups", compute)


def past_pages(site: Site) -> Mapping[str, ListPage]:
    """Pages of the meetups that are over, by path, by year."""

    def compute(community: Community) -> Mapping[str, ListPage]:
        years: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for slug, meetup in community.meetups.items():
            day = last_day(meetup) or start_day(meetup)
            if site.upcoming[slug] is None and day < site.day:
                years[day.year].append((-day.toordinal(), slug))
        pages: dict[str, ListPage] = {}
        for year, found in years.items():
            parts = _cut([slug for _, slug in sorted(found)])
            path = f"meetups/past/{year}/"
            pages.update(_chained([path, *(f"{path}{n}/" for n in range(2, len(parts) + 1))], parts, year=year))
        return pages

    return site.shared("lists.past_meetups", compute)


def past_years(site: Site) -> Mapping[str, tuple[tuple[int, str], ...]]:
    """Under `years`: those with past meetups, newest first, and the path of each."""

    def compute(_: Community) -> Mapping[str, tuple[tuple[int, str], ...]]:
        first = {page.year: path for path, page in past_pages(site).items() if page.number == 1}
        return {"years": tuple(sorted(first.items(), reverse=True))}

    return site.shared("lists.past_years", compute)


def place_pages(site: Site) -> Mapping[str, ListPage]:
    """The list of places, by path: by country, then name. Regions and countries are left to the pages of theirs."""

    def compute(community: Community) -> Mapping[str, ListPage]:
        shown = _listed_places(site, community)
        slugs = sorted(shown, key=lambda slug: (shown[slug].country_name, name_key(shown[slug].name), slug))
        return numbered("places/", "places/page/", slugs, [shown[slug].name for slug in slugs], size=5 * PAGE)

    return site.shared("lists.places", compute)


def _cut(slugs: Sequence[str], size: int = PAGE) -> list[Sequence[str]]:
    return [slugs[start : start + size] for start in range(0, len(slugs), size)] or [()]


def from_oldest(
    path: str, below: str, slugs: Sequence[str], *, narrowing: str = "", value: str = ""
) -> Mapping[str, ListPage]:
    """Pages of a list that begins with what is new, by path; `below`: where those are that are full for good."""
    full = max(0, (len(slugs) - FRONT) // PAGE)
    front, rest = slugs[: len(slugs) - full * PAGE], slugs[len(slugs) - full * PAGE :]
    paths = [path, *(f"{below}{number}/" for number in range(full, 0, -1))]
    parts = [front, *(rest[start : start + PAGE] for start in range(0, len(rest), PAGE))]
    return _chained(paths, parts, narrowing=narrowing, value=value)


def numbered(
    path: str,
    below: str,
    slugs: Sequence[str],
    names: Sequence[str],
    *,
    size: int = PAGE,
    narrowing: str = "",
    value: str = "",
) -> Mapping[str, ListPage]:
    """Pages of a list by name, by path; `below`: where the second and later ones are."""
    parts = _cut(slugs, size)
    paths = [path, *(f"{below}{number}/" for number in range(2, len(parts) + 1))]
    starts = range(0, len(slugs), size)
    directory = tuple(
        (paths[index], names[start], names[min(start + size, len(names)) - 1]) for index, start in enumerate(starts)
    )
    return _chained(paths, parts, directory=directory if len(parts) > 1 else (), narrowing=narrowing, value=value)


def _chained(
    paths: Sequence[str],
    parts: Sequence[Sequence[str]],
    *,
    directory: tuple[tuple[str, str, str], ...] = (),
    year: int = 0,
    narrowing: str = "",
    value: str = "",
) -> Mapping[str, ListPage]:
    """Pages that know their neighbours; only the first knows all."""
    total = sum(len(part) for part in parts)
    return {
        path: ListPage(
            path=path,
            slugs=tuple(parts[index]),
            previous=paths[index - 1] if index else "",
            following=paths[index + 1] if index + 1 < len(paths) else "",
            number=index + 1,
            directory=() if index else directory,
            year=year,
            total=0 if index else total,
            narrowing=narrowing,
            value=value,
        )
        for index, path in enumerate(paths)
    }


# --- what stands together ---


def gathered_by_challenge(site: Site) -> Mapping[str, Gathered]:
    """For each challenge: who knows about it, and what there is."""

    def compute(community: Community) -> Mapping[str, Gathered]:
        return _gather(site, community, lambda record: record.challenges)

    return site.shared("lists.by_challenge", compute)


def gathered_by_place(site: Site) -> Mapping[str, Gathered]:
    """For each place that has a page: who and what is there, in a region or country anywhere."""

    def keys(record: Member | Story | Group | Meetup) -> Iterable[str]:
        if isinstance(record, Story):  # where those are who tell it, as far as they may be named
            return dict.fromkeys(place for teller in site.tellers(record, "page") for place in places_of(teller))
        return places_of(record)

    def compute(community: Community) -> Mapping[str, Gathered]:
        return _gather(site, community, keys)

    return site.shared("lists.by_place", compute)


def places_of(record: Member | Group | Meetup) -> tuple[str, ...]:
    """The place of a record and the region and country it lies in, as slugs; empty where it has none."""
    if record.place is None or not record.place.slug:
        return ()
    return (record.place.slug, *(area.slug for area in areas_of(record.place)))


def _gather(
    site: Site, community: Community, keys: Callable[[Member | Story | Group | Meetup], Iterable[str]]
) -> Mapping[str, Gathered]:
    found: dict[str, tuple[list[str], list[str], list[str], list[str]]] = defaultdict(lambda: ([], [], [], []))

    def add(kind: int, records: Iterable[Member | Story | Group | Meetup]) -> None:
        for record in records:
            for key in keys(record):
                found[key][kind].append(record.slug)

    by_standing: list[Member] = sorted(shown_members(site, community), key=lambda member: _standing(site, member))
    add(0, by_standing)
    add(1, shown_stories(site, community))
    add(2, sorted(community.groups.values(), key=lambda group: (group.status != "active", group.slug)))
    add(3, coming_meetups(site, community))
    return {
        key: Gathered(
            members=tuple(lists[0][:GATHERED]),
            stories=tuple(lists[1][:GATHERED]),
            groups=tuple(lists[2][:GATHERED]),
            meetups=tuple(lists[3][:GATHERED]),
            more=(
                max(0, len(lists[0]) - GATHERED),
                max(0, len(lists[1]) - GATHERED),
                max(0, len(lists[2]) - GATHERED),
                max(0, len(lists[3]) - GATHERED),
            ),
        )
        for key, lists in found.items()
    }


def _standing(site: Site, member: Member) -> int:
    """Those who welcome newcomers first, those who left last; the sort keeps names in order within."""
    if member.status != "active":
        return 2
    return 0 if member.welcomes and not site.is_away(member) else 1


def related_stories(site: Site) -> Mapping[str, tuple[str, ...]]:
    """For each story: a few others that have most in common with it (challenges above topics and roles), in its
    language first, at most one of each teller.

    They are sought among its next older neighbours under each of these, and among newer ones where there are too few
    older ones: so a new story becomes nobody's neighbour but that of the few oldest under what is rare.
    """

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        shown = shown_stories(site, community)
        bits: dict[str, int] = {tag: 1 << number for number, tag in enumerate(community.challenges)}
        challenges = sum(bits.values())
        ranked: dict[int, list[int]] = defaultdict(list)  # stories by bit, as their places in `shown`
        places: list[list[tuple[int, int]]] = []  # of each story in the list of each of its bits
        tags: list[int] = []
        for index, story in enumerate(shown):
            own = {bits.setdefault(tag, 1 << len(bits)) for tag in _tags(story)}
            tags.append(sum(own))
            places.append([(bit, len(ranked[bit])) for bit in own])
            for bit in own:
                ranked[bit].append(index)
        numbers = {story.slug: index for index, story in enumerate(shown)}
        languages = [story.language for story in shown]
        total, twice = len(shown), 2 * len(shown)

        def related(slug: str) -> tuple[str, ...]:
            original = community.stories[slug].translation_of
            index = numbers.get(original, numbers.get(slug))
            if index is None:
                return ()
            story = shown[index]
            pool: set[int] = set()
            for bit, place in places[index]:
                stories = ranked[bit]
                start = max(0, min(place, len(stories) - 1 - NEIGHBOURS))
                pool.update(stories[start : start + NEIGHBOURS + 1])
            pool.discard(index)
            mine, language = tags[index], story.language
            order = []
            for other in pool:
                both = mine & tags[other]
                shared = both.bit_count() + (both & challenges).bit_count()
                away = other - index if other > index else total + index - other  # older ones first
                # one number sorts as (most in common, this language, near) would, which are less than `twice` away
                order.append((away - twice * (2 * shared + (languages[other] == language)), other))
            order.sort()
            return _of_many(story, (shown[other] for _, other in order))

        return Computed(community.stories, related)

    return site.shared("lists.related", compute)


def _tags(story: Story) -> Iterator[str]:
    """All that a story may share with others: challenges, topics and roles, these whatever their case."""
    yield from story.challenges
    for topic in story.topics:
        yield f"topic {topic.casefold()}"
    for role in story.roles:
        yield f"role {role.casefold()}"


def _of_many(story: Story, others: Iterable[Story]) -> tuple[str, ...]:
    """The first few, one of each teller before a second; more of the story's own teller stands beside them."""
    tellers = {story.members[0]}
    first: list[str] = []
    seconds: list[str] = []
    for other in others:
        teller = other.members[0]
        if teller in tellers:
            seconds.append(other.slug)
        else:
            tellers.add(teller)
            first.append(other.slug)
            if len(first) == RELATED:
                break
    return tuple([*first, *seconds][:RELATED])


def told_by(site: Site) -> Mapping[str, tuple[str, ...]]:
    """For each member: the newest stories they tell, as slugs, one more than stand beside one of them.

    Translations are left out. As slugs: what one of a thousand says is then no matter to the pages of the others.
    """

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        return {
            member: tuple([story.slug for story in stories if not story.translation_of][: MORE_STORIES + 1])
            for member, stories in community.stories_of.items()
        }

    return site.shared("lists.told", compute)


def hosted_by(site: Site) -> Mapping[str, tuple[str, ...]]:
    """For each member: groups they host, as slugs; retired ones are left out."""

    def compute(community: Community) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for group in community.groups.values():
            if group.status != "retired":
                for host in group.hosts:
                    found[host].append(group.slug)
        return {host: tuple(slugs) for host, slugs in found.items()}

    return site.shared("lists.hosted", compute)


def meetups_of_groups(site: Site) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """For each group: its coming meetups, soonest first, and its past ones, newest first; a handful of each."""

    def compute(community: Community) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        coming: dict[str, list[str]] = defaultdict(list)
        past: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for meetup in coming_meetups(site, community):
            if meetup.group:
                coming[meetup.group].append(meetup.slug)
        for meetup in community.meetups.values():
            if meetup.group and site.upcoming[meetup.slug] is None:
                past[meetup.group].append((-start_day(meetup).toordinal(), meetup.slug))
        return {
            group: (tuple(coming[group][:12]), tuple(slug for _, slug in sorted(past[group])[:6]))
            for group in sorted({*coming, *past})
        }

    return site.shared("lists.group_meetups", compute)


# --- places ---


def places(site: Site) -> Mapping[str, Place]:
    """Places with a page and a calendar, by slug: of members who are shown, and of groups and meetups with the regions
    and countries these lie in. Past ones count too: somebody may have subscribed there."""

    def compute(community: Community) -> Mapping[str, Place]:
        found = {**gathering_places(community), **_listed_places(site, community)}
        return dict(sorted(found.items()))

    return site.shared("lists.place_records", compute)


def gathering_places(community: Community) -> Mapping[str, Place]:
    """Places of groups and meetups, past ones too, and the regions and countries these lie in, by slug."""
    found: dict[str, Place] = {}
    gatherings: tuple[Group | Meetup, ...] = (
        *community.groups.values(),
        *community.meetups.values(),
        *community.deleted.values(),
    )
    for record in gatherings:
        if record.place is not None and record.place.slug:
            for place in (record.place, *areas_of(record.place)):
                found.setdefault(place.slug, place)
    return found


def _listed_places(site: Site, community: Community) -> Mapping[str, Place]:
    """Places where anybody is, or anything comes; as their records name them."""
    found: dict[str, Place] = {}
    records: tuple[Group | Meetup | Member, ...] = (
        *community.groups.values(),
        *coming_meetups(site, community),
        *shown_members(site, community),
    )
    for record in records:
        if record.place is not None and record.place.slug:
            found.setdefault(record.place.slug, record.place)
    return found


def near_places(site: Site) -> Mapping[str, tuple[tuple[str, int], ...]]:
    """For each place with a page: (slug, km) of those near it, nearest first; for an area: its places, km 0."""

    def compute(_: Community) -> Mapping[str, tuple[tuple[str, int], ...]]:
        shown = places(site)
        cells: dict[tuple[int, int], list[tuple[str, float, float]]] = defaultdict(list)
        inside: dict[str, list[str]] = defaultdict(list)
        for slug, place in shown.items():
            if place.precise and place.lat is not None and place.lon is not None:
                cells[_cell(place.lat, place.lon)].append((slug, place.lat, place.lon))
                for area in areas_of(place):
                    inside[area.slug].append(slug)
        return {
            slug: _near(place, slug, cells)
            if place.precise
            else tuple((other, 0) for other in inside.get(slug, ())[:GATHERED])
            for slug, place in shown.items()
        }

    return site.shared("lists.near", compute)


_CELL_DEGREES = 3.0  # wider than NEAR_KM from north to south


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return (math.floor(lat / _CELL_DEGREES), math.floor(lon / _CELL_DEGREES))


def _near(
    place: Place, slug: str, cells: Mapping[tuple[int, int], Sequence[tuple[str, float, float]]]
) -> tuple[tuple[str, int], ...]:
    if place.lat is None or place.lon is None:
        return ()
    row, column = _cell(place.lat, place.lon)
    found = []
    width = 111.2 * _CELL_DEGREES * max(0.05, math.cos(math.radians(place.lat)))  # of a cell here, in km
    reach = math.ceil(NEAR_KM / width)
    for north in (-1, 0, 1):
        for east in range(-reach, reach + 1):
            for other, lat, lon in cells.get((row + north, column + east), ()):
                if other != slug:
                    distance = distance_km(place.lat, place.lon, lat, lon)
                    if distance <= NEAR_KM:
                        found.append((round(distance), other))
    return tuple((other, km) for km, other in sorted(found)[:NEAR_PLACES])


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance (haversine), degrees in."""
    half = math.radians(other_lat - lat) / 2, math.radians(other_lon - lon) / 2
    chord = (
        math.sin(half[0]) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(half[1]) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def path_of_place(site: Site, slug: str) -> str:
    """The path of a place's page, or an empty text where it has none."""
    return place_path(slug) if slug and slug in places(site) else ""


def place_path(slug: str) -> str:
    """The page of a place, below the site's root."""
    return f"places/{slug}/"
