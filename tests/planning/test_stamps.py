"""Stamps: SEQUENCE and DTSTAMP of every event, as feeds and mails say them, through many edits."""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alongside.model.community import Community
from alongside.model.gatherings import Change, Group, Meetup
from alongside.model.journeys import Journey, Moment
from alongside.model.people import Challenge
from alongside.model.places import Place
from alongside.model.stamps import Ledger
from alongside.model.texts import LocalText
from alongside.planning.occurrences import occurrences
from alongside.planning.plan import StepContent
from alongside.planning.stamps import event_digests, stamp_events
from alongside.problems import Position
from alongside.reading.places import find_place
from alongside.reading.stamps import ledger_file, ledger_text, read_ledger, with_stamps
from alongside.rendering.artifacts import Artifact
from alongside.rendering.feeds.listing import feed_jobs
from alongside.rendering.mails.invitations import Invitations
from alongside.rendering.mails.parts import Source
from alongside.rendering.tracking import Site
from alongside.settings import Settings
from calendar_rules import broken_rules

HERE = Position("content/meetups/x.md")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
THURSDAYS = [date(2026, 12, 3) + timedelta(weeks=week) for week in range(12)]
STAMPED = re.compile(r"(?:DTSTAMP|LAST-MODIFIED|SEQUENCE|URL)[:;][^\r]*\r\n")

Said = tuple[int, str, str]  # SEQUENCE, DTSTAMP, all the rest but the page's address


def at(text: str) -> datetime:
    """Wall time."""
    return datetime.fromisoformat(text)


def words(text: str) -> LocalText:
    return LocalText((("en", text),))


def series(slug: str, **fields: Any) -> Meetup:
    """Every Thursday from 3 December 2026."""
    fields = {"title": words(slug), "rrule": "FREQ=WEEKLY", "until": THURSDAYS[-1], **fields}
    fields = {"duration": timedelta(hours=2), **fields}
    return Meetup(slug=slug, starts=at("2026-12-03 18:00"), timezone="Europe/Berlin", position=HERE, **fields)


def once(slug: str, **fields: Any) -> Meetup:
    return series(slug, rrule="", until=None, **fields)


def community(*meetups: Meetup, **fields: Any) -> Community:
    return Community(name="Test community", meetups={one.slug: one for one in meetups}, **fields)


