"""Somebody subscribed: what vdirsyncer fetches and khal lists is our plan, and follows each edit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.feeds.listing import render_feeds
from calendars.subscribers import Listed, Subscriber, planned, static_host
from conftest import WriteCommunity

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 12, 1), date(2027, 11, 30)
MONTHLY = """\
---
title: Docs Berlin, monthly
starts: 2026-12-03 18:30
timezone: Europe/Berlin
duration: 2h
repeats: first Thursday of every month
until: 2027-12-31
except: [2027-01-07]
also: [2027-01-09]
changes:
  2027-02-04: {starts: 2027-02-11 19:00, reason: venue}
---
Talks.
"""
OTHERS = """\
- {title: "Kampfrichter; Übung \\\\ 日本", starts: 2026-12-06, ends: 2026-12-08, repeats: every 3 months on the 6th}
- {title: Through the night, starts: 2027-03-20 20:00, timezone: Europe/Berlin, duration: 11h, repeats: every week, times: 3}
- {title: Before three, starts: 2027-03-27 02:30, timezone: Europe/Berlin, duration: 1h, repeats: every day, times: 3}
- {title: Recife, starts: 2026-12-31 23:30, timezone: America/Recife, duration: 90 minutes}
- {title: In UTC, starts: 2027-05-01 12:00Z, duration: 30 minutes, repeats: "every 2 weeks on Sat, Tue", times: 9}
"""
LEAVING = "---\ntitle: Soon deleted\nstarts: 2027-06-01 10:00\nduration: 1h\ntimezone: Asia/Tokyo\n---\nText.\n"


def test_a_subscriber_sees_what_we_plan_and_follows_every_edit(write_community: WriteCommunity, tmp_path: Path) -> None:
    files = {"content/meetups/monthly.md": MONTHLY, "content/meetups/o.yml": OTHERS, "content/meetups/x.md": LEAVING}
    site = tmp_path / "site"
    site.mkdir()

    def publish(files: dict[str, str]) -> set[Listed]:
        """Build the feed where the host has it; gives the plan."""
        settings, _ = read_settings(write_community(files))
        loaded = load_community(settings, today=NOW.date(), cache=False)
        assert [str(problem) for problem in loaded.problems if problem.severity == "error"] == []
        for artifact in render_feeds(loaded.community, settings, now=NOW):
            if artifact.path == "feeds/all.ics":
                (site / "all.ics").write_bytes(artifact.content)
        return planned(loaded.community.meetups.values(), FIRST, LAST)

    plan = publish(files)
    assert len(plan) > 30
    with static_host(site) as address:
        subscriber = Subscriber.of(tmp_path / "home", f"{address}/all.ics")
        subscriber.fetch()
        assert sorted(subscriber.dates(FIRST, LAST)) == sorted(plan)

        edited = MONTHLY.replace("18:30", "19:15").replace("reason: venue}", "title: Elsewhere}")
        edited += "More words.\n"
        edited = edited.replace(
            "---\nTalks", "  2027-03-04: {status: cancelled}\n  2027-01-09: {starts: 2027-01-10 11:00}\n---\nTalks"
        )
        files["content/meetups/monthly.md"] = edited
        (tmp_path / "community/content/meetups/x.md").unlink()
        del files["content/meetups/x.md"]
        before, plan = plan, publish(files)
        assert len(before & plan) < len(plan) - 10
        subscriber.fetch()
        assert sorted(subscriber.dates(FIRST, LAST)) == sorted(plan)
        assert not any(title == "Soon deleted" for title, *_ in plan)
