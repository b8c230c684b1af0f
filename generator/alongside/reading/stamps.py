"""The ledger of calendar events: what `alongside stamp` writes beside the content, and the build only reads.

One JSON object a line, one line for each VEVENT, sorted (the first is shown on two lines):

    {"event":"docs-berlin-monthly","sequence":3,"changed":"2026-11-26T09:00:00Z","digest":"91c0f2a4b85d7e36",
     "title":"Docs Berlin monthly","starts":"2026-12-03 18:30","ends":"2026-12-03 20:30","timezone":"Europe/Berlin"}
    {"event":"docs-berlin-monthly","day":"2027-02-04","sequence":1,"changed":"2026-11-20T10:30:00Z","digest":"5d3f"}

So two branches that edit two meetups change two lines, and git puts them together by itself (`merge=union`). What that
may leave is read for what it is: of several lines for one event the highest SEQUENCE counts, the order does not matter,
and two lines of one SEQUENCE that say different things are `torn`, which the next stamp mends.

What follows the digest is the outline: as much of a meetup as its calendars need to say CANCELLED once its file is
deleted. It is written in the words of the contract, and read by what reads meetups. It names no person, no house and
no address to join at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from os.path import lexists
from pathlib import Path
from typing import Any

from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.places import Place
from alongside.model.stamps import EventKey, Ledger, Stamp, StampedEvent, Stamps, event_names
from alongside.problems import Position, Problem
from alongside.reading.fields import Defaults, Sheet
from alongside.reading.gatherings import read_outline
from alongside.reading.places import find_place
from alongside.reading.settings_file import relative
from alongside.reading.slugs import slug_fault
from alongside.settings import Settings
from alongside.source.decoding import read_bytes
from alongside.source.json_values import JsonError, read_json
from alongside.source.yaml_nodes import Keys, Plain

ATTRIBUTES = "stamps.jsonl merge=union text eol=lf\n"  # for git, in a `.gitattributes` beside the ledger
_MAX_BYTES = 64_000_000  # a hundred thousand meetups
_MAX_SEQUENCE = 1_000_000_000  # an INTEGER ends at 2,147,483,647 (RFC 5545 section 3.3.8), and edits go on
_OUTLINE = (
    "slug", "uid", "title", "group", "starts", "ends", "timezone", "repeats", "until", "times", "except", "also",
    "place", "online", "languages", "challenges",
)  # fmt: skip
_KNOWN = frozenset(("event", "day", "sequence", "changed", "digest", "gone", *_OUTLINE))
_INSTANT = re.compile(r"(?:19[7-9]\d|20\d\d|21\d\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_DIGEST = re.compile(r"[0-9a-z]{1,128}")
_CONFLICT = re.compile(rb"<<<<<<< |=======$|>>>>>>> |\|\|\|\|\|\|\| ")
_HINT = "Take an earlier version of the file back from git, or delete the line; then run alongside stamp."


def ledger_file(settings: Settings) -> Path:
    """Where it lies: in a folder below docs_dir that holds no records, and that MkDocs does not publish."""
    return settings.docs_dir / ".alongside" / "stamps.jsonl"


def read_ledger(settings: Settings) -> tuple[Ledger, list[Problem]]:
    """The ledger, and what is wrong with it: each line that cannot be read is an error, and the others count."""
    file = ledger_file(settings)
    path = relative(file, settings.root)
    if not lexists(file):
        return Ledger(path=path), []
    content = read_bytes(file, path, most=_MAX_BYTES)
    if isinstance(content, Problem):
        return Ledger(path=path), [content]
    problems: list[Problem] = []
    events: dict[EventKey, StampedEvent] = {}
    foreign: dict[str, None] = {}
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        stripped = line.strip()
        if not stripped:
            continue
        try:
            found = _parse_line(stripped, number)
        except ValueError as fault:
            problems.append(_fault(Position(path, number), stripped, str(fault)))
            continue
        if found is None:
            foreign[stripped.decode()] = None
        else:
            known = events.get(found.key)
            events[found.key] = found if known is None else _latest(known, found)
    return Ledger(path=path, events=events, foreign=tuple(foreign)), problems


def _fault(position: Position, line: bytes, message: str) -> Problem:
    if _CONFLICT.match(line):
        return Problem(
            position=position,
            code="stamps-file",
            message="A merge left its marks here.",
            hint="Delete the lines with the marks and keep those of both sides; then run alongside stamp.",
        )
    return Problem(position=position, code="stamps-file", message=message, hint=_HINT)


class _RepeatedNameError(ValueError):
    """A name stands twice in one object: programs read different ones of the two."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedNameError
    return found


