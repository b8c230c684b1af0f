"""Who is never shown? The members who stand among the first three of nobody, of many newcomers drawn at random.

    python tools/fairness.py                                    # the example community
    python tools/fairness.py ../other/mkdocs.yml --newcomers 2000

Newcomers are drawn so that no kind is rare: the first language is any that a member speaks, with equal chance, and
half of them read English too; a third name no place, a third the place of a member or group, a third a city far and
wide; they tick none, one or two challenges; half wrote two sentences, which somebody else of the community wrote in a
story or a page of their own, in the newcomer's first language where there are any. The same seed draws the same people.
Members are those who welcome newcomers and agreed to be shown; what limits them in a week does not count here.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from alongside.cli.tables import Column, render_table
from alongside.matching.index import MatchIndex, build_index
from alongside.matching.matches import match_members
from alongside.matching.words import language_of
from alongside.model.community import Community
from alongside.model.people import Member, Newcomer
from alongside.problems import AlongsideError
from alongside.reading.loader import load_community
from alongside.reading.places import find_place
from alongside.reading.settings_file import read_settings

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 3
NAMED = 4  # of those who are never shown, a row names so many
CITIES = (
    "Accra, Ghana", "Buenos Aires, Argentina", "Dhaka, Bangladesh", "Istanbul, Turkey", "Jakarta, Indonesia",
    "Lisbon, Portugal", "Melbourne, Australia", "Seoul, South Korea", "Toronto, Canada", "Warsaw, Poland",
)  # fmt: skip
_SENTENCE_END = re.compile(r"(?<=[.!?。؟])\s*(?=\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A newcomer, what kind they are of, and who is shown to them."""

    language: str
    place: str  # "no place", "a place of the community", "far away"
    wrote: str  # "text", "no text"
    shown: tuple[str, ...]  # slugs, best first


def main() -> None:
    """Print both tables for each community named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="*", type=Path, default=[ROOT / "mkdocs.yml"], help="mkdocs.yml of communities")
    parser.add_argument("--newcomers", type=_count, default=10_000, help="how many are drawn (default 10,000)")
    parser.add_argument("--day", type=date.fromisoformat, default=datetime.now(UTC).date(), help="whose consent counts")
    arguments = parser.parse_args()
    for config in arguments.config:
        try:
            settings, _ = read_settings(config)
        except AlongsideError as error:
            parser.error(str(error))
        community = load_community(settings, today=arguments.day).community
        index = build_index(community, today=arguments.day)
        members = {
            slug: community.members[slug] for slug in index.members.numbers if community.members[slug].welcomes > 0
        }
        if not members:
            print(f"{community.name}: nobody welcomes newcomers, so nobody is shown.")
            continue
        drawn = list(draw(index, frozenset(members), arguments.newcomers))
        print(f"{community.name}: {len(members)} members who welcome newcomers, {len(drawn)} newcomers\n")
        print(by_newcomers(drawn, members))
        print(by_members(drawn, members, community))


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("draw at least one")
    return count


def draw(index: MatchIndex, among: frozenset[str], count: int) -> Iterator[Drawn]:
    """The newcomers, in an order that depends on nothing but the community."""
    community, chance = index.community, random.Random("newcomers")
    languages = sorted({language_of(tag) for slug in among for tag in community.members[slug].languages})
    places = list(community.places.values())
    cities = [find_place(city)[0] for city in CITIES]
    texts = _texts(community, among)
    challenges = sorted(community.challenges)
    for number in range(count):
        language = chance.choice(languages)
        kind = chance.choice(("no place", "a place of the community" if places else "no place", "far away"))
        place = None if kind == "no place" else chance.choice(places if kind != "far away" else cities)
        written = texts.get(language) or texts.get("en", ())
        text = chance.choice(written) if written and chance.random() < 0.5 else ""
        newcomer = Newcomer(
            id=f"newcomer-{number}",
            place=place,
            languages=tuple(dict.fromkeys((language, "en"))) if chance.random() < 0.5 else (language,),
            challenges=tuple(chance.sample(challenges, min(len(challenges), chance.randint(0, 2)))),
            text=text,
        )
        matches = match_members(index, newcomer, limit=SHOWN, among=among)
        yield Drawn(
            language=language,
            place=kind,
            wrote="text" if text else "no text",
            shown=tuple(match.slug for match in matches),
        )


def _texts(community: Community, among: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Two sentences at a time of all that members and stories tell, by language."""
    found: dict[str, list[str]] = {}
    for story in community.stories.values():
        if story.status == "published":
            found.setdefault(language_of(story.language), []).extend(_pairs(story.body))
    for slug in among:
        for page in community.members[slug].pages.values():
            found.setdefault(language_of(page.language), []).extend(_pairs(f"{page.bio}\n{page.welcome}"))
    return {language: tuple(sorted(pairs)) for language, pairs in found.items()}


