"""`alongside outcomes`: what newcomers did in the product, for a team whose product does not tell the service."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, report_problems, reports_errors
from alongside.cli.stores import many, opened, read_home
from alongside.delivery.outcomes import Told, tell
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
    """Read from FILE (CSV) who did what and when, as the service hears it at /events.

    Rows about people who are on no journey are left out. Exit 1 when a row could not be used.
    """
    instant = clock(now_text).now
    home = read_home(config_file, now=instant)
    told, problems = read_outcomes(file, home.settings)
    report_problems(problems)
    with opened(home.settings) as store, store.writing() as connection:
        became = Counter(
            tell(connection, store.key, _as_told(one), community=home.community, now=instant).status for one in told
        )
    click.echo(
        f"{many(became['recorded'], 'outcome')} taken in, {became['already']:,} known before, "
        f"{became['unknown']:,} of people who are on no journey."
    )
    if any(problem.severity == "error" for problem in problems):
        sys.exit(1)


def _as_told(one: ToldOutcome) -> Told:
    return Told(name=one.event, email=one.email, product_id=one.id, happened_at=one.at)
