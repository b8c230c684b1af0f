"""YAML text to plain values (dict, list, str, None) that can say where each of them stood.

Strict on purpose: every scalar is text (`12:30`, `no`, `2026-05-04`), parsed later by its field; a repeated key, a
tag, a merge key and a crowd of aliases are problems. Values are built straight from libyaml's nodes, which is
quicker than PyYAML's own constructor; the nodes stay beside them, so a position costs nothing until it is asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]

from alongside.problems import Position, Problem
from alongside.source.decoding import position_at
from alongside.source.yaml_faults import explain_syntax, template_fault

Plain: TypeAlias = "str | list[Any] | dict[str, Any] | None"
Keys: TypeAlias = "tuple[str | int, ...]"  # the way to a value: ("chat", 0, "url")

MAX_DEPTH = 24  # levels of lists and mappings; the contract needs six
MAX_ALIASES = 12
LONG_TEXT = 4_000  # characters from which a table of lines pays
MAX_REPEATED = 20  # repeated keys reported of one document; the rest is more of the same
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_PLAIN_TAGS = frozenset(("", "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))
_LINE_FEED = re.compile("\n")
_OTHER_BREAKS = ("\x85", "\u2028", "\u2029")  # of lines, to libyaml; to editors they are characters
_DEEP_BLOCK = re.compile(r"^[ ?:-]{200}", re.MULTILINE)


class _Parser(CParser):
    """libyaml's parser with a resolver that resolves nothing: tags are empty unless an author wrote one."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """Paths do not matter to a resolver that resolves nothing."""

    def ascend_resolver(self) -> None:
        """As above."""


class _Refused(Exception):  # noqa: N818 (never leaves this module)
    """A document that is valid YAML and not ours."""

    def __init__(self, index: int, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.index = index
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """One YAML document: its plain value, and its nodes for positions."""

    path: str  # of the file
    text: str
    first_line: int  # of the file, where `text` starts
    node: yaml.Node | None
    value: Plain
    lines_as_shown: bool = False  # libyaml ends lines where editors do, so its count of them holds
    starts: list[int] = field(default_factory=list)  # of lines, filled when a long text is first asked

    def position(self, keys: Keys = (), *, key: bool = False, find: str = "") -> Position:
        """Where the value at `keys` starts; with `key`, its key; with `find`, these words inside it.

        Keys that are not there give the position of what would hold them.
        """
        node, name = self._found(keys)
        if node is None:
            return Position(self.path, self.first_line)
        chosen = name if key and name is not None else node
        if find:
            found = self.text.find(find, chosen.start_mark.index, chosen.end_mark.index)
            if found >= 0:
                return self.at(found)
        return self._start(chosen.start_mark)

    def positions(self, keys: Keys, names: Iterable[str]) -> dict[str, Position]:
        """Where the values of some keys start, of the mapping at `keys`; those that have none are left out."""
        node, _ = self._found(keys)
        assert isinstance(node, yaml.MappingNode)
        there = {name.value: value for name, value in reversed(node.value)}  # a repeated key keeps its first value
        values = {name: there[name] for name in names if name in there}
        return {name: self._start(value.start_mark) for name, value in values.items() if not _is_null(value)}

    def _found(self, keys: Keys) -> tuple[yaml.Node | None, yaml.Node | None]:
        """The node at `keys`, or of what would hold it; and that of its key."""
        node: yaml.Node | None = self.node
        name: yaml.Node | None = None
        for step in keys:
            child, child_name = _child(node, step)
            if child is None:
                break
            node, name = child, child_name
        return node, name

    def _start(self, mark: yaml.Mark) -> Position:
        if self.lines_as_shown:
            return Position(self.path, self.first_line + mark.line, mark.column + 1)
        return self.at(mark.index)

    def at(self, index: int) -> Position:
        """The position of a character of the text."""
        if len(self.text) < LONG_TEXT:
            return position_at(self.text, index, self.path, first_line=self.first_line)
        if not self.starts:
            self.starts.append(0)
            self.starts.extend(match.end() for match in _LINE_FEED.finditer(self.text))
        line = bisect_right(self.starts, index)
        return Position(self.path, self.first_line + line - 1, index - self.starts[line - 1] + 1)


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == step:
                return value, name
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], None
    return None, None


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style == "" and node.value in _NULLS


