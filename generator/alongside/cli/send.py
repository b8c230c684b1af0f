"""`alongside send`: one pass over what is due, for cron; or many, on a simulated clock."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from alongside.cli.options import Clock, clock, config_file, now, parse_now, reports_errors, wants_colour
from alongside.cli.stores import EMPTY, Home, has_store, lost_moment, many, opened, read_home
from alongside.cli.tables import Column, printable, render_table, shorten, style
from alongside.delivery.store import Store
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.worker import (
    Desk,
    Outcome,
    count_lost,
    count_newcomers,
    count_stranded,
    next_due,
    plan_pass,
    send_due,
)
from alongside.problems import AlongsideError, UsageError

DETAILED_UP_TO = 12  # newcomers whose mails are told one by one on a simulated clock
LOOKED_AHEAD = 1_000  # steps a dry run looks at, unless --limit says otherwise


@click.command(
    "send",
    epilog="""\b
Examples:
  alongside send                                  what is due now; for cron, every few minutes
  alongside send --dry-run                        what that would be
  alongside send --now 2026-12-01T09:00Z --until 2026-12-31T09:00Z
                                                  thirty days at once, on a simulated clock

  Running it twice sends nothing twice. Mail goes to the maildir outbox/ beside mkdocs.yml.""",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many mails.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; send and write nothing.")
@click.option("--until", "until_text", metavar="INSTANT", help="Pass after pass up to then, on a simulated clock.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each mail; it names people, so not for logs.")
@config_file
@now
@reports_errors
def command(
    limit: int | None,
    dry_run: bool,
    until_text: str | None,
    verbose: bool,
    config_file: Path,
    now_text: str | None,
) -> None:
    """Deliver every mail that is due, looking again at whether it still should go out.

    Steps are skipped when the newcomer stopped, answered or is too late for them, and planned again when it is
    outside their window or too soon after another mail. Exit 1 when a mail could not be written or delivered.
    """
    at = clock(now_text)
    until = _until(until_text, now_text, at, limit, dry_run)
    home = read_home(config_file, now=at.now)
    if not has_store(home.settings):
        click.echo(EMPTY)
        return
    if until is None and not at.simulated and not dry_run:
        _refuse_smtp()
    with opened(home.settings) as store:
        desk = Desk(home.community, home.settings)
        simulated = until is not None
        few = simulated and count_newcomers(store) <= DETAILED_UP_TO
        told = Tally(home=home, detailed=verbose or dry_run or few, days=simulated)
        if dry_run:
            told.add(plan_pass(store, desk, now=at.now, limit=limit or LOOKED_AHEAD).outcomes)
            told.finish("would be sent")
            return
        transport = Maildir(home.settings.root / "outbox")
        transport.sweep(wall=datetime.now(UTC))
        begun = time.perf_counter()
        for instant in _instants(store, home, at.now, until):
            report = send_due(
                store, desk, transport, now=instant, wall=lambda: datetime.now(UTC), limit=limit, progress=_progress()
            )
            told.add(report.outcomes)
        told.finish("sent to outbox/", seconds=time.perf_counter() - begun)
        _warn_of_lost_journeys(store, home)
        _warn_of_lost_moments(store, home)
    if told.failures:
        sys.exit(1)


def _until(text: str | None, now_text: str | None, at: Clock, limit: int | None, dry_run: bool) -> datetime | None:
    """`--until`, which makes the clock a simulated one. Raises `UsageError` for what does not go with it."""
    if text is None:
        return None
    if now_text is None:
        raise UsageError("--until is for a simulated clock.", hint="Say where it starts: --now 2026-12-01T09:00Z.")
    if limit is not None or dry_run:
        raise UsageError("--until goes with neither --limit nor --dry-run.")
    until = parse_now(text, real=at.now, option="--until").now
    if until < at.now:
        raise UsageError("--until is before --now.")
    return until


def _refuse_smtp() -> None:
    """Mail that silently went nowhere would be worse than an error."""
    if os.environ.get("ALONGSIDE_SMTP_URL"):
        raise AlongsideError(
            "ALONGSIDE_SMTP_URL is set, and this version cannot send by SMTP yet. Nothing was sent.",
            hint="Unset it to write the mails to the maildir outbox/.",
        )


def _instants(store: Store, home: Home, start: datetime, until: datetime | None) -> Iterable[datetime]:
    """The instants of the passes: now, then wherever something is due, up to `until`."""
    yield start
    if until is None:
        return
    journeys = sorted(home.community.journeys)
    instant = start
    while (due := next_due(store, journeys)) is not None and due <= until:
        # What another process holds stays due; a simulated minute later it is asked again.
        instant = due if due > instant else instant + timedelta(minutes=1)
        if instant > until:
            return
        yield instant


def _progress() -> Callable[[Outcome], None] | None:
    """A count on the terminal while many mails go out."""
    if not sys.stderr.isatty():
        return None
    count = 0

    def show(outcome: Outcome) -> None:
        nonlocal count
        count += outcome.kind == "sent"
        if count and count % 100 == 0:
            click.echo(f"\r{count:,} mails\r", err=True, nl=False)

    return show


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the passes did, told day by day and then by step."""

    home: Home
    detailed: bool = False
    days: bool = False  # a line a day
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (journey, moment, kind)
    reasons: Counter[str] = field(default_factory=Counter)  # why skipped
    failures: Counter[str] = field(default_factory=Counter)  # what is wrong with a message
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
        who = f"{printable(outcome.moment)} to {shorten(printable(outcome.newcomer), 30)}"
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
            kinds = ("sent", "skipped", "waits", "failed")
            columns = [Column(title="journey"), Column(title="step"), *(Column(title=k, align="right") for k in kinds)]
            rows = [[*step, *(f"{self.counts[(*step, kind)]:,}" for kind in kinds)] for step in steps]
            click.echo(
                ("\n" if self.day and (self.detailed or self.days) else "") + render_table(columns, rows, colour=colour)
            )
        for reason, count in sorted(self.reasons.items()):
            click.echo(f"  skipped: {printable(reason)} {count:,}")
        sent = sum(count for (_, _, kind), count in self.counts.items() if kind == "sent")
        pace = f" in {seconds:.1f} s, {sent / seconds:,.0f} a second" if seconds and sent else ""
        click.echo(f"{style(many(sent, 'mail'), colour=colour, bold=True)} {what}{pace}.")
        for problem, count in sorted(self.failures.items()):
            click.echo(f"{many(count, 'mail')} could not be written: {printable(problem)}", err=True)
        if self.failures:
            click.echo("They stay due and are tried again in six hours, until they expire.", err=True)

    def _order(self, step: tuple[str, str]) -> tuple[str, int]:
        """Steps in the order of their journey."""
        journey = self.home.community.journeys.get(step[0])
        moments = [moment.id for moment in journey.moments] if journey is not None else []
        return step[0], moments.index(step[1]) if step[1] in moments else len(moments)


def _warn_of_lost_journeys(store: Store, home: Home) -> None:
    """Steps of a journey that cannot be read wait for it: a writer's slip must not lose mail."""
    for slug, count in sorted(count_stranded(store, home.community.journeys).items()):
        click.echo(
            f'warning: {many(count, "step")} of the journey "{printable(slug)}" wait, as there is no such journey. '
            "Bring its file back, or mend it: alongside check",
            err=True,
        )


def _warn_of_lost_moments(store: Store, home: Home) -> None:
    """Steps whose moment was renamed or deleted are skipped when their time comes; there is time to rename it back."""
    journeys = home.community.journeys
    known = {slug: [moment.id for moment in journey.moments] for slug, journey in journeys.items()}
    for (slug, moment), count in sorted(count_lost(store, known).items()):
        click.echo(
            f"warning: {many(count, 'waiting step')} of {slug} without a moment: {lost_moment(moment, journeys[slug])}",
            err=True,
        )
