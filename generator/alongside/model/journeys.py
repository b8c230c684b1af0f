"""Journeys: the moments at which community meets a newcomer, each with an owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal

from alongside.model.texts import LocalText
from alongside.problems import Position

Where = Literal["embed", "page", "mail"]
Show = Literal["welcome", "story", "note", "group", "meetup"]
StopRule = Literal["replied", "talked"]
STOP = "stop"  # stands where else the slug of another journey does


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long after enrolling: hours are exact, days are calendar days in the newcomer's zone."""

    amount: int
    unit: Literal["hours", "days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a mail may go out, in the newcomer's own zone. `to` is not included."""

    days: frozenset[int] = frozenset(range(7))  # Monday is 0
    start: time = time(0, 0)
    end: time | None = None  # None: the end of the day


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An authored mail in one language: three Jinja templates, run in a sandbox."""

    language: str
    subject: str
    preheader: str = ""
    body: str  # Markdown with Jinja
    subject_position: Position = field(compare=False)
    preheader_position: Position | None = field(default=None, compare=False)
    body_position: Position = field(compare=False)  # first line of the body


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One place or time on a journey at which community appears."""

    id: str
    owner: str  # id of a team
    where: Where
    show: tuple[Show, ...] = ()  # embed and page
    near_km: float | None = None  # embed and page: how near "near" is
    # what follows is of mails ("steps" of the sequence) alone
    after: Delay = Delay(amount=0, unit="hours")
    sender: Literal["member", "team"] = "member"  # authored as `from`
    message: str = ""  # path of the message file below the journeys folder: "mails/welcome.md"
    messages: Mapping[str, Message] = field(default_factory=dict)  # by language, default first
    window: Window = Window()
    gap: timedelta = timedelta(hours=20)
    expires: timedelta = timedelta(days=14)
    ask_first: timedelta | None = None
    stop_when: frozenset[StopRule] = frozenset()
    invite: bool = False  # the dates it shows travel along as a calendar part
    position: Position = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """An ordered set of moments. Its mails are the sequence."""

    slug: str  # the file's name
    title: LocalText
    moments: tuple[Moment, ...]
    confirm: bool = False  # double opt-in before the first mail
    # What becomes of it when the host product tells of an event: STOP, or the slug of the journey that follows.
    events: Mapping[str, str] = field(default_factory=lambda: {"left": STOP})
    holdout: int = 0  # of a hundred newcomers, how many get no mail, so that it can be seen what the mails do
    position: Position = field(compare=False)

    @property
    def steps(self) -> tuple[Moment, ...]:
        """The moments with a mail, in authored order."""
        return tuple(moment for moment in self.moments if moment.where == "mail")

    def moment(self, moment_id: str) -> Moment | None:
        """The moment of that id, or None."""
        return next((moment for moment in self.moments if moment.id == moment_id), None)
