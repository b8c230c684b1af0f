"""`alongside new`: a community to start from."""

from __future__ import annotations

from datetime import date, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from alongside.cli.options import clock, now, reports_errors
from alongside.problems import UsageError

NEW_NAMES = {"gitignore": ".gitignore"}  # packages leave out files that begin with a dot


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

    Everything in it is invented, passes `alongside check`, and is there to be replaced. A folder that holds anything
    is left alone.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is not empty.", hint="Name a new folder; nothing was written.")
    if not language.replace("-", "").isalnum():
        raise UsageError(f'"{language}" is no language code.', hint="Write it as in en, pt or zh-Hant.")
    today = clock(now_text).now.date()
    values = {
        "@NAME@": _quoted(name or folder.resolve().name.replace("-", " ").replace("_", " ").title()),
        "@LANGUAGE@": _quoted(language),
        "@TODAY@": today.isoformat(),
        "@IN_A_YEAR@": (today + timedelta(days=365)).isoformat(),
        "@NEXT_THURSDAY@": _next_thursday(today).isoformat(),
    }
    _copy(resources.files("alongside").joinpath("starter"), folder, values)
    click.echo(f"{folder} is a community to start from. Next:")
    click.echo(f"  alongside check -f {folder / 'mkdocs.yml'}")
    click.echo(f"  alongside serve -f {folder / 'mkdocs.yml'}")


def _copy(source: Traversable, target: Path, values: dict[str, str]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        destination = target / NEW_NAMES.get(entry.name, entry.name)
        if entry.is_dir():
            _copy(entry, destination, values)
            continue
        text = entry.read_text(encoding="utf-8")
        for token, value in values.items():
            text = text.replace(token, value.strip('"') if destination.name == "README.md" else value)
        destination.write_text(text, encoding="utf-8", newline="\n")


def _quoted(text: str) -> str:
    """A YAML scalar that is this text, whatever is in it."""
    return '"' + "".join(character for character in text if character.isprintable()).translate(_ESCAPES) + '"'


_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"'})


def _next_thursday(day: date) -> date:
    return day + timedelta(days=(3 - day.weekday()) % 7 or 7)
