"""`alongside contacts`: members' addresses, which never stand in `content/`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, output_format, report_problems, reports_errors, wants_colour
from alongside.cli.stores import has_store, many, opened, read_home
from alongside.cli.tables import Column, render_table
from alongside.delivery.addresses import mask_address
from alongside.delivery.contacts import import_contacts, list_contacts
from alongside.reading.contacts import read_contacts


@click.group("contacts", epilog="Start with: alongside contacts import contacts.csv")
def command() -> None:
    """Keep members' addresses in the store; `content/` is public and never holds one."""


@command.command(
    "import",
    epilog="""\b
Example:
  alongside contacts import contacts.csv

  The file has two columns, slug and email; importing again replaces what changed.""",
)
@click.argument("file", type=click.Path(path_type=Path))
@config_file
@now
@reports_errors
def import_command(file: Path, config_file: Path, now_text: str | None) -> None:
    """Read members' addresses from FILE (CSV: slug, email). Exit 1 when a row could not be used."""
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    pairs, problems = read_contacts(file, home.community, home.settings)
    report_problems(problems)
    with opened(home.settings) as store, store.writing() as connection:
        new, changed = import_contacts(connection, pairs, resolve=home.community.resolve_member, now=instant)
    same = len(dict(pairs)) - new - changed
    click.echo(f"{many(new, 'address', 'addresses')} imported, {changed:,} changed, {same:,} as before.")
    if any(problem.severity == "error" for problem in problems):
        sys.exit(1)


@command.command("list", epilog="\b\nExample:\n  alongside contacts list --show")
@click.option("--show", is_flag=True, help="Whole addresses; masked otherwise.")
@output_format("text", "json")
@config_file
@now
@reports_errors
def list_command(show: bool, format_: str, config_file: Path, now_text: str | None) -> None:
    """Show which members can be written to."""
    home = read_home(config_file, now=clock(now_text).now)
    held: dict[str, str] = {}
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            held = list_contacts(connection, resolve=home.community.resolve_member)
    shown = {slug: address if show else mask_address(address) for slug, address in held.items()}
    if format_ == "json":
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    if not shown:
        click.echo("No addresses yet. Start with: alongside contacts import contacts.csv")
        return
    rows = [
        [slug, home.community.members[slug].name if slug in home.community.members else "no longer a member", address]
        for slug, address in shown.items()
    ]
    columns = [Column(title=title) for title in ("member", "name", "address")]
    click.echo(render_table(columns, rows, colour=wants_colour()), nl=False)
