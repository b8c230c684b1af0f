"""A file's bytes to sheets: decoding, front matter and YAML in one place for every kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from alongside.problems import Position, Problem
from alongside.reading.fields import Defaults, Reference, Sheet
from alongside.reading.readings import Mark
from alongside.source.decoding import Control, decode, find_controls, position_at, without_controls
from alongside.source.front_matter import FrontMatter, split_front_matter
from alongside.source.yaml_nodes import Document, Keys, read_yaml


@dataclass(slots=True, kw_only=True)
class Source:
    """A file on its way to records."""

    path: str  # relative to the configuration file's folder: what problems name
    docs_path: str  # relative to docs_dir: what links and slugs are made of
    defaults: Defaults
    problems: list[Problem] = field(default_factory=list)

    def report(self, problem: Problem | None) -> None:
        """File a problem, if there is one."""
        if problem is not None:
            self.problems.append(problem)

    def sheet(self, document: Document, root: Keys = ()) -> Sheet:
        """A sheet for one record of the document."""
        return Sheet(path=self.path, document=document, root=root, defaults=self.defaults, problems=self.problems)

    @property
    def slug(self) -> str:
        """The file's name without its extension."""
        name = self.docs_path.rsplit("/", 1)[-1]
        return name.rsplit(".", 1)[0]


def read_text(source: Source, content: bytes) -> str | None:
    """The text of the file; control characters are reported and become spaces."""
    text = decode(content, source.path)
    if isinstance(text, Problem):
        source.report(text)
        return None
    controls = find_controls(text)
    if not controls:
        return text
    source.report(_control_problem(source.path, text, controls))
    return without_controls(text)


def _control_problem(path: str, text: str, controls: list[Control]) -> Problem:
    first = controls[0]
    others = f", as do {len(controls) - 1} more" if len(controls) > 1 else ""
    return Problem(
        position=position_at(text, first.index, path),
        code="control-character",
        message=f"The control character {first.name} stands here{others}.",
        hint="Delete it; no editor shows it, and feeds and mails cannot carry it.",
    )


def read_markdown(source: Source, content: bytes, kind: str) -> tuple[Sheet, FrontMatter] | None:
    """The front matter as a sheet, and the parts of the file; None where no record can be read."""
    text = read_text(source, content)
    if text is None:
        return None
    parts = split_front_matter(text, source.path)
    if isinstance(parts, Problem):
        source.report(parts)
        return None
    if parts.yaml is None:
        source.report(_no_front_matter(source.path, text, kind))
        return None
    document, problems = read_yaml(parts.yaml, source.path, first_line=parts.first_line)
    source.problems.extend(problems)
    if document is None:
        return None
    if document.value is None:
        source.report(
            Problem(
                position=Position(source.path),
                code="front-matter-empty",
                message="The front matter is empty.",
                hint=f"Write the keys of the {kind} between the two lines with ---.",
            )
        )
        return None
    return source.sheet(document), parts


def _no_front_matter(path: str, text: str, kind: str) -> Problem:
    if not text.strip():
        return Problem(
            position=Position(path), code="empty-file", message="The file is empty.",
            hint=f"Write a {kind} into it, or delete it.",
        )  # fmt: skip
    stripped = text.lstrip()
    line = text.count("\n", 0, len(text) - len(stripped)) + 1
    if stripped.startswith("---") and line > 1:
        return Problem(
            position=Position(path), code="front-matter-late",
            message=f"The front matter starts in line {line}; it has to start in the first.",
            hint="Delete the empty lines above it.",
        )  # fmt: skip
    return Problem(
        position=Position(path), code="front-matter-missing",
        message=f"There is no front matter, so this is no {kind}.",
        hint="Start the file with a line ---, then `key: value` lines, then a line ---; or move the file elsewhere.",
    )  # fmt: skip


def read_list(source: Source, content: bytes, kind: str) -> Document | None:
    """A whole YAML file; None where it cannot be read or is empty."""
    text = read_text(source, content)
    if text is None:
        return None
    document, problems = read_yaml(text, source.path)
    source.problems.extend(problems)
    if document is None:
        return None
    if document.value is None:
        source.report(
            Problem(
                position=Position(source.path), code="empty-file", message="The file is empty.",
                hint=f"Write a {kind} into it, or delete it.", severity="warning",
            )
        )  # fmt: skip
        return None
    return document


def marks(sheet: Sheet, *names: str) -> tuple[Mark, ...]:
    """Where the values of some keys stand, for the checks that come after all files are read."""
    assert isinstance(sheet.document, Document)
    places = sheet.document.positions(sheet.root, names)
    return tuple([Mark(name, at.line, at.column) for name, at in places.items()])


def references(sheet: Sheet) -> tuple[Reference, ...]:
    """The sheet's references, in authored order."""
    return tuple(sheet.references)
