"""What the host product posts to the service: newcomers for a journey, and what became of newcomers.

A body that cannot be taken as a whole (no journey, a key that there is not) is refused as a whole; of a list, each
newcomer and each event is read for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.problems import Problem, did_you_mean
from alongside.reading.fields import Defaults, Field, Parser, Sheet, Table, read_fields
from alongside.reading.newcomers import ADDRESS, ProfileReader, shortened
from alongside.reading.times import parse_moment
from alongside.reading.values import LINE, scalar
from alongside.source.json_values import Posted
from alongside.source.yaml_nodes import Keys, Plain

MOST = 500  # newcomers or events in one request
LONGEST_SOURCE = 200  # characters
LONGEST_PLAN = 100
SOURCE = "host product"  # where the request names none
# How long before and after the service's clock something may have happened.
BEFORE, AFTER = timedelta(days=3650), timedelta(days=1)
_EVENT = re.compile(r"[a-z][a-z0-9-]{0,39}")


class PostedError(Exception):
    """A body that is refused as a whole; `problems` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("a body that cannot be taken")
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One newcomer of a request."""

    newcomer: Newcomer | None  # None: nobody who can be enrolled
    problems: list[Problem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enroll:
    """Newcomers for a journey."""

    journey: str  # slug, of one that there is
    entries: list[Entry]
    source: str
    is_list: bool  # as which the answer comes too


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What somebody did in the host product."""

    name: str
    newcomer: Newcomer  # an address, or an id
    happened_at: datetime
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Several, each read for itself: None where it cannot be used."""

    entries: list[tuple[Event | None, list[Problem]]]
    is_list: bool


# --- fields ---


def _read_as_is(_sheet: Sheet, _keys: Keys, value: Plain) -> Plain:
    return value


def _read_list(sheet: Sheet, keys: Keys, value: Plain) -> list[Any] | None:
    if isinstance(value, list) and 0 < len(value) <= MOST:
        return value
    sheet.report(keys, "wrong-type", f"This is a list of 1 to {MOST}.", "Send a longer one in parts.")
    return None


def _read_event_name(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value)
    if text is None or _EVENT.fullmatch(text):
        return text
    sheet.report(
        keys, "bad-event", "This is no name of an event.",
        "It has up to 40 of a to z, 0 to 9 and -, and begins with a letter: converted",
    )  # fmt: skip
    return None


def _read_instant(sheet: Sheet, keys: Keys, value: Plain) -> datetime | None:
    text = scalar(sheet, keys, value)
    if text is None:
        return None
    moment = parse_moment(text[:60])
    if moment is not None and isinstance(moment.when, datetime) and moment.offset is not None:
        return (moment.when - moment.offset).replace(tzinfo=UTC)
    sheet.report(keys, "bad-instant", "This is no instant.", "Send date, time and offset: 2026-12-01T09:00:00Z")
    return None


AS_IS = Parser(read=_read_as_is, schema={})
LIST = Parser(read=_read_list, schema={"type": "array", "minItems": 1, "maxItems": MOST})
INSTANT = Parser(read=_read_instant, schema={"type": "string", "format": "date-time"})

ENROLL = Table(
    kind="request",
    about="Newcomers for a journey.",
    fields=(
        Field(name="journey", parser=LINE, required=True, about="Name the journey by its slug."),
        Field(name="newcomer", parser=AS_IS, about="One profile."),
        Field(name="newcomers", parser=LIST, about="Several, at most 500, instead."),
        Field(name="source", parser=LINE, default=SOURCE, about="Where they signed up."),
    ),
)
EVENT = Table(
    kind="event",
    about="What a newcomer did in the host product.",
    fields=(
        Field(
            name="event",
            parser=Parser(read=_read_event_name, schema={"type": "string", "pattern": f"^{_EVENT.pattern}$"}),
            required=True,
            about="Name it, as the journeys' `events:` do.",
        ),
        Field(name="newcomer", parser=AS_IS, required=True, about="Say who: an email or an id."),
        Field(name="at", parser=INSTANT, about="When it happened; else now."),
        Field(name="plan", parser=LINE, default="", about="A few words that stay with it."),
    ),
)
WHO = Table(
    kind="newcomer",
    about="Whom an event is about: one of the two.",
    fields=(
        Field(name="email", parser=ADDRESS, default="", about="Their address."),
        Field(name="id", parser=LINE, default="", about="Their id in the product."),
    ),
)


# --- bodies ---


def read_enroll(value: Plain, community: Community, profiles: ProfileReader) -> Enroll:
    """The newcomers of a body. Raises `PostedError`."""
    body = Posted(pointer="", value=value)
    sheet = _sheet(body)
    fields, complete = read_fields(sheet, ENROLL, value)
    _raise_errors(sheet, complete=complete)
    journey = _find_journey(sheet, community, fields["journey"])
    one, many = fields["newcomer"], fields["newcomers"]
    if (one is None) == (many is None):
        sheet.report((), "missing-key", "A request enrolls one newcomer or several.", 'Send "newcomer" or "newcomers".')
        raise PostedError(sheet.problems)
    places = [body.at("newcomer")] if many is None else [body.at("newcomers", index) for index in range(len(many))]
    entries = [Entry(newcomer=newcomer, problems=found) for newcomer, found in map(profiles.read, places)]
    return Enroll(
        journey=journey,
        entries=entries,
        source=shortened(fields["source"], LONGEST_SOURCE),
        is_list=many is not None,
    )


def _find_journey(sheet: Sheet, community: Community, slug: str) -> str:
    if slug in community.journeys:
        return slug
    sheet.report(
        ("journey",), "unknown-journey", f'There is no journey "{slug[:60]}".',
        did_you_mean(slug[:60], community.journeys),
    )  # fmt: skip
    raise PostedError(sheet.problems)


def read_events(value: Plain, *, now: datetime) -> Events:
    """The events of a body, those without a time at `now`. Raises `PostedError`."""
    body = Posted(pointer="", value=value)
    sheet = _sheet(body)
    if not isinstance(value, dict) or "events" not in value:
        event, problems = _read_event(body, now)
        return Events(entries=[(event, problems)], is_list=False)
    table = Table(
        kind="request",
        about="Events.",
        fields=(Field(name="events", parser=LIST, required=True, about="Send events."),),
    )
    fields, complete = read_fields(sheet, table, value)
    _raise_errors(sheet, complete=complete)
    places = [body.at("events", index) for index in range(len(fields["events"]))]
    return Events(entries=[_read_event(place, now) for place in places], is_list=True)


def _read_event(posted: Posted, now: datetime) -> tuple[Event | None, list[Problem]]:
    sheet = _sheet(posted)
    fields, complete = read_fields(sheet, EVENT, posted.value)
    if not complete:
        return None, sheet.problems
    who, _ = read_fields(sheet, WHO, fields["newcomer"], ("newcomer",))
    if bool(who["email"]) == bool(who["id"]):
        sheet.report(("newcomer",), "missing-key", "An event is about one newcomer.", 'Send "email" or "id".')
        return None, sheet.problems
    at = fields["at"]
    if at is not None and not now - BEFORE <= at <= now + AFTER:
        sheet.report(
            ("at",), "bad-instant", "This is too long ago, or has not happened yet.",
            "Send when it happened: 2026-12-01T09:00:00Z",
        )  # fmt: skip
    if any(found.severity == "error" for found in sheet.problems):
        return None, sheet.problems  # half an event would be another one
    event = Event(
        name=fields["event"],
        newcomer=Newcomer(email=who["email"], id=who["id"]),
        happened_at=at if at is not None else now,
        plan=shortened(fields["plan"], LONGEST_PLAN),
    )
    return event, sheet.problems


def _sheet(posted: Posted) -> Sheet:
    return Sheet(path=posted.pointer, document=posted, defaults=Defaults(), problems=[])


def _raise_errors(sheet: Sheet, *, complete: bool) -> None:
    if not complete or any(problem.severity == "error" for problem in sheet.problems):
        raise PostedError(sheet.problems)
