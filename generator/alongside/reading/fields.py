"""Fields of the contract: one declarative table a kind, and the parsers that its fields name.

A `Field` says what a key is called, how its value is read, whether it must be there and what it is for. Everything
comes from these tables: reading, the errors about unknown and missing keys, the JSON Schemas, the handbook's lists.

A parser takes a `Sheet` (one record as authored), the way to the value and the value; it gives the parsed value, or
files a problem and gives None. So a bad optional field costs that field, and a bad required one costs the record.
Fields that people's trust hangs on (consent, status, time away) are closed instead: see `Closed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from alongside.problems import Position, Problem, Severity, did_you_mean, nearest, slip
from alongside.source.yaml_nodes import Keys, Plain, keys_text

Schema = Mapping[str, Any]  # a JSON Schema (draft 07)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What a file cannot know by itself: part of the key under which its reading is cached."""

    language: str = "en"
    timezone: str = "UTC"
    teams: tuple[str, ...] = ()


class Reference(NamedTuple):
    """A record's word for another record, checked once all files are read. A tuple: there are tens of thousands."""

    kind: str  # "member", "challenge", "group", "story"
    name: str
    line: int
    column: int
    field: str  # the key it stands under


class Positions(Protocol):
    """What knows where values stand: a YAML document, a row of a table."""

    @property
    def text(self) -> str:
        """As authored."""

    @property
    def value(self) -> Plain:
        """As read."""

    def position(self, keys: Keys = (), *, key: bool = False, find: str = "") -> Position:
        """Where the value at `keys` starts."""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """One record while it is read: its document, the way to it, and what was found wrong."""

    path: str  # of the file, relative to the configuration file's folder
    document: Positions
    root: Keys = ()  # of the record inside the document: () in front matter, (3,) in a list
    defaults: Defaults
    problems: list[Problem]
    references: list[Reference] = field(default_factory=list)

    def position(self, keys: Keys = (), *, key: bool = False, find: str = "") -> Position:
        """Where a value (or its key, or words in it) stands in the file."""
        return self.document.position(self.root + keys, key=key, find=find)

    def report(
        self,
        keys: Keys,
        code: str,
        message: str,
        hint: str = "",
        *,
        severity: Severity = "error",
        key: bool = False,
        find: str = "",
        proposal: str = "",
    ) -> None:
        """File a problem at a value. `proposal`: see `Problem`."""
        self.problems.append(
            Problem(
                position=self.position(keys, key=key, find=find),
                code=code,
                message=message,
                hint=hint,
                severity=severity,
                proposal=proposal,
            )
        )

    def refer(self, kind: str, keys: Keys, name: str) -> None:
        """Note a reference to another record."""
        at = self.position(keys)
        top = next((str(step) for step in reversed(keys) if isinstance(step, str)), "")
        self.references.append(Reference(kind=kind, name=name, line=at.line, column=at.column, field=top))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parser:
    """How a value is read, and what an editor is told about it."""

    read: Callable[[Sheet, Keys, Any], Any]  # the value is never None (absent) here
    schema: Schema


LEAVE_OUT = object()  # as a closed value: the record itself is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What holds while a field cannot be read in full: whatever shows and promises least."""

    value: Any  # instead of the default; LEAVE_OUT costs the record
    told: str  # the end of the hint: "Until then they are not shown."


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key of a kind."""

    name: str
    parser: Parser
    about: str  # one sentence, for editors and the handbook
    required: bool = False
    default: Any = None  # the value where the key is absent
    closed: Closed | None = None  # instead of what could be read, where anything in it is an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The keys of one kind of record."""

    kind: str  # "story", for messages
    about: str
    fields: tuple[Field, ...]
    by_name: Mapping[str, Field] = field(init=False)
    defaults: dict[str, Any] = field(init=False)  # the values of a record without any key
    required: tuple[Field, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {item.name: item for item in self.fields})
        object.__setattr__(self, "defaults", {item.name: item.default for item in self.fields})
        object.__setattr__(self, "required", tuple(item for item in self.fields if item.required))

    @property
    def schema(self) -> dict[str, Any]:
        """A JSON Schema of the mapping; `null` counts as absent, as in reading."""
        found: dict[str, Any] = {
            "type": "object",
            "description": self.about,
            "properties": {item.name: _field_schema(item) for item in self.fields},
            "additionalProperties": False,
        }
        if self.required:
            found["required"] = [item.name for item in self.required]
        return found

    def without(self, *names: str) -> Table:
        """The table less some keys."""
        return Table(
            kind=self.kind, about=self.about, fields=tuple(item for item in self.fields if item.name not in names)
        )

    def plus(self, *fields: Field) -> Table:
        """The table and some keys more."""
        return Table(kind=self.kind, about=self.about, fields=self.fields + fields)


