"""What PyYAML says, in words a writer understands, with what to do.

PyYAML's `could not find expected ':'` is true and of no use to somebody who writes front matter once a month. Each
fault here looks at the line itself and names the remedy, with the writer's own words in it where that helps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

KEY_VALUE = re.compile(r"^(\s*(?:- )*)([^\s:#\"'{}\[\],][^:]*):\s+(.*\S)\s*$")
_TEMPLATE = re.compile(r"^\s*(?:- )*[\w-]+:\s*(\{[{%])", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a text is no YAML."""

    index: int  # of the character at fault
    code: str
    message: str
    hint: str


def template_fault(text: str, index: int) -> Fault | None:
    """The fault of an unquoted `subject: {{ ... }}` on the line of `index`, which YAML takes for a mapping."""
    line, start = _line(text, index)
    match = _TEMPLATE.match(line)
    if match is None:
        return None
    value = line[match.start(1) :].strip()
    quote = "'" if '"' in value else '"'
    return Fault(
        index=start + match.start(1),
        code="yaml-template-unquoted",
        message="A value that starts with { needs quotes.",
        hint=f"Write {line[: match.start(1)].strip()} {quote}{value}{quote}",
    )


def _line(text: str, index: int) -> tuple[str, int]:
    start = text.rfind("\n", 0, index) + 1
    end = text.find("\n", index)
    return text[start : end if end >= 0 else len(text)], start


def explain_syntax(error: yaml.YAMLError, text: str) -> Fault:
    """The fault behind PyYAML's exception."""
    if not isinstance(error, yaml.MarkedYAMLError):
        index = getattr(error, "position", 0)
        return Fault(
            index=index if isinstance(index, int) else 0,
            code="yaml-character",
            message="A character here cannot stand in YAML.",
            hint="Delete it and type the text again.",
        )
    mark = error.problem_mark or error.context_mark
    index = min(mark.index, len(text)) if mark is not None else 0
    opened = error.context_mark.index if error.context_mark is not None else index
    problem = error.problem or ""
    context = error.context or ""
    for template in _templates(text, index, opened):
        return template
    attempts = (
        _tab(text, index),
        _start_character(text, index, opened, problem, context),
        _quotes(text, index, opened, problem, context),
        _brackets(text, index, opened, context),
        _structure(text, index, opened, problem, context),
    )
    for fault in attempts:
        if fault is not None:
            return fault
    return Fault(
        index=index,
        code="yaml-syntax",
        message=f"This is no YAML: {problem or context or 'it cannot be read'}.",
        hint="Each line is `key: value`; put a value with : # { [ or quotes in it in quotes.",
    )


def _templates(text: str, *indices: int) -> list[Fault]:
    last = max(0, len(text.rstrip()) - 1)
    found = (template_fault(text, min(index, last)) for index in indices)
    return [fault for fault in found if fault is not None]


def _tab(text: str, index: int) -> Fault | None:
    line, start = _line(text, index)
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        at = start + indent.index("\t")
    elif text[index : index + 1] == "\t":
        at = index
    else:
        return None
    return Fault(
        index=at,
        code="yaml-tab",
        message="A tab stands where YAML needs spaces.",
        hint="Indent with spaces; most editors can be set to do so for .yml and .md files.",
    )


def _start_character(text: str, index: int, opened: int, problem: str, context: str) -> Fault | None:
    character = text[index : index + 1]
    starts = problem == "found character that cannot start any token"
    if "undefined alias" in problem or "while scanning an alias" in context:
        index, character, starts = (opened if text[opened : opened + 1] == "*" else index), "*", True
    elif "while scanning an anchor" in context:
        index, character, starts = opened, "&", True
    elif "tag" in context and "while" in context:
        index, character, starts = opened, "!", True
    elif "did not find expected comment or line break" in problem:
        index, character, starts = opened, text[opened : opened + 1], True
    if not starts:
        return None
    line, start = _line(text, index)
    value = line[index - start :].strip()
    return Fault(
        index=index,
        code="yaml-unquoted",
        message=f"A text that starts with {character} needs quotes.",
        hint=f"Write {_quoted(value)}",
    )


