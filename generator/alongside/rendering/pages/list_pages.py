"""Pages of lists: of stories, members, groups, meetups and places, whole or narrowed, and those that lead to all.

What stands on which page of a list is said by `lists`, `browsing` and `dates`; here it is put on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from alongside.model.places import Place
from alongside.reading.places import areas_of, country_place
from alongside.rendering.feeds.paths import FeedKind, feed_path
from alongside.rendering.journey_map import map_figure, map_journeys
from alongside.rendering.pages import browsing, dates, lists, meetups
from alongside.rendering.pages.composing import (
    BROWSE,
    KINDS,
    Kind,
    PageComposer,
    calendar_link,
    feed_lines,
    place_label,
    podcast_lines,
    subscribe_ways,
)
from alongside.rendering.pages.dates import DatePage
from alongside.rendering.pages.lists import Gathered, ListPage
from alongside.rendering.pages.views import (
    GroupCard,
    Label,
    MeetupCard,
    StoryCard,
    Views,
    one_line,
)
from alongside.rendering.pages.words import PageWords
from alongside.rendering.shells import Page
from alongside.rendering.tracking import Site

CHOICES = 40  # so many of a way stand on that page at once
TITLES_BETWEEN = 4  # stories of a list that are titles alone, between two that speak


def _list_draft(site: Site, kind: Kind, page: ListPage, template: str) -> PageComposer:
    return PageComposer(site, path=page.path, language=site.settings.language, template=template).under(kind)


def story_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of stories, newest first."""
    page = lists.story_pages(site)[path]
    draft = _list_draft(site, "stories", page, "stories.html")
    ways = _ways_around(draft, ("year", "language")) if page.number == 1 else ()
    yield _story_list(draft, page, draft.ui.say("nav.stories"), {"ways": ways, "browse": BROWSE, "about": None})


def narrowed_story_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of the stories that have one thing in common, newest first."""
    page = browsing.narrowed_stories(site)[path]
    draft = _list_draft(site, "stories", page, "stories.html")
    about = _common(draft, page)
    title = f"{draft.ui.say('nav.stories')}: {about.text}"
    yield _story_list(draft, page, title, {"ways": (), "browse": BROWSE, "about": about if about.path else None})


def _story_list(draft: PageComposer, page: ListPage, title: str, context: Mapping[str, Any]) -> Page:
    ui = draft.ui
    cards = draft.views.stories(page.slugs)
    if page.number > 1 and cards:
        title = f"{title}: {_months(ui, cards[-1].date, cards[0].date)}"
    return draft.page(
        title,
        context={
            "page": page,
            "cards": cards,
            "leads": speaking(cards),
            "feed": ui.url(feed_path("stories", suffix="atom")),
            **context,
        },
        data=[draft.linked.listing(title, cards)],
        description=ui.say("list.stories"),
        feeds=[*feed_lines(ui, "stories"), *podcast_lines(ui)],
    )


def _months(ui: PageWords, first: date, last: date) -> str:
    """From when to when, by month: "March 2025 – May 2025", or one month alone."""
    return " – ".join(dict.fromkeys((ui.day(first, "month"), ui.day(last, "month"))))


def _common(draft: PageComposer, page: ListPage) -> Label:
    """What all records of a narrowed list have in common, and the page of that where it has one."""
    site, value = draft.site, page.value
    if page.narrowing == "challenge" and value in site.community.challenges:
        challenge = site.community.challenges[value]
        return draft.views.local(challenge.title, challenge.path)
    if page.narrowing == "place" and value in browsing.places_of_people(site):
        name = one_line(browsing.places_of_people(site)[value].name)
        return Label(text=name, language="", path=lists.path_of_place(site, value))
    if page.narrowing == "language":
        return Label(text=draft.ui.autonym(value), language=value)
    name = browsing.role_names(site).get(value, value) if page.narrowing == "role" else value
    return Label(text=name, language="")


def speaking(cards: Iterable[StoryCard]) -> frozenset[str]:
    """Which stories of a list speak for themselves: the first that has words, then one after some titles."""
    chosen: list[str] = []
    titles = TITLES_BETWEEN
    for card in cards:
        if card.words and titles >= TITLES_BETWEEN:
            chosen.append(card.slug)
            titles = 0
        else:
            titles += 1
    return frozenset(chosen)


def member_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of members, by name."""
    page = lists.member_pages(site)[path]
    draft = _list_draft(site, "members", page, "members.html")
    yield _member_list(draft, page, draft.ui.say("nav.members"), None)


