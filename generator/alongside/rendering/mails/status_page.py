"""What happened and what comes next, as one HTML page for a team: `alongside status --html`.

The last room before the door: figures come in as plain values, a page that needs nothing else goes out. It names
members, journeys and moments, and nobody who gets mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from alongside.rendering.interface import format_date
from alongside.rendering.journey_map import JourneyMap, map_figure
from alongside.rendering.mails.frame import fragment
from alongside.rendering.mails.holes import clean

SLOT, BAR = 20, 14  # of the picture of days: the room of one day, and how much of it the bar takes
UP, DOWN = 90, 45  # the highest bar over the line, and under it
LEAST = 3  # so high is a bar of anything at all
MEMBERS_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that waits for a person."""

    text: str
    command: str = ""  # what to type


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """One step of a journey, over all its newcomers. Kinds of figures are told apart by their names."""

    name: str
    sent: int = 0
    answered: int = 0  # of sent
    bounced: int = 0  # of sent
    due: int = 0
    coming: int = 0
    waiting: int = 0  # for a confirmation
    skipped: int = 0
    stopped: int = 0  # skipped too, and told apart: they asked for no more mail
    held: int = 0
    refused: int = 0
    failing: int = 0  # of due and coming
    why: tuple[str, ...] = ()  # in words: reasons of the skipped, what a team should know


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyFigures:
    """One journey."""

    slug: str
    title: str
    newcomers: str  # "3 newcomers (2 active, 1 stopped)"
    steps: tuple[StepFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFigures:
    """Newcomers a member took on in the last seven days, against what they offered."""

    name: str
    taken: int
    offered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """What happened on one day."""

    day: date
    sent: int = 0
    answered: int = 0
    bounced: int = 0
    stopped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All of it."""

    community: str
    language: str  # of titles and names, BCP 47
    at: str  # when, in words
    last_pass: str  # in words; empty: there was none
    needs: tuple[Need, ...] = ()
    journeys: tuple[JourneyFigures, ...] = ()
    members: tuple[MemberFigures, ...] = ()
    days: tuple[DayFigures, ...] = ()
    map: JourneyMap | None = None  # of all journeys; None: there are none


def status_html(status: Status) -> str:
    """One page that needs nothing else and runs nothing."""
    return fragment(
        "status.html",
        community=clean(status.community),
        language=status.language,
        at=status.at,
        last_pass=status.last_pass,
        needs=status.needs,
        journeys=[
            {
                "slug": clean(journey.slug),
                "title": clean(journey.title),
                "newcomers": journey.newcomers,
                "steps": list(_steps(journey)),
            }
            for journey in status.journeys
        ],
        members=[_member(member, status.members) for member in status.members[:MEMBERS_SHOWN]],
        more_members=max(0, len(status.members) - MEMBERS_SHOWN),
        days=(days := list(_days(status.days))),
        months=_totals(status.days),
        map=map_figure(status.map, level=3) if status.map is not None else "",
        width=SLOT * len(status.days),
        up=UP,
        height=UP + 1 + max((day["answered"] for day in days), default=0),
        bar=BAR,
        first=_short(status.days[0].day) if status.days else "",
        last=_short(status.days[-1].day) if status.days else "",
    )


def _short(day: date) -> str:
    return format_date(day, "en", "short")


def _steps(journey: JourneyFigures) -> Iterator[dict[str, object]]:
    """Each step with its bar: hundredths of the longest of the journey."""
    longest = max((_total(step) for step in journey.steps), default=0) or 1
    for step in journey.steps:
        parts = {
            "answered": step.answered,
            "sent": step.sent - step.answered,
            "due": step.due,
            "coming": step.coming + step.waiting,
            "skipped": step.skipped + step.stopped,
            "trouble": step.held + step.refused,
        }
        bar, x = [], 0.0
        for kind, count in parts.items():
            if count > 0:
                share = 100 * count / longest
                bar.append({"kind": kind, "x": f"{x:.2f}", "width": f"{share:.2f}"})
                x += share
        yield {"name": clean(step.name), "bar": bar, "figures": _figures(step), "why": [*map(clean, step.why)]}


def _total(step: StepFigures) -> int:
    return step.sent + step.due + step.coming + step.waiting + step.skipped + step.stopped + step.held + step.refused


def _figures(step: StepFigures) -> list[tuple[str, str, str]]:
    """(kind, number, words), those that say something."""
    told = (
        ("sent", step.sent, "sent", True),
        ("answered", step.answered, "answered", False),
        ("due", step.due, "due", False),
        ("coming", step.coming, "coming", False),
        ("coming", step.waiting, "waiting for a confirmation", False),
        ("skipped", step.skipped, "skipped", False),
        ("skipped", step.stopped, "stopped", False),
        ("bounced", step.bounced, "came back", False),
        ("trouble", step.held, "held", False),
        ("trouble", step.refused, "refused", False),
        ("trouble", step.failing, "failing", False),
    )
    return [(kind, f"{count:,}", words) for kind, count, words, always in told if count or always]


def _member(member: MemberFigures, members: Sequence[MemberFigures]) -> dict[str, object]:
    longest = max(max(one.taken, one.offered) for one in members) or 1
    return {
        "name": clean(member.name),
        "taken": f"{member.taken:,}",
        "offered": f"{member.offered:,}",
        "full": member.taken >= member.offered,
        "taken_width": f"{100 * member.taken / longest:.2f}",
        "offered_width": f"{100 * member.offered / longest:.2f}",
    }


def _days(days: Sequence[DayFigures]) -> Iterator[dict[str, Any]]:
    most = max((max(day.sent / UP, day.answered / DOWN) for day in days), default=0) or 1
    for number, day in enumerate(days):
        sent, answered = (max(LEAST, round(count / most)) if count else 0 for count in (day.sent, day.answered))
        told = {"sent": day.sent, "answered": day.answered, "came back": day.bounced, "stopped": day.stopped}
        yield {
            "x": SLOT * number + (SLOT - BAR) // 2,
            "y": UP - sent,
            "sent": sent,
            "answered": answered,
            "name": _short(day.day),
            "iso": day.day.isoformat(),
            "figures": [f"{count:,}" for count in told.values()],
            "any": any(told.values()),
            "words": ", ".join(f"{count:,} {words}" for words, count in told.items() if count),
        }


def _totals(days: Sequence[DayFigures]) -> str:
    """`41 sent, 3 answered`; empty when nothing happened."""
    told = {
        "sent": sum(day.sent for day in days),
        "answered": sum(day.answered for day in days),
        "came back": sum(day.bounced for day in days),
        "stopped": sum(day.stopped for day in days),
    }
    return ", ".join(f"{count:,} {words}" for words, count in told.items() if count)
