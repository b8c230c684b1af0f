"""`alongside outcomes`: what newcomers did in the product, for a team whose product does not tell the service."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from sqlalchemy import Connection

from alongside.cli.options import clock, config_file, now, report_problems, reports_errors
from alongside.cli.stores import many, opened, read_home
from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.outcomes import Outcome, newcomers_by_address, newcomers_by_id, record_outcomes
from alongside.reading.outcomes import ToldOutcome, read_outcomes


@click.group("outcomes", epilog="What is made of them: alongside effect")
def command() -> None:
    """Take in what newcomers did in the product, to compare those with mail and without."""


@command.command(
    "import",
    epilog="""\b
Example:
  alongside outcomes import outcomes.csv

  The file has the columns email or id, event, and at (2026-12-03T18:30:00Z). Running it twice counts nothing twice.""",
)
@click.argument("file", type=click.Path(path_type=Path))
@config_file
@now
@reports_errors
def import_command(file: Path, config_file: Path, now_text: str | None) -> None:
    """Read from FILE (CSV) who did what and when. It is counted and nothing else: no journey stops or begins.

    Rows about people who are on no journey are left out. Exit 1 when a row could not be used.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    told, problems = read_outcomes(file, home.settings)
    report_problems(problems)
    with opened(home.settings) as store, store.writing() as connection:
        found = list(_outcomes(connection, told))
        new = record_outcomes(connection, found, now=instant)
    click.echo(
        f"{many(new, 'outcome')} taken in, {len(found) - new:,} known before, "
        f"{len(told) - len(found):,} of people who are on no journey."
    )
    if any(problem.severity == "error" for problem in problems):
        sys.exit(1)


def _outcomes(connection: Connection, told: Sequence[ToldOutcome]) -> Iterator[Outcome]:
    """Those of people who are here."""
    by_address, by_id = newcomers_by_address(connection), newcomers_by_id(connection)
    for one in told:
        number = by_address.get(_normalised(one.email)) if one.email else by_id.get(one.id)
        if number is not None:
            yield Outcome(newcomer_id=number, name=one.event, happened_at=one.at)


def _normalised(address: str) -> str:
    try:
        return normalise_address(address)
    except AddressError:
        return ""  # nobody's
