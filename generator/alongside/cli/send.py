"""`alongside send`: one pass over what is due, for cron; or many, on a simulated clock."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import click

from alongside.cli.options import Clock, clock, config_file, now, parse_now, reports_errors, wants_colour
from alongside.cli.passes import check_clock_of, open_desk, real_pass, simulated_pass
from alongside.cli.stores import EMPTY, Home, has_store, instant_text, lost_moment, many, opened, read_home
from alongside.cli.tables import Column, printable, render_table
from alongside.cli.tallies import DONE, Counting, Tally
from alongside.delivery.addresses import mask_address
from alongside.delivery.notes.letters import count_held_letters, resolve_letters
from alongside.delivery.outgoing import choose_transport
from alongside.delivery.pending import count_lost, count_newcomers, count_stranded, list_held, next_due
from alongside.delivery.recovery import resolve_held
from alongside.delivery.store import Store
from alongside.delivery.worker import plan_pass
from alongside.problems import UsageError
from alongside.rendering.mails.envelope import sender_address

DETAILED_UP_TO = 12  # newcomers whose mails are told one by one on a simulated clock
LOOKED_AHEAD = 1_000  # steps a dry run looks at, unless --limit says otherwise


@click.command(
    "send",
    epilog="""\b
Examples:
  alongside send                                  what is due now; for cron, every few minutes
  alongside send --dry-run                        what that would be
  alongside send --resolve                        mails of which nobody knows whether they arrived
  alongside send --resolve resend                 send those again; `--resolve sent`: they did arrive
  alongside send --now 2026-12-01T09:00Z --until 2026-12-31T09:00Z
                                                  thirty days at once, on a simulated clock

  Running it twice sends nothing twice. Where mail goes, ALONGSIDE_SMTP_URL says (smtps://name:password@host,
  smtp://localhost, sendmail:/usr/sbin/sendmail); without it, and on a simulated clock, to the maildir outbox/.""",
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many mails.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; send and write nothing.")
@click.option("--until", "until_text", metavar="INSTANT", help="Pass after pass up to then, on a simulated clock.")
@click.option(
    "--resolve",
    type=click.Choice(("list", "resend", "sent")),
    is_flag=False,
    flag_value="list",
    help="Held mails: list them, send them again, or take them as sent.",
)
@click.option("--catch-up", is_flag=True, help="The clock is right, however long ago the last pass was.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each mail; it names people, so not for logs.")
@config_file
@now
@reports_errors
def command(
    limit: int | None,
    dry_run: bool,
    until_text: str | None,
    resolve: str | None,
    catch_up: bool,
    verbose: bool,
    config_file: Path,
    now_text: str | None,
) -> None:
    """Deliver every mail that is due, looking again at whether it still should go out.

    Steps are skipped when the newcomer stopped, answered or is too late for them, and planned again when it is
    outside their window, too soon after another mail, or the server asks for patience. Exit 1 when a mail could not
    be written or delivered.
    """
    at = clock(now_text)
    until = _until(until_text, now_text, at, limit, dry_run)
    home = read_home(config_file, now=at.now)
    if not has_store(home.settings):
        click.echo(EMPTY)
        return
    with opened(home.settings) as store:
        if resolve is not None:
            _resolve(store, home, resolve, at.now)
            return
        simulated = at.simulated or until is not None
        desk = open_desk(store, home.community, home.settings, now=at.now)
        few = until is not None and count_newcomers(store) <= DETAILED_UP_TO
        told = Tally(home=home, detailed=verbose or dry_run or few, days=until is not None)
        if dry_run:
            told.add(plan_pass(store, desk, now=at.now, limit=limit or LOOKED_AHEAD).outcomes)
            told.finish("would be sent")
            return
        transport = choose_transport(home.settings, os.environ, simulated=simulated)
        begun = time.perf_counter()
        if not simulated:
            check_clock_of(store, catch_up=catch_up)
            report = real_pass(store, desk, transport, limit=limit)
            told.add(report.outcomes)
            told.recovered = report.recovered
            told.letters += report.letters
        else:
            with Counting(0) as counting:
                for instant in _instants(store, home, at.now, until):
                    report = simulated_pass(store, desk, transport, instant, limit=limit, progress=counting.one_more)
                    told.add(report.outcomes)
                    told.letters += report.letters
        told.finish(DONE[transport.name], seconds=time.perf_counter() - begun)
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


def _resolve(store: Store, home: Home, how: str, instant: datetime) -> None:
    """What a person decides of mails of which nobody knows whether they arrived."""
    with store.writing() as connection:
        held = list_held(connection)
        if how != "list":
            count = resolve_held(
                connection,
                [step.step_id for step in held],
                sent=how == "sent",
                key=store.key,
                domain=sender_address(home.settings).rpartition("@")[2],
                now=instant,
            )
            count += resolve_letters(connection, sent=how == "sent", now=instant)
            done = "taken as sent" if how == "sent" else "due again; they go out with the next pass"
            click.echo(f"{many(count, 'held mail')} {done}.")
            return
        letters = count_held_letters(connection)
    if letters:
        click.echo(f"{many(letters, 'note or answer', 'notes or answers')} to a newcomer or a member.\n")
    if not held and not letters:
        click.echo("No mail is held.")
        return
    columns = [Column(title=title) for title in ("journey", "step", "to", "begun", "why")]
    rows = [
        [
            step.journey,
            step.moment,
            mask_address(step.address),
            instant_text(step.dated_at) if step.dated_at is not None else "-",
            step.reason,
        ]
        for step in held
    ]
    if held:
        click.echo(render_table(columns, rows, colour=wants_colour()))
    click.echo(
        f"Nobody knows whether {many(len(held) + letters, 'mail')} arrived. Look in your server's log for their "
        "Message-IDs, or ask; then:\n  alongside send --resolve sent      they did\n"
        "  alongside send --resolve resend    send them again: the same mail, which may arrive twice"
    )


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