def read_yaml(text: str, path: str, *, first_line: int = 1) -> tuple[Document | None, list[Problem]]:
    """The document, and what is wrong with it; None where nothing can be read.

    `text` has "\\n" line ends and no control characters (`decoding` sees to both). A repeated key is a problem and
    keeps its first value; everything else that is refused costs the document.
    """
    try:
        _check_depth(text)
        node = _compose(text)
        builder = _Builder(text)
        value = builder.plain(node, 0) if node is not None else None
    except _Refused as refused:
        at = position_at(text, refused.index, path, first_line=first_line)
        return None, [Problem(position=at, code=refused.code, message=str(refused), hint=refused.hint)]
    except yaml.YAMLError as error:
        fault = explain_syntax(error, text)
        at = position_at(text, fault.index, path, first_line=first_line)
        return None, [Problem(position=at, code=fault.code, message=fault.message, hint=fault.hint)]
    as_shown = text.isascii() or not any(sign in text for sign in _OTHER_BREAKS)
    document = Document(path=path, text=text, first_line=first_line, node=node, value=value, lines_as_shown=as_shown)
    return document, [
        Problem(
            position=document.at(second),
            code="duplicate-key",
            message=f'The key "{name}" stands here a second time.',
            hint=f"It already stands at {document.at(first).line}:{document.at(first).column}; keep one of the two.",
        )
        for name, first, second in builder.repeated
    ]


def _compose(text: str) -> yaml.Node | None:
    parser = _Parser(text)
    try:
        node: yaml.Node | None = parser.get_single_node()
    finally:
        parser.dispose()
    return node


def _check_depth(text: str) -> None:
    """Refuse deep nesting before libyaml's recursive composer meets it. Nearly always a count and one regex."""
    if text.count("[") + text.count("{") <= 200 and not _DEEP_BLOCK.search(text):
        return
    depth = 0
    parser = _Parser(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise _too_deep(event.start_mark.index if event.start_mark is not None else 0)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    finally:
        parser.dispose()


def _too_deep(index: int) -> _Refused:
    return _Refused(
        index,
        "yaml-depth",
        f"Lists and mappings are nested more than {MAX_DEPTH} levels deep here.",
        "No record needs that; check the brackets and the indentation.",
    )


class _Builder:
    """Nodes to plain values, one pass; collects repeated keys, refuses what strict YAML refuses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.repeated: list[tuple[str, int, int]] = []  # (key, index of the first, index of the second)
        self.aliases = "*" in text and "&" in text
        self.seen: set[int] = set()
        self.shared = 0

    def plain(self, node: yaml.Node, depth: int) -> Plain:
        if node.tag not in _PLAIN_TAGS:
            raise self._tag(node)
        if self.aliases:
            self._count(node)
        if isinstance(node, yaml.ScalarNode):
            value: str = node.value
            return None if node.style == "" and value in _NULLS else value
        if depth >= MAX_DEPTH:
            raise _too_deep(node.start_mark.index)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        return [self.plain(item, depth + 1) for item in node.value]

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._no_text_key(key)
            name = key.value
            if name == "<<" and key.style == "":
                raise _Refused(
                    key.start_mark.index,
                    "yaml-merge",
                    "Merge keys (<<) are not read here.",
                    "Write the values out; every record stands on its own.",
                )
            if key.tag not in _PLAIN_TAGS:
                raise self._tag(key)
            item = self.plain(value, depth + 1)
            if name in found:
                self._repeat(node, name, key)
            else:
                found[name] = item
        return found

    def _repeat(self, node: yaml.MappingNode, name: str, key: yaml.Node) -> None:
        if len(self.repeated) < MAX_REPEATED:
            first = next(other for other, _ in node.value if other.value == name)
            self.repeated.append((name, first.start_mark.index, key.start_mark.index))

    def _count(self, node: yaml.Node) -> None:
        if id(node) not in self.seen:
            self.seen.add(id(node))
            return
        self.shared += 1
        if self.shared > MAX_ALIASES:
            raise _Refused(
                self.text.find("*"),
                "yaml-aliases",
                f"More than {MAX_ALIASES} aliases (*name) stand in this file.",
                "Write the values out; every record stands on its own.",
            )

    def _tag(self, node: yaml.Node) -> _Refused:
        return _Refused(
            node.start_mark.index,
            "yaml-tag",
            "A value that starts with ! is a tag in YAML, and tags are not read here.",
            'If the text should start with !, put it in quotes: "!..."; else remove the tag.',
        )

    def _no_text_key(self, key: yaml.Node) -> _Refused:
        index = key.start_mark.index
        template = template_fault(self.text, index)
        if template is not None:
            return _Refused(template.index, template.code, template.message, template.hint)
        return _Refused(index, "yaml-key", "A key here is a list or a mapping.", "Keys are plain words: `name: value`.")


def keys_text(keys: Sequence[str | int]) -> str:
    """`chat[0].url`, for messages."""
    text = ""
    for step in keys:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text
