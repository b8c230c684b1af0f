"""Meetups: what their times and zones become."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from alongside.model.gatherings import Meetup
from alongside.problems import Problem
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from conftest import TODAY, WriteCommunity
from reading.planted_faults import GOOD


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def read(write_community: WriteCommunity) -> object:
    def read_one(lines: str) -> tuple[Meetup, list[Problem]]:
        files = {**GOOD, "content/meetups/m.md": f"---\ntitle: M\n{lines}\n---\nText.\n"}
        settings, _ = read_settings(write_community(files))
        loaded = load_community(settings, today=TODAY, cache=False)
        return loaded.community.meetups["m"], list(loaded.problems)

    return read_one


@pytest.mark.parametrize(
    ("lines", "starts", "zone"),
    [
        ("starts: 2027-01-07 18:30", at("2027-01-07T18:30"), "UTC"),
        ("starts: 2027-01-07 18:30\ngroup: docs", at("2027-01-07T18:30"), "Europe/Berlin"),
        ("starts: 2027-01-07 18:30\ngroup: docs\nplace: 'Recife, Brazil'", at("2027-01-07T18:30"), "America/Recife"),
        (
            "starts: 2027-01-07 18:30\nplace: 'Recife, Brazil'\ntimezone: Europe/Kiev",
            at("2027-01-07T18:30"),
            "Europe/Kyiv",
        ),
        ("starts: 2027-01-07 18:30Z", at("2027-01-07T18:30"), "UTC"),
        ("starts: 2027-01-07 18:30+02:00", at("2027-01-07T18:30"), "Etc/GMT-2"),
        ("starts: 2027-01-07T18:30-03:00\nrepeats: every week", at("2027-01-07T18:30"), "Etc/GMT+3"),
        ("starts: 2027-01-07 18:30+05:30", at("2027-01-07T13:00"), "UTC"),
        ("starts: 2027-01-07", date(2027, 1, 7), "UTC"),
    ],
)
def test_starts_and_zones(read: object, lines: str, starts: object, zone: str) -> None:
    meetup, problems = read(lines)  # type: ignore[operator]
    assert problems == []
    assert (meetup.starts, meetup.timezone) == (starts, zone)


@pytest.mark.parametrize(
    ("lines", "duration", "last_day"),
    [
        ("starts: 2027-01-07 18:30\nduration: 2h", timedelta(hours=2), None),
        ("starts: 2027-01-07 18:30\nends: 2027-01-07 20:00", timedelta(minutes=90), None),
        ("starts: 2027-01-07 18:30\nends: 2027-01-09 12:00", timedelta(hours=41.5), None),
        ("starts: 2027-01-07 18:30+01:00\nends: 2027-01-07 19:30Z", timedelta(hours=2), None),
        ("starts: 2027-01-07\nends: 2027-01-09", None, date(2027, 1, 9)),
        ("starts: 2027-01-07\nends: 2027-01-07", None, None),
        ("starts: 2027-01-07\nduration: 3 days", None, date(2027, 1, 9)),
        ("starts: 2027-01-07\nall_day: true", None, None),
    ],
)
def test_lengths(read: object, lines: str, duration: timedelta | None, last_day: date | None) -> None:
    meetup, problems = read(lines)  # type: ignore[operator]
    assert problems == []
    assert (meetup.duration, meetup.last_day) == (duration, last_day)


def test_a_whole_recurring_meetup(read: object) -> None:
    meetup, problems = read(  # type: ignore[operator]
        "group: docs\nstarts: 2026-12-03 18:30\nrepeats: first Thursday of every month\nuntil: 2027-12-31\n"
        "except: [2027-01-07]\nchanges:\n  2027-02-04: {starts: 2027-02-11 18:30, reason: venue}\n"
        "  2027-03-04: {status: cancelled}\nonline: true\nhosts: [ana]\ncapacity: 40"
    )
    assert problems == []
    assert meetup.rrule == "FREQ=MONTHLY;BYDAY=1TH"
    assert meetup.repeats == "first Thursday of every month"
    assert meetup.excluded == (date(2027, 1, 7),)
    assert meetup.changes[date(2027, 2, 4)].starts == at("2027-02-11T18:30")
    assert meetup.changes[date(2027, 2, 4)].position.line == 9
    assert meetup.changes[date(2027, 3, 4)].status == "cancelled"
    assert (meetup.online, meetup.online_url, meetup.hosts, meetup.capacity) == (True, "", ("ana",), 40)


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("starts: 2027-01-07 18:30+01:00\nends: 2027-01-07 19:30", ["offset-mixed"]),
        ("starts: 2027-01-07\nrepeats: every week\nchanges: {2027-01-14: {starts: 2027-01-15 18:00}}", ["all-day"]),
        ("starts: 2027-01-07\nrepeats: every week\nexcept: [2027-01-14]\nchanges: {2027-01-14: {reason: x}}", ["excepted-change"]),
        ("starts: 2027-01-07\nrepeats: every week\ntimes: 2\nexcept: [2027-01-21]", ["off-rule"]),
        ("starts: 2027-01-07\nrepeats: every week\nuntil: 2027-01-14\nexcept: [2027-01-21]", ["off-rule"]),
        ("starts: 2027-01-07\nalso: [2027-01-09, 2027-03-02]\nchanges: {2027-03-02: {status: cancelled}}", []),
        ("starts: 2027-01-07\nchanges: {2027-03-02: {status: cancelled}}", ["needs-repeats"]),
        ("starts: 2027-01-07\nrepeats: every week\nalso: 2027-01-14\nuntil: 2027-01-10", []),
        ("starts: 2027-01-07\nrepeats: {rrule: \"FREQ=WEEKLY\\nRRULE:FREQ=DAILY\"}", ["bad-recurrence"]),
        ("starts: 2027-01-07\nduration: 5h", ["all-day"]),
        ("starts: 2027-01-07 10:00\nends: 2029-01-07 10:00", ["out-of-range"]),
        ("starts: 2027-01-07 10:00\nall_day: perhaps", ["wrong-type"]),
        ("starts: 2027-01-07 10:00\nonline: perhaps", ["wrong-type"]),
        ("starts: 2027-01-07 10:00\nonline: ftp://x.example", ["bad-url"]),
        ("starts: 2027-01-07 10:00\nplace: {label: Sea, lat: 0, lon: -30}", []),
    ],
)  # fmt: skip
def test_what_does_not_go_together(read: object, lines: str, codes: list[str]) -> None:
    _, problems = read(lines)  # type: ignore[operator]
    assert [problem.code for problem in problems] == codes


def test_a_point_far_from_every_city_is_still_a_place(read: object) -> None:
    meetup, _ = read("starts: 2027-01-07 10:00\nplace: {label: Sea, lat: 0, lon: -30}")  # type: ignore[operator]
    assert meetup.place is not None
    assert (meetup.place.label, meetup.place.slug, meetup.place.country) == ("Sea", "", "")
    near, _ = read('starts: 2027-01-07 10:00\nplace: {label: "c-base, Berlin", lat: 52.513, lon: 13.42}')  # type: ignore[operator]
    assert near.place is not None
    assert (near.place.slug, near.timezone) == ("berlin-germany", "Europe/Berlin")


@pytest.mark.parametrize(
    ("place", "code", "candidates"),
    [
        (
            "Springfield, United States",
            "ambiguous-place",
            ("Springfield, Missouri, United States", "Springfield, Illinois, United States"),
        ),
        # a city alone is never enough, but whoever wrote one is told which there are
        ("Springfield", "unknown-place", ("Springfield, Missouri, United States",)),
        ("Cordoba", "unknown-place", ("Córdoba, Argentina", "Córdoba, Spain")),
    ],
)
def test_a_place_that_may_be_several_is_an_error_that_names_them(
    read: object, place: str, code: str, candidates: tuple[str, ...]
) -> None:
    meetup, problems = read(f"starts: 2027-01-07 18:30\nplace: {place}")  # type: ignore[operator]
    (problem,) = problems
    assert (problem.code, problem.severity, problem.position.line) == (code, "error", 4)
    assert all(candidate in problem.hint for candidate in candidates)
    assert meetup.place is None


@pytest.mark.parametrize(
    ("place", "country", "region"),
    [
        ("Georgia", "GE", ""),  # a name alone is a country's
        ("Georgia, United States", "US", "Georgia"),
        ("Cordoba, Spain", "ES", "Andalusia"),
        ("Córdoba, Argentina", "AR", "Córdoba"),
    ],
)
def test_one_name_in_two_countries_is_told_apart(read: object, place: str, country: str, region: str) -> None:
    meetup, problems = read(f"starts: 2027-01-07 18:30\nplace: {place}\ntimezone: UTC")  # type: ignore[operator]
    assert problems == []
    assert (meetup.place.country, meetup.place.region) == (country, region)
