"""Somebody subscribed to real communities: khal, which vdirsyncer fetched for, lists what we plan and ical.js reads."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from calendars.programs import left_out, read_dates
from calendars.subscribers import Subscriber, listed, planned, real_feed, static_host

DAY = date(2026, 11, 23)
FIRST, LAST = date(2023, 1, 1), date(2027, 12, 31)
EVENTS = 300

pytestmark = [
    pytest.mark.real,
    pytest.mark.calendars,
    pytest.mark.skipif(bool(left_out()), reason=left_out()),
]


def test_khal_lists_what_we_plan_of_three_hundred_real_events(shared: Path, tmp_path: Path) -> None:
    site, home = tmp_path / "site", tmp_path / "home"
    chosen = real_feed(shared / "communities", site, day=DAY, first=FIRST, last=LAST, count=EVENTS)
    assert len(chosen) == EVENTS
    with static_host(site) as address:
        subscriber = Subscriber.of(home, f"{address}/all.ics")
        subscriber.fetch()
    assert len(list((home / "calendar").iterdir())) >= EVENTS
    plan = planned(chosen, FIRST, LAST)
    assert len(plan) >= EVENTS
    assert subscriber.dates(FIRST, LAST) ^ plan == set()
    read = read_dates("ical.js", (site / "all.ics").read_bytes(), first=FIRST, end=LAST + timedelta(days=1))
    assert listed(read) ^ plan == set()
