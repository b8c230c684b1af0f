"""The list of calendars that were published once: read line by line, whatever somebody or a merge left in it."""

from __future__ import annotations

import pytest

from alongside.reading.calendars import calendars_file, calendars_text, read_calendars
from alongside.reading.settings_file import read_settings
from conftest import WriteCommunity

GOOD = {"feeds/groups/docs-berlin.ics": "Docs Berlin", "feeds/places/münchen-germany.ics": "München, Germany"}


def test_what_is_written_is_read(write_community: WriteCommunity) -> None:
    settings, _ = read_settings(write_community({"content/.alongside/calendars.tsv": calendars_text(GOOD)}))
    assert calendars_file(settings).name == "calendars.tsv"
    assert read_calendars(settings) == (GOOD, [])
    assert calendars_text({"b": "a\tname\nof two lines", "a": "x"}) == "a\tx\nb\ta name of two lines\n"


def test_no_file_is_no_calendar(write_community: WriteCommunity) -> None:
    assert read_calendars(read_settings(write_community({}))[0]) == ({}, [])


@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< HEAD",
        "feeds/groups/x.ics",
        "feeds/groups/x.ics\t ",
        "feeds/groups/../../x.ics\tOut",
        "feeds/groups/..ics\tOut",
        "feeds/meetups/x.ics\tA meetup's own",
        "/etc/passwd\tx",
        "feeds/places/X.ics\tCapital",
        "\x00\xff",
    ],
)
def test_a_line_that_names_no_calendar_is_told_and_the_others_count(write_community: WriteCommunity, line: str) -> None:
    text = f"{line}\n{calendars_text(GOOD)}feeds/groups/docs-berlin.ics\tThe later name\r\n"
    settings, _ = read_settings(write_community({"content/.alongside/calendars.tsv": text.encode("utf-8")}))
    found, problems = read_calendars(settings)
    assert found == {**GOOD, "feeds/groups/docs-berlin.ics": "The later name"}
    assert [(one.position.path, one.position.line, one.severity) for one in problems] == [
        ("content/.alongside/calendars.tsv", 1, "warning")
    ]


def test_a_folder_in_its_place_is_told(write_community: WriteCommunity) -> None:
    settings, _ = read_settings(write_community({"content/.alongside/calendars.tsv/x": ""}))
    assert [problem.code for problem in read_calendars(settings)[1]] == ["unreadable-file"]