def _pairs(text: str) -> Iterator[str]:
    sentences = [sentence for sentence in _SENTENCE_END.split(" ".join(text.split())) if len(sentence) > 20]
    yield from (f"{one} {other}" for one, other in zip(sentences[::2], sentences[1::2], strict=False))


def by_newcomers(drawn: list[Drawn], members: dict[str, Member]) -> str:
    """For each kind of newcomer: who is shown to none of them, and how many see the one who is shown most."""
    kinds: dict[str, list[Drawn]] = {}
    for one in drawn:
        for kind in ("all", f"with {one.wrote}", one.place, f"reads {one.language}"):
            kinds.setdefault(kind, []).append(one)
    rows = []
    for name, chosen in sorted(kinds.items(), key=lambda entry: (entry[0].startswith("reads"), -len(entry[1]))):
        times = Counter(slug for one in chosen for slug in one.shown)
        never = [slug for slug in members if not times[slug]]
        most, count = times.most_common(1)[0]
        told = ", ".join(never[:NAMED]) + (" ..." if len(never) > NAMED else "")
        rows.append([name, f"{len(chosen):,}", f"{len(never):,}", f"{100 * count / len(chosen):.0f} %", most, told])
    columns = [
        Column(title="newcomers"), Column(title="drawn", align="right"), Column(title="never", align="right"),
        Column(title="most", align="right"), Column(title="who that is"), Column(title="who is never shown"),
    ]  # fmt: skip
    return render_table(columns, rows, colour=False)


def by_members(drawn: list[Drawn], members: dict[str, Member], community: Community) -> str:
    """For each kind of member: how many are never shown, and their share of what an even one would be."""
    times = Counter(slug for one in drawn for slug in one.shown)
    even = sum(times.values()) / len(members)
    kinds: dict[str, list[str]] = {}
    for slug, member in members.items():
        words = sum(len(f"{page.bio} {page.welcome}".split()) for page in member.pages.values())
        told = community.stories_of.get(slug, ())
        for kind in (
            f"writes in {language_of(member.languages[0])}",
            "has a place" if member.place is not None else "has no place",
            "tells a story" if told else "tells no story",
            "fewer than 50 words" if words < 50 else "50 words and more",
            "no challenge"
            if not member.challenges
            else "one challenge"
            if len(member.challenges) == 1
            else "more challenges",
        ):
            kinds.setdefault(kind, []).append(slug)
    rows = []
    for kind, slugs in sorted(kinds.items(), key=lambda entry: (not entry[0].startswith("writes"), entry[0])):
        never = sum(not times[slug] for slug in slugs)
        share = sum(times[slug] for slug in slugs) / (even * len(slugs))
        rows.append([kind, f"{len(slugs):,}", f"{never:,}", f"{share:.2f}"])
    columns = [Column(title="member"), *(Column(title=title, align="right") for title in ("members", "never", "share"))]
    return render_table(columns, rows, colour=False)


if __name__ == "__main__":
    main()
