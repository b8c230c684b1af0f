"""The sides of the calendar bench, each a process of its own: `python -m bench.calendar_sides SIDE COUNT FOLDER`.

    naive   what everybody writes first: an icalendar calendar filled and serialised for each feed
    cold    our events, each made once and joined into every feed; kept for the next process as a build keeps them
    warm    the same in the next process, one meetup edited meanwhile: the other events come from what was kept
    peer    the events as JSON, for `ical_generator/render.mjs`

Each leaves a feed in FOLDER and prints the CPU seconds it took from meetups to octets.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import icalendar

from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.texts import LocalText
from alongside.planning.zones import read_zone
from alongside.problems import Position
from alongside.processes import collector_off
from alongside.rendering.artifacts import Manifest, Tree
from alongside.rendering.feeds.calendars import (
    EventPiece,
    EventTexts,
    calendar_lines,
    event_piece,
    join_events,
    render_event,
)
from alongside.rendering.tracking import Site
from alongside.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FEEDS = 4  # all, a group's, a place's, a challenge's
ZONES = ("Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Lagos", "UTC")
RULES = (
    "",
    "",
    "FREQ=WEEKLY",
    "FREQ=MONTHLY;BYDAY=1TH",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    "FREQ=MONTHLY;BYMONTHDAY=15",
)
WORDS = "We meet, talk about what went wrong; and eat cake – everybody is welcome. Bring a laptop and a question. "
CATEGORIES = ("Giving a first talk", "docs")


def generated_meetups(count: int) -> list[Meetup]:
    """`count` meetups, always the same ones."""
    return [_meetup(number) for number in range(count)]


def _meetup(number: int) -> Meetup:
    rrule = RULES[number % len(RULES)]
    starts = datetime.combine(date(2010, 1, 5), datetime.min.time()) + timedelta(days=number % 5000, hours=18)
    if rrule:  # a start that satisfies the rule: Thursday the first, Tuesday, the 15th
        starts = datetime.combine(date(2010, 1, 7 if "1TH" in rrule else 15 if "15" in rrule else 5), starts.time())
    return Meetup(
        slug=f"meetup-{number}",
        title=LocalText((("en", f"Meetup {number}: Grüße, everybody"),)),
        starts=starts,
        timezone=ZONES[number % len(ZONES)],
        duration=timedelta(hours=2),
        rrule=rrule,
        rsvp=f"https://rsvp.example.org/{number}",
        body=(WORDS * (4 + number % 9)).strip(),
        position=Position("content/meetups/x.yml", number + 1),
    )


def settings_in(root: Path) -> Settings:
    """Of a site in the folder `root`."""
    return Settings(
        config_file=root / "mkdocs.yml",
        root=root,
        docs_dir=root / "content",
        site_dir=root / "site",
        journeys_dir=root / "journeys",
        site_name="Generated",
        site_url="https://example.org/",
    )


# --- ours ---


def _ours(meetups: Sequence[Meetup], folder: Path) -> bytes:
    """Four feeds as a build makes them, short of writing them: what is kept is looked through and written anew."""
    community = Community(name="X", meetups={one.slug: one for one in meetups})
    site = Site(community=community, settings=settings_in(folder), now=NOW)
    tree = Tree(folder / "site", folder / "cache")
    before = tree.read_manifest() or Manifest()
    changed = {read for read, digest in before.reads.items() if site.digest_of_read(read) != digest}
    kept = tree.read_pieces(before.pieces) if before.pieces else {}
    site.made_pieces.update(one for one in kept.items() if changed.isdisjoint(one[1][1]))
    made = b""
    with site.reading() as reads:
        for _ in range(FEEDS):
            made = _feed(site)  # a build writes a feed before it renders the next
    known = {read: digest for read, digest in before.reads.items() if read not in changed}
    digests = {read: known[read] if read in known else site.digest_of_read(read) for read in reads}
    tree.finish(Manifest(reads=digests, pieces=tree.write_pieces(site.made_pieces, kept)))
    return made


def _feed(site: Site) -> bytes:
    pieces = site.pieces("event", partial(_event, site), [(slug,) for slug in site.community.meetups])
    return join_events(pieces, calendar_lines(name="All meetups"), timezone=site.community.timezone)


def _event(site: Site, slug: str) -> EventPiece:
    one = site.community.meetups[slug]
    texts = EventTexts(
        uid=f"{slug}@example.org",
        url=f"https://example.org/{one.path}",
        description=one.body,  # not Markdown: the other side has none
        categories=CATEGORIES,
    )
    return event_piece(one, render_event(one, texts))


# --- theirs ---


def _naive(meetups: Sequence[Meetup], _: Path) -> bytes:
    made = b""
    for _feed_number in range(FEEDS):
        calendar = icalendar.Calendar()
        calendar.add("PRODID", "-//naive//EN")
        calendar.add("VERSION", "2.0")
        for one in meetups:
            calendar.add_component(_naive_event(one))
        made = bytes(calendar.to_ical())
    return made


def _naive_event(one: Meetup) -> icalendar.Event:
    event = icalendar.Event()
    starts, ends = _instants(one)
    event.add("UID", f"{one.slug}@example.org")
    event.add("DTSTAMP", NOW)
    event.add("SEQUENCE", 0)
    event.add("DTSTART", starts)
    event.add("DTEND", ends)
    if one.rrule:
        event.add("RRULE", icalendar.vRecur.from_ical(one.rrule))
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    event.add("SUMMARY", str(one.title))
    event.add("DESCRIPTION", f"{one.body}\n\n{one.rsvp}")
    event.add("URL", f"https://example.org/{one.path}")
    event.add("CATEGORIES", list(CATEGORIES))
    return event


def _instants(one: Meetup) -> tuple[datetime, datetime]:
    assert isinstance(one.starts, datetime)
    assert one.duration is not None
    starts = one.starts.replace(tzinfo=UTC if one.timezone == "UTC" else read_zone(one.timezone))
    return starts, starts + one.duration


def _peer_input(meetups: Sequence[Meetup]) -> str:
    """JSON of the same events; times are wall times, as ical-generator takes them for a zone."""
    events = []
    for one in meetups:
        starts, ends = (moment.replace(tzinfo=None) for moment in _instants(one))
        events.append(
            {
                "id": f"{one.slug}@example.org",
                "stamp": NOW.isoformat(),
                "start": starts.isoformat(),
                "end": ends.isoformat(),
                "zone": "" if one.timezone == "UTC" else one.timezone,
                "rule": one.rrule,
                "summary": str(one.title),
                "description": f"{one.body}\n\n{one.rsvp}",
                "url": f"https://example.org/{one.path}",
                "categories": CATEGORIES,
            }
        )
    return json.dumps(events)


def _edited(meetups: Sequence[Meetup]) -> list[Meetup]:
    return [replace(meetups[0], title=LocalText((("en", "Another title"),))), *meetups[1:]]


SIDES: dict[str, Callable[[Sequence[Meetup], Path], bytes]] = {"naive": _naive, "cold": _ours, "warm": _ours}


def main(arguments: Sequence[str] | None = None) -> Iterator[str]:
    """Run one side; what it prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", choices=[*SIDES, "peer"])
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    meetups = generated_meetups(chosen.count)
    if chosen.side == "peer":
        (chosen.folder / "peer.json").write_text(_peer_input(meetups))
        return
    if chosen.side == "warm":
        meetups = _edited(meetups)
    SIDES[chosen.side](meetups[:5], chosen.folder / "first")  # what is imported late, and zones
    with collector_off():
        started = time.process_time()
        made = SIDES[chosen.side](meetups, chosen.folder)
        yield f"{time.process_time() - started:.4f}"
    (chosen.folder / f"{chosen.side}.ics").write_bytes(made)


if __name__ == "__main__":
    for line in main():
        print(line)