def _field_schema(item: Field) -> dict[str, Any]:
    about = {"description": item.about}
    if item.required:
        return {**about, **item.parser.schema}
    return {**about, "anyOf": [item.parser.schema, {"type": "null"}]}


def a(word: str) -> str:
    """`a story`, `an item`."""
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


def read_table(sheet: Sheet, table: Table, value: object, keys: Keys = ()) -> dict[str, Any] | None:
    """Every field of a mapping, parsed, with defaults; None when it is no mapping or a required field is missing."""
    found, complete = read_fields(sheet, table, value, keys)
    return found if complete else None


def read_fields(sheet: Sheet, table: Table, value: object, keys: Keys = ()) -> tuple[dict[str, Any], bool]:
    """(every field, with defaults where it is absent or cannot be read; whether there is all that a record needs).

    Everything wrong is filed, also where the record is lost, so that one run shows all. For the same reason a reader
    goes on checking what it has when a record is not complete.
    """
    found = table.defaults.copy()
    if not isinstance(value, dict):
        sheet.report(
            keys,
            "wrong-type",
            f"{a(table.kind).capitalize()} is a set of `key: value` lines; this is {describe(value)}.",
            f"Its keys: {', '.join(table.by_name)}.",
        )
        return found, False
    complete = True
    by_name = table.by_name
    for name, plain in value.items():
        known = by_name.get(name)
        if known is None:
            known = _unknown_key(sheet, table, keys, name)
            if known is None or known.closed is None or value.get(known.name) is not None:
                continue
            parsed = _close(sheet, len(sheet.problems) - 1, known.closed)
        elif plain is None or plain == "":
            continue
        else:
            before = len(sheet.problems)
            parsed = known.parser.read(sheet, (*keys, name), plain)
            if known.closed is not None and _has_error(sheet, before):
                parsed = _close(sheet, before, known.closed)
        if parsed is LEAVE_OUT or (parsed is None and known.required):
            complete = False
        elif parsed is not None:
            found[known.name] = parsed
    for item in table.required:
        if value.get(item.name) in (None, ""):
            complete = False
            present = item.name in value
            sheet.report(
                (*keys, item.name) if present else keys,
                "missing-key",
                f'"{item.name}" is {"empty" if present else "missing"}; every {table.kind} needs it, '
                "so this one is left out.",
                item.about,
                key=present,
            )
    return found, complete


def _has_error(sheet: Sheet, before: int) -> bool:
    return any(problem.severity == "error" for problem in sheet.problems[before:])


def _close(sheet: Sheet, before: int, closed: Closed) -> Any:
    """The closed value; the errors since `before` say what holds until they are mended, which only people do."""
    sheet.problems[before:] = [
        replace(problem, hint=f"{ended(problem.hint)} {closed.told}".strip(), proposal="")
        if problem.severity == "error"
        else problem
        for problem in sheet.problems[before:]
    ]
    return closed.value


def ended(hint: str) -> str:
    """The hint with a sign at its end, so that another sentence can follow."""
    return hint if not hint or hint[-1] in ".?!:" else f"{hint}."


