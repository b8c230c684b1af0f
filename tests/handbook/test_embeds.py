"""What the handbook says of embeds is what there is: attributes, custom properties, parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from alongside.model.journeys import Show
from alongside.rendering.embeds import layouts
from alongside.rendering.embeds.scripts import PROFILE
from handbook.test_handbook import sections_of

ASSETS = Path(layouts.__file__).parent.parent / "assets" / "embed"


def styles() -> str:
    """What the element looks like, inside and as a box."""
    return "".join((ASSETS / name).read_text(encoding="utf-8") for name in ("element.css", "element.js"))


def first_cells(section: str) -> Iterator[str]:
    """The names in the first column of a section's tables."""
    for cell in re.findall(r"^\| (`[^|]*`) \|", sections_of("embeds.md")[section], flags=re.MULTILINE):
        yield from re.findall(r"`([^`]+)`", cell)


def test_the_attributes_are_those_there_are() -> None:
    assert sorted(first_cells("Attributes")) == sorted(("moment", *PROFILE))


def test_the_custom_properties_and_parts_are_those_there_are() -> None:
    code = Path(layouts.__file__).read_text(encoding="utf-8")
    properties = set(re.findall(r"--alongside-[a-z-]+", styles()))
    parts = set(re.findall(r'\bpart="([a-z]+)"', code)) | ({*get_args(Show)} if "part=show" in code else set())
    assert sorted(first_cells("How it looks")) == sorted(properties | parts)


def test_defaults_are_those_of_the_style_sheet() -> None:
    css = styles().replace(" ", "")
    for name, value in re.findall(
        r"^\| `(--[a-z-]+)` \| .+ \| `([^`]+)` \|$", sections_of("embeds.md")["How it looks"], re.MULTILINE
    ):
        assert f"var({name},{value})" in css, name
