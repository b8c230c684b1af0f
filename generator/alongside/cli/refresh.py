"""`alongside refresh`: facts from outside the files, written beside them for the build."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, reports_errors
from alongside.cli.stores import EMPTY, Home, has_store, many, opened, read_home
from alongside.delivery.availability import read_full_until, read_own_words
from alongside.problems import AlongsideError
from alongside.reading.availability import availability_file, availability_text
from alongside.reading.settings_file import relative
from alongside.rendering.artifacts import write_file


@click.command(
    "refresh",
    epilog="""\b
Examples:
  alongside refresh
  alongside refresh && alongside build     # what cron runs every night

  Exit 0: written, or nothing changed; 1: the store or the file cannot be used; 2: the call was wrong.""",
)
@config_file
@now
@reports_errors
def command(config_file: Path, now_text: str | None) -> None:
    """Write facts from outside the files to content/.alongside/, for the build to read.

    availability.yml holds the members who took on as many newcomers in the last seven days as they offered to, or who
    said by link or mail that they are away, and the last day (UTC) on which that is so. Until then pages and embeds
    send nobody to them. It also holds who took their consent back by their own page, and who wants other than so many
    newcomers a week as their file says. It holds slugs, dates and numbers: no address, and nothing about any newcomer.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    if not has_store(home.settings):
        # A file that came from the machine with the store stays as it is; its dates pass by themselves.
        click.echo(EMPTY)
        return
    _write_availability(home, instant)


def _write_availability(home: Home, instant: datetime) -> None:
    with opened(home.settings) as store, store.reading() as connection:
        full_until = read_full_until(connection, home.community, now=instant)
        withdrawn, welcomes = read_own_words(connection, home.community, now=instant)
    file = availability_file(home.settings)
    shown = relative(file, home.settings.root)
    text = availability_text(full_until, withdrawn=withdrawn, welcomes=welcomes)
    try:
        written = write_file(file, text.encode())
    except OSError as error:
        raise AlongsideError(f"{shown} cannot be written: {error.strerror}.") from error
    state = "written" if written else "unchanged"
    click.echo(f"{shown}: {state}; {many(len(full_until), 'member has', 'members have')} no room this week.")
