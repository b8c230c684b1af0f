"""Values to YAML: what `source.yaml_nodes` reads back as it was, and other programs as well.

A text stands as it is where nobody can take it for something else, and in double quotes elsewhere:

    title: My first talk            language: "no"
    starts: 2026-12-03 18:30        title: "Talks: how we began"
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Value: TypeAlias = "str | list[str] | list[Mapping[str, Value]] | Mapping[str, Value]"  # of a key in front matter

_PLAIN = re.compile(r"[^\W_](?:[\w ./()+'’–-]*[\w.)+])?")
_PLAIN_LINE = re.compile(r"[^\W_](?:[\w ,;!?&./()+'’–-]*[\w.)+!?])?")  # alone after its key
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?")
_NUMBER = re.compile(r"-?\d{1,3}(?:\.\d{1,6})?")
# Texts to us, and to nobody else: YAML 1.1 has more words for true and false than anybody remembers.
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))
# What JSON lets stand in a text, and YAML does not (YAML 1.2.2 section 5.1), or takes for the end of a line.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def quoted(text: str) -> str:
    """A YAML scalar that stands anywhere: as it is where it is plain, else as JSON, which is YAML."""
    if any(form.fullmatch(text) for form in (_PLAIN, _MOMENT, _NUMBER)) and text.casefold() not in _WORDS:
        return text
    return in_quotes(text)


def line(text: str) -> str:
    """The same after a key of its own line, where more is plain: `My first talk, in two languages`."""
    return text if _PLAIN_LINE.fullmatch(text) and text.casefold() not in _WORDS else quoted(text)


def in_quotes(text: str) -> str:
    """The same in double quotes."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def flow(value: Value) -> str:
    """A value on one line: `[ana, bo]`, `{since: 2026-03-01, for: [page]}`."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)}: {flow(item)}" for key, item in value.items()) + "}"
    return "[" + ", ".join(flow(item) for item in value) + "]"


def mapping_lines(fields: Mapping[str, Value]) -> Iterator[str]:
    """A line for each key; each changed date of a meetup has one of its own."""
    for key, value in fields.items():
        if key == "changes" and isinstance(value, Mapping):
            yield "changes:"
            yield from (f"  {day}: {flow(change)}" for day, change in value.items())
        else:
            yield f"{key}: {line(value) if isinstance(value, str) else flow(value)}"


def markdown_file(fields: Mapping[str, Value], body: str = "", *, comments: tuple[str, ...] = ()) -> str:
    """Front matter and a text below it. `comments` are lines for the writer, after the last key."""
    front = "".join(f"{line}\n" for line in (*mapping_lines(fields), *(f"# {comment}" for comment in comments)))
    body = body.strip("\n")
    return f"---\n{front}---\n{body}\n" if body else f"---\n{front}---\n"
