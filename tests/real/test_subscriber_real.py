"""Somebody subscribed to real communities: khal, which vdirsyncer fetched for, lists what we plan."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from alongside.model.gatherings import Meetup
from alongside.planning.occurrences import final_day, first_day
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.feeds.calendars import EventTexts, render_calendar, render_event
from calendars.subscribers import Subscriber, planned, static_host

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIRST, LAST = date(2023, 1, 1), date(2027, 12, 31)
COMMUNITIES = ("biodrop", "carpentries", "openstreetmap", "rladies", "ropensci")
EVENTS = 300

pytestmark = pytest.mark.real


def test_khal_lists_what_we_plan_of_three_hundred_real_events(shared: Path, tmp_path: Path) -> None:
    chosen = _chosen(shared)
    assert len(chosen) == EVENTS
    events = [(one, render_event(one, EventTexts(uid=f"{number}@real.example"))) for number, one in enumerate(chosen)]
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "all.ics").write_bytes(render_calendar(events, name="Real communities"))
    with static_host(tmp_path / "site") as address:
        subscriber = Subscriber.of(tmp_path / "home", f"{address}/all.ics")
        subscriber.fetch()
    assert len(list((tmp_path / "home" / "calendar").iterdir())) >= EVENTS
    plan = planned(chosen, FIRST, LAST)
    assert len(plan) >= EVENTS
    assert subscriber.dates(FIRST, LAST) ^ plan == set()


def _chosen(shared: Path) -> list[Meetup]:
    """Series and changed ones first, then as many of each community as make up the number."""
    series: list[Meetup] = []
    others: list[list[Meetup]] = []
    for name in COMMUNITIES:
        settings, _ = read_settings(shared / "communities" / name / "mkdocs.yml")
        found = load_community(settings, today=NOW.date(), cache=False).community.meetups.values()
        recent = [one for one in found if first_day(one) <= LAST and (final_day(one) or LAST) >= FIRST]
        series += [one for one in recent if one.rrule or one.changes]
        others.append([one for one in recent if not (one.rrule or one.changes)][:EVENTS])
    mixed = [many[number] for number in range(EVENTS) for many in others if number < len(many)]
    return [*series, *mixed][:EVENTS]
