"""Coverage of communities that nobody here wrote: every page is whole, and cells say what matching finds."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import html5lib
import pytest

from alongside.matching.index import build_index
from alongside.matching.matches import match_groups, match_stories
from alongside.planning.coverage import cover
from alongside.planning.occurrences import first_instants
from alongside.planning.outlook import look_ahead
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.coverage import Report, coverage_html

pytestmark = pytest.mark.real
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COMMUNITIES = ("biodrop", "carpentries", "openstreetmap", "rladies", "ropensci")


@pytest.mark.parametrize("name", COMMUNITIES)
def test_coverage_of_a_community(shared: Path, name: str) -> None:
    settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
    community = load_community(settings, today=NOW.date(), cache=False).community
    index = build_index(community, today=NOW.date())
    coverage = cover(
        index, day=NOW.date(), load={}, upcoming=first_instants(community, now=NOW), meeting=("member", "story")
    )
    outlook = look_ahead(community, day=NOW.date(), load=None, languages=coverage.read_languages)
    page = coverage_html(Report(community=community, coverage=coverage, outlook=outlook, days=None))
    assert html5lib.HTMLParser(strict=True).parse(page) is not None
    assert coverage.pools["member"].records + sum(coverage.absent.values()) == len(community.members)
    for found in random.Random(name).sample(coverage.alone, 8):
        newcomer, cell = found.cell.newcomer(), found.cell
        if "story" in found.finds and cell.challenge:
            told = match_stories(index, newcomer, limit=100_000)
            assert found.finds["story"].fitting == sum(
                any(reason.kind == "challenge" for reason in match.reasons) for match in told
            )
        if "group" in found.finds and cell.country:
            groups = match_groups(index, newcomer, limit=100_000)
            assert found.finds["group"].fitting == sum(
                any(reason.kind == "country" for reason in match.reasons) for match in groups
            )
