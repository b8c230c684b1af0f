"""`alongside build`: MkDocs' build with the plugin on, with what was done and how long it took as its last line.

`mkdocs build` gives the same bytes; with `--now`, the same as with SOURCE_DATE_EPOCH set to that instant.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from alongside.cli.options import clock, config_file, now, reports_errors, wants_colour
from alongside.problems import AlongsideError, UsageError, cannot_access
from alongside.reading.settings_file import read_settings

if TYPE_CHECKING:
    from alongside.build import Report


@click.command("build", short_help="Compile the site, embeds, feeds and sequences.")
@config_file
@now
@click.option("--strict", is_flag=True, help="Exit 1 when there is any problem or warning of MkDocs.")
@click.option("-d", "--site-dir", type=click.Path(path_type=Path), help="Where the site goes (default: as configured).")
@click.option("--clean", is_flag=True, help="Build everything anew, as if there were no site yet.")
@reports_errors
def command(config_file: Path, now_text: str | None, strict: bool, site_dir: Path | None, clean: bool) -> None:
    """Compile the site: pages of stories, members, groups and meetups, embeds and feeds.

    Only files that differ are written. What cannot be read is reported and left out; the rest is built.
    """
    started = time.monotonic()
    at_instant(now_text)
    with mkdocs_log() as noted:
        report = _build(config_file, strict=strict, site_dir=site_dir, clean=clean)
    click.echo(closing_line(report, seconds=time.monotonic() - started, problems=noted.count))


def at_instant(now_text: str | None) -> None:
    """Let MkDocs, its other plugins and ours work at one instant; the way they agree on is SOURCE_DATE_EPOCH."""
    if now_text is not None or "SOURCE_DATE_EPOCH" not in os.environ:
        os.environ["SOURCE_DATE_EPOCH"] = str(int(clock(now_text).now.timestamp()))


def closing_line(report: Report, *, seconds: float, problems: int) -> str:
    """`312 pages, 40 feeds, 3 embeds: 12 written, 343 unchanged, 0 removed; 1.2 s, 2 problems.`"""
    made = ((len(report.listings), "page"), (report.feeds, "feed"), (report.embeds, "embed"))
    return (
        f"{', '.join(count(*entry) for entry in made)}: {report.written} written, "
        f"{report.unchanged} unchanged, {report.removed} removed; {seconds:.1f} s, "
        f"{count(problems, 'problem') if problems else 'no problems'}."
    )


def count(number: int, noun: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _build(config_file: Path, *, strict: bool, site_dir: Path | None, clean: bool) -> Report:
    config = load_mkdocs_config(config_file, strict=strict or None, site_dir=site_dir and str(site_dir.absolute()))
    plugin = find_plugin(config)
    plugin.fresh = clean
    plugin.progress = _progress if sys.stderr.isatty() else None
    run_mkdocs(lambda: _mkdocs_build(config))
    assert plugin.report is not None, "the build ended well, so the plugin reported"
    report: Report = plugin.report
    if plugin.names_images:
        click.echo("Next: alongside images. Until then pages name pictures that are not there.", err=True)
    return report


def _mkdocs_build(config: Any) -> None:
    from mkdocs.commands.build import build

    config.plugins.on_startup(command="build", dirty=False)
    try:
        build(config)
    finally:
        config.plugins.on_shutdown()


def load_mkdocs_config(config_file: Path, **options: Any) -> Any:
    """MkDocs' configuration. Raises `UsageError` when there is none, `AlongsideError` when it is wrong."""
    if not config_file.is_file():
        raise UsageError(f"There is no {config_file}.", hint="Name it with -f, or start one: alongside new DIR.")
    from mkdocs.config import load_config

    try:
        return run_mkdocs(lambda: load_config(config_file=str(config_file), **options))
    except AlongsideError:
        read_settings(config_file)  # of a file that is no YAML it says more: the line, and what to do
        raise


def find_plugin(config: Any) -> Any:
    """Our plugin in MkDocs' configuration. Raises `UsageError` when it is not turned on."""
    plugin = config.plugins.get("alongside")
    if plugin is None:
        raise UsageError(
            f"{config.config_file_path} does not use the plugin.", hint='Add "- alongside" below "plugins:".'
        )
    return plugin


def run_mkdocs(step: Callable[[], Any]) -> Any:
    """Run a step of MkDocs; what it aborts with becomes an `AlongsideError`."""
    from mkdocs.exceptions import Abort, MkDocsException

    try:
        return step()
    except Abort as error:
        said = str(error)  # "Aborted with a BuildError!" and the like, after what matters was logged
        raise AlongsideError(
            "The build was stopped; what went wrong stands above."
            if not said or said.startswith("Aborted with a ")
            else said
        ) from error
    except OSError as error:
        raise cannot_access(error) from error
    except MkDocsException as error:
        raise AlongsideError(str(error)) from error


class _Noted(logging.Handler):
    """Prints what MkDocs and its plugins warn about, and counts it."""

    def __init__(self, *, verbose: bool) -> None:
        super().__init__(logging.INFO if verbose else logging.WARNING)
        self.count = 0
        self._colour = wants_colour("stderr")

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().removeprefix("alongside: ")
        if record.levelno >= logging.WARNING:
            self.count += 1
            text = click.style(text, fg="yellow") if self._colour else text
        click.echo(text, err=True)


@contextmanager
def mkdocs_log(*, verbose: bool = False) -> Iterator[_Noted]:
    """While open, warnings of MkDocs go to stderr, one a line."""
    handler = _Noted(verbose=verbose)
    with hearing_mkdocs(handler, logging.INFO):
        yield handler


@contextmanager
def hearing_mkdocs(handler: logging.Handler, level: int) -> Iterator[None]:
    """While open, what MkDocs and its plugins log from `level` on goes to `handler` alone."""
    logger = logging.getLogger("mkdocs")
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _progress(done: int, total: int) -> None:
    """One line that is written over, on a terminal."""
    end = "\n" if done >= total else ""
    click.echo(f"\r{done} of {total} rendered{end}", nl=False, err=True)
