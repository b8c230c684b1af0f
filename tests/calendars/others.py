"""Meetups that other projects keep in files of their own, as our records: read leniently, for the tests alone.

The TOML of Rust's calendar, the YAML of yaml2ics, and the JSON lists of conferences, all below `../shared/calendar`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from alongside.model.gatherings import Meetup
from alongside.model.recurrences import parse_rule
from alongside.model.texts import LocalText
from alongside.planning.zones import read_zone
from alongside.problems import Position

Source = Literal["rust-lang-calendar", "scientific-python-calendars", "tech-conferences"]
SOURCES: tuple[Source, ...] = get_args(Source)
_DAYS = {"monday": "MO", "tuesday": "TU", "wednesday": "WE", "thursday": "TH", "friday": "FR", "saturday": "SA", "sunday": "SU"}  # fmt: skip


def read_others(folder: Path, source: Source) -> list[Meetup]:
    """All meetups of a source; `folder` is that of all. Their slugs say where they come from, and are all different."""
    read = {"rust-lang-calendar": _rust, "scientific-python-calendars": _yaml2ics, "tech-conferences": _conferences}
    return [*read[source](folder / source)]


def _meetup(slug: str, title: str, starts: datetime | date, zone: str, **fields: Any) -> Meetup:
    return Meetup(
        slug=slug,
        title=LocalText((("en", title),)),
        starts=starts,
        timezone=zone,
        position=Position(slug),
        **fields,
    )


def _bounds(rule: Mapping[str, Any], starts: datetime | date, zone: str) -> dict[str, Any]:
    """COUNT as `times`; UNTIL, an instant, as the last day on which the meetup does not begin after it."""
    until = rule.get("until")
    if isinstance(until, str):
        until, _ = _moment(until)
    if isinstance(until, datetime) and isinstance(starts, datetime):
        local = until.astimezone(read_zone(zone)) if until.tzinfo else until
        until = local.date() - timedelta(days=local.time() < starts.time())
    elif isinstance(until, datetime):
        until = until.date()
    return {"until": until, "times": rule.get("count")}


# --- Rust ---


def _rust(folder: Path) -> Iterator[Meetup]:
    for path in sorted(folder.rglob("*.toml")):
        for number, event in enumerate(_toml(path).get("events", [])):
            starts, zone = _moment(event["start"])
            ends, _ = _moment(event["end"]) if "end" in event else (starts, zone)
            excluded = tuple(date.fromisoformat(day[:10]) for day in event.get("exceptions", {}).get("dates", ()))
            length = _length(starts, ends)
            for rule in event.get("recurrence_rules", [{}]):  # one of two rules is a meetup of its own
                at = _wall(starts)
                if "by_hour" in rule and isinstance(at, datetime):
                    at = at.replace(hour=rule["by_hour"][0])
                recurs = {"rrule": _rust_rule(rule), **_bounds(rule, starts, zone)} if rule else {}
                slug = f"{path.stem}-{number}-{event['uid']}-{recurs.get('rrule', 'once')}"
                status = event.get("status", "confirmed")
                yield _meetup(slug, event["title"], at, zone, status=status, excluded=excluded, **length, **recurs)


def _toml(path: Path) -> dict[str, Any]:
    """TOML 1.1, which lets an inline table take several lines; Python reads 1.0."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    tables = re.compile(r"= \{\n(.*?)\n\}", re.DOTALL)
    joined = tables.sub(lambda match: "= {" + " ".join(match[1].split()).removesuffix(",") + "}", text)
    return tomllib.loads(joined)


def _rust_rule(rule: Mapping[str, Any]) -> str:
    days = [f"{day.get('num', '')}{_DAYS[day['day']]}" for day in rule.get("by_day", ())]
    parts = [f"FREQ={rule['frequency'].upper()}", f"INTERVAL={rule.get('interval', 1)}"]
    return str(parse_rule(";".join([*parts, *([f"BYDAY={','.join(days)}"] if days else [])])))


def _moment(value: str | Mapping[str, str]) -> tuple[datetime | date, str]:
    """A day, a time in UTC, or wall time with its zone."""
    if not isinstance(value, str):
        wall, _ = _moment(value["date"])
        assert isinstance(wall, datetime)
        return wall.replace(tzinfo=None), value["timezone"]
    if "T" not in value:
        return date.fromisoformat(value), "UTC"
    moment = datetime.fromisoformat(value.replace(".00", ""))
    return moment, "UTC"


def _wall(moment: datetime | date) -> datetime | date:
    return moment.astimezone(UTC).replace(tzinfo=None) if isinstance(moment, datetime) and moment.tzinfo else moment


def _length(starts: datetime | date, ends: datetime | date) -> dict[str, Any]:
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        return {"duration": ends - starts}
    return {"last_day": max(starts, ends - timedelta(days=1))}  # Rust's end is the day after


# --- yaml2ics ---


def _yaml2ics(folder: Path) -> Iterator[Meetup]:
    for path in sorted((folder / "calendars").glob("*.yaml")):
        calendar = yaml.safe_load(path.read_text())
        for number, event in enumerate(calendar.get("events", ())):
            begin = event["begin"]
            zone = "UTC" if begin.tzinfo else event.get("timezone", calendar.get("timezone", "UTC"))
            starts = _wall(begin)
            assert isinstance(starts, datetime)
            duration = timedelta(**event["duration"]) if "duration" in event else event["end"] - begin
            fields: dict[str, Any] = {}
            if "repeat" in event:
                fields = {"rrule": _yaml2ics_rule(event["repeat"]), **_bounds(event["repeat"], starts, zone)}
            elif rule := re.search(r"RRULE:(\S+)", event.get("ics", "")):
                fields = {"rrule": str(parse_rule(rule[1]))}
            slug = f"{path.stem}-{number}"
            yield _meetup(slug, event["summary"], starts, zone, duration=duration, **fields)


def _yaml2ics_rule(repeat: Mapping[str, Any]) -> str:
    ((unit, count),) = repeat["interval"].items()
    frequency = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}[unit]
    day = f";BYDAY={repeat['byweekday'].upper()}" if "byweekday" in repeat else ""
    return str(parse_rule(f"FREQ={frequency};INTERVAL={count}{day}"))


# --- conferences ---


def _conferences(folder: Path) -> Iterator[Meetup]:
    for path in sorted(folder.rglob("*.json")):
        for number, row in enumerate(json.loads(path.read_text())):
            first, last = (date.fromisoformat(row[name]) for name in ("startDate", "endDate"))
            yield _meetup(f"{path.parent.name}-{path.stem}-{number}", row["name"], first, "UTC", last_day=last)
