"""`alongside stamp`: which calendar events changed since the last time, written beside the content for the build."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from alongside.cli.options import Clock, clock, config_file, now, reports_errors
from alongside.cli.stores import many
from alongside.cli.tables import printable
from alongside.model.stamps import Ledger
from alongside.planning.stamps import check_stamps, ledger_differences, stamp_events
from alongside.problems import AlongsideError, Problem
from alongside.reading.calendars import ATTRIBUTES as CALENDAR_ATTRIBUTES
from alongside.reading.calendars import calendars_file, calendars_text
from alongside.reading.loader import Loaded, load_community
from alongside.reading.settings_file import read_settings, relative
from alongside.reading.stamps import ATTRIBUTES, ledger_file, ledger_text
from alongside.rendering.artifacts import write_file
from alongside.rendering.feeds.listing import calendar_names
from alongside.settings import Settings

SHOWN = 20  # problems that are told in full
# Where an error may hide a meetup, or part of what its events say: stamped now, it would be called off by mistake.
_SOURCES = ("meetups", "groups", "challenges.yml", "challenges.yaml", ".alongside/stamps.jsonl")
_BLIND = frozenset(("missing-folder", "unreadable-file"))
_HARMLESS = frozenset(("dead-link", "unknown-member", "chat-expired"))  # no event says less for these


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    settings: Settings
    loaded: Loaded
    clock: Clock


@click.command(
    "stamp",
    epilog="""\b
Examples:
  alongside stamp
  alongside stamp && git add content/.alongside/stamps.jsonl    # what a pre-commit hook runs
  alongside stamp --check                                       # in CI: exit 1 when somebody forgot it

  Exit 0: written, or nothing changed; 1: something is not stamped (--check), or cannot be; 2: the call was wrong.""",
)
@click.option("--check", "check_only", is_flag=True, help="Write nothing; exit 1 when an event is not stamped.")
@config_file
@now
@reports_errors
def command(check_only: bool, config_file: Path, now_text: str | None) -> None:
    """Write down which calendar events changed, in content/.alongside/stamps.jsonl, for the build to read.

    Calendar apps take an event for a newer one by its SEQUENCE and DTSTAMP. Both rise here, for the events that say
    something else than at the last stamp and for no other: a time, a title, a place, a text, a date called off or
    brought back. A meetup whose file is deleted stays in its calendars as cancelled until it is long over.

    Which calendars there are is written down beside it (calendars.tsv), so that none that somebody subscribed to
    vanishes with a group, a place or a challenge.

    Commit both with the content. Git merges them by itself; stamp once more after a merge of two edits of one meetup.
    """
    at = clock(now_text)
    settings, problems = read_settings(config_file)
    loaded = load_community(settings, today=at.now.date())
    _refuse_errors(settings, [*problems, *loaded.problems])
    work = _Work(settings=settings, loaded=loaded, clock=at)
    if check_only:
        _check(work)
    else:
        _stamp(work)


def _refuse_errors(settings: Settings, problems: Sequence[Problem]) -> None:
    """Stop where something that could not be read would count as deleted or changed. Raises `AlongsideError`."""
    folder = relative(settings.docs_dir, settings.root)
    sources = tuple(name if folder == "." else f"{folder}/{name}" for name in _SOURCES)
    wrong = [
        problem
        for problem in problems
        if problem.severity == "error"
        and problem.code not in _HARMLESS
        and (
            problem.code in _BLIND
            or problem.position.path == settings.config_file.name
            or any(
                problem.position.path == source or problem.position.path.startswith(f"{source}/") for source in sources
            )
        )
    ]
    _tell(wrong)
    if wrong:
        raise AlongsideError(
            f"Nothing is stamped: {many(len(wrong), 'problem')} may hide a meetup, or what it says.",
            hint="Mend them first; alongside check shows the lines.",
        )


def _tell(problems: Sequence[Problem]) -> None:
    for problem in problems[:SHOWN]:
        click.echo(printable(str(problem)), err=True)
    if len(problems) > SHOWN:
        click.echo(f"... and {len(problems) - SHOWN:,} more", err=True)


def _check(work: _Work) -> None:
    loaded, shown = work.loaded, work.loaded.ledger.path
    if not loaded.ledger.is_kept and loaded.community.meetups:
        raise AlongsideError(f"{shown} is missing: no event is stamped yet.", hint="Run alongside stamp.")
    stale = check_stamps(work.settings, loaded.community, loaded.ledger, now=work.clock.now)
    _tell(stale)
    if stale:
        click.echo(f"{shown}: {many(len(stale), 'event is', 'events are')} not stamped. Run alongside stamp.")
        sys.exit(1)
    click.echo(f"{shown}: every event is stamped.")


def _stamp(work: _Work) -> None:
    settings, old = work.settings, work.loaded.ledger
    new = stamp_events(settings, work.loaded.community, old, now=work.clock.now)
    file = ledger_file(settings)
    try:
        written = write_file(file, ledger_text(new).encode())
        calendars = {**work.loaded.community.calendars, **calendar_names(work.loaded.community)}
        write_file(calendars_file(settings), calendars_text(calendars).encode())
        _write_attributes(file.with_name(".gitattributes"))
    except OSError as error:
        raise AlongsideError(f"{old.path} cannot be written: {error.strerror}.") from error
    click.echo(f"{old.path}: {'written' if written else 'unchanged'}; {_told(old, new)}.")


def _write_attributes(file: Path) -> None:
    """Let git merge both files line by line; what others wrote into the file stays."""
    if file.is_symlink():  # git follows none, and what it leads to is nothing to copy into the content
        return
    present = file.read_bytes() if file.exists() else b""
    named = {name for line in present.splitlines() for name in line.split()[:1]}
    missing = "".join(line for line in (ATTRIBUTES, CALENDAR_ATTRIBUTES) if line.split()[0].encode() not in named)
    if missing:
        write_file(file, present + (b"" if present.endswith(b"\n") or not present else b"\n") + missing.encode())


def _told(old: Ledger, new: Ledger) -> str:
    counts = Counter(ledger_differences(old, new).values())
    found = [f"{counts[word]:,} {word}" for word in ("new", "changed", "gone") if counts[word]]
    return ", ".join([many(len(new.events), "event"), *(found or ["none changed"])])
