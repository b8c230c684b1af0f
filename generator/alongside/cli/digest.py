"""`alongside digest`: a team's week, as it reads it on Monday; only to look at."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, timedelta
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors
from alongside.cli.stores import EMPTY, has_store, opened, read_home
from alongside.delivery.digests import MAILBOX, WEEK, last_monday, read_digest
from alongside.problems import UsageError, did_you_mean
from alongside.rendering.mails.digest import digest_letter


@click.command(
    "digest",
    epilog="""\b
Examples:
  alongside digest
  alongside digest growth --week 2026-11-16""",
)
@click.argument("team", required=False, default=MAILBOX)
@click.option("--week", "week_text", metavar="DATE", help="The week that day is in (default: the last whole one).")
@output_format("text", "json")
@config_file
@now
@reports_errors
def command(team: str, week_text: str | None, format_: str, config_file: Path, now_text: str | None) -> None:
    """Show what TEAM reads on Monday: what became of its moments in a week, and what needs somebody now. Without TEAM,
    what all teams without an address of their own read. Nothing is sent.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    teams = home.settings.teams
    if team and team not in teams:
        known = ", ".join(teams) or "none"
        raise UsageError(f'There is no team "{team}".', hint=did_you_mean(team, teams) or f"There are: {known}.")
    monday = _monday(week_text) if week_text is not None else last_monday(instant, home.community.timezone) - WEEK
    if not has_store(home.settings):
        click.echo(EMPTY if format_ == "text" else "null")
        return
    with opened(home.settings) as store, store.reading() as connection:
        digest = read_digest(connection, home.community, home.settings, team=team, monday=monday, now=instant)
    if format_ == "json":
        click.echo(json.dumps(dataclasses.asdict(digest), ensure_ascii=False, indent=2, default=date.isoformat))
    else:
        told = digest_letter(digest, home.community)
        click.echo(f"{told.subject}\n\n{told.text}")


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f'--week "{text}" is no date.', hint="Write a day of that week: 2026-11-16.") from error
    return day - timedelta(days=day.weekday())
