"""`alongside check`: every problem of content and journeys, where it stands and what to do."""

from __future__ import annotations

import json
import os
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.tables import visible
from alongside.planning.stamps import check_stamps
from alongside.problems import Problem
from alongside.reading.loader import Loaded, load_community
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings
from alongside.source.decoding import read_bytes

SHOWN_OF_A_KIND = 10  # warnings of one code that are shown in full; --all shows every one
PROGRESS_AFTER_SECONDS = 0.7
WIDTH = 140  # of a source line that is shown


@click.command(
    short_help="Report every problem in content and journeys.",
    epilog="""\b
Examples:
  alongside check
  alongside check -f community/mkdocs.yml --strict
  alongside check --format github     # annotations in a pull request
  alongside check --format json | jq '.[] | select(.severity == "error")'
  alongside check --diff              # what --fix would change""",
)
@config_file
@output_format("text", "json", "github")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings, too.")
@click.option("--all", "show_all", is_flag=True, help=f"Show more than {SHOWN_OF_A_KIND} warnings of one kind.")
@click.option("--no-cache", is_flag=True, help="Read every file again.")
@click.option("--fix", is_flag=True, help="Put right what nobody has to decide, show it, and report the rest.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@now
@reports_errors
def command(
    config_file: Path,
    format_: str,
    strict: bool,
    show_all: bool,
    no_cache: bool,
    fix: bool,
    diff: bool,
    now_text: str | None,
) -> None:
    """Report every problem in content and journeys: where it stands, what is wrong and what to do.

    --fix repairs slips of a letter in keys and in words of a list, dates, times, languages and zones that mean one
    thing, names of challenges, values that lack quotes, tabs, keys and items that stand twice. It changes nothing
    else in a file, and leaves alone what somebody has to decide: people's names, consent, status, what two values
    disagree on.

    Exits 0 when all is well, 1 when there are problems (with --strict, warnings count), 2 when the call is wrong.
    """
    at = clock(now_text)
    started = time.monotonic()
    settings, problems = read_settings(config_file)
    if fix or diff:
        from alongside.cli.fixing import repair  # only then: it takes longer to import than most communities to read

        repair(settings, today=at.now.date(), cache=not no_cache, write=fix and not diff, aside=format_ != "text")
    progress = _Progress(started) if sys.stderr.isatty() and format_ == "text" else None
    loaded = load_community(settings, today=at.now.date(), cache=not no_cache, progress=progress)
    if progress is not None:
        progress.clear()
    stale = check_stamps(settings, loaded.community, loaded.ledger, now=at.now)
    found = sorted([*problems, *loaded.problems, *stale], key=lambda problem: problem.sort_key)
    match format_:
        case "json":
            click.echo(problems_as_json(found))
        case "github":
            for problem in found:
                click.echo(github_command(problem, root=settings.root, here=Path.cwd()))
        case _:
            printer = _Printer(root=settings.root, colour=wants_colour())
            printer.print(found, limit=None if show_all else SHOWN_OF_A_KIND)
            printer.summary(settings, loaded, found, seconds=time.monotonic() - started)
            if not (fix or diff) and any(problem.proposal for problem in found):
                click.echo("What can mean one thing only is repaired by: alongside check --fix")
    wrong = any(problem.severity == "error" for problem in found) or (strict and bool(found))
    sys.exit(1 if wrong else 0)


# Machines


def problems_as_json(problems: Iterable[Problem]) -> str:
    """A list of `{path, line, column, severity, code, message, hint}`."""
    return json.dumps(
        [
            {
                "path": problem.position.path,
                "line": problem.position.line,
                "column": problem.position.column,
                "severity": problem.severity,
                "code": problem.code,
                "message": problem.message,
                "hint": problem.hint,
            }
            for problem in problems
        ],
        ensure_ascii=False,
        indent=2,
    )


def github_command(problem: Problem, *, root: Path, here: Path) -> str:
    """A workflow command, as GitHub's runner reads it from a step's output and shows it beside the line.

    The runner wants paths from the folder it works in (`here`), problems have them from the configuration's (`root`).
    """
    at = problem.position
    file = Path(os.path.relpath(root / at.path, here)).as_posix()
    values = {
        "file": at.path if file.startswith("..") else file,
        "line": str(at.line),
        "col": str(at.column),
        "title": problem.code,
    }
    attributes = ",".join(f"{name}={_escaped(value, attribute=True)}" for name, value in values.items())
    return f"::{problem.severity} {attributes}::{_escaped(f'{problem.message} {problem.hint}'.strip())}"


def _escaped(text: str, *, attribute: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if attribute else text


# People


@dataclass(slots=True)
class _Progress:
    """A line on the terminal, once the work takes a while."""

    started: float
    shown: bool = False
    last: float = 0.0

    def __call__(self, done: int, total: int) -> None:
        seconds = time.monotonic()
        if seconds - self.started < PROGRESS_AFTER_SECONDS or seconds - self.last < 0.1:
            return
        self.last, self.shown = seconds, True
        click.echo(f"\rReading {done:,} of {total:,} files ...", err=True, nl=False)

    def clear(self) -> None:
        """Take the line away."""
        if self.shown:
            click.echo("\r\x1b[K", err=True, nl=False)


@dataclass(slots=True)
class _Printer:
    """Problems as people read them: place, what is wrong, the line with a caret below, what to do."""

    root: Path
    colour: bool
    lines: dict[str, Sequence[str]] = field(default_factory=dict)

    def style(self, text: str, **style: bool | str) -> str:
        """Coloured, where colours are wanted."""
        return click.style(text, **style) if self.colour else text  # type: ignore[arg-type]

    def print(self, problems: Sequence[Problem], *, limit: int | None) -> None:
        """Every error; of warnings of one kind only the first `limit`."""
        counts: Counter[str] = Counter()
        for problem in problems:
            if problem.severity == "warning":
                counts[problem.code] += 1
                if limit is not None and counts[problem.code] > limit:
                    continue
            self._print_one(problem)
        for code, count in sorted(counts.items()):
            if limit is not None and count > limit:
                click.echo(f"... and {count - limit:,} more warnings of the kind {code} (--all shows them)\n")

    def _print_one(self, problem: Problem) -> None:
        error = problem.severity == "error"
        label = self.style("error:" if error else "warning:", fg="red" if error else "yellow", bold=True)
        code = self.style(f"[{problem.code}]", dim=True)
        click.echo(
            f"{self.style(visible(str(problem.position)), bold=True)}: {label} {visible(problem.message)} {code}"
        )
        for line in self._excerpt(problem):
            click.echo(line)
        if problem.hint:
            click.echo(f"    {self.style('=', fg='cyan')} {visible(problem.hint)}")
        click.echo()

    def _excerpt(self, problem: Problem) -> list[str]:
        """The line at fault and a caret below the column; nothing where the file itself is the fault."""
        if problem.code == "private-file":
            return []  # what is printed may be a public log
        at = problem.position
        lines = self._lines_of(at.path)
        if not 1 <= at.line <= len(lines) or not lines[at.line - 1].strip():
            return []
        text = lines[at.line - 1]
        start = max(0, at.column - 1 - WIDTH // 2) if len(text) > WIDTH else 0
        shown = visible(text[start : start + WIDTH])
        before = text[start : at.column - 1]
        number = f"{at.line:>5}"
        gutter = self.style("|", fg="cyan")
        caret = self.style("^", fg="red" if problem.severity == "error" else "yellow", bold=True)
        return [
            f"{self.style(number, fg='cyan')} {gutter} {shown}",
            f"{' ' * len(number)} {gutter} {' ' * _columns(before)}{caret}",
        ]

    def _lines_of(self, path: str) -> Sequence[str]:
        if path not in self.lines:
            content = read_bytes(self.root / path, path)  # never waits for a pipe
            text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
            text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
            self.lines[path] = text.split("\n")
        return self.lines[path]

    def summary(self, settings: Settings, loaded: Loaded, problems: Sequence[Problem], *, seconds: float) -> None:
        """What was read and what was found, in two lines."""
        community = loaded.community
        counts = {
            "members": len(community.members), "stories": len(community.stories), "groups": len(community.groups),
            "meetups": len(community.meetups), "challenges": len(community.challenges),
            "journeys": len(community.journeys),
        }  # fmt: skip
        held = ", ".join(f"{count:,} {name if count != 1 else _one(name)}" for name, count in counts.items() if count)
        click.echo(f"{settings.site_name}: {held or 'nothing yet'}.")
        errors = sum(problem.severity == "error" for problem in problems)
        warnings = len(problems) - errors
        verdict = self.style("No problems", fg="green", bold=True)
        if errors:
            verdict = self.style(f"{errors:,} {'problem' if errors == 1 else 'problems'}", fg="red", bold=True)
        if warnings:
            verdict += f" and {warnings:,} {'warning' if warnings == 1 else 'warnings'}"
        fresh = "" if loaded.fresh == loaded.files else f" ({loaded.fresh:,} of them new or changed)"
        click.echo(f"{verdict} in {loaded.files:,} files{fresh}, {seconds:.1f} s.")


def _one(plural: str) -> str:
    return {"stories": "story"}.get(plural, plural.removesuffix("s"))


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, combining marks none."""
    total = 0
    for character in visible(text):
        if unicodedata.combining(character):
            continue
        total += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return total
