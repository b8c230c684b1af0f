"""The files an embed ranks with, as JSON below `embed/v1/`: shards of records, and the index that says which there are.

A shard lists its records by columns. What records share (a tag, a word, languages, a place) stands once, with the rows
that have it: a browser ranks by following the newcomer's own tags and words, and a column of equal values costs little
once it is compressed. `assets/embed/rank.js` reads it, and `matching.shard_matches` is the same rule here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any

from alongside.matching.index import Candidate, Pool
from alongside.matching.nearness import squared_chord_of
from alongside.matching.shards import (
    EVEN_PERCENT,
    MOST_CHALLENGES,
    Date,
    EmbedIndex,
    People,
    Sizes,
    choose_people,
    embed_index,
    shelve_gatherings,
    shelve_people,
)
from alongside.matching.vectors import term_weights
from alongside.matching.weights import WEIGHTS
from alongside.matching.words import language_of, runs
from alongside.model.community import Community
from alongside.model.people import Member
from alongside.model.stories import Story
from alongside.planning.occurrences import occurrences
from alongside.rendering.artifacts import Artifact, Job
from alongside.rendering.embeds.files import BASE, json_bytes
from alongside.rendering.embeds.layouts import kinds_shown, moment_layout
from alongside.rendering.embeds.places import ATTRIBUTION, PLACE_SHARDS
from alongside.rendering.interface import interface_languages
from alongside.rendering.pages.views import one_line
from alongside.rendering.tracking import Site

FORMAT = 1  # of everything below `embed/v1/`: an older script still reads what only adds
SOON = timedelta(days=35)  # dates of a meetup that an embed knows; beyond them the next one alone
DATES_SOON = 3  # at most
_MINUTE = 60
_FOR_EVER = date.max.isoformat()


def chosen_people(site: Site) -> People:
    """The members and stories of each shard, chosen once a build; to be asked while jobs are listed."""
    return site.memo("embeds.people", lambda: choose_people(site.whole, site.day))


def shard_jobs(site: Site) -> Iterator[Job]:
    """Three jobs: the shards of people and what they tell, those of gatherings with the index, and the moments."""
    people = chosen_people(site)
    members, stories = _pairs(people.members), _pairs(people.stories)
    yield Job(name=f"{BASE}members", render=partial(_render_people, site, members, stories, people.sizes), page=False)
    keys = (tuple(key for key, _ in members), tuple(key for key, _ in stories))
    yield Job(name=f"{BASE}index", render=partial(_render_gatherings, site, *keys), page=False)
    yield Job(name=f"{BASE}moments", render=partial(_render_moments, site), page=False)


def _pairs(chosen: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(chosen.items())


def embed_index_of(site: Site) -> EmbedIndex:
    """What the embeds of this build rank with, whole: for tests, and for people who ask what an embed would show."""
    community, today = site.community, site.day
    return embed_index(
        community,
        people=shelve_people(community, chosen_people(site)),
        gatherings=shelve_gatherings(community, coming_dates(site)),
        dates=coming_dates(site),
        today=today,
    )


def coming_dates(site: Site) -> dict[str, tuple[Date, ...]]:
    """The next dates of each meetup that has any: those within five weeks, at least one."""
    found: dict[str, tuple[Date, ...]] = {}
    for slug, meetup in site.community.meetups.items():
        following = site.upcoming.get(slug)
        if following is None:
            continue
        soon = occurrences(meetup, start=following.instant, end=following.instant + SOON)
        held = islice((one for one in soon if one.status != "cancelled"), DATES_SOON)
        found[slug] = tuple(Date(int(one.instant.timestamp()), int(one.instant_over.timestamp())) for one in held)
    return found


# --- shards --------------------------------------------------------------------------------------------------------


def _render_people(
    site: Site,
    members: Sequence[tuple[str, tuple[str, ...]]],
    stories: Sequence[tuple[str, tuple[str, ...]]],
    sizes: Sizes,
) -> Iterator[Artifact]:
    community = site.community
    people, told = shelve_people(community, People(members=dict(members), stories=dict(stories), sizes=sizes))
    for key, shard in people.shards.items():
        columns = _columns(people.pool, shard.numbers)
        own = [community.members[people.pool.candidates[number].slug] for number in shard.numbers]
        columns["until"] = [_until(member) for member in own]
        columns["closed"] = _sparse(_closed(community, member) for member in own)
        yield _artifact(f"members/{key}", {"members": columns})
    for key, shard in told.shards.items():
        columns = _columns(told.pool, shard.numbers, located=False)
        originals = [community.stories[told.pool.candidates[number].slug] for number in shard.numbers]
        columns["until"] = [_told_until(site, story) for story in originals]
        columns["versions"] = _sparse(_versions(community, story) for story in originals)
        yield _artifact(f"stories/{key}", {"stories": columns})


def _artifact(name: str, value: Any) -> Artifact:
    return Artifact(f"{BASE}{name}.json", json_bytes(value))


def _until(member: Member) -> str:
    """The last day of a consent (ISO 8601), which sorts after all days where it has none."""
    until = member.consent.until if member.consent is not None else None
    return until.isoformat() if until is not None else _FOR_EVER


def _closed(community: Community, member: Member) -> list[list[str]]:
    """Days on which they take nobody on, from and to."""
    found = []
    if member.away is not None:
        found.append([member.away.first.isoformat(), member.away.last.isoformat()])
    full = community.full_until.get(member.slug)
    if full is not None:
        found.append(["", full.isoformat()])
    return found


def _told_until(site: Site, story: Story) -> str:
    """The last day on which one of those who tell it may still be named."""
    return max((_until(member) for member in site.tellers(story, "embed")), default=_FOR_EVER)


def _versions(community: Community, story: Story) -> dict[str, str]:
    """The slugs of translations by language, where there are any; the original's among them."""
    others = community.translations_of.get(story.slug, ())
    return {language_of(one.language): one.slug for one in (*others, story)} if others else {}


