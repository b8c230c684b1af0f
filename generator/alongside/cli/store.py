"""`alongside store`: a copy of the store while everything runs, and the way back to one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, reports_errors
from alongside.cli.stores import EMPTY, has_store, instant_text, many, opened
from alongside.delivery.backups import back_up, restore
from alongside.reading.settings_file import read_settings

AFTER = """\
What was done since then is not in it. Before anything is sent:
  alongside inbound --imap          hears again who said stop by mail, and which mailboxes are gone
  alongside newcomers stop ADDRESS  for everybody who stopped by one click since: nothing else knows of them
  alongside newcomers erase ADDRESS for everybody who was erased since
  alongside notes rotate            as often as it was called since, or answers to notes of since do not arrive
                                    (twice more where somebody made the links to their page void since)
  alongside send --resolve          the held mails, one look, and your word on them
Members who took their consent back since have to do it again, or have it taken out of their files.
Who joined since has to be enrolled again, and may get a first mail twice."""


@click.group(
    "store",
    epilog="""\b
Examples:
  alongside store backup /backup/store-$(date +%H)            every hour, from cron; kept for a day
  alongside store restore /backup/store-09 --replace          back to nine o'clock""",
)
def command() -> None:
    """Copy the store, and go back to a copy."""


@command.command("backup", epilog="\b\nExample:\n  alongside store backup /backup/store-$(date +%H)")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_file
@now
@reports_errors
def backup_command(file: Path, config_file: Path, now_text: str | None) -> None:
    """Write a whole copy of the store to FILE, while the service runs.

    It holds people's data: its owner alone can read it. An older copy of that name is replaced when the new one is
    whole. A store on PostgreSQL is copied by pg_dump.
    """
    settings, _ = read_settings(config_file)
    if not has_store(settings):
        click.echo(EMPTY)
        return
    with opened(settings) as store:
        back_up(store, file, now=clock(now_text).now)
    click.echo(f"{file}: {many(file.stat().st_size // 1024 or 1, 'kilobyte')}. It needs the ALONGSIDE_SECRET of today.")


@command.command("restore", epilog="\b\nExample:\n  alongside store restore /backup/store-09 --replace")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Where there is a store: keep it aside, and take its place.")
@config_file
@now
@reports_errors
def restore_command(file: Path, replace: bool, config_file: Path, now_text: str | None) -> None:
    """Make the copy FILE the store. Stop the service and cron first.

    Mails that may have gone out since the copy was made are held, so that nobody gets one twice.
    """
    settings, _ = read_settings(config_file)
    done = restore(file, settings.root, os.environ, replace=replace, now=clock(now_text).now)
    if done.aside:
        click.echo(f"The store that was here is kept as {done.aside}; delete it when all is well.")
    begun = f", made {instant_text(done.begun)}," if done.begun is not None else ""
    click.echo(
        f"The store is {file.name}{begun} now. {many(done.held_steps, 'mail')} and {many(done.held_letters, 'letter')}"
        " may have gone out since, and are held.\n"
    )
    click.echo(AFTER)