def _unknown_key(sheet: Sheet, table: Table, keys: Keys, name: str) -> Field | None:
    """File the problem of a key that there is not; the field that was probably meant."""
    shown = name if len(name) <= 40 else name[:37] + "..."
    meant = nearest(name[:80], table.by_name)
    hint = f'Did you mean "{meant}"?' if meant is not None else ""
    if name == "email":
        hint = "An address never stands in content, which is public; give it to `alongside contacts import`."
    certain = slip(name, table.by_name)
    sheet.report(
        (*keys, name),
        "unknown-key",
        f'{a(table.kind).capitalize()} has no key "{shown}".',
        hint or f"Its keys: {', '.join(table.by_name)}.",
        key=True,
        proposal=certain if certain is not None and table.by_name[certain].closed is None else "",
    )
    return table.by_name[meant] if meant is not None else None


def describe(value: object) -> str:
    """What a value is, in a writer's words."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if value is None:
        return "empty"
    return "a text"


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def wrong_type(sheet: Sheet, keys: Keys, value: object, wanted: str) -> None:
    """File the problem of a value that has another shape than its field."""
    name = keys_text(keys) or "This"
    sheet.report(keys, "wrong-type", f"{name} is {wanted}; this is {describe(value)}.", _shape_hint(keys, wanted))


def _shape_hint(keys: Keys, wanted: str) -> str:
    name = next((str(step) for step in reversed(keys) if isinstance(step, str)), "key")
    if wanted.startswith("a list"):
        return f"Write {name}: [one, two]"
    if "text" in wanted and keys and isinstance(keys[-1], int):
        return f"Write {name}: [one, two], each of them some text (in quotes where it holds , or : or a bracket)."
    if "text" in wanted:
        return f"Write {name}: some text (in quotes where it holds : or # or starts with a bracket)."
    return ""


def list_of(item: Parser, *, what: str = "a list", unique: bool = True) -> Parser:
    """A list; one value alone counts as a list of one. Bad items are left out, the others stay."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> tuple[Any, ...] | None:
        if isinstance(value, dict) and item.schema.get("type") != "object":
            wrong_type(sheet, keys, value, what)
            return None
        found: list[Any] = []
        single = not isinstance(value, list)
        for index, plain in enumerate([value] if single else value or ()):
            if plain is None or plain == "":
                continue
            place = keys if single else (*keys, index)
            parsed = item.read(sheet, place, plain)
            if parsed is None:
                continue
            if unique and parsed in found:
                sheet.report(place, "repeated-item", f'"{plain}" stands here twice.', "Keep one.", severity="warning")
                continue
            found.append(parsed)
        return tuple(found)

    items = {"type": "array", "items": item.schema}
    return Parser(read=read, schema={"anyOf": [items, item.schema]})


def choice(words: Sequence[str], *, spelt: Mapping[str, str] | None = None) -> Parser:
    """One of a few words; `spelt` holds other spellings of them."""
    spellings = {word: word for word in words} | dict(spelt or {})

    def read(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
        if isinstance(value, str):
            folded = value.strip().casefold()
            if folded in spellings:
                return spellings[folded]
            sheet.report(
                keys,
                "unknown-value",
                f'{keys_text(keys)} cannot be "{value[:60]}".',
                f"{did_you_mean(value[:60], words)} It is {listed(words)}.".strip(),
                proposal=slip(value[:60], words) or "",
            )
            return None
        wrong_type(sheet, keys, value, f"one of {listed(words)}")
        return None

    return Parser(read=read, schema={"enum": list(spellings)})


def mapping(table: Table) -> Parser:
    """A mapping with fields of its own, as a plain dict."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, Any] | None:
        return read_table(sheet, table, value, keys)

    return Parser(read=read, schema=table.schema)


def converted(parser: Parser, convert: Callable[[Sheet, Keys, Any], Any]) -> Parser:
    """A parser whose result is turned into something else, or refused with a problem."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> Any:
        parsed = parser.read(sheet, keys, value)
        return None if parsed is None else convert(sheet, keys, parsed)

    return Parser(read=read, schema=parser.schema)
