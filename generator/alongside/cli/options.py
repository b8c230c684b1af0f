"""What every command shares: the configuration file, the clock, the colours, and how errors become exit codes."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NoReturn

import click

from alongside.cli.tables import printable
from alongside.problems import AlongsideError, Problem, UsageError, mask_addresses

FIRST_YEAR, LAST_YEAR = 1970, 2105  # what the time stamps of compressed files can hold (RFC 1952: 32 bits of seconds)
REAL_CLOCK_TOLERANCE_SECONDS = 3600  # further away than this, no mail leaves by SMTP


@dataclass(frozen=True, slots=True)
class Clock:
    """The instant a command works at: the real one, or the one `--now` names (then `simulated`)."""

    now: datetime  # aware, UTC
    simulated: bool  # more than an hour from the real clock


def parse_now(text: str | None, *, real: datetime, option: str = "--now") -> Clock:
    """`--now` (or another option): ISO 8601 with a zone ("2026-12-01T09:00Z"). Raises `UsageError`."""
    if text is None:
        return Clock(real, simulated=False)
    try:
        now = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f'{option} "{text}" is no instant.', hint="Write ISO 8601 with a zone: 2026-12-01T09:00Z."
        ) from error
    if now.tzinfo is None:
        whole = text if ":" in text else f"{now:%Y-%m-%dT%H:%M}" if now.hour else f"{now:%Y-%m-%d}T09:00"
        raise UsageError(f'{option} "{text}" has no zone.', hint=f"Write {whole}Z for UTC, or an offset instead of Z.")
    out_of_range = UsageError(
        f'{option} "{text}" is out of range.', hint=f"Use a year from {FIRST_YEAR} to {LAST_YEAR}."
    )
    try:
        now = now.astimezone(UTC)
    except OverflowError as error:
        raise out_of_range from error
    if not FIRST_YEAR <= now.year <= LAST_YEAR:
        raise out_of_range
    return Clock(now, simulated=abs((now - real).total_seconds()) > REAL_CLOCK_TOLERANCE_SECONDS)


config_file = click.option(
    "-f",
    "--config-file",
    type=click.Path(path_type=Path),
    default=Path("mkdocs.yml"),
    show_default=True,
    help="The community's MkDocs configuration.",
)

now = click.option(
    "--now",
    "now_text",
    metavar="INSTANT",
    help="Work as if it were then (ISO 8601 with a zone: 2026-12-01T09:00Z).",
)


def output_format(*choices: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--format`, the first choice being the default."""
    return click.option(
        "--format", "format_", type=click.Choice(choices), default=choices[0], show_default=True, help="How to print."
    )


def clock(now_text: str | None) -> Clock:
    """The command's clock; the only place of the command line that looks at the real one."""
    return parse_now(now_text, real=datetime.now(UTC))


def wants_colour(stream: Literal["stdout", "stderr"] = "stdout") -> bool:
    """Colours on a terminal, unless NO_COLOR is set (no-color.org); FORCE_COLOR turns them on anyway."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return (sys.stdout if stream == "stdout" else sys.stderr).isatty()


def write_page(path: Path, text: str) -> None:
    """A file that an option asked for, and a line that says so. Raises `AlongsideError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AlongsideError(f"{path} cannot be written: {error.strerror}.") from error
    click.echo(f"Wrote {path}", err=True)


def reports_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn `AlongsideError` into one red line on stderr and its exit code; anything else is a defect and shows."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except AlongsideError as error:
            label = click.style("error:", fg="red", bold=True) if wants_colour("stderr") else "error:"
            click.echo(f"{label} {error}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            if error.errno != errno.ENOSPC or error.filename is not None:
                raise
            _end_on_full_disk(error)

    return wrapped


def _end_on_full_disk(error: OSError) -> NoReturn:
    """One line, as for every other error; what could not be printed is dropped, or Python would try it again."""
    with contextlib.suppress(OSError):
        click.echo(f"error: The output cannot be written ({error.strerror}).", err=True)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def report_problems(problems: Iterable[Problem]) -> None:
    """Problems of a file the call named (a profile, a CSV), on stderr, one a line; no whole address is among them.

    Raises `UsageError` for a file that cannot be read, and `AlongsideError` for one that holds nothing to use.
    """
    for problem in problems:
        shown = printable(str(replace(problem, message=mask_addresses(problem.message))))
        if problem.code == "unreadable-file":
            raise UsageError(shown)
        if problem.code in _NOTHING_IN_IT:
            raise AlongsideError(shown)
        click.echo(shown, err=True)


_NOTHING_IN_IT = frozenset(("csv-header", "encoding", "file-too-large"))
