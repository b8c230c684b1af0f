"""Zones by the names that programs give them, and by their clock changes."""

from __future__ import annotations

import pytest

from alongside.importing.components import read_components
from alongside.importing.zones import Zones, named_zone, stated_zones


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ('"Europe/Kiev"', "Europe/Kyiv"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("E. South America Standard Time", "America/Sao_Paulo"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-03:00) Brasília", "America/Sao_Paulo"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(GMT+01.00) Sarajevo/Warsaw/Zagreb", None),
        ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("(UTC+07:00) Berlin", None),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/Europe/Stockholm", "Europe/Stockholm"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("tzone://Microsoft/Custom", None),
        ("UTC+02:00", "Etc/GMT-2"),
        ("GMT-0530", None),
        ("Customized Time Zone", None),
        ("", None),
        ("../../etc/passwd", None),
    ],
)
def test_a_name_of_a_zone(name: str, zone: str | None) -> None:
    assert named_zone(name) == zone


CHANGES = """\
BEGIN:VCALENDAR
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T0{hour}0000
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={back}
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={forth}
END:DAYLIGHT
END:VTIMEZONE
END:VCALENDAR
"""
EUROPE = {"back": "-1SU;BYMONTH=10", "forth": "-1SU;BYMONTH=3", "hour": 3}
AMERICA = {"back": "1SU;BYMONTH=11", "forth": "2SU;BYMONTH=3", "hour": 2}


@pytest.mark.parametrize(
    ("changes", "wanted", "zone"),
    [
        ({"winter": "+0100", "summer": "+0200", **EUROPE}, "Europe/Lisbon", "Europe/Budapest"),
        ({"winter": "+0100", "summer": "+0200", **EUROPE}, "Europe/Madrid", "Europe/Madrid"),
        ({"winter": "-0500", "summer": "-0400", **AMERICA}, "UTC", "America/New_York"),
        ({"winter": "+0117", "summer": "+0217", **EUROPE}, "UTC", None),
    ],
)
def test_a_zone_by_its_clock_changes(changes: dict[str, object], wanted: str, zone: str | None) -> None:
    found = read_components(CHANGES.format(**changes).encode())
    zones = Zones(stated=stated_zones(found.zones), wanted=[wanted])
    assert zones.find("Customized Time Zone", 2027) == zone
    assert zones.guesses == ({"Customized Time Zone": zone} if zone else {})
    assert zones.find("Another", 2027) is None


def test_a_zone_without_changes_and_one_of_a_few_dates() -> None:
    text = """\
BEGIN:VCALENDAR
BEGIN:VTIMEZONE
TZID:India
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0530
TZOFFSETTO:+0530
END:STANDARD
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:EST
BEGIN:STANDARD
DTSTART:20261101T020000
RDATE:20271107T020000,20281105T020000,20251102T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20260308T020000
RDATE:20270314T020000,20280312T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
END:VCALENDAR
"""
    zones = Zones(stated=stated_zones(read_components(text.encode()).zones))
    assert zones.find("India", 2027) == "Asia/Kolkata"
    assert zones.find("EST", 2027) == "America/New_York"
