"""How good matches are: newcomers for whom a reader of the example community said beforehand who and what would fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from alongside.matching.index import MatchIndex, build_index
from alongside.matching.matches import match_newcomer
from alongside.model.people import Newcomer
from alongside.reading.loader import load_community
from alongside.reading.newcomers import read_profile
from alongside.reading.settings_file import read_settings

ROOT = Path(__file__).resolve().parents[2]
HANDBOOK = ROOT / "content" / "handbook" / "matching.md"
LABELLED = Path(__file__).with_name("labelled.yml")
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
SHOWN = 3
KINDS = ("members", "stories", "groups")

# Measured, in hundredths. A change of the rules may raise them (then write the new figures here and into the handbook's
# page about matching), and should not lower them unless other communities gain more.
PRECISION = {"members": 91, "stories": 92, "groups": 97}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A newcomer, and the slugs of those a fair reader would call a good fit."""

    who: str
    newcomer: Newcomer
    fits: Mapping[str, frozenset[str]]  # by kind; only those that were judged


@pytest.fixture(scope="module")
def index() -> MatchIndex:
    settings, _ = read_settings(ROOT / "mkdocs.yml")
    return build_index(load_community(settings, today=NOW.date(), cache=False).community, today=NOW.date())


@pytest.fixture(scope="module")
def labelled(index: MatchIndex, tmp_path_factory: pytest.TempPathFactory) -> list[Labelled]:
    settings, _ = read_settings(ROOT / "mkdocs.yml")
    file = tmp_path_factory.mktemp("profiles") / "profile.yml"
    found = []
    for entry in yaml.safe_load(LABELLED.read_text(encoding="utf-8")):
        file.write_text(yaml.safe_dump({"id": entry["who"], **entry["profile"]}, allow_unicode=True), encoding="utf-8")
        newcomer, problems = read_profile(file, index.community, settings)
        assert newcomer is not None
        assert not problems, entry["who"]
        fits = {kind: frozenset(entry[kind]) for kind in KINDS if kind in entry}
        found.append(Labelled(who=entry["who"], newcomer=newcomer, fits=fits))
    return found


def shown(index: MatchIndex, newcomer: Newcomer) -> dict[str, list[str]]:
    """The slugs of the first three of each kind; of a story, that of the original."""
    matches = match_newcomer(index, newcomer, upcoming={}, limit=SHOWN)
    stories = index.community.stories
    return {
        "members": [match.slug for match in matches.members],
        "stories": [stories[match.slug].translation_of or match.slug for match in matches.stories],
        "groups": [match.slug for match in matches.groups],
    }


def test_the_labels_name_what_there_is(index: MatchIndex, labelled: list[Labelled]) -> None:
    pools = {"members": index.members, "stories": index.stories, "groups": index.groups}
    assert len(labelled) >= 25
    assert len({one.newcomer.languages[:1] for one in labelled}) >= 10
    for one in labelled:
        for kind, slugs in one.fits.items():
            assert slugs <= set(pools[kind].numbers), one.who


def test_precision_at_3(index: MatchIndex, labelled: list[Labelled]) -> None:
    """Of the first three, how many are among those that fit; where fewer than three fit, out of as many as do."""
    pools = {"members": index.members, "stories": index.stories, "groups": index.groups}
    for kind, expected in PRECISION.items():
        shares, chances, missed = [], [], []
        for one in labelled:
            if kind in one.fits:
                fits, first = one.fits[kind], shown(index, one.newcomer)[kind]
                shares.append(len(fits & set(first)) / min(SHOWN, len(fits)))
                chances.append(len(fits) * SHOWN / len(pools[kind].candidates) / min(SHOWN, len(fits)))
                if shares[-1] < 1:
                    missed.append(f"{one.who}: {', '.join(first)}; would fit: {', '.join(sorted(fits))}")
        measured = 100 * sum(shares) / len(shares)
        by_chance = 100 * sum(chances) / len(chances)
        print(f"{kind}: {measured:.1f} (by chance {by_chance:.1f}) of {len(shares)}", *missed, sep="\n  ")
        assert f"| {kind} | {expected} in 100 | {by_chance:.0f} |" in HANDBOOK.read_text(encoding="utf-8")
        assert measured >= expected, "\n  ".join((f"{kind}: {measured:.1f}", *missed))
