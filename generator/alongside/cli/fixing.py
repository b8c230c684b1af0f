"""`alongside check --fix`: repairs, shown as a diff and written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import click

from alongside.cli.options import wants_colour
from alongside.cli.tables import many, visible
from alongside.problems import AlongsideError, Problem
from alongside.reading.loader import load_community
from alongside.settings import Settings
from alongside.source.decoding import decode, read_bytes
from alongside.writing.files import write_files
from alongside.writing.repairs import Repaired, repair_files


def repair(settings: Settings, *, today: date, cache: bool, write: bool, aside: bool) -> None:
    """Find every repair, show what it changes and, with `write`, change the files. `aside`: all on stderr."""

    def load(instead: Mapping[str, bytes]) -> tuple[Problem, ...]:
        return load_community(settings, today=today, cache=cache, instead=instead).problems

    found = repair_files(load, lambda path: _content(settings, path))
    for path in found.contents:
        for line in _difference(found, path):
            click.echo(_shown(line, colour=wants_colour("stderr" if aside else "stdout")), err=aside)
    changed = set(_written(settings, found)) if write else set(found.contents)
    gone = [problem for problem in found.problems if problem.position.path in changed]
    if write:
        told = f"Repaired {many(len(gone), 'problem')} in {many(len(changed), 'file')}."
    else:
        told = f"--fix would repair {many(len(gone), 'problem')} in {many(len(changed), 'file')}."
    click.echo(told if gone else "Nothing to repair without somebody deciding.", err=aside)
    click.echo("", err=aside)


def _content(settings: Settings, path: str) -> bytes | None:
    """The bytes of an author's file; None for the configuration, what commands wrote, and what lies elsewhere."""
    file = _file(settings, path)
    inside = file.is_relative_to(settings.docs_dir.resolve()) or file.is_relative_to(settings.journeys_dir.resolve())
    if not inside or any(part.startswith(".") for part in Path(path).parts if part != ".."):
        return None
    content = read_bytes(file, path)
    return content if isinstance(content, bytes) else None


def _file(settings: Settings, path: str) -> Path:
    """Where a file really lies: a link to it stays one."""
    return (settings.root / path).resolve()


def _difference(found: Repaired, path: str) -> Iterator[str]:
    """A unified diff of one file."""
    before, after = (_lines(content) for content in (found.before[path], found.contents[path]))
    yield from difflib.unified_diff(before, after, path, path, lineterm="", n=1)


def _lines(content: bytes) -> list[str]:
    text = decode(content, "")
    return text.removesuffix("\n").split("\n") if isinstance(text, str) else []


def _shown(line: str, *, colour: bool) -> str:
    sign, text = line[:1], visible(line[1:])
    return click.style(sign + text, fg=_COLOURS[sign]) if colour and sign in _COLOURS else sign + text


_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def _written(settings: Settings, found: Repaired) -> Iterator[str]:
    """Write each file; the paths of those that were. One that changed in the meantime is left alone, and told."""
    for path, content in found.contents.items():
        file = _file(settings, path)
        try:
            write_files({file: content}, {file: found.before[path]})
        except AlongsideError as error:
            click.echo(f"warning: {error}", err=True)
        else:
            yield path