def _constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _parse_line(line: bytes, number: int) -> StampedEvent | None:
    """One line; None for a kind that this version does not know. Raises ValueError with what is wrong."""
    try:
        values = _DECODER.decode(line.decode("utf-8"))
        if b"\\u" in line:
            json.dumps(values, ensure_ascii=False).encode("utf-8")  # halves of characters, which no file can hold
    except (ValueError, RecursionError) as error:
        raise ValueError("This line is damaged: it is no JSON object.") from error
    if not isinstance(values, dict):
        raise ValueError("This line is damaged: it is no JSON object.")
    if "event" not in values:
        return None
    name, digest = values["event"], values.get("digest")
    if not isinstance(name, str) or not name.strip() or len(name) > 1000:
        raise ValueError('This line is damaged: "event" is no name.')
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ValueError('This line is damaged: "digest" is none.')
    if not isinstance(values.get("gone", False), bool):
        raise ValueError('This line is damaged: "gone" is neither true nor false.')
    return StampedEvent(
        name=name,
        day=_parse_day(values["day"]) if "day" in values else None,
        stamp=Stamp(instant=_parse_instant(values.get("changed")), sequence=_parse_sequence(values.get("sequence"))),
        digest=digest,
        gone=values.get("gone", False),
        outline={key: values[key] for key in _OUTLINE if key in values},
        extra={key: value for key, value in values.items() if key not in _KNOWN},
        line=number,
    )


def _parse_day(value: object) -> date:
    day = _day(value)
    if day is None:
        raise ValueError('This line is damaged: "day" is no date.')
    return day


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2027-02-04") else None
    except ValueError:
        return None


def _parse_instant(value: object) -> datetime:
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError('This line is damaged: "changed" is no instant such as 2026-12-01T09:00:00Z.')


