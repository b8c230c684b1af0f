"""Which dates of meetups stand on which page: the list of coming ones, the same list narrowed, and months.

Beside `lists`, below `meetups`, and of the same kind: mappings of `Site.shared`, slugs and days, no cards. A date is
named by its meetup and the day the rule gives, so a page depends on the meetups it shows and on nothing else.

What the pages promise, so that people can keep their addresses:
- A date stays until the UTC day on which it lies is over: pages change at midnight, not with every date that begins.
- Of a series the list holds all dates of a year ahead. Only where a community plans more than `LISTED` dates it holds
  fewer of each, but at least the next one. Months hold them all, and a day that holds too many says how many more.
- There is a narrowed list for each country and language that any meetup ever had, not only for those that have dates
  ahead. Near a place means within `NEAR_KM` of it by the meetup's own place: what is online has none, whatever the
  town of its group, and a country is not near anything.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import nsmallest
from itertools import chain, islice
from typing import Literal, TypeGuard

from alongside.matching.index import meetup_place
from alongside.model.community import Community
from alongside.model.gatherings import Change, Group, Meetup
from alongside.model.places import Place
from alongside.planning.occurrences import (
    Occurrence,
    final_day,
    first_day,
    occurrence_on,
    occurrences,
    planned_days,
)
from alongside.rendering.pages.lists import distance_km, name_key
from alongside.rendering.tracking import Site

PAGE_DATES = (
    200  # of a list's page: most communities plan no more, so that one page holds everything there is to narrow
)
NARROWED = 100  # dates of a narrowed list, the soonest
LISTED = 2000  # dates of the whole list, from which on it holds fewer of each series
AHEAD = timedelta(days=366)
MONTHS = 12  # ahead, this one included, and as many back
CELL = 8  # dates of a day in a month
LONGEST_SPAN = 31  # days of one date in a month
NEAR_KM = 50

Narrowing = Literal["", "country", "language", "online", "near"]
Dated = tuple[str, date]  # a meetup's slug and the day the rule gives


@dataclass(frozen=True, slots=True, kw_only=True)
class DatePage:
    """One page of a list of coming dates."""

    path: str
    dates: tuple[Dated, ...]  # soonest first
    narrowing: Narrowing = ""
    value: str = ""  # country: its code in small letters; language: its code; near: the place's slug
    place: Place | None = None  # near: which one
    previous: str = ""  # path of the page before; empty: none
    following: str = ""
    number: int = 1
    total: int = 0  # dates in the whole list
    most: int = 0  # dates of each series that the list holds, where it cannot hold all of a year; 0: it does


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of a month that holds anything."""

    day: date
    dates: tuple[Dated, ...]  # by hour, all-day ones first
    more: int = 0  # left out
    listed: str = ""  # where so: site path of the page of the list that goes on there


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPage:
    """One month."""

    path: str
    first: date  # its first day
    days: tuple[Day, ...]
    previous: str = ""  # path of the month before; empty: none
    following: str = ""
    all: tuple[date, ...] = ()  # the first days of all months that have a page


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that dates can be narrowed to."""

    value: str  # as a date's own values have it (`values_of`)
    name: str = ""  # places: as they are called; others are named in the page's language
    path: str = ""  # countries and languages: of the page that holds those dates and no others
    within: str = ""  # of a city: its country's code, in small letters
    region: str = ""  # of a city: the value of its region


def month_path(day: date) -> str:
    """The page of the month in which `day` lies, below the site's root."""
    return f"meetups/month/{day:%Y-%m}/"


def narrowed_path(narrowing: Narrowing, value: str = "") -> str:
    """The page of a narrowed list, below the site's root: two folders down, where no meetup's own page can be."""
    return f"meetups/{narrowing}/{value}/" if value else f"meetups/how/{narrowing}/"


# --- the list ---


