"""CSV files that teams hand over: rows as mappings that know their line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alongside.problems import Position, Problem, did_you_mean, nearest
from alongside.source.decoding import decode, find_controls, position_at, read_bytes, without_controls
from alongside.source.yaml_nodes import Keys, Plain

MAX_ROWS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. Its value is a mapping of column names to cells; empty cells are None."""

    path: str
    line: int
    text: str  # the first line of it
    value: Plain
    columns: Mapping[str, int]  # name -> number of the cell

    def position(self, keys: Keys = (), *, key: bool = False, find: str = "") -> Position:
        """Where a cell starts; of a row over several lines, the column in its first."""
        number = self.columns.get(str(keys[0])) if keys else None
        if number is None:
            return Position(self.path, self.line)
        return Position(self.path, self.line, _cell_start(self.text, number))


def _cell_start(line: str, number: int) -> int:
    """The column, from 1, at which a cell of a line starts."""
    quoted, passed = False, 0
    if number == 0:
        return 1
    for index, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            passed += 1
            if passed == number:
                return index + 2
    return 1


def read_rows(
    file: Path, path: str, columns: Sequence[str], *, needed: Sequence[str] = (), lists: Sequence[str] = ()
) -> tuple[list[Row], list[Problem]]:
    """The rows of a CSV file with a header, and what is wrong with the file; cells of `lists` are parted by `;`.

    Without the columns `needed` there are no rows, and one problem.
    """
    content = read_bytes(file, path)
    text = decode(content, path) if isinstance(content, bytes) else content
    if isinstance(text, Problem):
        return [], [text]
    problems: list[Problem] = []
    for control in find_controls(text)[:1]:
        problems.append(
            Problem(
                position=position_at(text, control.index, path), code="control-character",
                message=f"The control character {control.name} stands here.", hint="Delete it.",
            )
        )  # fmt: skip
    text = without_controls(text)
    rows: list[Row] = []
    try:
        records = _records(text)
        _, header = next(records, (1, []))
        names = [name.strip().casefold() for name in header]
        problems.extend(_check_header(path, header, names, columns))
        if not set(names) & set(columns):
            return [], problems
        missing = [name for name in needed if name not in names]
        if missing:
            return [], [_missing_column(path, missing[0], header, columns)]
        by_number = {name: number for number, name in enumerate(names) if name in columns}
        lines = text.split("\n")
        for line, cells in records:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                problems.append(_cell_count(Position(path, line), len(cells), len(names)))
                continue
            value = {name: _cell(cells[number], name in lists) for name, number in by_number.items()}
            rows.append(Row(path=path, line=line, text=lines[line - 1], value=value, columns=by_number))
            if len(rows) >= MAX_ROWS:
                break
    except csv.Error as error:
        problems.append(
            Problem(
                position=Position(path, 1), code="bad-csv", message=f"This is no CSV file: {error}.",
                hint="Part cells with commas, and put a cell that holds a comma, quote or line break in double quotes.",
            )
        )  # fmt: skip
    return rows, problems


def _cell(text: str, is_list: bool) -> Plain:
    text = text.strip()
    if not text:
        return None
    return [item.strip() for item in text.split(";") if item.strip()] if is_list else text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line at which it starts, cells) of every record."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        cells = next(reader, None)
        if cells is None:
            return
        yield line, cells


def _check_header(path: str, header: Sequence[str], names: Sequence[str], columns: Sequence[str]) -> Iterator[Problem]:
    if not set(names) & set(columns):
        semicolons = len(header) == 1 and ";" in header[0]
        yield Problem(
            position=Position(path), code="csv-header", message="The first row names no known column.",
            hint="Save it with commas between cells, not semicolons."
            if semicolons
            else f"Columns: {', '.join(columns)}.",
        )  # fmt: skip
        return
    start = 1
    for number, (raw, name) in enumerate(zip(header, names, strict=True)):
        if name not in columns:
            yield Problem(
                position=Position(path, 1, start), code="unknown-column", severity="warning",
                message=f'There is no column "{raw.strip()[:40]}"; it is not read.',
                hint=did_you_mean(name[:80], columns) or f"Columns: {', '.join(columns)}.",
            )  # fmt: skip
        elif name in names[:number]:
            yield Problem(
                position=Position(path, 1, start), code="duplicate-key", message=f'The column "{name}" is there twice.',
                hint="Keep one.",
            )  # fmt: skip
        start += len(raw) + 1


def _missing_column(path: str, name: str, header: Sequence[str], columns: Sequence[str]) -> Problem:
    """The one problem of a table without a column it needs, with the column that is probably meant."""
    free = [title.strip()[:40] for title in header if title.strip().casefold() not in columns]
    near = nearest(name, free)
    return Problem(
        position=Position(path), code="csv-header", message=f'There is no column "{name}", which every row needs.',
        hint=f'Rename the column "{near}" to "{name}".' if near else f'Write "{name}" over its cells.',
    )  # fmt: skip


def _cell_count(position: Position, found: int, wanted: int) -> Problem:
    return Problem(
        position=position, code="cell-count",
        message=f"This row has {found} cells, the first row {wanted}; it is left out.",
        hint="Put a cell that holds a comma in double quotes.",
    )  # fmt: skip
