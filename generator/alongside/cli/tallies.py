"""What passes of `alongside send` did, told to a person: a line while it runs, days, steps, and what went wrong."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType

import click

from alongside.cli.options import wants_colour
from alongside.cli.stores import Home, many
from alongside.cli.tables import Column, printable, render_table, shorten, style
from alongside.delivery.recovery import Recovered
from alongside.delivery.schema import asked_moment
from alongside.delivery.worker import Outcome

# What a transport did with the mails, by its name
DONE = {"maildir": "sent to outbox/", "smtp": "sent", "sendmail": "handed to sendmail"}
TOLD = {"refused": "refused for good", "later": "not now", "held": "held"}
REDRAWN_SECONDS = 0.2  # how often the line is written anew


class Counting:
    """A line on the terminal while many mails go out; silent where nobody watches."""

    def __init__(self, total: int) -> None:
        """`total`: how many are due; 0 when that is not known."""
        self._total, self._count, self._begun, self._drawn = total, 0, time.monotonic(), 0.0
        self._watched = sys.stderr.isatty()

    def __enter__(self) -> Counting:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._drawn:
            click.echo("\r\033[K", err=True, nl=False)

    def one_more(self, _outcome: Outcome) -> None:
        """Another mail was looked at."""
        self.show(self._count + 1)

    def show(self, count: int) -> None:
        """So many were, so far."""
        self._count = count
        at = time.monotonic()
        if not self._watched or at - max(self._drawn, self._begun) < REDRAWN_SECONDS:
            return
        self._drawn = at
        pace = self._count / (at - self._begun)
        of = f" of {self._total:,}" if self._total >= self._count else ""
        left = f", {(self._total - self._count) / pace:,.0f} s left" if of else ""
        click.echo(f"\r\033[K{self._count:,}{of} mails, {pace:,.0f} a second{left}", err=True, nl=False)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the passes did, told day by day and then by step."""

    home: Home
    detailed: bool = False
    days: bool = False  # a line a day
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (journey, moment, kind)
    reasons: Counter[str] = field(default_factory=Counter)  # why skipped
    failures: Counter[str] = field(default_factory=Counter)  # what is wrong with a message, or with us
    refusals: Counter[str] = field(default_factory=Counter)  # what servers said of addresses and mails
    letters: Counter[str] = field(default_factory=Counter)  # notes and answers to them, by what became of them
    recovered: Recovered = field(default_factory=Recovered)
    day: date | None = None
    of_day: Counter[str] = field(default_factory=Counter)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count one pass, and tell it."""
        for outcome in outcomes:
            self._turn_page(outcome.at.date())
            self.counts[outcome.journey, outcome.moment, outcome.kind] += 1
            if outcome.kind == "skipped":
                self.reasons[outcome.detail] += 1
            elif outcome.kind == "failed":
                self.failures[outcome.detail] += 1
            elif outcome.kind in ("refused", "later", "held"):
                self.refusals[f"{TOLD[outcome.kind]}: {outcome.detail}"] += 1
            if outcome.kind != "waits":
                self.of_day[outcome.moment if outcome.kind == "sent" else outcome.kind] += 1
            if self.detailed:
                click.echo(f"  {outcome.at:%H:%M}  {self._line(outcome)}")

    def _turn_page(self, day: date) -> None:
        """On a new day: its heading, or what the day before came to."""
        if day == self.day:
            return
        if self.detailed:
            click.echo(style(f"{day:%a} {day.day} {day:%b %Y}", colour=wants_colour(), bold=True))
        elif self.days:
            self.end_day()
        self.day = day

    def end_day(self) -> None:
        """The line of a day on which something happened."""
        if self.day is not None and self.of_day and self.days and not self.detailed:
            what = ", ".join(f"{name} {count:,}" for name, count in sorted(self.of_day.items()))
            click.echo(f"{self.day:%a} {self.day.day:2} {self.day:%b %Y}   {what}")
        self.of_day.clear()

    def _line(self, outcome: Outcome) -> str:
        way = "about" if asked_moment(outcome.moment) else "to"  # who is asked is a member
        who = f"{printable(outcome.moment)} {way} {shorten(printable(outcome.newcomer), 30)}"
        if outcome.kind != "sent":
            return style(f"{who}: {outcome.kind}, {printable(outcome.detail)}", colour=wants_colour(), dim=True)
        member = self.home.community.members.get(outcome.member)
        sender = member.name if member is not None else "the team"
        changed = ", who takes over" if outcome.member_changed and member is not None else ""
        return f"{who} from {sender}{changed}: {shorten(printable(outcome.detail), 60)}"

    def finish(self, what: str, *, seconds: float | None = None) -> None:
        """The counts by step, what failed, and the sum."""
        self.end_day()
        colour = wants_colour()
        steps = sorted({(journey, moment) for journey, moment, _ in self.counts}, key=self._order)
        if steps:
            rare = [kind for kind in ("later", "refused", "held") if any(self.counts[(*s, kind)] for s in steps)]
            kinds = ("sent", "skipped", "waits", "failed", *rare)
            columns = [Column(title="journey"), Column(title="step"), *(Column(title=k, align="right") for k in kinds)]
            rows = [[*step, *(f"{self.counts[(*step, kind)]:,}" for kind in kinds)] for step in steps]
            click.echo(
                ("\n" if self.day and (self.detailed or self.days) else "") + render_table(columns, rows, colour=colour)
            )
        for reason, count in sorted(self.reasons.items()):
            click.echo(f"  skipped: {printable(reason)} {count:,}")
        for reason, count in sorted(self.refusals.items()):
            click.echo(f"  {printable(reason)} {count:,}")
        if self.recovered:
            click.echo(f"  {_recovered_text(self.recovered)}")
        if self.letters:
            told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(self.letters.items()))
            click.echo(f"  notes and answers to them: {told}")
        sent = self.letters["sent"] + sum(count for (_, _, kind), count in self.counts.items() if kind == "sent")
        pace = f" in {seconds:.1f} s, {sent / seconds:,.0f} a second" if seconds and sent else ""
        click.echo(f"{style(many(sent, 'mail'), colour=colour, bold=True)} {what}{pace}.")
        for problem, count in sorted(self.failures.items()):
            click.echo(f"{many(count, 'mail')} could not be sent: {printable(problem)}", err=True)
        if self.failures:
            click.echo("They stay due and are tried again in six hours, until they expire.", err=True)

    def _order(self, step: tuple[str, str]) -> tuple[str, int]:
        """Steps in the order of their journey."""
        journey = self.home.community.journeys.get(step[0])
        moments = [moment.id for moment in journey.moments] if journey is not None else []
        return step[0], moments.index(step[1]) if step[1] in moments else len(moments)


def _recovered_text(found: Recovered) -> str:
    """`left by a process that was killed: 3 delivered, 1 sent again`"""
    parts = (
        (found.delivered, "delivered"),
        (found.given_back, "not begun"),
        (found.resent, "uncertain and due again"),
        (found.held, "uncertain and held (alongside send --resolve)"),
    )
    return "left by a process that was killed: " + ", ".join(f"{count:,} {what}" for count, what in parts if count)
