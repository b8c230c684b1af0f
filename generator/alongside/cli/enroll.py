"""`alongside enroll`: newcomers onto a journey."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click

from alongside.cli.homes import find_journey
from alongside.cli.options import clock, config_file, now, report_problems, reports_errors, wants_colour
from alongside.cli.stores import Home, many, opened, read_home
from alongside.cli.tables import printable, style
from alongside.delivery.enrollment import NO_BASIS, Candidate, EnrollReport, enroll
from alongside.model.journeys import Journey
from alongside.model.people import Basis
from alongside.problems import UsageError
from alongside.reading.newcomers import read_newcomers, read_profile
from alongside.reading.tables import read_rows

SHOWN = 20  # refused rows that are told one by one
PROGRESS_FROM = 2_000  # rows


@click.command(
    "enroll",
    epilog="""\b
Examples:
  alongside enroll first-month journeys/newcomers/beatriz.yml
  alongside enroll first-month --csv newcomers.csv --basis consent
  alongside enroll first-month --csv export.csv --basis contract --source "CRM export of 1 December"

  Running it twice enrolls nobody twice.""",
)
@click.argument("journey")
@click.argument("profile", type=click.Path(path_type=Path), required=False)
@click.option("--csv", "table", type=click.Path(path_type=Path), help="Many newcomers, one a row.")
@click.option(
    "--basis",
    type=click.Choice(get_args(Basis)),
    help="On which basis we write to those whose profile names none.",
)
@click.option("--source", help="Where they signed up; kept with each enrollment.  [default: the file's name]")
@config_file
@now
@reports_errors
def command(
    journey: str,
    profile: Path | None,
    table: Path | None,
    basis: Basis | None,
    source: str | None,
    config_file: Path,
    now_text: str | None,
) -> None:
    """Put the newcomer of PROFILE (YAML), or all of a CSV file, on JOURNEY.

    Each enrollment keeps the basis on which we write to that person, where they signed up, and when. Who asked for
    no more mail is left out. Exit 1 when a row could not be used.
    """
    instant = clock(now_text).now
    path = _one_of(profile, table)
    home = read_home(config_file, now=instant)
    chosen = find_journey(home.community, journey)
    candidates, faults = _read(path, home, is_table=table is not None)
    with opened(home.settings) as store:
        report = enroll(
            store,
            chosen,
            candidates,
            community=home.community,
            basis=basis,
            source=source if source is not None else path.name,
            now=instant,
            progress=_progress(len(candidates)),
        )
    _say(report, faults, chosen)
    if faults or any(refusal.fault for refusal in report.refusals):
        sys.exit(1)


def _one_of(profile: Path | None, table: Path | None) -> Path:
    """The one file that was named. Raises `UsageError` for none and both."""
    if profile is not None and table is None:
        return profile
    if table is not None and profile is None:
        return table
    raise UsageError("Name one file of newcomers.", hint="Either a profile (YAML), or --csv FILE.")


def _read(path: Path, home: Home, *, is_table: bool) -> tuple[list[Candidate], int]:
    """The newcomers of the file, and how many rows of it could not be used; those are told on stderr."""
    if is_table:
        newcomers, problems = read_newcomers(path, home.community, home.settings)
        lines = _lines(path)
        candidates = [Candidate(newcomer=found, row=lines.get(found.email, 0)) for found in newcomers]
    else:
        newcomer, problems = read_profile(path, home.community, home.settings)
        candidates = [Candidate(newcomer=newcomer)] if newcomer is not None else []
    report_problems(problems)
    wrong = {problem.position.line for problem in problems if problem.severity == "error"}
    if not is_table:
        return candidates, 0 if candidates else 1
    return candidates, len(wrong - {candidate.row for candidate in candidates})


def _lines(path: Path) -> dict[str, int]:
    """The line of the file on which the row of each address begins, for a refusal to point at."""
    found: dict[str, int] = {}
    for row in read_rows(path, str(path), ("email",))[0]:
        if isinstance(row.value, dict):
            found.setdefault(str(row.value.get("email") or "").strip(), row.line)
    return found


def _progress(total: int) -> Callable[[int], None] | None:
    """A line on the terminal that counts, for long files."""
    if total < PROGRESS_FROM or not sys.stderr.isatty():
        return None

    def show(count: int) -> None:
        click.echo(f"\r{count:,} of {total:,}", err=True, nl=count >= total)

    return show


def _say(report: EnrollReport, faults: int, journey: Journey) -> None:
    colour = wants_colour()
    held_out = ""
    if report.held_out:
        are, get = ("is", "gets") if report.held_out == 1 else ("are", "get")
        held_out = f", of whom {report.held_out:,} {are} held out and {get} no mail (`holdout: {journey.holdout}%`)"
    click.echo(
        f"{style(many(report.enrolled, 'newcomer'), colour=colour, bold=True)} enrolled on {journey.slug}{held_out}."
    )
    if report.already:
        click.echo(f"{report.already:,} already on it; nothing changes for them.")
    if report.awaiting:
        click.echo(
            f"{report.awaiting:,} must confirm first (`confirm: true`): the next pass asks them by mail, and the "
            "journey begins when they say yes. Who said it elsewhere: `alongside newcomers confirm ADDRESS`."
        )
    if faults:
        click.echo(f"{many(faults, 'row')} could not be used; see above.")
    if report.refusals:
        click.echo(f"{len(report.refusals):,} not enrolled:")
        for refusal in report.refusals[:SHOWN]:
            where = f"line {refusal.row}: " if refusal.row else ""
            click.echo(f"  {where}{printable(refusal.who)}: {refusal.reason}")
        if len(report.refusals) > SHOWN:
            click.echo(f"  and {len(report.refusals) - SHOWN:,} more.")
    if any(refusal.reason == NO_BASIS for refusal in report.refusals):
        click.echo(
            "A basis is consent, contract or legitimate interest: `basis` in the file, or --basis for all of it."
        )