def _parse_sequence(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_SEQUENCE:
        return value
    raise ValueError(f'This line is damaged: "sequence" is no number from 0 to {_MAX_SEQUENCE:,}.')


def _latest(one: StampedEvent, other: StampedEvent) -> StampedEvent:
    """Which of two lines for one event counts, whichever comes first."""
    low, high = sorted((one, other), key=_age)
    same = low.stamp.sequence == high.stamp.sequence
    torn = same and (low.torn or (low.digest, low.gone) != (high.digest, high.gone))
    return replace(high, torn=torn or high.torn)


def _age(event: StampedEvent) -> tuple[object, ...]:
    outline = json.dumps(event.outline, sort_keys=True)
    return event.stamp.sequence, event.stamp.instant, event.digest, event.gone, outline


# --- what the build takes from it ----------------------------------------------------------------------------------


def with_stamps(settings: Settings, community: Community, ledger: Ledger) -> tuple[Community, list[Problem]]:
    """The community with the stamps of its events, and with the meetups that only the ledger still knows."""
    if not ledger.is_kept:
        return community, []
    own: dict[str, Stamp] = {}
    also: dict[str, tuple[date, ...]] = {}
    dates: dict[str, dict[date, Stamp]] = {}
    names = frozenset(event_names(community.meetups).values())
    deleted: dict[str, Meetup] = {}
    problems: list[Problem] = []
    for name, day in sorted(ledger.events, key=lambda key: (key[0], key[1] or date.min)):
        event = ledger.events[name, day]
        if day is not None:
            dates.setdefault(name, {})[day] = event.stamp
            continue
        own[name] = event.stamp
        also[name] = also_days(event)
        if name not in names:
            meetup, told = read_deleted(settings, ledger, event)
            problems += told
            if meetup is not None:
                deleted[name] = meetup
    stamps = {
        name: Stamps(own=own.get(name), dates=dates.get(name, {}), also=also.get(name, ())) for name in own | dates
    }
    return replace(community, stamps=stamps, deleted=deleted), problems


def also_days(event: StampedEvent) -> tuple[date, ...]:
    """The days of `also` in an event's outline; those that are none are left out."""
    found = event.outline.get("also", ())
    return tuple(day for value in found if (day := _day(value)) is not None) if isinstance(found, list) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of the ledger for a sheet: whatever is wrong with it stands in that line."""

    at: Position
    value: Plain
    text: str = ""

    def position(self, keys: Keys = (), *, key: bool = False, find: str = "") -> Position:
        return self.at


def read_deleted(settings: Settings, ledger: Ledger, event: StampedEvent) -> tuple[Meetup | None, list[Problem]]:
    """The meetup of a line, called off; None, and why, where its outline no longer says enough."""
    at = Position(ledger.path, event.line)
    slug = str(event.outline.get("slug", event.name))
    fault, _ = slug_fault(slug)
    if fault:
        return None, [_unclear(at, f'"{slug[:60]}" cannot be a slug: {fault}.')]
    found: list[Problem] = []
    try:
        outline = read_json(json.dumps({key: value for key, value in event.outline.items() if key != "slug"}).encode())
    except JsonError as error:
        return None, [_unclear(at, str(error))]
    sheet = Sheet(
        path=ledger.path,
        document=_Line(at=at, value=outline),
        defaults=Defaults(language=settings.language, timezone=settings.timezone),
        problems=found,
    )
    meetup = read_outline(sheet, slug)
    told = [_unclear(at, problem.message) for problem in found if problem.severity == "error"]
    if meetup is None:
        return None, told
    zone = meetup.timezone or settings.timezone
    return replace(meetup, timezone=zone, status="cancelled", position=at), told


def _unclear(at: Position, why: str) -> Problem:
    return Problem(
        position=at,
        code="stamps-file",
        message=f"A deleted meetup can no longer be told from its line. {why}",
        hint=_HINT,
        severity="warning",
    )


# --- what `stamp` writes -------------------------------------------------------------------------------------------


def outline_of(name: str, meetup: Meetup, community: Community) -> Mapping[str, object]:
    """What the ledger keeps of a meetup, should its file be deleted; what is empty is left out."""
    excluded = [day.isoformat() for day in meetup.excluded]
    said: dict[str, object] = {
        "slug": meetup.slug if meetup.slug != name else "",
        "uid": meetup.uid,
        "title": meetup.title.text(community.language),
        "group": meetup.group,
        "starts": _moment(meetup.starts),
        "ends": _ends(meetup),
        "timezone": meetup.timezone,
        "repeats": {"rrule": meetup.rrule} if meetup.rrule else "",
        "until": meetup.until.isoformat() if meetup.until is not None else "",
        "times": meetup.times or "",
        "except": excluded,
        "also": [day.isoformat() for day in meetup.also],
        "place": _place(meetup.place),
        "online": meetup.online or "",
        "languages": list(meetup.languages),
        "challenges": list(meetup.challenges),
    }
    return {key: value for key, value in said.items() if value not in ("", [])}


def _moment(moment: datetime | date) -> str:
    """As authors write it; seconds, which an offset may leave, are kept."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    return moment.isoformat(sep=" ", timespec="seconds" if moment.second else "minutes")


def _ends(meetup: Meetup) -> str:
    if not isinstance(meetup.starts, datetime):
        return meetup.last_day.isoformat() if meetup.last_day is not None else ""
    return _moment(meetup.starts + meetup.duration) if meetup.duration else ""


def _place(place: Place | None) -> object:
    """Its city, region or country by name, which is where its calendars are; a point only where no name means it."""
    if place is None or not place.slug:
        return ""
    meant, _, _ = find_place(place.name)
    if meant is not None and meant.slug == place.slug:
        return place.name
    return {"label": place.name, "lat": place.lat, "lon": place.lon}


def ledger_text(ledger: Ledger) -> str:
    """The file as it is written: events by name and day, then lines of a kind that only a newer version knows."""
    events = sorted(ledger.events.values(), key=lambda event: (event.name, event.day or date.min))
    return "".join(f"{line}\n" for line in (*map(_line, events), *ledger.foreign))


def _line(event: StampedEvent) -> str:
    values: dict[str, object] = {"event": event.name}
    if event.day is not None:
        values["day"] = event.day.isoformat()
    values["sequence"] = event.stamp.sequence
    values["changed"] = event.stamp.instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values["digest"] = event.digest
    if event.gone:
        values["gone"] = True
    text = json.dumps({**values, **event.outline, **event.extra}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")  # half of a character is none
