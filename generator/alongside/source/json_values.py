"""JSON from a program to plain values (dict, list, str, None), as YAML from a writer becomes (`yaml_nodes`).

Numbers and booleans are text here too, read by their field; so no number is too large. What the grammar leaves open,
programs read differently, and is refused: repeated names, `NaN`, halves of characters (RFC 8259 sections 4, 6 and 8.2).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from alongside.problems import Position
from alongside.source.yaml_nodes import MAX_DEPTH, Keys, Plain

SHOWN = 60  # characters of a name in a pointer


class JsonError(ValueError):
    """A body that is no JSON, or none of ours; the message says why and repeats nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A value of a body, and where it stood there."""

    pointer: str  # JSON Pointer (RFC 6901): "/newcomers/3"; empty: the whole body
    value: Plain
    text: str = ""  # nobody shows a line of it

    def position(self, keys: Keys = (), *, key: bool = False, find: str = "") -> Position:
        """The pointer to a value, in place of a file's name."""
        return Position(self.pointer + "".join(f"/{_escaped(step)}" for step in keys))

    def at(self, *keys: str | int) -> Posted:
        """A value inside it. Raises `LookupError` where there is none."""
        value: Any = self.value
        for step in keys:
            value = value[step]
        return Posted(pointer=self.position(keys).path, value=value)


def _escaped(step: str | int) -> str:
    """RFC 6901 section 3."""
    return str(step)[:SHOWN].replace("~", "~0").replace("/", "~1")


def read_json(content: bytes) -> Plain:
    """The value of a body. Raises `JsonError`."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonError("The body is not UTF-8.") from error
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError(f"The body is no JSON: {error.msg.rstrip(':')}, in line {error.lineno}.") from error
    except RecursionError as error:
        raise JsonError(_TOO_DEEP) from error
    plain = _plain(value, 0)
    if "\\u" in text:
        _check_characters(plain)
    return plain


_TOO_DEEP = f"Lists and objects are nested more than {MAX_DEPTH} levels deep in the body."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("A name stands twice in one object of the body.")
    return found


def _constant(name: str) -> None:
    raise JsonError(f"{name} is no JSON.")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant)


def _plain(value: Any, depth: int) -> Plain:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if depth >= MAX_DEPTH:
        raise JsonError(_TOO_DEEP)
    if isinstance(value, dict):
        return {name: _plain(item, depth + 1) for name, item in value.items()}
    return [_plain(item, depth + 1) for item in value]


def _check_characters(value: Plain) -> None:
    """Refuse half of a surrogate pair: no database and no mail can hold it."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise JsonError("The body holds half of a character (a lone surrogate).") from error
