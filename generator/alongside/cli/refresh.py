"""`alongside refresh`: facts from outside the files, written beside them for the build."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, report_problems, reports_errors
from alongside.cli.stores import EMPTY, Home, has_store, many, opened, read_home
from alongside.cli.tables import printable
from alongside.delivery.availability import read_full_until, read_own_words
from alongside.delivery.fetching import Fetcher, Limits
from alongside.delivery.group_facts.chats import ChatReading
from alongside.delivery.group_facts.merging import merge_facts
from alongside.delivery.group_facts.rounds import read_chats
from alongside.model.group_facts import GroupFacts
from alongside.problems import AlongsideError
from alongside.reading.availability import availability_file, availability_text
from alongside.reading.group_facts import group_facts_file, group_facts_text, read_team_facts
from alongside.reading.settings_file import relative
from alongside.rendering.artifacts import write_file

MOST_WARNINGS = 20  # of invitations that could not be read; a network that is down would tell of each


@click.command(
    "refresh",
    epilog="""\b
Examples:
  alongside refresh
  alongside refresh && alongside build     # what cron runs every night
  alongside refresh --groups rooms.json    # what a script of yours knows of rooms that tell nobody
  alongside refresh --internal chat.intranet.example

  Exit 0: written, or nothing changed; 1: the store or a file cannot be used; 2: the call was wrong.""",
)
@click.option(
    "--groups",
    "groups_file",
    type=click.Path(path_type=Path),
    help="Facts of groups that a script of yours wrote: slug: {members, last_activity, read_at}, YAML or JSON.",
)
@click.option(
    "--internal",
    multiple=True,
    metavar="HOST",
    help="A chat server that may lie within your own network. May be given several times.",
)
@config_file
@now
@reports_errors
def command(groups_file: Path | None, internal: tuple[str, ...], config_file: Path, now_text: str | None) -> None:
    """Write facts from outside the files to content/.alongside/, for the build to read.

    availability.yml holds the members who took on as many newcomers in the last seven days as they offered to, or who
    said by link or mail that they are away, and the last day (UTC) on which that is so. Until then pages and embeds
    send nobody to them. It also holds who took their consent back by their own page, and who wants other than so many
    newcomers a week as their file says. It holds slugs, dates and numbers: no address, and nothing about any newcomer.

    groups.yml holds what the chat rooms of groups tell everybody: about how many people are there, and whether the
    invitation still leads in. For that the servers of these rooms are asked, each invitation once. What cannot be read
    is a warning, and what was known of it before stays for 14 days.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    if has_store(home.settings):
        _write_availability(home, instant)
    else:
        # A file that came from the machine with the store stays as it is; its dates pass by themselves.
        click.echo(EMPTY)
    today = instant.astimezone(UTC).date()
    team = _read_team(groups_file, home, today)
    if home.community.groups:
        _write_groups(home, team, frozenset(host.lower().rstrip(".") for host in internal), today)


def _write_availability(home: Home, instant: datetime) -> None:
    with opened(home.settings) as store, store.reading() as connection:
        full_until = read_full_until(connection, home.community, now=instant)
        withdrawn, welcomes = read_own_words(connection, home.community, now=instant)
    told = f"{many(len(full_until), 'member has', 'members have')} no room this week"
    _write(
        home,
        availability_file(home.settings),
        availability_text(full_until, withdrawn=withdrawn, welcomes=welcomes),
        told,
    )


def _read_team(file: Path | None, home: Home, today: date) -> Mapping[str, GroupFacts]:
    """What the team's own script knows; what is wrong with it is told, and left out."""
    if file is None:
        return {}
    read = read_team_facts(file, home.settings, home.community, today=today)
    report_problems(read.problems)
    return read.facts


def _write_groups(home: Home, team: Mapping[str, GroupFacts], internal: frozenset[str], today: date) -> None:
    community = home.community
    groups = [group for group in community.groups.values() if group.status != "retired"]
    urls = dict.fromkeys(chat.url for group in groups for chat in group.chat)
    fetcher = Fetcher(site_url=home.settings.site_url, limits=Limits(internal=internal))
    watched = sys.stderr.isatty()
    readings = read_chats(urls, fetcher, progress=_show if watched else None)
    if watched and readings:
        click.echo("\r\033[K", err=True, nl=False)
    _warn(readings)
    facts = merge_facts(community, readings, team, today=today)
    told = [f"{many(len(readings), 'invitation')} asked"]
    dead = sum(reading.state == "dead" for reading in readings.values())
    silent = sum(reading.state == "unknown" for reading in readings.values())
    told += [f"{dead} led nowhere"] if dead else []
    told += [f"{silent} could not be read"] if silent else []
    file = group_facts_file(home.settings)
    if facts or file.exists():
        _write(home, file, group_facts_text(facts), ", ".join(told))


def _show(done: int, total: int) -> None:
    click.echo(f"\r\033[K{done:,} of {many(total, 'invitation')} asked", err=True, nl=False)


def _warn(readings: Mapping[str, ChatReading]) -> None:
    """Invitations that could not be read, and why; one that is dead is told by `alongside check`, at its place."""
    silent = [(url, reading) for url, reading in readings.items() if reading.state == "unknown"]
    for url, reading in silent[:MOST_WARNINGS]:
        click.echo(printable(f"warning: {url}: {reading.why}"), err=True)
    if len(silent) > MOST_WARNINGS:
        click.echo(f"warning: {len(silent) - MOST_WARNINGS} more could not be read.", err=True)


def _write(home: Home, file: Path, text: str, told: str) -> None:
    shown = relative(file, home.settings.root)
    try:
        written = write_file(file, text.encode())
    except OSError as error:
        raise AlongsideError(f"{shown} cannot be written: {error.strerror}.") from error
    click.echo(f"{shown}: {'written' if written else 'unchanged'}; {told}.")