def narrowed_member_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of the members who have a challenge or place in common, by name."""
    page = browsing.narrowed_members(site)[path]
    draft = _list_draft(site, "members", page, "members.html")
    about = _common(draft, page)
    yield _member_list(draft, page, f"{draft.ui.say('nav.members')}: {about.text}", about if about.path else None)


def _member_list(draft: PageComposer, page: ListPage, title: str, about: Label | None) -> Page:
    faces = draft.views.faces(page.slugs)
    title = _numbered_title(title, page, [face.name for face in faces])
    return draft.page(
        title,
        context={"page": page, "faces": faces, "about": about},
        data=[draft.linked.listing(title, faces)],
        description=draft.ui.say("list.members"),
    )


def _numbered_title(title: str, page: ListPage, names: Sequence[str]) -> str:
    return f"{title}: {names[0]} – {names[-1]}" if page.number > 1 and names else title


def _counted_title(title: str, page: ListPage) -> str:
    return f"{title} ({page.number})" if page.number > 1 else title


def group_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of groups: from anywhere, then by country."""
    page = lists.group_pages(site)[path]
    draft = _list_draft(site, "groups", page, "groups.html")
    title = _counted_title(draft.ui.say("nav.groups"), page)
    cards = draft.views.groups(page.slugs)
    yield draft.page(
        title,
        context={"page": page, "sections": _by_country(site, draft.ui, cards)},
        data=[draft.linked.listing(title, cards)],
        description=draft.ui.say("list.groups"),
    )


def _by_country(site: Site, ui: PageWords, cards: Iterable[GroupCard]) -> tuple[tuple[str, tuple[GroupCard, ...]], ...]:
    def country(card: GroupCard) -> str:
        if card.status == "retired":
            return ui.say("group.retired_ones")
        place = site.community.groups[card.slug].place
        if place is not None:
            return place.country_name or place.name
        return ui.say("group.place_unknown" if card.kind == "chapter" else "group.no_place")

    return tuple((name, tuple(group)) for name, group in groupby(cards, key=country))


