"""What newcomers did in the product as a team hands it over (CSV: email or id, event, at), on its way to the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from alongside.problems import Problem
from alongside.reading.fields import Defaults, Field, Parser, Sheet, Table, read_table
from alongside.reading.journeys import EVENT
from alongside.reading.newcomers import ADDRESS
from alongside.reading.tables import read_rows
from alongside.reading.times import MOMENT, zone_of
from alongside.reading.values import LINE, scalar
from alongside.settings import Settings
from alongside.source.yaml_nodes import Keys, Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldOutcome:
    """A row: who (by address, else by the product's id), what, when."""

    email: str
    id: str
    event: str
    at: datetime  # aware


def _read_event(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "the name of an event (a text)")
    if text is None or EVENT.fullmatch(text.strip()):
        return text and text.strip()
    sheet.report(
        keys, "bad-event", f'"{text[:40]}" cannot be an event.',
        "Write small letters, digits and hyphens: plan-changed",
    )  # fmt: skip
    return None


OUTCOME = Table(
    kind="outcome",
    about="Something a newcomer did in the product.",
    fields=(
        Field(name="email", parser=ADDRESS, default="", about="Their address."),
        Field(name="id", parser=LINE, default="", about="Or their id in the product."),
        Field(
            name="event",
            parser=Parser(read=_read_event, schema={"type": "string", "pattern": f"^{EVENT.pattern}$"}),
            required=True,
            about="What they did: converted.",
        ),
        Field(name="at", parser=MOMENT, required=True, about="When: 2026-12-03T18:30:00Z."),
    ),
)


def read_outcomes(path: Path, settings: Settings) -> tuple[list[ToldOutcome], list[Problem]]:
    """The rows that say who did what and when, and what is wrong with the others.

    A time without an offset is of the community's zone.
    """
    rows, problems = read_rows(path, str(path), tuple(OUTCOME.by_name), needed=("event", "at"))
    found: list[ToldOutcome] = []
    defaults = Defaults(language=settings.language, timezone=settings.timezone)
    for row in rows:
        sheet = Sheet(path=str(path), document=row, defaults=defaults, problems=problems)
        before = len(problems)
        fields = read_table(sheet, OUTCOME, row.value)
        if fields is None:
            continue
        when, offset = fields["at"].when, fields["at"].offset
        if not (fields["email"] or fields["id"]):
            if len(problems) == before:  # else it is told already that the address is none
                sheet.report((), "missing-field", "This row says of nobody what they did.", "Fill in email, or id.")
        elif not isinstance(when, datetime):
            sheet.report(
                ("at",), "bad-time", f'at: "{when}" is a date without a time.',
                "Write the time too, 2026-12-03T18:30:00Z: who did it on the day they were enrolled did it after that.",
            )  # fmt: skip
        else:
            zone = timezone(offset) if offset is not None else zone_of(settings.timezone)
            at = when.replace(tzinfo=zone)
            found.append(ToldOutcome(email=fields["email"], id=fields["id"], event=fields["event"], at=at))
    return found, problems
