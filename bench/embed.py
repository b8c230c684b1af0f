"""Area embed: what a newcomer meets in the product (GOALS, Embed). One function a row.

Who welcomes whom is measured on invented members, and on real ones where `../shared` (or ALONGSIDE_SHARED) is there:
each newcomer of a week is given to a member under everybody's limits, and, as the other side, to their best match
without any. Both read the same newcomers in the same order; what was assigned is looked up again and checked.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from alongside.matching.assignment import assign_member
from alongside.matching.index import MatchIndex, build_index
from alongside.matching.matches import match_members
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.reading.loader import load_community
from alongside.reading.newcomers import read_newcomers
from alongside.reading.places import find_place
from alongside.reading.settings_file import read_settings
from bench.communities import PLACES, WORDS, challenges, community_files
from bench.embed_batch import measure_batch
from bench.embed_first_view import measure_views
from bench.harness import BenchError, Figure

ROOT = Path(__file__).resolve().parent.parent
DAY = date(2026, 12, 1)
STORIES = 1_000  # of the invented community; a tenth as many members
SIZES = (1_000, 10_000)  # stories, of what is looked at in a browser
ROUNDS = 1  # of the builds, one of which takes most of a minute
REAL = ("biodrop", "carpentries")  # of the real ones, the two with the most members who welcome newcomers
NEWCOMERS_A_MEMBER = 2  # in the week: then half of the members could take one more before the load is uneven


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose yet."""


def measure(_: argparse.Namespace) -> Iterator[Figure]:
    """Every figure that can be measured today."""
    for week in weeks():
        yield from member_load(week)
    with tempfile.TemporaryDirectory(prefix="bench-embed-") as temporary:
        yield from measure_views(Path(temporary), SIZES, rounds=ROUNDS)
        yield from measure_batch(Path(temporary) / str(max(SIZES)) / "with embeds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A community and who comes to it in seven days, in their order."""

    name: str
    index: MatchIndex
    newcomers: tuple[Newcomer, ...]

    @property
    def limits(self) -> dict[str, int]:
        """The members who may be given somebody, and how many each offered to take."""
        members = self.index.community.members.values()
        return {one.slug: one.welcomes for one in members if one.welcomes and one.allows("mail", DAY)}


def weeks() -> Iterator[Week]:
    """The invented community, and the real ones where they are."""
    with tempfile.TemporaryDirectory(prefix="bench-embed-") as temporary:
        yield _invented(Path(temporary))
    shared = Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared")) / "communities"
    for name in REAL:
        if (shared / name).is_dir():
            yield _real(name, shared / name)
        else:
            print(f"# {name}: not measured, {shared / name} is missing")


def _invented(folder: Path) -> Week:
    for path, text in community_files(STORIES):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    settings, _ = read_settings(folder / "mkdocs.yml")
    community = load_community(settings, today=DAY, cache=False).community
    chance, known = random.Random("newcomers"), sorted(challenges())
    places = [find_place(place)[0] for place in PLACES]

    def newcomer(number: int) -> Newcomer:
        return Newcomer(
            id=f"newcomer-{number}",
            place=chance.choice(places),
            languages=("en",),
            challenges=tuple(chance.sample(known, chance.randint(0, 2))),
            topics=tuple(chance.sample(WORDS, chance.randint(0, 2))),
            text=" ".join(chance.choices(WORDS, k=chance.choice((0, 12, 30)))),
        )

    return _week(f"{STORIES // 10} invented members", community, newcomer)


def _real(name: str, folder: Path) -> Week:
    """Its members, and the profiles of its newcomers as often as it takes, each under an id of its own."""
    settings, _ = read_settings(folder / "mkdocs.yml")
    community = load_community(settings, today=DAY, cache=False).community
    profiles, _ = read_newcomers(folder / "newcomers.csv", community, settings)
    chance = random.Random("newcomers")
    return _week(name, community, lambda number: replace(chance.choice(profiles), id=f"newcomer-{number}"))


def _week(name: str, community: Community, newcomer: Callable[[int], Newcomer]) -> Week:
    week = Week(name=name, index=build_index(community, today=DAY), newcomers=())
    return replace(week, newcomers=tuple(map(newcomer, range(NEWCOMERS_A_MEMBER * len(week.limits)))))


# --- rows ---


def member_load(week: Week) -> Iterator[Figure]:
    """Member load, max / mean, and the mean score lost against the best match for each."""
    limits, mean = week.limits, len(week.newcomers) / len(week.limits)
    assigned, best = _assigned(week), _best(week)
    load, crowd = Counter(slug for slug, _ in assigned), Counter(slug for slug, _ in best)
    _check_assigned(week, assigned, best)
    lost = 1 - sum(score for _, score in assigned) / sum(score for _, score in best)
    print(
        f"{week.name}: {len(week.newcomers)} newcomers, {len(limits)} members who welcome them; at most "
        f"{max(load.values())} for one of them, {max(crowd.values())} with the best match for each"
    )
    print(f"# {week.name}, best match for each: load max / mean {max(crowd.values()) / mean:.2f}")
    yield Figure(name=f"{week.name}, member load max / mean", value=max(load.values()) / mean, goal=1.5)
    yield Figure(name=f"{week.name}, mean score lost", value=100 * lost, goal=3, unit=" %")


def _assigned(week: Week) -> list[tuple[str, int]]:
    """(member, score) of each newcomer, given out one after the other as mails are."""
    load: Counter[str] = Counter()
    found = []
    for newcomer in week.newcomers:
        match = assign_member(week.index, newcomer, day=DAY, load=load)
        if match is None:
            raise BenchError(f"{week.name}: nobody takes {newcomer.id}, and there is room for all")
        load[match.slug] += 1
        found.append((match.slug, match.score))
    return found


def _best(week: Week) -> list[tuple[str, int]]:
    """(member, score) of each newcomer's best match, whoever else has it too."""
    among = frozenset(week.limits)
    matches = (match_members(week.index, newcomer, limit=1, among=among)[0] for newcomer in week.newcomers)
    return [(match.slug, match.score) for match in matches]


def _check_assigned(week: Week, assigned: Sequence[tuple[str, int]], best: Sequence[tuple[str, int]]) -> None:
    """Everybody has one of those who offered, nobody more than they offered, each at the score `match` gives."""
    limits = week.limits
    if not len(assigned) == len(best) == len(week.newcomers):
        raise BenchError(f"{week.name}: not everybody was given to somebody")
    for slug, count in Counter(slug for slug, _ in assigned).items():
        if count > limits.get(slug, 0):
            raise BenchError(f"{week.name}: {slug} got {count}, and offered {limits.get(slug, 0)}")
    for newcomer, (slug, score), (_, most) in zip(week.newcomers, assigned, best, strict=True):
        (match,) = match_members(week.index, newcomer, limit=1, among=(slug,))
        if not score == match.score <= most:
            raise BenchError(f"{week.name}: {newcomer.id} with {slug}: {score}, looked up {match.score}, best {most}")
