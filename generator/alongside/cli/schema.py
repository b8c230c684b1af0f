"""`alongside schema`: JSON Schemas of what authors write, so that editors complete keys and underline slips."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from alongside.cli.options import reports_errors
from alongside.problems import UsageError
from alongside.reading.schemas import FILES, KINDS, render_schema


@click.command(
    short_help="Write JSON Schemas of the front matter, for editors.",
    epilog="""\b
Examples:
  alongside schema story
  alongside schema --output .schemas     # one file a kind, for your editor's YAML settings""",
)
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Write one file a kind to this folder."
)
@reports_errors
def command(kind: str | None, output: Path | None) -> None:
    """Print the JSON Schema (draft 07) of a KIND of record, or of all of them.

    For Markdown files it describes the front matter. It is made from the same tables that reading uses.
    """
    kinds = (kind,) if kind is not None else KINDS
    if output is None:
        schemas = {name: render_schema(name) for name in kinds}
        click.echo(_text(schemas[kind] if kind is not None else schemas), nl=False)
        return
    try:
        write_schemas(output, kinds)
    except OSError as error:
        raise UsageError(f"{output} cannot be written ({error.strerror}).", hint="Name another folder.") from error
    for name in kinds:
        click.echo(f"{output / f'{name}.schema.json'}" + (f"   for {FILES[name]}" if FILES[name] else ""))


def write_schemas(folder: Path, kinds: Iterable[str] = KINDS) -> None:
    """One file a kind: `story.schema.json`. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in kinds:
        (folder / f"{name}.schema.json").write_text(_text(render_schema(name)), encoding="utf-8", newline="\n")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