def meetup_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of coming dates by month and day: all of them, or narrowed."""
    page = dates.date_pages(site)[path]
    draft = PageComposer(site, path=path, language=site.settings.language, template="meetups.html").under("meetups")
    ui, views = draft.ui, draft.views
    title = ui.say("nav.meetups")
    if page.narrowing:
        title = f"{title}: {meetups.narrowed_title(ui, page)}"
    elif page.number > 1:
        title = f"{title} ({page.number})"
    kind, slug = _calendar_of(page)
    name = site.settings.site_name if kind == "all" else meetups.narrowed_title(ui, page)
    rows = meetups.list_rows(site, ui, views, page)
    whole = len(rows) == page.total
    values = None if whole and not page.narrowing else {value for row in rows for value in row.values}
    yield draft.page(
        title,
        context={
            "page": page,
            "months": meetups.by_month(rows),
            "month_path": dates.this_month(site)["path"],
            "whole": whole,
            "narrowed": meetups.narrowed_query(page),
            "years": lists.past_years(site)["years"] if page.path == "meetups/" else (),
            "subscribe": subscribe_ways(site, kind, slug, name),
            "countries": meetups.countries(site, ui, page, whole=whole and not page.narrowing),
            "options": meetups.options(site, ui, views, values),
            "km": dates.NEAR_KM,
        },
        data=[draft.linked.listing(title, _first_dates(views, page))],
        description=ui.say("list.meetups"),
        feeds=feed_lines(ui, kind, slug, name=draft.linked.site_name),
        listed=page.narrowing != "near",
        more_head=_meetup_head(ui),
    )


def _calendar_of(page: DatePage) -> tuple[FeedKind, str]:
    """The calendar that holds what a list does; of what is near a place there is none, so it is that of all."""
    if page.narrowing == "country" and (country := country_place(page.value.upper())) is not None:
        return "places", country.slug
    if page.narrowing == "language":
        return "languages", page.value
    return ("online", "") if page.narrowing == "online" else ("all", "")


def _first_dates(views: Views, page: DatePage) -> tuple[MeetupCard, ...]:
    """The meetups of a list, each once. Nobody asks for their next dates: the page stays as it is when one comes."""
    slugs = dict.fromkeys(slug for slug, _ in page.dates)
    return tuple(views.meetup_on(views.site.community.meetups[slug], None) for slug in slugs)


def _meetup_head(ui: PageWords) -> tuple[str, ...]:
    """Their own style and script: other pages and embeds do without."""
    return (
        f'<link rel="stylesheet" href="{ui.url(meetups.STYLE)}">',
        # before anything is painted, where browsers can (HTML, "blocking"): what it adds moves nothing then
        f'<script src="{ui.url(meetups.SCRIPT)}" defer blocking="render"></script>',
    )


def meetup_month(site: Site, path: str) -> Iterator[Page]:
    """A month of meetups, as people hang it on a wall."""
    page = dates.month_pages(site)[path]
    draft = PageComposer(site, path=path, language=site.settings.language, template="meetups_month.html").under(
        "meetups"
    )
    ui, views = draft.ui, draft.views
    month = ui.day(page.first, "month")
    yield draft.page(
        f"{ui.say('nav.meetups')}: {month}",
        context={
            "page": page,
            "month": month,
            "month_path": path,
            "weeks": meetups.weeks(site, ui, views, page),
            "weekdays": meetups.weekdays(ui.language),
            "months": tuple((first, dates.month_path(first)) for first in page.all),
            "subscribe": subscribe_ways(site, "all", "", site.settings.site_name),
            "countries": meetups.countries(site, ui, None, whole=True),
            "options": meetups.options(site, ui, views),
            "km": dates.NEAR_KM,
        },
        description=ui.say("list.meetups"),
        feeds=[calendar_link(ui, "all")],
        more_head=_meetup_head(ui),
    )


def past_meetups(site: Site, path: str) -> Iterator[Page]:
    """A page of the meetups of a past year, newest first."""
    page = lists.past_pages(site)[path]
    draft = _list_draft(site, "meetups", page, "meetups_past.html")
    ui = draft.ui
    cards = draft.views.meetups(page.slugs)
    title = _counted_title(ui.say("meetup.year", year=page.year), page)
    sections = tuple(
        (ui.day(date(year, number, 1), "month"), tuple(group))
        for (year, number), group in groupby(cards, key=lambda card: _year_and_month(card.last))
    )
    yield draft.page(
        title,
        context={"page": page, "sections": sections},
        data=[draft.linked.listing(title, cards)],
        description=ui.say("list.meetups"),
    )


def _year_and_month(day: date | None) -> tuple[int, int]:
    return (day.year, day.month) if day is not None else (1970, 1)


def place_list(site: Site, path: str) -> Iterator[Page]:
    """A page of the list of places, by country."""
    page = lists.place_pages(site)[path]
    draft = _list_draft(site, "places", page, "places.html")
    shown = lists.places(site)
    title = _counted_title(draft.ui.say("nav.places"), page)
    sections = tuple(
        (heading, tuple(place_label(shown[slug]) for slug in slugs if lists.place_path(slug) != heading.path))
        for heading, slugs in groupby(page.slugs, key=lambda slug: _country_label(shown[slug], shown))
    )
    yield draft.page(title, context={"page": page, "sections": sections}, description=draft.ui.say("list.places"))


def _country_label(place: Place, shown: Mapping[str, Place]) -> Label:
    """What a place stands below: its country, with its page where it has one, or itself."""
    country = ((place, *areas_of(place)))[-1]
    if country.slug in shown and country.name == place.country_name:
        return place_label(country)
    return Label(text=one_line(place.country_name or place.name), language="")


def challenge_list(site: Site) -> Iterator[Page]:
    """The list of challenges, in the order of their file."""
    draft = PageComposer(site, path="challenges/", language=site.settings.language, template="challenges.html").under(
        "challenges"
    )
    gathered = lists.gathered_by_challenge(site)
    cards = []
    for slug, challenge in site.community.challenges.items():
        found = gathered.get(slug, Gathered())
        counts = tuple(
            (kind, len(slugs) + more)
            for kind, slugs, more in zip(
                ("stories", "members", "groups", "meetups"),
                (found.stories, found.members, found.groups, found.meetups),
                (found.more[1], found.more[0], found.more[2], found.more[3]),
                strict=True,
            )
            if slugs
        )
        cards.append((draft.views.local(challenge.title, challenge.path), counts, draft.views.faces(found.members[:4])))
    yield draft.page(
        draft.ui.say("nav.challenges"), context={"cards": tuple(cards)}, description=draft.ui.say("list.challenges")
    )


def browse_page(site: Site) -> Iterator[Page]:
    """The page that leads to every list, without a script."""
    draft = PageComposer(site, path=BROWSE, language=site.settings.language, template="browse.html")
    totals = browsing.totals(site)
    kinds = tuple((draft.ui.say(f"nav.{kind}"), f"{kind}/", totals[kind]) for kind in KINDS if totals[kind])
    yield draft.page(
        draft.ui.say("nav.browse"),
        context={
            "kinds": kinds,
            "ways": _ways_around(draft, browsing.WAYS),
            "first": CHOICES,
            "search": site.settings.search,
        },
        description=draft.ui.say("browse.lead"),
    )


def _ways_around(draft: PageComposer, ways: Iterable[str]) -> tuple[tuple[str, tuple[tuple[Label, int], ...]], ...]:
    """Ways to browse: the heading of each, and what one may choose with how many stories there are."""
    found = []
    for way in ways:
        labels = tuple((_choice(draft, way, one), one.count) for one in browsing.choices(draft.site)[way])
        leading = tuple((label, count) for label, count in labels if label.path)
        if leading:
            found.append((draft.ui.say(f"browse.{way}"), leading))
    return tuple(found)


def _choice(draft: PageComposer, way: str, choice: browsing.Choice) -> Label:
    """What one may choose; of a challenge or place, the page that tells more than its list of stories."""
    if way == "challenge" and choice.value in draft.site.community.challenges:
        challenge = draft.site.community.challenges[choice.value]
        return draft.views.local(challenge.title, challenge.path)
    if way == "place":
        path = lists.path_of_place(draft.site, choice.value) or choice.path
        return Label(text=choice.name, language="", path=path)
    if way == "language":
        return Label(text=draft.ui.autonym(choice.value), language=choice.value, path=choice.path)
    return Label(text=choice.name, language="", path=choice.path)


def journey_page(site: Site) -> Iterator[Page]:
    """The map of all journeys, without figures."""
    told = map_journeys(site.community, site.settings)
    draft = PageComposer(site, path="journeys/", language=told.language, template="journeys.html")
    yield draft.page(
        draft.ui.say("nav.journeys"), context={"lead": told.lead, "figure": map_figure(told)}, description=told.lead
    )
