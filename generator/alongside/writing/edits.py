"""An author's file as text that can be changed in place: where each word of its YAML stands, and edits of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from alongside.problems import Problem
from alongside.source.decoding import without_controls
from alongside.source.front_matter import split_front_matter
from alongside.source.yaml_nodes import Document, Keys, read_yaml

_MARK_OF_ORDER = "\ufeff"


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters of a text, and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A text in a YAML document."""

    keys: Keys  # the way to it; to the value, where it is a key
    is_key: bool
    node: yaml.ScalarNode
    start: int  # in the file's text
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """An author's file, and its YAML where that can be read."""

    path: str
    text: str  # "\n" line ends
    starts: tuple[int, ...]  # of lines
    offset: int  # where the YAML starts
    document: Document | None

    @classmethod
    def of(cls, text: str, path: str) -> Page:
        starts = (0, *(match.end() for match in re.finditer("\n", text)))
        offset, document = read_document(text, path)
        return cls(path=path, text=text, starts=starts, offset=offset, document=document)

    def index(self, problem: Problem) -> int:
        """Where a problem stands in the text."""
        return self.starts[problem.position.line - 1] + problem.position.column - 1

    def line(self, index: int) -> tuple[str, int]:
        """The line around an index, and where it starts."""
        start = self.text.rfind("\n", 0, index) + 1
        end = self.text.find("\n", index)
        return self.text[start : end if end >= 0 else len(self.text)], start

    def scalars(self) -> Iterator[Scalar]:
        """Every text of the document, keys included."""
        if self.document is not None and self.document.node is not None:
            yield from self._below(self.document.node, ())

    def _below(self, node: yaml.Node, keys: Keys) -> Iterator[Scalar]:
        if isinstance(node, yaml.ScalarNode):
            yield self._scalar(node, keys, is_key=False)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                yield self._scalar(key, (*keys, key.value), is_key=True)
                yield from self._below(value, (*keys, key.value))
        else:
            for number, item in enumerate(node.value):
                yield from self._below(item, (*keys, number))

    def _scalar(self, node: yaml.ScalarNode, keys: Keys, *, is_key: bool) -> Scalar:
        start, end = self.offset + node.start_mark.index, self.offset + node.end_mark.index
        return Scalar(keys=keys, is_key=is_key, node=node, start=start, end=end)

    def scalar_at(self, index: int) -> Scalar | None:
        """The text of one line that starts there."""
        for scalar in self.scalars():
            if scalar.start == index and scalar.end > index:
                source = self.text[scalar.start : scalar.end]
                plain = scalar.node.style in ("", None) and source == scalar.node.value
                return scalar if plain or (scalar.node.style in ("'", '"') and "\n" not in source) else None
        return None


def read_document(text: str, path: str) -> tuple[int, Document | None]:
    """(where the YAML of a file starts, the document); None where it cannot be read."""
    text = without_controls(text)
    if not path.endswith(".md"):
        return 0, read_yaml(text, path)[0]
    parts = split_front_matter(text, path)
    if isinstance(parts, Problem) or parts.yaml is None:
        return 0, None
    return text.index("\n") + 1, read_yaml(parts.yaml, path, first_line=parts.first_line)[0]


def edited(text: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def apply_edits(content: bytes, edits: Sequence[Edit]) -> bytes:
    """The file with its edits; every other byte stays, line ends and byte order mark included."""
    raw = content.decode("utf-8")
    mark = len(_MARK_OF_ORDER) if raw.startswith(_MARK_OF_ORDER) else 0
    # where line ends of two characters were, counted in the decoded text
    doubled = [match.start() - mark - number for number, match in enumerate(re.finditer("\r\n", raw))]
    line_end = "\r\n" if doubled else "\n"
    for edit in sorted(edits, reverse=True):
        start, end = (index + mark + bisect_left(doubled, index) for index in (edit.start, edit.end))
        raw = raw[:start] + edit.text.replace("\n", line_end) + raw[end:]
    return raw.encode()
