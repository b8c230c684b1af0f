"""The setting `images:`: true, or the colours of the pictures that are drawn."""

from __future__ import annotations

import re

from alongside.reading.fields import Field, Parser, Sheet, Table, read_table
from alongside.reading.values import FLAG
from alongside.settings import ImageSettings
from alongside.source.yaml_nodes import Keys, Plain

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def _read_colour(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return value.lower()
    sheet.report(
        keys, "bad-colour", f'"{str(value)[:40]}" is no colour.',
        'Write it as "#" and six digits from 0 to f, in quotes: "#9c3a1c"',
    )  # fmt: skip
    return None


COLOUR = Parser(read=_read_colour, schema={"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"})
_OWN = ImageSettings()
IMAGE_SETTINGS = Table(
    kind="image setting",
    about="The colours of the pictures that are drawn.",
    fields=(
        Field(name="paper", parser=COLOUR, default=_OWN.paper, about="Behind everything."),
        Field(name="ink", parser=COLOUR, default=_OWN.ink, about="Of titles and names."),
        Field(name="accent", parser=COLOUR, default=_OWN.accent, about="Of the first line, and what stands above."),
        Field(name="second", parser=COLOUR, default=_OWN.second, about="Of the second line."),
    ),
)


def _read_images(sheet: Sheet, keys: Keys, value: Plain) -> ImageSettings | bool | None:
    if not isinstance(value, dict):
        on = FLAG.read(sheet, keys, value)
        return ImageSettings() if on else on
    fields = read_table(sheet, IMAGE_SETTINGS, value, keys)
    return ImageSettings(**fields) if fields is not None else None


IMAGES = Parser(read=_read_images, schema={"anyOf": [FLAG.schema, IMAGE_SETTINGS.schema]})