def _quotes(text: str, index: int, opened: int, problem: str, context: str) -> Fault | None:
    if context == "while scanning a quoted scalar" or (
        context == "while parsing a quoted scalar" and "end of stream" in problem
    ):
        return Fault(
            index=opened,
            code="yaml-quote-open",
            message="A quote is opened here and never closed.",
            hint="Close it at the end of the text, or double it inside a text in the same quotes: 'it''s'.",
        )
    if context == "while parsing a quoted scalar":
        return Fault(
            index=index,
            code="yaml-escape",
            message="A backslash in double quotes starts an escape, and this one is none.",
            hint="Write the backslash twice, or use single quotes around the text.",
        )
    line, start = _line(text, index)
    before = line[: index - start].rstrip()
    value = KEY_VALUE.match(line)
    if problem.startswith("did not find expected") and before[-1:] in ("'", '"') and value is not None:
        return Fault(
            index=index,
            code="yaml-quote-end",
            message="Text follows the closing quote.",
            hint=f"Put the whole value in one pair of quotes: {_quoted(value[3])}",
        )
    return None


def _quoted(value: str) -> str:
    """A value in the quotes it can stand in."""
    if value[:1] in ("'", '"') and value[:1] == value[-1:] and len(value) > 1:
        value = value[1:-1]
    short = value if len(value) <= 60 else value[:57] + "..."
    return f'"{short}"' if '"' not in short and "\\" not in short else "'" + short.replace("'", "''") + "'"


def _brackets(text: str, index: int, opened: int, context: str) -> Fault | None:
    if "flow" in context:
        opening = text[opened : opened + 1]
        closing = {"[": "]", "{": "}"}.get(opening)
        if closing is not None:
            return Fault(
                index=opened,
                code="yaml-bracket",
                message=f"A {opening} is opened here, and no {closing} closes it where one is due.",
                hint=f"Close it with {closing}, part items with commas, and quote texts that hold brackets or colons.",
            )
    if text[index : index + 1] in ("]", "}") or "flow" in context:
        return Fault(
            index=min(index, max(0, len(text.rstrip()) - 1)),
            code="yaml-bracket",
            message="The brackets of a list or mapping do not match here.",
            hint="Close every [ with ] and every { with }, or put a text that holds brackets in quotes.",
        )
    return None


def _structure(text: str, index: int, opened: int, problem: str, context: str) -> Fault | None:
    line, start = _line(text, index)
    if problem == "mapping values are not allowed in this context":
        value = KEY_VALUE.match(line)
        if value is not None and start + value.start(3) <= index:
            return Fault(
                index=index,
                code="yaml-colon",
                message="The value holds a colon and a space, which YAML takes for another key.",
                hint=f"Put the text in quotes: {value[2].strip()}: {_quoted(value[3])}",
            )
        return _indentation(start + len(line) - len(line.lstrip()))
    if problem == "could not find expected ':'":
        line, start = _line(text, opened)
        return Fault(
            index=opened,
            code="yaml-no-colon",
            message="This line is no `key: value`.",
            hint="Add the colon and a space; a long text goes on under `key: |`, indented by two spaces.",
        )
    if "another document" in problem:
        return Fault(
            index=index,
            code="yaml-documents",
            message="A second YAML document starts here (---).",
            hint="Keep one document; a list of records is one document with `- ` before each.",
        )
    if "incompatible YAML document" in problem or "directive" in context or "directive" in problem:
        return Fault(
            index=index, code="yaml-directive", message="YAML directives (%) are not read here.",
            hint="Delete this line.",
        )  # fmt: skip
    if "block sequence entries are not allowed" in problem:
        return Fault(
            index=index,
            code="yaml-list",
            message="A list that starts with - cannot stand on the line of its key.",
            hint="Put each `- item` on its own line below the key, or write [one, two].",
        )
    if "did not find expected key" in problem or "block" in context:
        return _indentation(start + len(line) - len(line.lstrip()))
    return None


def _indentation(index: int) -> Fault:
    return Fault(
        index=index,
        code="yaml-indentation",
        message="This line is indented differently from its neighbours.",
        hint="Keys of one record start in the same column; what belongs to a key is indented two spaces more.",
    )
