"""Area embed: 100,000 newcomers, each ranked against the stories of a community of 10,000, in one go on all cores.

A team that lays out what each of its users will meet (or moves them all to a new journey) asks once for everybody. All
newcomers differ, so nothing remembered for one serves another; some of the answers are worked out again in the plainest
way, by the rule of one shard after the other, and have to be the same.
"""

from __future__ import annotations

import os
import pickle
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from alongside.matching.scoring import points_of_stories
from alongside.matching.seekers import said_by, seeker_of
from alongside.matching.shard_matches import match_stories_in_shards
from alongside.matching.shards import (
    FALLBACK,
    EmbedIndex,
    choose_people,
    embed_index,
    shelve_gatherings,
    shelve_people,
)
from alongside.matching.spreading import spread_key
from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.processes import answers, collector_off
from alongside.reading.loader import load_community
from alongside.reading.places import find_place
from alongside.reading.settings_file import read_settings
from bench.embed_communities import GeneratedNewcomer, embed_community_files, newcomers
from bench.harness import BenchError, Figure
from bench.site import write_files

NEWCOMERS = 100_000
STORIES = 10_000
SECONDS = 30.0
SHOWN = 4  # stories of each
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
CHECKED = 200  # newcomers whose answer is worked out twice


def measure_batch(folder: Path, *, stories: int = STORIES, count: int = NEWCOMERS) -> Iterator[Figure]:
    """Wall time of the whole batch, with what it takes to get ready told beside it."""
    community = embed_community(folder, stories)
    started = time.perf_counter()
    embed = index_of(community)
    ready = time.perf_counter() - started
    people = [as_newcomer(one) for one in newcomers(count)]
    if len({(one.text, one.challenges, one.topics, one.roles, one.languages, one.id) for one in people}) != count:
        raise BenchError("two newcomers are the same")
    processes = os.cpu_count() or 1
    used = _children_seconds()
    started = time.perf_counter()
    parts = [*answers(partial(_match_part, embed, people, processes), processes)]
    seconds = time.perf_counter() - started
    used = _children_seconds() - used
    _check(embed, people, [slugs for part in parts for slugs in pickle.loads(part)], processes)
    print(
        f"# batch: {len(embed.stories.pool.candidates)} of the {stories} stories are in shards; {processes} processes, "
        f"{used:.1f} s of processor time, {1e6 * used / count:.0f} µs each; index before that {ready:.1f} s"
    )
    yield Figure(
        name=f"batch matching of {count} newcomers x {stories} stories", value=seconds, goal=SECONDS, unit=" s"
    )


def _children_seconds() -> float:
    """Processor time of all processes of ours that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def embed_community(folder: Path, stories: int) -> Community:
    """The invented community in `folder`, written there first if it is not."""
    if not (folder / "mkdocs.yml").is_file():
        write_files(folder, embed_community_files(stories))
    settings, _ = read_settings(folder / "mkdocs.yml")
    loaded = load_community(settings, today=NOW.date(), cache=False)
    if len(loaded.community.stories) != stories:
        raise BenchError(f"{folder}: {len(loaded.community.stories)} stories instead of {stories}")
    return loaded.community


def index_of(community: Community) -> EmbedIndex:
    """What its embeds rank people and stories with; gatherings are not looked at here."""
    today = NOW.date()
    people = shelve_people(community, choose_people(community, today))
    return embed_index(community, people=people, gatherings=shelve_gatherings(community, {}), dates={}, today=today)


def as_newcomer(one: GeneratedNewcomer) -> Newcomer:
    """As `matching` takes them."""
    return Newcomer(
        id=one.id,
        place=find_place(one.place)[0],
        languages=one.languages,
        challenges=one.challenges,
        topics=one.topics,
        roles=one.roles,
        text=one.text,
    )


@collector_off()
def _match_part(embed: EmbedIndex, people: Sequence[Newcomer], processes: int, part: int) -> bytes:
    """The slugs of what every so many-th newcomer is shown."""
    today = NOW.date()
    own = people[part::processes]
    return pickle.dumps(
        [
            [match.slug for match in match_stories_in_shards(embed, newcomer, today=today, limit=SHOWN)]
            for newcomer in own
        ]
    )


def _check(embed: EmbedIndex, people: Sequence[Newcomer], shown: Sequence[Sequence[str]], processes: int) -> None:
    """Everybody is shown something, and some of them just what all points of all stories would give."""
    order = [number for part in range(processes) for number in range(part, len(people), processes)]
    if len(shown) != len(people) or not all(len(slugs) == SHOWN for slugs in shown):
        raise BenchError("not everybody is shown as many stories as there is room for")
    index = embed.index
    for place in range(0, len(people), max(1, len(people) // CHECKED)):
        newcomer = people[order[place]]
        shards = [embed.stories.shards[key] for key in (*newcomer.challenges, FALLBACK) if key in embed.stories.shards]
        seeker = seeker_of(said_by(newcomer), embed.titles)
        words = {word: n for word, n in seeker.words.items() if any(word in shard.postings for shard in shards)}
        points = points_of_stories(index, replace(seeker, words=words))
        ranked = sorted(
            (-points[number], spread_key(newcomer.id, index.stories.candidates[number].slug), number)
            for number in {number for shard in shards for number in shard.numbers}
        )
        if [index.stories.candidates[number].slug for _, _, number in ranked[:SHOWN]] != shown[place]:
            raise BenchError(f"{newcomer.id} is shown other stories than the best ones")
