"""`alongside new`: a community to start from."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from datetime import date, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from alongside.cli.options import clock, now, reports_errors
from alongside.cli.schema import write_schemas
from alongside.problems import AlongsideError, UsageError
from alongside.reading.languages import parse_language, propose_language

NEW_NAMES = {"gitignore": ".gitignore", "vscode": ".vscode"}  # packages leave out names that begin with a dot


@click.command(
    "new",
    epilog="""\b
Examples:
  alongside new my-community
  alongside new my-community --name "The Potters' Circle" --language de""",
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="What the community is called; else made of the folder's name.")
@click.option("--language", default="en", show_default=True, help="What it writes in (a language code).")
@now
@reports_errors
def command(folder: Path, name: str | None, language: str, now_text: str | None) -> None:
    """Make a small community in FOLDER: one member, story, group and meetup, a journey and its mails.

    Everything in it is invented, written in English, and there to be replaced; it passes `alongside check --strict`.
    Visual Studio Code finds schemas of its YAML files. A folder that holds anything is left alone.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty.", hint="Name a new folder; nothing was written.")
    values = _values(_name(folder, name), _language(language), clock(now_text).now.date())
    try:
        _copy(resources.files("alongside").joinpath("starter"), folder, values)
        write_schemas(folder / ".schemas")
    except OSError as error:
        raise AlongsideError(
            f"{folder} could not be written: {error.strerror}.", hint="Name a folder that you may write to."
        ) from error
    config = shlex.quote(str(folder / "mkdocs.yml"))
    click.echo(f"{folder} is a community to start from. Next:")
    click.echo(f"  alongside check -f {config}")
    click.echo(f"  alongside serve -f {config}")


def _name(folder: Path, given: str | None) -> str:
    """What the community is called: one line, nothing that cannot be seen."""
    name = given if given is not None else re.sub(r"[-_]+", " ", folder.resolve().name).title()
    shown = "".join(character if character.isprintable() else " " for character in name)
    return " ".join(shown.split()) or "Our community"


def _language(given: str) -> str:
    """The language code in its usual spelling. Raises `UsageError`."""
    language = parse_language(given)
    if language is None:
        meant = propose_language(given)
        hint = f"Did you mean {meant}?" if meant is not None else "Write it as in en, pt or zh-Hant."
        raise UsageError(f'"{given}" is no language code.', hint=hint)
    return language


def _values(name: str, language: str, today: date) -> dict[str, str]:
    """What stands in the place of each word of the starter. Texts that go into YAML are quoted (JSON is YAML)."""
    return {
        "@NAME@": json.dumps(name, ensure_ascii=False),
        "@TITLE@": re.sub(r"([\\`*_\[\]<>&#])", r"\\\1", name),
        "@LANGUAGE@": json.dumps(language),
        "@TODAY@": today.isoformat(),
        "@IN_A_YEAR@": (today + timedelta(days=365)).isoformat(),
        "@NEXT_THURSDAY@": _next_thursday(today).isoformat(),
    }


def _copy(source: Traversable, target: Path, values: Mapping[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        destination = target / NEW_NAMES.get(entry.name, entry.name)
        if entry.is_dir():
            _copy(entry, destination, values)
            continue
        text = entry.read_text(encoding="utf-8")
        # In one go, so that a community may be called "@TODAY@".
        text = _WORD.sub(lambda word: values[word[0]], text)
        destination.write_text(text, encoding="utf-8", newline="\n")


_WORD = re.compile(r"@[A-Z_]+@")


def _next_thursday(day: date) -> date:
    return day + timedelta(days=(3 - day.weekday()) % 7 or 7)