def date_pages(site: Site) -> Mapping[str, DatePage]:
    """Pages of coming dates, by path: all of them by time, and narrowed to a country, a language, online, near."""

    def compute(community: Community) -> Mapping[str, DatePage]:
        coming, most = _coming(site, community)
        found = _numbered([(one.meetup, one.original) for one in coming], most)
        narrowed: dict[tuple[Narrowing, str], list[Occurrence]] = {("online", ""): []}
        for meetup in community.meetups.values():
            for key in _lists_of(meetup, place_of(meetup, None, community), community):
                narrowed.setdefault(key, [])
        for one in coming:
            meetup = community.meetups[one.meetup]
            for key in _lists_of(meetup, place_of(meetup, one, community), community):
                narrowed.setdefault(key, []).append(one)
        for (narrowing, value), dates in sorted(narrowed.items(), key=lambda entry: entry[0]):
            page = _narrowed(narrowing, value, dates, most)
            found[page.path] = page
        towns = near_towns(site)
        around: dict[str, list[Occurrence]] = {slug: [] for slug in towns}
        for one in coming:
            for slug in near_of(place_of(community.meetups[one.meetup], one, community), towns):
                around[slug].append(one)
        for slug, dates in around.items():
            page = _narrowed("near", slug, dates, most, towns[slug].place)
            found[page.path] = page
        return found

    return site.shared("dates.pages", compute)