def _render_gatherings(site: Site, members: tuple[str, ...], stories: tuple[str, ...]) -> Iterator[Artifact]:
    dates = coming_dates(site)
    groups, meetups = shelve_gatherings(site.community, dates)

    def with_dates(numbers: Sequence[int]) -> dict[str, Any]:
        slugs = [meetups.pool.candidates[number].slug for number in numbers]
        minutes = [[value // _MINUTE for one in dates[slug] for value in (one.starts, one.over)] for slug in slugs]
        return _columns(meetups.pool, numbers) | {"dates": minutes}

    for key, shard in groups.shards.items():
        yield _artifact(f"groups/{key}", {"groups": _columns(groups.pool, shard.numbers)})
    for key, shard in meetups.shards.items():
        yield _artifact(f"meetups/{key}", {"meetups": with_dates(shard.numbers)})
    cells = sorted({*groups.near, *meetups.near})
    for cell in cells:
        around: dict[str, Any] = {}
        if cell in groups.near:
            around["groups"] = _columns(groups.pool, groups.near[cell].numbers)
        if cell in meetups.near:
            around["meetups"] = with_dates(meetups.near[cell].numbers)
        yield _artifact(f"near/{cell}", around)
    shards = {"members": members, "stories": stories, "groups": tuple(groups.shards), "meetups": tuple(meetups.shards)}
    yield _artifact("index", _index(site, shards, cells))


def _columns(pool: Pool, numbers: Sequence[int], *, located: bool = True) -> dict[str, Any]:
    """Some candidates of a pool as columns. `located`: where they are counts."""
    row_of = {number: row for row, number in enumerate(numbers)}
    candidates = [pool.candidates[number] for number in numbers]
    languages, language = _shared_values(candidates, lambda one: " ".join(sorted(one.languages)))
    places, place = _shared_values(candidates, _place)
    tags = {
        " ".join(tag): [carriers.points, *(row_of[number] for number in carriers.numbers if number in row_of)]
        for tag, carriers in sorted(pool.carriers.items())
    }
    words = {}
    counts = {weight: count for count, weight in reversed([*enumerate(term_weights())])}
    for word, (idf, holding, entries) in sorted(pool.corpus.postings.items()):
        found = [
            # how often it stands there is written above the row: most words stand there once
            row_of[number] + len(numbers) * (counts[entry // idf] - 1)
            for number, entry in zip(holding, entries, strict=True)
            if number in row_of
        ]
        if found:
            words[word] = [idf, *found]
    columns: dict[str, Any] = {
        "slugs": " ".join(one.slug for one in candidates),
        "languages": languages,
        "language": language,
        "tags": {tag: rows for tag, rows in tags.items() if len(rows) > 1},
        "norms": [pool.corpus.norms[number] for number in numbers],
        "words": words,
    }
    return columns | {"places": places, "place": place} if located else columns


def _shared_values(
    candidates: Sequence[Candidate], value: Callable[[Candidate], Hashable]
) -> tuple[list[Any], list[int]]:
    """(each value there is, which of them each candidate has)."""
    known: dict[Hashable, int] = {}
    rows = [known.setdefault(value(one), len(known)) for one in candidates]
    return list(known), rows


def _place(one: Candidate) -> tuple[object, ...]:
    """Country, name, zone, 1 for one that can be joined online, and where it is on the sphere."""
    return (one.country, one.place, one.zone, int(one.online), *(one.vector or ()))


def _sparse(values: Iterable[Any]) -> dict[str, Any]:
    """Those that are not empty, by their row."""
    return {str(row): value for row, value in enumerate(values) if value}


# --- the index -----------------------------------------------------------------------------------------------------


def _index(site: Site, shards: Mapping[str, tuple[str, ...]], cells: Sequence[str]) -> dict[str, Any]:
    """What every embed reads first."""
    community = site.community
    names: dict[str, str] = {}
    challenges: dict[str, Any] = {}
    for slug, challenge in community.challenges.items():
        titles = challenge.title.versions
        for name in (slug, *challenge.also, *(text for _, text in titles)):
            names.setdefault(" ".join(runs(name)), slug)
        challenges[slug] = {
            "title": {language: [one_line(text)] for language, text in titles},
            "words": challenge.title.text("en"),
        }
    return {
        "format": FORMAT,
        "language": language_of(site.settings.language),
        "languages": list(interface_languages()),
        "names": names,
        "challenges": challenges,
        "shards": shards,
        "cells": cells,
        "places": PLACE_SHARDS if community.places else 0,
        "map": ATTRIBUTION,
        "rule": _rule(),
    }


def _render_moments(site: Site) -> Iterator[Artifact]:
    """What each moment shows, under `journey/id`, and under its id alone for the first journey that has it."""
    called: set[str] = set()
    for journey in site.community.journeys.values():
        for moment in journey.moments:
            if moment.where != "mail":
                kinds = [(kind, most) for kind, most in kinds_shown(moment).items()]
                content = {"kinds": kinds, "near": moment.near_km or 0, "tree": moment_layout(site, moment)}
                yield _artifact(f"moments/{journey.slug}/{moment.id}", content)
                if moment.id not in called:
                    called.add(moment.id)
                    yield _artifact(f"moments/{moment.id}", content)


def _rule() -> dict[str, Any]:
    """The numbers of the rule, so that they are written in one place."""
    return {
        "terms": term_weights(),
        "bands": [[squared_chord_of(kilometres), points] for kilometres, points in WEIGHTS.bands],
        "even": EVEN_PERCENT,
        "challenges": MOST_CHALLENGES,
        **{
            name: getattr(WEIGHTS, name)
            for name in (
                "text", "language", "no_language_percent", "country", "city", "same_country", "same_zone", "online",
            )
        },
    }  # fmt: skip
