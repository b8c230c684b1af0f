"""Dates of meetups as pages show them: rows of a list by month and day, weeks of a month, and what to choose from.

Beside `views`, above `dates`, which says what stands where. Each date carries its values (`data-is`: where, in which
language, ...), its offset from UTC and its instants, all worked out here: `assets/meetups.js` only compares them, and
asks the browser nothing but the reader's own clock.
"""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from markupsafe import Markup

from alongside.gazetteer import country_name
from alongside.model.gatherings import Meetup
from alongside.planning.occurrences import Occurrence, occurrence_on
from alongside.planning.zones import local_time, read_zone
from alongside.rendering.interface import language_name, read_interface
from alongside.rendering.pages import dates
from alongside.rendering.pages.dates import Choice, Dated, DatePage, Day, MonthPage
from alongside.rendering.pages.lists import name_key
from alongside.rendering.pages.views import MeetupCard, Views, one_line
from alongside.rendering.pages.words import PageWords
from alongside.rendering.tracking import Site

SCRIPT, STYLE = "assets/meetups.js", "assets/meetups.css"  # site paths
CITIES = 400  # to choose from on a page that is not narrowed; where there are more, one chooses the country first


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCard:
    """A date of a meetup with what it can be found by."""

    card: MeetupCard  # `when` is this date
    values: str  # "place:de place:berlin-germany language:de how:online", apart by spaces
    offset: int  # minutes east of UTC where it takes place, then
    ends: datetime | None  # aware; None: all day, or not said
    last: date | None  # all day, of several days: the last one
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A day in a month."""

    day: date
    rows: tuple[Row, ...]
    more: int
    listed: str  # address that says what more there is; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value to choose."""

    value: str
    name: str
    path: str = ""  # address of the page that holds those alone
    near: str = ""  # values of places near it, apart by spaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country to choose, or something in it."""

    whole: Option
    parts: tuple[Option, ...]  # regions, then cities


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A date as it stands in a list or a month."""

    day: date  # where it takes place
    html: Markup
    values: frozenset[str]


Months = tuple[tuple[date, tuple[tuple[date, tuple[Row, ...]], ...]], ...]  # (its first day, (day, rows) of each day)


# --- dates ---


def list_rows(site: Site, ui: PageWords, views: Views, page: DatePage) -> tuple[Row, ...]:
    """The rows of a list, by day and not by instant: in the east a day begins earlier, and each stands there once."""
    rows = [_row(site, ui, views, dated, "meetup_date.html") for dated in page.dates]
    return tuple(sorted(rows, key=lambda row: row.day))


def by_month(rows: Sequence[Row]) -> Months:
    """Rows by month and day."""
    return tuple(
        (
            date(year, month, 1),
            tuple((day, tuple(same)) for day, same in groupby(found, key=lambda row: row.day)),
        )
        for (year, month), found in groupby(rows, key=lambda row: (row.day.year, row.day.month))
    )


def _row(site: Site, ui: PageWords, views: Views, dated: Dated, template: str) -> Row:
    """A date's row. Most stand on several pages; it is made once for all of one depth."""

    def compute(*_: object) -> Row:
        shown = date_card(site, views, dated)
        assert shown.card.when is not None
        html = site.templates.get_template(template).render(ui=ui, shown=shown, card=shown.card, when=shown.card.when)
        # made by a template that escapes
        return Row(day=shown.card.when.day, html=Markup(html), values=frozenset(shown.values.split()))  # noqa: S704

    return site.memo(f"dates {template}", compute, dated, ui.root, ui.language)


def date_card(site: Site, views: Views, dated: Dated) -> DateCard:
    """A date by its meetup and the day that the rule gives."""
    slug, original = dated
    meetup = site.community.meetups[slug]
    one = occurrence_on(meetup, original)
    assert one is not None  # it was found among the dates of planned years
    card = views.meetup_on(meetup, one)
    day = one.ends if isinstance(one.ends, date) and not isinstance(one.ends, datetime) else None
    return DateCard(
        card=card,
        values=" ".join(_values(site, meetup, one)),
        offset=_offset(one),
        ends=one.ends if isinstance(one.ends, datetime) else None,
        last=day if day != one.starts else None,
        languages=dates.languages_of(meetup, site.community.groups.get(meetup.group)),
    )


def _values(site: Site, meetup: Meetup, one: Occurrence) -> Iterator[str]:
    group = site.community.groups.get(meetup.group)
    place = dates.place_of(meetup, one, site.community)
    if place is not None and place.country:
        yield f"place:{place.country.lower()}"
        if place.region:
            yield f"place:{dates.region_value(place)}"
        if place.slug and place.precise:
            yield f"place:{place.slug}"
    for language in dates.languages_of(meetup, group):
        yield f"language:{language}"
    for challenge in meetup.challenges:
        yield f"challenge:{challenge}"
    if group is not None:
        yield f"group:{group.slug}"
    if meetup.online:
        yield "how:online"
    if place is not None:
        yield "how:person"


def _offset(one: Occurrence) -> int:
    starts = one.starts
    if not isinstance(starts, datetime):
        starts = local_time(datetime.combine(starts, datetime.min.time()), read_zone(one.zone))
    offset = starts.utcoffset()
    assert offset is not None  # it is aware
    return round(offset / timedelta(minutes=1))