def _coming(site: Site, community: Community) -> tuple[list[Occurrence], int]:
    """Coming dates, soonest first, those called off included, and how many each series may have; 0: all of a year."""
    today = datetime.combine(site.day, time(), UTC)
    able = [
        meetup
        for meetup in community.meetups.values()
        if (final := final_day(meetup)) is None or final >= site.day - timedelta(days=1)  # a day west of Greenwich
    ]
    most = max(1, LISTED // max(1, len(able)))
    found: list[Occurrence] = []
    cut = False
    for meetup in able:
        dates = list(islice(occurrences(meetup, start=today, end=today + AHEAD), most + 1))
        cut = cut or len(dates) > most
        following = site.upcoming[meetup.slug] if not dates else None
        found += dates[:most] if following is None else (following,)
    return sorted(found, key=lambda one: (one.instant, one.meetup, one.original)), most if cut else 0


def _numbered(dates: Sequence[Dated], most: int) -> dict[str, DatePage]:
    parts = [dates[start : start + PAGE_DATES] for start in range(0, len(dates), PAGE_DATES)] or [()]
    paths = ["meetups/", *(f"meetups/coming/{number}/" for number in range(2, len(parts) + 1))]
    return {
        path: DatePage(
            path=path,
            dates=tuple(parts[index]),
            previous=paths[index - 1] if index else "",
            following=paths[index + 1] if index + 1 < len(paths) else "",
            number=index + 1,
            total=len(dates),
            most=most,
        )
        for index, path in enumerate(paths)
    }


def _narrowed(
    narrowing: Narrowing, value: str, dates: Sequence[Occurrence], most: int, place: Place | None = None
) -> DatePage:
    return DatePage(
        path=narrowed_path(narrowing, value),
        dates=tuple((one.meetup, one.original) for one in dates[:NARROWED]),
        narrowing=narrowing,
        value=value,
        place=place,
        total=len(dates),
        most=most,
    )


def _lists_of(meetup: Meetup, place: Place | None, community: Community) -> Iterator[tuple[Narrowing, str]]:
    if place is not None and place.country:
        yield "country", place.country.lower()
    for language in languages_of(meetup, community.groups.get(meetup.group)):
        yield "language", language
    if meetup.online:
        yield "online", ""


def languages_of(meetup: Meetup, group: Group | None) -> tuple[str, ...]:
    """What is spoken there, regions left out as people choose: a meetup's own languages, else its group's."""
    spoken = meetup.languages or (group.languages if group is not None else ())
    return tuple(dict.fromkeys(language.split("-")[0].casefold() for language in spoken))


def place_of(meetup: Meetup, one: Occurrence | None, community: Community) -> Place | None:
    """Where a date is: its own place, else the meetup's as matching has it, so that embeds and pages find the same."""
    if one is not None and one.place is not None:
        return one.place
    return meetup_place(meetup, community.groups.get(meetup.group))


# --- near ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A place that something can be near to."""

    place: Place
    near: tuple[str, ...]  # slugs of all towns within `NEAR_KM`, itself included


_DEGREES = 0.5  # of a square of the map: wider than NEAR_KM from north to south


def near_towns(site: Site) -> Mapping[str, Town]:
    """The towns of all meetups, moved dates and groups, by the slug of their page."""

    def compute(community: Community) -> Mapping[str, Town]:
        places: dict[str, Place] = {}
        changes = (change for meetup in community.meetups.values() for change in meetup.changes.values())
        held: Iterable[Meetup | Group | Change] = chain(community.meetups.values(), community.groups.values(), changes)
        for place in (one.place for one in held):
            if _is_town(place):
                places.setdefault(place.slug, place)
        squares: dict[tuple[int, int], list[Place]] = defaultdict(list)
        for place in places.values():
            squares[_square(place)].append(place)
        return {
            slug: Town(place=place, near=tuple(sorted(_around(place, squares))))
            for slug, place in sorted(places.items())
        }

    return site.shared("dates.towns", compute)


def _is_town(place: Place | None) -> TypeGuard[Place]:
    """True for a place that lies somewhere, and not all over a country or region."""
    return place is not None and bool(place.slug) and place.precise and place.lat is not None and place.lon is not None


def _square(place: Place) -> tuple[int, int]:
    lat, lon = _spot(place)
    return math.floor(lat / _DEGREES), math.floor(lon / _DEGREES)


def _spot(place: Place) -> tuple[float, float]:
    assert place.lat is not None  # as `_is_town` says
    assert place.lon is not None
    return place.lat, place.lon


def _around(place: Place, squares: Mapping[tuple[int, int], Sequence[Place]]) -> Iterator[str]:
    row, column = _square(place)
    width = 111.2 * _DEGREES * max(0.01, math.cos(math.radians(abs(_spot(place)[0]) + _DEGREES)))
    reach, columns = math.ceil(NEAR_KM / width), round(360 / _DEGREES)
    for north in (-1, 0, 1):
        for east in range(-reach, reach + 1):
            # the map goes on beyond the date line
            beyond = (column + east + columns // 2) % columns - columns // 2
            for other in squares.get((row + north, beyond), ()):
                if distance_km(*_spot(place), *_spot(other)) <= NEAR_KM:
                    yield other.slug


def near_of(place: Place | None, towns: Mapping[str, Town]) -> tuple[str, ...]:
    """The towns that a place is near to, by slug; none for a country, or for no place."""
    return towns[place.slug].near if _is_town(place) and place.slug in towns else ()


# --- what there is to choose from ---


def region_value(place: Place) -> str:
    """A region among the values of places: "br.pernambuco". No slug of a place has a dot so early."""
    return f"{place.country.lower()}.{'-'.join(name_key(place.region).split())}"


def choices(site: Site) -> Mapping[str, tuple[Choice, ...]]:
    """What coming dates can be narrowed to: under `country`, `region`, `city`, `language`, `challenge` and `group`."""

    def compute(community: Community) -> Mapping[str, tuple[Choice, ...]]:
        found: dict[str, dict[str, Choice]] = defaultdict(dict)
        for page in date_pages(site).values():
            if not page.narrowing:
                for slug, original in page.dates:
                    meetup = community.meetups[slug]
                    place = place_of(meetup, occurrence_on(meetup, original), community)
                    for kind, choice in _choices_of(meetup, place, community):
                        found[kind].setdefault(choice.value, choice)
        return {kind: tuple(sorted(found[kind].values(), key=_by_name)) for kind in CHOICES}

    return site.shared("dates.choices", compute)


CHOICES = ("country", "region", "city", "language", "challenge", "group")


def _by_name(choice: Choice) -> tuple[str, str]:
    return name_key(choice.name or choice.value), choice.value


def _choices_of(meetup: Meetup, place: Place | None, community: Community) -> Iterator[tuple[str, Choice]]:
    if place is not None and place.country:
        country = place.country.lower()
        yield "country", Choice(value=country, name=place.country_name, path=narrowed_path("country", country))
        if place.region:
            yield "region", Choice(value=region_value(place), name=place.region)
        if _is_town(place):
            region = region_value(place) if place.region else ""
            yield "city", Choice(value=place.slug, name=place.name, within=country, region=region)
    group = community.groups.get(meetup.group)
    for language in languages_of(meetup, group):
        yield "language", Choice(value=language, path=narrowed_path("language", language))
    for slug in meetup.challenges:
        if slug in community.challenges:
            yield "challenge", Choice(value=slug)
    if group is not None:
        yield "group", Choice(value=group.slug, name=str(group.name))


# --- months ---


def month_pages(site: Site) -> Mapping[str, MonthPage]:
    """This month and those ahead, and past ones of a year that hold anything, by path; none where no month does."""

    def compute(community: Community) -> Mapping[str, MonthPage]:
        this = site.day.replace(day=1)
        start, end = _months_on(this, -MONTHS), _months_on(this, MONTHS) - timedelta(days=1)
        held: dict[date, list[tuple[int, Dated]]] = defaultdict(list)
        for meetup in community.meetups.values():
            hour = meetup.starts.hour * 60 + meetup.starts.minute if isinstance(meetup.starts, datetime) else -1
            for day, dated, minutes in _days_of(meetup, start, end, hour):
                held[day].append((minutes, dated))
        if not held:
            return {}
        listed = {dated: page.path for page in date_pages(site).values() if not page.narrowing for dated in page.dates}
        months: dict[date, list[Day]] = defaultdict(list)
        for day in sorted(held):
            months[day.replace(day=1)].append(_day(day, held[day], listed))
        shown = sorted({*months, *(_months_on(this, ahead) for ahead in range(MONTHS))})
        paths = [month_path(first) for first in shown]
        return {
            path: MonthPage(
                path=path,
                first=first,
                days=tuple(months.get(first, ())),
                previous=paths[index - 1] if index else "",
                following=paths[index + 1] if index + 1 < len(paths) else "",
                all=tuple(shown),
            )
            for index, (path, first) in enumerate(zip(paths, shown, strict=True))
        }

    return site.shared("dates.months", compute)


def this_month(site: Site) -> Mapping[str, str]:
    """Under `path`: the page of this month, or an empty text where no month has one."""

    def compute(_: Community) -> Mapping[str, str]:
        path = month_path(site.day)
        return {"path": path if path in month_pages(site) else ""}

    return site.shared("dates.this_month", compute)


def _months_on(first: date, months: int) -> date:
    """The first day of the month so many months on."""
    years, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(years, month + 1, 1)


def _day(day: date, held: Sequence[tuple[int, Dated]], listed: Mapping[Dated, str]) -> Day:
    first = nsmallest(CELL, held)
    more = len(held) - len(first)
    path = next((listed[dated] for _, dated in held if dated in listed), "") if more else ""
    return Day(day=day, dates=tuple(dated for _, dated in first), more=more, listed=path)


def _days_of(meetup: Meetup, start: date, end: date, minutes: int) -> Iterator[tuple[date, Dated, int]]:
    """(day, date, minutes since midnight) of all that lies in the window; what lasts some days stands on each."""
    if meetup.changes or 0 <= minutes < _EARLY:
        first = datetime.combine(start - timedelta(days=LONGEST_SPAN), time(), UTC)
        last = datetime.combine(end + timedelta(days=2), time(), UTC)
        for one in occurrences(meetup, start=first, end=last):
            day = one.starts.date() if isinstance(one.starts, datetime) else one.starts
            length = _length(one.starts, one.ends)
            hour = one.starts.hour * 60 + one.starts.minute if isinstance(one.starts, datetime) else -1
            for shown in _spread(day, length, start, end):
                yield shown, (meetup.slug, one.original), hour
        return
    # most meetups are as their rule has them: their days are enough, and ten times as fast
    length = 0 if meetup.last_day is None else _length(first_day(meetup), meetup.last_day)
    days = planned_days(meetup, start=start - timedelta(days=length), end=end)
    if not length:
        yield from ((day, (meetup.slug, day), minutes) for day in days)
        return
    for day in days:
        for shown in _spread(day, length, start, end):
            yield shown, (meetup.slug, day), minutes


_EARLY = 180  # minutes since midnight in which a clock change may move a start to another day


def _length(starts: datetime | date, ends: datetime | date | None) -> int:
    """Days after the first on which an all-day date goes on, within bounds."""
    if isinstance(starts, datetime) or ends is None or isinstance(ends, datetime):
        return 0
    return min(max(0, (ends - starts).days), LONGEST_SPAN - 1)


def _spread(day: date, length: int, start: date, end: date) -> Iterator[date]:
    for shift in range(length + 1):
        if start <= (shown := day + timedelta(days=shift)) <= end:
            yield shown