class Desk:
    """A folder with a ledger: each stamp is written, read again and rendered."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(
            config_file=root / "mkdocs.yml", root=root, docs_dir=root / "content", site_dir=root / "site",
            journeys_dir=root / "journeys", site_name="Test community", site_url="https://community.example.org/",
        )  # fmt: skip
        self.file = ledger_file(self.settings)
        self.file.parent.mkdir(parents=True)

    def ledger(self) -> Ledger:
        ledger, problems = read_ledger(self.settings)
        assert problems == []
        return ledger

    def stamp(self, one: Community, now: datetime = NOW) -> Community:
        new = stamp_events(self.settings, one, self.ledger(), now=now)
        self.file.write_text(ledger_text(new), encoding="utf-8")
        again = stamp_events(self.settings, one, self.ledger(), now=now + timedelta(days=1))
        assert ledger_text(again) == self.file.read_text(encoding="utf-8")  # nothing changed: no octet is written
        return self.read(one)

    def read(self, one: Community) -> Community:
        stamped, problems = with_stamps(self.settings, one, self.ledger())
        assert problems == []
        return stamped

    def feeds(self, stamped: Community, only: str = "") -> dict[str, bytes]:
        """Every calendar by path, or one."""
        site = Site(community=stamped, settings=self.settings, now=NOW)
        jobs = [job for job in feed_jobs(site) if job.name.endswith(".ics") and only in ("", job.name)]
        made = [one for job in jobs for one in job.render()]
        return {one.path: one.content for one in made if isinstance(one, Artifact)}

    def events(self, stamped: Community) -> dict[tuple[str, str], Said]:
        """By the name in the UID and the day of RECURRENCE-ID, or of a UID that names one; empty for none."""
        (content,) = self.feeds(stamped, "feeds/all.ics").values()
        assert broken_rules(content) == []
        return said_in(content)

    def mailed(self, stamped: Community) -> dict[tuple[str, str], Said]:
        """What mails say of the first dates, by the same keys."""
        moment = Moment(id="all", owner="x", where="mail", invite=True, position=HERE)
        journey = Journey(slug="x", title=words("x"), moments=(moment,), position=HERE)
        dates = tuple(
            (meetup, one)
            for meetup in stamped.meetups.values()
            for one in occurrences(meetup, start=NOW, end=NOW + timedelta(days=25))
        )
        content = StepContent(journey=journey, moment=moment, day=NOW.date(), language="en", meetups=dates)
        invitations = Invitations(Source(community=stamped, settings=self.settings))
        return said_in(invitations.calendar(content)) if dates else {}


def said_in(content: bytes) -> dict[tuple[str, str], Said]:
    found: dict[tuple[str, str], Said] = {}
    text = content.decode().replace("\r\n ", "")
    for event in re.findall(r"BEGIN:VEVENT.*?END:VEVENT", text, re.DOTALL):
        uid = re.search(r"UID:([^@+\r]+)(?:\+(\d{8}))?@", event)
        day = re.search(r"RECURRENCE-ID[^:]*:(\d{8})", event)
        sequence = re.search(r"SEQUENCE:(\d+)", event)
        stamp = re.search(r"DTSTAMP:(\w+)", event)
        assert uid is not None
        assert sequence is not None
        assert stamp is not None
        assert f"LAST-MODIFIED:{stamp[1]}\r\n" in event
        found[uid[1], uid[2] or (day[1] if day else "")] = (int(sequence[1]), stamp[1], STAMPED.sub("", event))
    return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def edited(one: Community, slug: str, **fields: Any) -> Community:
    return replace(one, meetups={**one.meetups, slug: replace(one.meetups[slug], **fields)})


def change(day: date, **fields: Any) -> dict[date, Change]:
    return {day: Change(original=day, position=HERE, **fields)}


# --- one edit, one event -------------------------------------------------------------------------------------------


def test_one_edit_changes_one_event_in_each_feed_that_carries_it(desk: Desk) -> None:
    berlin, _, _ = find_place("Berlin, Germany")
    group = Group(slug="g", name=words("G"), kind="chapter", position=HERE)
    challenge = Challenge(slug="c", title=words("C"), position=HERE)
    records: dict[str, Any] = {"groups": {"g": group}, "challenges": {"c": challenge}}
    one = community(
        series("a", group="g", place=berlin, challenges=("c",), changes=change(THURSDAYS[1], status="cancelled")),
        once("b", group="g", place=berlin), series("c", challenges=("c",)), **records,
    )  # fmt: skip
    before = desk.feeds(desk.stamp(one))
    assert desk.feeds(desk.stamp(one, NOW + timedelta(days=3))) == before
    moved = edited(
        one, "a", changes={**one.meetups["a"].changes, **change(THURSDAYS[2], starts=at("2026-12-18 19:00"))}
    )
    touched = (
        (edited(one, "b", title=words("B")), ("b", "")),
        (edited(one, "a", changes=change(THURSDAYS[1], starts=at("2026-12-11 19:00"))), ("a", "20261210")),
        (moved, ("a", "20261217")),  # a date that had no event of its own
        (edited(one, "a", excluded=(THURSDAYS[5],)), ("a", "")),
        (replace(one, meetups={slug: meetup for slug, meetup in one.meetups.items() if slug != "b"}), ("b", "")),
    )
    kept = desk.file.read_text()
    for other, key in touched:
        desk.file.write_text(kept)
        after = desk.feeds(desk.stamp(other, NOW + timedelta(days=4)))
        assert after.keys() == before.keys()  # no feed vanishes either
        carrying = [path for path, content in after.items() if key in said_in(content)]
        assert [path for path in after if after[path] != before[path]] == carrying
        assert len(carrying) >= 4
        for path in carrying:
            old, new = said_in(before[path]), said_in(after[path])
            assert [one for one in new if new[one] != old.get(one)] == [key], path
            assert old.keys() <= new.keys()
            sequence, stamp, _ = old.get(key, old[key[0], ""])  # a new one follows its series
            assert (new[key][0], new[key][1] > stamp) == (sequence + 1, True)
        if key == ("b", "") and not other.meetups.get("b"):
            assert "STATUS:CANCELLED" in said_in(after["feeds/groups/g.ics"])[key][2]


def test_a_date_that_is_restored_says_so(desk: Desk) -> None:
    one = community(series("a", changes=change(THURSDAYS[1], status="cancelled", reason="ill")))
    plain = edited(one, "a", changes={})
    key = ("a", "20261210")
    before = desk.events(desk.stamp(one))
    after = desk.events(desk.stamp(plain))
    assert after.keys() == before.keys()
    assert after["a", ""] == before["a", ""]
    assert after[key][0] == 1
    assert "STATUS:CONFIRMED" in after[key][2]
    assert "COMMENT" not in after[key][2]
    renamed = desk.events(desk.stamp(edited(plain, "a", title=words("A"))))
    assert (renamed[key][0], "SUMMARY:A\r\n" in renamed[key][2]) == (2, True)  # it follows its series
    gone = desk.events(desk.stamp(edited(plain, "a", excluded=(THURSDAYS[1],))))
    assert list(gone) == [("a", "")]  # no event of its own on a day that the rule does not give
    back = desk.events(desk.stamp(plain))
    assert back[key][0] == 4
    assert list(desk.events(desk.stamp(plain, datetime(2028, 1, 2, tzinfo=UTC)))) == [("a", "")]  # long over


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", ""])
def test_a_date_taken_out_of_also_is_called_off(desk: Desk, rule: str) -> None:
    days = (date(2026, 12, 25), date(2027, 1, 2))
    one = series("a", rrule=rule, until=THURSDAYS[-1] if rule else None, also=days)
    before = desk.events(desk.stamp(community(one)))
    out = replace(one, also=days[1:])
    after = desk.events(desk.stamp(community(out), NOW + timedelta(hours=1)))
    assert [(key[1], said[0], "STATUS:CANCELLED" in said[2]) for key, said in sorted(after.items())] == [
        ("", 0, False), ("20261225", 1, True), ("20270102", 0, False),
    ]  # fmt: skip
    assert after["a", "20270102"] == before["a", "20270102"]
    renamed = desk.events(desk.stamp(community(replace(out, title=words("A"))), NOW + timedelta(hours=2)))
    assert renamed["a", "20261225"][0] == 2  # it says so by its new name
    again = desk.events(desk.stamp(community(replace(one, title=words("A"))), NOW + timedelta(hours=3)))
    assert again["a", "20261225"][0] == 3
    assert "STATUS:CONFIRMED" in again["a", "20261225"][2]
    assert desk.stamp(community(out), NOW.replace(year=2028)).stamps["a"].also == days[1:]  # long over


def test_a_deleted_meetup_is_called_off_until_it_is_long_over(desk: Desk) -> None:
    berlin, _, _ = find_place("Berlin, Germany")
    one = community(
        series("a", place=berlin, excluded=(THURSDAYS[3],), was=("first",), online_url="https://meet.example.org/secret"),
        series("endless", until=None, times=None, also=(date(2026, 12, 25),),
               changes=change(THURSDAYS[1], status="cancelled")),
        Meetup(slug="camp", title=words("Camp"), starts=date(2026, 12, 5), last_day=date(2026, 12, 7), timezone="UTC",
               position=HERE),
        series("kept"),
    )  # fmt: skip
    before = desk.feeds(desk.stamp(one))
    assert "secret" not in desk.file.read_text()
    left = community(series("kept"))
    after = desk.feeds(desk.stamp(left))
    assert after.keys() == before.keys() - {"feeds/meetups/first.ics"}
    found = said_in(after["feeds/all.ics"])
    assert [(key, said[0]) for key, said in found.items()] == [
        (("camp", ""), 1), (("endless", ""), 1), (("endless", "20261225"), 1), (("first", ""), 1), (("kept", ""), 0),
    ]  # fmt: skip
    assert [key for key, said in found.items() if "STATUS:CANCELLED" not in said[2]] == [("kept", "")]
    old = said_in(before["feeds/all.ics"])
    for line in ("DTSTART", "DTEND", "RRULE", "EXDATE", "SUMMARY"):
        for name in ("camp", "endless", "first"):
            assert re.findall(rf"\n({line}.*)\r", found[name, ""][2]) == re.findall(
                rf"\n({line}.*)\r", old[name, ""][2]
            )
    assert said_in(after["feeds/places/berlin-germany.ics"]).keys() == {("first", "")}
    assert said_in(after["feeds/meetups/a.ics"]).keys() == {("first", "")}
    back = desk.events(desk.stamp(one))
    assert [back[key][0] for key in (("first", ""), ("endless", "20261210"), ("endless", "20261225"))] == [2, 2, 2]
    desk.stamp(left, datetime(2027, 1, 5, tzinfo=UTC))
    desk.stamp(left, datetime(2028, 12, 30, tzinfo=UTC))
    assert [key for key in desk.ledger().events if key[1] is None] == [
        ("endless", None),
        ("first", None),
        ("kept", None),
    ]
    desk.stamp(left, datetime(2029, 1, 1, tzinfo=UTC))
    assert list(desk.ledger().events) == [("kept", None)]


def test_a_file_that_is_deleted_long_after_is_forgotten_at_once(desk: Desk) -> None:
    """It took place: nobody is told that it was called off."""
    desk.stamp(community(once("a"), series("b", until=None)))
    later = NOW.replace(year=NOW.year + 2)
    assert not desk.stamp(community(), later).deleted.keys() - {"b"}
    assert desk.ledger().events.keys() == {("b", None)}  # without an end it may go on


def test_a_renamed_file_keeps_uid_and_sequence(desk: Desk) -> None:
    one = community(series("a", changes=change(THURSDAYS[1], status="cancelled")))
    desk.stamp(one)
    before = desk.events(desk.stamp(edited(one, "a", title=words("A")), NOW + timedelta(hours=1)))
    meetup = replace(one.meetups["a"], title=words("A"))
    after = desk.events(desk.stamp(community(replace(meetup, slug="b", was=("a",))), NOW + timedelta(hours=2)))
    for key in (("a", ""), ("a", "20261210")):
        assert (after[key][0], after[key][2]) == (before[key][0], before[key][2])
        assert after[key][1] > before[key][1]  # its page moved
    both = desk.events(desk.stamp(community(replace(meetup, slug="c", was=("b", "a"), title=words("C")))))
    assert both["a", ""][0] == 2


def test_a_meetup_that_is_brought_in_renames_none_that_was_here(desk: Desk) -> None:
    """Its UID is the slug of another."""
    one = community(series("calls"))
    before = desk.events(desk.stamp(one))
    two = desk.stamp(community(series("calls"), once("new", uid="calls")), NOW + timedelta(hours=1))
    (content,) = desk.feeds(two, "feeds/all.ics").values()
    assert said_in(content.replace(b"UID:calls\r", b"UID:new@x\r"))["calls", ""] == before["calls", ""]
    three = desk.stamp(community(series("calls")), NOW + timedelta(hours=2))
    (content,) = desk.feeds(three, "feeds/all.ics").values()
    assert [line for line in content.split(b"\r\n") if line.startswith((b"UID", b"STATUS"))] == [
        b"UID:calls@community.example.org", b"STATUS:CONFIRMED", b"UID:calls", b"STATUS:CANCELLED",
    ]  # fmt: skip


def test_two_branches_that_stamp_one_event_alike_are_told_apart(desk: Desk) -> None:
    one = community(series("a"))
    desk.stamp(one)
    old = desk.file.read_text()
    lines = []
    for title in ("Ours", "Theirs"):
        desk.file.write_text(old)
        desk.stamp(edited(one, "a", title=words(title)))
        lines.append(desk.file.read_text())
    desk.file.write_text(lines[1] + lines[0] + old)
    assert desk.ledger().events["a", None].torn
    merged = desk.stamp(edited(one, "a", title=words("Ours")))  # both went out with SEQUENCE 1
    assert desk.events(merged)["a", ""][0] == 2
    desk.file.write_text(lines[0] + old + lines[0])
    assert desk.events(desk.stamp(edited(one, "a", title=words("Ours"))))["a", ""][0] == 1


def test_the_order_of_lines_does_not_matter(desk: Desk) -> None:
    line = '{"event":"a","sequence":%s,"changed":"2026-11-2%sT09:00:00Z","digest":"%s","title":"%s"}\n'
    lines = [line % said for said in ((0, 5, "a", "A"), (1, 3, "b", "B"), (1, 4, "c", "C"), (1, 3, "b", "D"))]
    found = []
    for order in itertools.permutations(lines):
        desk.file.write_text("".join(order))
        found.append(desk.ledger().events["a", None])
    assert {one.digest for one in found} == {"c"}
    assert all(one == found[0] and one.torn for one in found)
    for order in itertools.permutations(lines[:2]):
        desk.file.write_text("".join(order))
        assert (desk.ledger().events["a", None].torn, desk.ledger().events["a", None].digest) == (False, "b")


# --- many edits ----------------------------------------------------------------------------------------------------


def test_two_hundred_edits(desk: Desk) -> None:
    """SEQUENCE rises with each change and never falls, DTSTAMP never goes back, though the clock does."""
    random_ = random.Random(7)
    meetups = {
        one.slug: one for one in (series("a"), series("b", was=("bee",)), once("c"), series("d", times=9, until=None))
    }
    deleted: dict[str, Meetup] = {}
    seen: dict[tuple[str, str], Said] = {}
    mailed: dict[tuple[str, str], Said] = {}
    now = NOW
    kinds: dict[str, int] = {}
    for number in range(200):
        kind, touched = _edit(random_, number, meetups, deleted)
        kinds[kind] = kinds.get(kind, 0) + 1
        now += timedelta(seconds=random_.choice((-86_400, -1, 0, 0, 1, 60, 86_400)))
        one = community(*meetups.values())
        stamped = desk.stamp(one, now)
        events, mails = desk.events(stamped), desk.mailed(stamped)
        for key, said in events.items():
            _compare(key, said, seen.get(key), other=key[0] != touched)
        for key, said in mails.items():
            _compare(key, said, mailed.get(key), other=key[0] != touched)
            in_feed = events.get(key) or events[key[0], ""]
            assert said[:2] == in_feed[:2], key
        seen |= events
        mailed |= mails
    assert min(kinds.values()) >= 5, kinds
    assert len(kinds) == 12


def _compare(key: tuple[str, str], said: Said, before: Said | None, *, other: bool) -> None:
    if before is None:
        return
    assert said[:2] >= before[:2], key
    assert said[1] >= before[1], key
    if said[2] != before[2]:
        assert said[0] > before[0], key
        assert said[1] > before[1], key
    if other:
        assert said == before, key


def _edit(
    random_: random.Random, number: int, meetups: dict[str, Meetup], deleted: dict[str, Meetup]
) -> tuple[str, str]:
    """Edit one meetup in some way; (what was done, the name of its events)."""
    if deleted and (not meetups or random_.random() < 0.3):
        slug = random_.choice(sorted(deleted))
        meetups[slug] = deleted.pop(slug)
        return "bring back", _name(meetups[slug])
    slug = random_.choice(sorted(meetups))
    meetup = meetups[slug]
    day = random_.choice(THURSDAYS[:6])
    changes = dict(meetup.changes)
    kind = random_.choice(
        ("move", "retitle", "text", "place", "status", "date", "restore", "except", "also", "rename", "delete")
    )
    if kind == "restore" and not changes:
        kind = "date"
    if kind in ("date", "except", "also") and not meetup.rrule:
        kind = "text"
    if kind == "delete" and random_.random() < 0.5:
        kind = "text"
    fields: dict[str, Any] = {}
    match kind:
        case "move":
            assert isinstance(meetup.starts, datetime)
            fields = {"starts": meetup.starts.replace(minute=number % 60)}
        case "retitle":
            fields = {"title": words(f"Title {number}")}
        case "text":
            fields = {"body": f"Text {number}."}
        case "place":
            fields = {
                "place": None if meetup.place else Place(label=f"Hall {number}", slug="", name="Hall", country="")
            }
        case "status":
            fields = {"status": "confirmed" if meetup.status == "cancelled" else "cancelled"}
        case "date":
            said = random_.choice(
                (
                    {"status": "cancelled"},
                    {"title": words(f"Once {number}")},
                    {"starts": at(f"2027-01-01 20:{number % 60:02}")},
                )
            )
            fields = {"changes": {**changes, **change(day, **said, reason=f"{number}")}}
        case "restore":
            changes.pop(random_.choice(sorted(changes)))
            fields = {"changes": changes}
        case "except":
            fields = {"excluded": tuple(sorted({*meetup.excluded} ^ {day}))}
        case "also":
            fields = {"also": tuple(sorted({*meetup.also} ^ {day + timedelta(days=1)}))}
        case "delete":
            deleted[slug] = meetups.pop(slug)
            return kind, _name(meetup)
        case "rename":
            fields = {"slug": f"{_name(meetup)}-{number}", "was": (slug, *meetup.was)}
    edited_one = meetups.pop(slug)
    edited_one = replace(edited_one, **fields)
    meetups[edited_one.slug] = edited_one
    return kind, _name(edited_one)


def _name(meetup: Meetup) -> str:
    return meetup.was[-1] if meetup.was else meetup.slug


# --- what an event says --------------------------------------------------------------------------------------------

# Another value of each field. One that is new here belongs into `planning.stamps`, as far as an event says it.
OTHERS: dict[str, Any] = {
    "slug": "other", "title": words("Other"), "starts": at("2026-12-03 19:00"), "timezone": "Europe/Madrid",
    "duration": timedelta(hours=3), "last_day": None, "rrule": "FREQ=WEEKLY;INTERVAL=2", "repeats": "every week",
    "until": THURSDAYS[5], "times": 3, "excluded": (THURSDAYS[2],), "also": (date(2026, 12, 5),),
    "changes": change(THURSDAYS[1], reason="rain"),
    "group": "g", "place": find_place("Berlin, Germany")[0], "online": True, "online_url": "https://meet.example.org/1",
    "languages": ("de",), "hosts": ("ana",), "status": "tentative", "challenges": ("c",), "topics": ("docs",),
    "capacity": 3, "rsvp": "https://rsvp.example.org/1", "body": "Words.", "was": ("first",), "uid": "1@x",
}  # fmt: skip
CHANGES: dict[str, Any] = {
    "starts": at("2026-12-11 18:00"), "duration": timedelta(hours=1), "title": words("Other"),
    "place": find_place("Berlin, Germany")[0], "online_url": "https://meet.example.org/2", "status": "cancelled",
    "reason": "rain",
}  # fmt: skip


def test_whatever_an_event_says_is_in_its_digest(desk: Desk) -> None:
    group = Group(slug="g", name=words("G"), kind="chapter", position=HERE)
    challenge = Challenge(slug="c", title=words("C"), position=HERE)
    records: dict[str, Any] = {"groups": {"g": group}, "challenges": {"c": challenge}}
    assert OTHERS.keys() == {field.name for field in dataclasses.fields(Meetup) if field.compare}
    assert CHANGES.keys() | {"original"} == {field.name for field in dataclasses.fields(Change) if field.compare}
    base = series("a")
    changed = series("a", changes=change(THURSDAYS[1]))
    camp = Meetup(slug="camp", title=words("Camp"), starts=date(2026, 12, 5), timezone="UTC", position=HERE)
    pairs = [(base, replace(base, **{name: value})) for name, value in OTHERS.items()]
    pairs += [(changed, series("a", changes=change(THURSDAYS[1], **{name: value}))) for name, value in CHANGES.items()]
    pairs += [(camp, replace(camp, last_day=date(2026, 12, 7)))]
    whole = community(**records)
    for before, after in pairs:
        events = []
        for one in (before, after):
            found = desk.feeds(community(one, **records))[f"feeds/meetups/{one.slug}.ics"]
            events.append(re.findall(rb"BEGIN:VEVENT.*?END:VEVENT", found, re.DOTALL))
        if events[0] != events[1] and not after.was and not after.uid:  # another UID is another event
            names = [dict(event_digests(one, whole)) for one in (before, after)]
            assert names[0] != names[1], after
    titled = replace(challenge, title=words("Other"))
    one = replace(base, challenges=("c",))
    assert event_digests(one, whole) != event_digests(one, replace(whole, challenges={"c": titled}))


def test_another_version_of_this_program_stamps_nothing_anew() -> None:
    """These digests stand in ledgers. Who changes them makes every calendar app take every event for a new one."""
    berlin, _, _ = find_place("Berlin, Germany")
    full = series(
        "a", place=berlin, online=True, online_url="https://meet.example.org/a", excluded=(THURSDAYS[3],),
        changes=change(THURSDAYS[1], starts=at("2026-12-11 19:00"), reason="hall"), topics=("docs",), body="Words.",
    )  # fmt: skip
    camp = Meetup(slug="camp", title=words("Camp"), starts=date(2026, 12, 5), timezone="UTC", position=HERE)
    assert event_digests(full, community(full)) == {None: "a0f51ff6f72f142a", THURSDAYS[1]: "7a631e2991c6a679"}
    assert event_digests(camp, community(camp)) == {None: "fb6bdab6ba2a58f2"}
