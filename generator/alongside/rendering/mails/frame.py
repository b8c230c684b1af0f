"""The frame around a mail's body: who it is from, why it came, how to stop it; MJML made into HTML.

Compiled once a language; everything that differs stands in it as a token.
"""

from __future__ import annotations

import functools
from importlib import resources

import mrml
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from alongside.model.texts import direction

SLOTS = ("subject", "preheader", "masthead", "body", "footer")  # what a frame is filled with

# After the preheader: what keeps inboxes from showing the start of the body beside it (U+034F, U+200C, no-break space).
FILLER = "&#847;&zwnj;&nbsp;" * 40
PREHEADER_STYLE = (
    "display:none;max-height:0;max-width:0;opacity:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px;"
    "color:#f4f1ea;"
)


@functools.cache
def read_template(name: str) -> str:
    """A file of `mail_templates/`."""
    return (resources.files("alongside.rendering") / "mail_templates" / name).read_text(encoding="utf-8")


@functools.cache
def environment() -> Environment:
    """Jinja for the frame's own templates; not for what writers author."""
    return Environment(
        loader=FunctionLoader(read_template), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )


def fragment(name: str, /, **values: object) -> str:
    """A filled piece of the frame, as HTML; values are escaped unless they are `Markup`."""
    return environment().get_template(name).render(values).strip()


@functools.cache
def frame(language: str) -> tuple[str, ...]:
    """The frame as HTML for readers of `language`, cut at its slots: literal, slot's name, literal, ...

    Raises `RuntimeError` when the MJML does not compile: a defect of ours, not of authored text.
    """
    marks = {slot: f"slotof{slot}slot" for slot in SLOTS}
    dir_ = direction(language)
    source = fragment(
        "frame.mjml",
        language=language,
        dir=dir_,
        start="right" if dir_ == "rtl" else "left",
        style=Markup(read_template("frame.css")),  # noqa: S704
        subject=marks["subject"],
        preheader=Markup(f'<div style="{PREHEADER_STYLE}">{marks["preheader"]}{FILLER}</div>'),  # noqa: S704
        masthead=Markup(marks["masthead"]),  # noqa: S704
        body=Markup(marks["body"]),  # noqa: S704
        footer=Markup(marks["footer"]),  # noqa: S704
    )
    output = mrml.to_html(source, None, mrml.RenderOptions(disable_comments=False, fonts={}))
    if output.warnings:
        raise RuntimeError(f"frame.mjml: {output.warnings}")
    return _cut(output.content, marks)


def _cut(document: str, marks: dict[str, str]) -> tuple[str, ...]:
    """The document cut at the marks; a slot may stand in it more than once (the title names the mail twice)."""
    pieces: list[str] = [document]
    for slot, mark in marks.items():
        cut: list[str] = []
        for number, piece in enumerate(pieces):
            if number % 2:
                cut.append(piece)
                continue
            parts = piece.split(mark)
            cut.append(parts[0])
            for part in parts[1:]:
                cut += [slot, part]
        pieces = cut
    return tuple(pieces)