# --- months ---


def weekdays(language: str) -> tuple[int, ...]:
    """The days of a week as readers of `language` begin it; Monday is 0."""
    first = int(read_interface(language).dates["week_starts"])
    return tuple((first + day) % 7 for day in range(7))


def weeks(site: Site, ui: PageWords, views: Views, page: MonthPage) -> tuple[tuple[Cell | None, ...], ...]:
    """The weeks of a month, seven cells each; None: a day of another month."""
    held = {day.day: day for day in page.days}
    grid = calendar.Calendar(weekdays(ui.language)[0]).monthdatescalendar(page.first.year, page.first.month)
    return tuple(
        tuple(
            _cell(site, ui, views, held.get(day, Day(day=day, dates=()))) if day.month == page.first.month else None
            for day in week
        )
        for week in grid
    )


def _cell(site: Site, ui: PageWords, views: Views, day: Day) -> Cell:
    return Cell(
        day=day.day,
        rows=tuple(_row(site, ui, views, dated, "meetup_entry.html") for dated in day.dates),
        more=day.more,
        listed=f"{ui.url(day.listed)}#d-{day.day.isoformat()}" if day.listed else "",
    )


# --- what to choose from ---


def countries(site: Site, ui: PageWords, page: DatePage | None, *, whole: bool) -> tuple[Country, ...]:
    """Places to choose from, by country. `page`: one that is narrowed has the cities of its country or surroundings
    alone, and so has any (None: a month) where there are too many. `whole`: the page holds all dates there are, so it
    needs to know what is near each city; elsewhere one goes to the page of that city."""
    found = dates.choices(site)
    towns = dates.near_towns(site)
    cities = found["city"]
    if page is not None and page.narrowing == "near":
        around = frozenset(towns[page.value].near)
        cities = tuple(choice for choice in cities if choice.value in around)
    elif len(cities) > CITIES or (page is not None and page.narrowing):
        country = page.value if page is not None and page.narrowing == "country" else ""
        cities = tuple(choice for choice in cities if choice.within == country)
    chosen = {choice.value: choice for choice in cities}
    regions = {choice.value: choice.name for choice in found["region"]} if cities else {}
    within: dict[str, list[Choice]] = {}
    for city in cities:
        within.setdefault(city.within, []).append(city)

    def near(slug: str) -> str:
        needed = whole or (page is not None and page.value == slug)
        return " ".join(other for other in towns[slug].near if other in chosen) if needed else slug

    def parts(own: Sequence[Choice], country: str) -> Iterator[Option]:
        held = sorted({city.region for city in own if city.region})
        if len(held) > 1:
            yield from (Option(value=region, name=f"{one_line(regions[region])}, {country}") for region in held)
        yield from (Option(value=city.value, name=one_line(city.name), near=near(city.value)) for city in own)

    made = []
    for choice in found["country"]:
        name = country_name(choice.value.upper(), ui.language)
        inner = tuple(parts(within.get(choice.value, ()), name))
        made.append(Country(whole=Option(value=choice.value, name=name, path=ui.url(choice.path)), parts=inner))
    return tuple(sorted(made, key=lambda one: name_key(one.whole.name)))


def options(
    site: Site, ui: PageWords, views: Views, only: Collection[str] | None = None
) -> dict[str, tuple[Option, ...]]:
    """What else there is to choose: `language`, `challenge`, `group`, each by name. `only`: values of dates on a page
    that does not hold all there are; another challenge or group would find nothing there."""
    found = dates.choices(site)
    challenges, groups = (
        [one.value for one in found[kind] if only is None or f"{kind}:{one.value}" in only]
        for kind in ("challenge", "group")
    )
    labels = views.challenges(challenges)
    named = {
        "language": [
            Option(value=one.value, name=language_name(one.value, ui.language), path=ui.url(one.path))
            for one in found["language"]
        ],
        "challenge": [Option(value=slug, name=label.text) for slug, label in zip(challenges, labels, strict=True)],
        "group": [Option(value=slug, name=views.local(site.community.groups[slug].name).text) for slug in groups],
    }
    return {kind: tuple(sorted(made, key=lambda one: name_key(one.name))) for kind, made in named.items()}


def narrowed_title(ui: PageWords, page: DatePage) -> str:
    """What a narrowed list is called: the country, the language, "Online", or what it is near."""
    if page.narrowing == "country":
        return country_name(page.value.upper(), ui.language)
    if page.narrowing == "language":
        return language_name(page.value, ui.language)
    if page.place is not None:
        return ui.say("meetups.near", km=dates.NEAR_KM, place=one_line(page.place.name))
    return ui.say("meetup.online")


def narrowed_query(page: DatePage) -> str:
    """What a narrowed list is narrowed to, as the fields of its page have it in an address."""
    if page.narrowing == "near":
        return f"place={page.value}&near={dates.NEAR_KM}"
    names = {"country": "place", "language": "language", "online": "how"}
    return f"{names[page.narrowing]}={page.value or page.narrowing}" if page.narrowing else ""
