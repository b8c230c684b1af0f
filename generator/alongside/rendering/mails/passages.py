"""Passages: a message's template cut where its Markdown can be, each piece on its own ground.

A mail depends on many things about a person; a passage of it ("Hello {{ newcomer.name }},", the list of groups) on one
or two. So each is compiled for what it asks about (`Passage.asks`), not the whole for all of it.

Cut is at empty lines outside of every tag. Markdown on both sides of one has nothing to do with each other, but for a
list that goes on, and for what `REACHES` finds: then the message stays in one piece, which is as right, and makes more
to compile.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jinja2 import Template, nodes

from alongside.problems import Position
from alongside.rendering.mails.names import PERSONAL
from alongside.rendering.mails.templates import compile_nodes, parse_template

# What an empty line does not end, or what means something elsewhere in the text: indented lines, fences, raw HTML
# (not <https://...>), definitions of links and footnotes.
REACHES = re.compile(r"\A[ \t]|```|~~~|<(?!https?:|mailto:)[A-Za-z/!?]|\]:|\[\^")
LIST_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)", re.MULTILINE)

_EMPTY_LINE = re.compile(r"\n[ \t]*\n\s*")
_REST_OF_LINE = re.compile(r"[ \t]*\n\s*")
_LASTING = (nodes.Assign, nodes.AssignBlock, nodes.Macro, nodes.CallBlock, nodes.Block)  # seen by what comes after


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a template that can be run on its own."""

    template: Template
    position: Position  # of the whole template: lines count from there
    asks: tuple[str, ...]  # what of `PERSONAL` it may depend on, in that order
    speaks_of: frozenset[str]  # "member", "story": the records it may depend on
    ends_line: bool = False  # the next is its own only if this ends with a line break, or shows nothing


@functools.lru_cache(maxsize=4096)
def cut_template(source: str, position: Position, *, whole: bool = False) -> tuple[Passage, ...]:
    """The passages of a template, or with `whole` all of it as one. Raises `MessageError`."""
    tree = parse_template(source, position)
    whole = whole or any(True for _ in tree.find_all(_LASTING))
    pieces = [(tree.body, False)] if whole else list(_cut(tree.body))
    return tuple(_passage(body, position, ends_line=ends_line) for body, ends_line in pieces)


def reaches_out(passage: Passage, markdown: str) -> bool:
    """True when what a passage printed has to be read together with its neighbours."""
    if REACHES.search(markdown.lstrip("\n")):
        return True
    return passage.ends_line and bool(markdown.strip()) and not markdown.rstrip(" \t").endswith("\n")


def _passage(body: list[nodes.Node], position: Position, *, ends_line: bool) -> Passage:
    tree = nodes.Template(body, lineno=1)
    asked = frozenset(_asked(tree))
    return Passage(
        asks=tuple(name for name in PERSONAL if name in asked),
        speaks_of=frozenset(name.name for name in tree.find_all(nodes.Name)) & {"member", "story"},
        template=compile_nodes(tree, position),
        position=position,
        ends_line=ends_line,
    )


def _cut(body: Iterable[nodes.Node]) -> Iterator[tuple[list[nodes.Node], bool]]:
    """The nodes between empty lines of a template's top level, and whether they have to end their last line.

    A tag alone on its line takes the line's end with it: what follows it is an empty line already when it is one `\\n`.
    """
    piece: list[nodes.Node] = []
    for node in _flat(body):
        if not isinstance(node, nodes.TemplateData):
            piece.append(node if isinstance(node, nodes.Stmt) else nodes.Output([node], lineno=node.lineno))
            continue
        text = node.data
        rest = _REST_OF_LINE.match(text) if piece and isinstance(piece[-1], (nodes.If, nodes.For)) else None
        if rest is not None:
            yield piece, not _EMPTY_LINE.match(text)
            piece, text = [], text[rest.end() :]
        for number, part in enumerate(_EMPTY_LINE.split(text)):
            if number and piece:
                yield piece, False
                piece = []
            if part:
                piece.append(nodes.Output([nodes.TemplateData(part, lineno=node.lineno)], lineno=node.lineno))
    if piece:
        yield piece, False


def _flat(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    for node in body:
        yield from node.nodes if isinstance(node, nodes.Output) else (node,)


def _asked(tree: nodes.Template) -> Iterator[str]:
    """The names of the person's values that a template uses; all of `newcomer` where it does not say which."""
    known = 0
    for node in tree.find_all(nodes.Node):
        match node:
            case nodes.Getattr(node=nodes.Name(name="newcomer"), attr=name):
                known += 1
                yield f"newcomer.{name}"
            case nodes.Getitem(node=nodes.Name(name="newcomer"), arg=nodes.Const(value=name)):
                known += 1
                yield f"newcomer.{name}"
    names = [name.name for name in tree.find_all(nodes.Name)]
    yield from (name for name in names if name in ("reasons", "groups", "meetups", "confirm_url"))
    if "challenge" in names:
        yield "challenge.title"
    if names.count("newcomer") > known:
        yield from (name for name in PERSONAL if name.startswith("newcomer."))
