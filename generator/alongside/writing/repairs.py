"""What is wrong with author files, put right where nobody has to decide anything.

A repair changes a few characters where they stand: comments, the order of keys, line ends and a byte order mark stay.
Most repairs write what a problem holds as its `proposal`; others only put into quotes, or take away, what was in the
way of reading. Before one is kept, the whole community is read as it would be then: the file must say the same less
the problem, and nothing else may be wrong for it. What trust hangs on (consent, status, time away, welcomes) is for
people to repair.

    status: publised            left to a person: it says whether a story is shown
    topisc: [bread]             topics: [bread]
    date: 4 May 2026            date: 2026-05-04
    subject: {{ member.name }}  subject: "{{ member.name }}"
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import yaml

from alongside.problems import Problem
from alongside.reading.languages import parse_language
from alongside.source.decoding import decode, find_controls, without_controls
from alongside.source.front_matter import split_front_matter
from alongside.source.yaml_faults import KEY_VALUE
from alongside.source.yaml_nodes import Document, Keys, Plain, read_yaml
from alongside.writing.yaml_texts import quoted

MOST_PASSES = 12  # a repair may bring to light what was hidden behind it
# Nothing of a file, or of its front matter, is read where one of these is; so what else is wrong shows afterwards.
_UNREADABLE = re.compile(r"yaml-|front-matter-|more-problems$")
_MARK_OF_ORDER = "\ufeff"
_C0 = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DASHES = re.compile(r"-{4,}[ \t]*")
_INDENT = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)
_TAB_WIDTHS = (2, 4, 8, 0)  # spaces that somebody's tab may stand for
_ITEM = re.compile(r"^(\s*)(- +)(.*\S)\s*$")
_NUMBERS = re.compile(r":\d+")

Load = Callable[[Mapping[str, bytes]], Sequence[Problem]]  # with contents instead of what files hold


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Characters of a text, and what stands there instead."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What puts one problem right."""

    problem: Problem
    edits: tuple[Edit, ...]  # of the decoded text, in order

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by in the next pass, when lines may have moved."""
        return (self.problem.position.path, self.problem.code, self.problem.message)


@dataclass(slots=True, kw_only=True)
class Repaired:
    """What files would hold, and what would be right then. Nothing is written yet."""

    before: dict[str, bytes] = field(default_factory=dict)  # by path, as problems name it
    contents: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)  # those that are gone


def repair_files(load: Load, read: Callable[[str], bytes | None]) -> Repaired:
    """Every repair that can be made. `read` gives a file's bytes by its path, None for one that is not ours to change.

    Done again with what it gives, it changes nothing more.
    """
    found = Repaired()
    refused: set[tuple[str, str, str]] = set()
    problems = list(load({}))
    for _ in range(MOST_PASSES):
        contents: dict[str, bytes] = {}
        candidates: list[Repair] = []
        for path in sorted({problem.position.path for problem in problems}):
            content = found.contents.get(path) or read(path)
            if content is None:
                continue
            contents[path] = content
            here = [problem for problem in problems if problem.position.path == path]
            candidates += [repair for repair in propose_repairs(content, here) if repair.key not in refused]
        if not candidates:
            break
        trial = _Trial(load=load, contents=contents, settled=found.contents, before=problems)
        trial.take(candidates)
        refused |= {repair.key for repair in trial.refused}
        for path, content in trial.changed().items():
            found.before.setdefault(path, contents[path])
            found.contents[path] = content
        found.problems += [repair.problem for repair in trial.taken]
        problems = trial.after
        if not trial.taken:
            break
    return found


@dataclass(slots=True, kw_only=True)
class _Trial:
    """Repairs, tried together and, where they bring something new, in halves."""

    load: Load
    contents: Mapping[str, bytes]
    settled: Mapping[str, bytes]  # by earlier passes
    before: list[Problem]
    taken: list[Repair] = field(default_factory=list)
    refused: list[Repair] = field(default_factory=list)
    after: list[Problem] = field(default_factory=list)

    def take(self, repairs: Sequence[Repair]) -> None:
        """Keep of `repairs` what brings nothing new."""
        self.after = self.after or self.before
        tried = [*self.taken, *repairs]
        after = list(self.load({**self.settled, **self._applied(tried)}))
        if not self._is_worse(tried, after):
            self.taken, self.after = tried, after
        elif len(repairs) == 1:
            self.refused += repairs
        else:
            self.take(repairs[: len(repairs) // 2])
            self.take(repairs[len(repairs) // 2 :])

    def changed(self) -> dict[str, bytes]:
        """What the files hold that were repaired."""
        return self._applied(self.taken)

    def _applied(self, repairs: Sequence[Repair]) -> dict[str, bytes]:
        by_path: dict[str, list[Edit]] = {}
        for repair in repairs:
            by_path.setdefault(repair.problem.position.path, []).extend(repair.edits)
        return {path: apply_edits(self.contents[path], edits) for path, edits in by_path.items()}

    def _is_worse(self, repairs: Sequence[Repair], after: Sequence[Problem]) -> bool:
        """Whether a problem stays that should be gone, or a repair brings one.

        What nobody could read may have faults of its own, elsewhere in the file. And what is read now may be worth a
        warning: of its length, say.
        """
        old, new = Counter(map(_known_by, self.before)), Counter(map(_known_by, after))
        wanted = Counter(_known_by(repair.problem) for repair in repairs)
        if any(new[key] > old[key] - count for key, count in wanted.items()):
            return True
        made = new - old
        unread = {problem.position.path for problem in self.before if _UNREADABLE.match(problem.code)}
        paths = {repair.problem.position.path for repair in repairs}
        lines = {(repair.problem.position.path, repair.problem.position.line) for repair in repairs}

        def is_brought(problem: Problem) -> bool:
            path, line = problem.position.path, problem.position.line
            if path not in paths or (problem.severity == "error" and path not in unread):
                return True
            return problem.severity == "error" and (path, line) in lines

        return any(made[_known_by(problem)] and is_brought(problem) for problem in after)


def _known_by(problem: Problem) -> tuple[str, str, str]:
    """What makes two problems the same one. Lines move, but not those of YAML that cannot be read."""
    line = f"{problem.position.line}: " if problem.code.startswith("yaml-") else ""
    return (problem.position.path, problem.code, line + _NUMBERS.sub("", problem.message))


# --- files ---


def apply_edits(content: bytes, edits: Sequence[Edit]) -> bytes:
    """The file with its edits; every other byte stays, line ends and byte order mark included."""
    raw = content.decode("utf-8")
    mark = len(_MARK_OF_ORDER) if raw.startswith(_MARK_OF_ORDER) else 0
    # where line ends of two characters were, counted in the decoded text
    doubled = [match.start() - mark - number for number, match in enumerate(re.finditer("\r\n", raw))]
    for edit in sorted(edits, reverse=True):
        start, end = (index + mark + bisect_left(doubled, index) for index in (edit.start, edit.end))
        raw = raw[:start] + edit.text + raw[end:]
    return raw.encode()


def propose_repairs(content: bytes, problems: Sequence[Problem]) -> list[Repair]:
    """What would put problems of one file right; of two that touch each other the first."""
    text = decode(content, "")
    if isinstance(text, Problem):
        return []
    page = _Page.of(text, problems[0].position.path)
    found: list[Repair] = []
    end = 0
    for problem in sorted(problems, key=lambda problem: problem.sort_key):
        edits = tuple(sorted(_edits(page, problem)))
        if not edits or edits[0].start < end or not page.means_the_same(edits, problem):
            continue
        found.append(Repair(problem=problem, edits=edits))
        end = edits[-1].end
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scalar:
    """A text in a YAML document."""

    keys: Keys  # the way to it; to the value, where it is a key
    is_key: bool
    node: yaml.ScalarNode
    start: int  # in the file's text
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """An author's file, and its YAML where that can be read."""

    path: str
    text: str  # "\n" line ends
    starts: tuple[int, ...]  # of lines
    offset: int  # where the YAML starts
    document: Document | None

    @classmethod
    def of(cls, text: str, path: str) -> _Page:
        starts = (0, *(match.end() for match in re.finditer("\n", text)))
        offset, document = _read(text, path)
        return cls(path=path, text=text, starts=starts, offset=offset, document=document)

    def index(self, problem: Problem) -> int:
        """Where a problem stands in the text."""
        return self.starts[problem.position.line - 1] + problem.position.column - 1

    def line(self, index: int) -> tuple[str, int]:
        """The line around an index, and where it starts."""
        start = self.text.rfind("\n", 0, index) + 1
        end = self.text.find("\n", index)
        return self.text[start : end if end >= 0 else len(self.text)], start

    def scalars(self) -> Iterator[_Scalar]:
        """Every text of the document, keys included."""
        if self.document is not None and self.document.node is not None:
            yield from self._below(self.document.node, ())

    def _below(self, node: yaml.Node, keys: Keys) -> Iterator[_Scalar]:
        if isinstance(node, yaml.ScalarNode):
            yield self._scalar(node, keys, is_key=False)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                yield self._scalar(key, (*keys, key.value), is_key=True)
                yield from self._below(value, (*keys, key.value))
        else:
            for number, item in enumerate(node.value):
                yield from self._below(item, (*keys, number))

    def _scalar(self, node: yaml.ScalarNode, keys: Keys, *, is_key: bool) -> _Scalar:
        start, end = self.offset + node.start_mark.index, self.offset + node.end_mark.index
        return _Scalar(keys=keys, is_key=is_key, node=node, start=start, end=end)

    def scalar_at(self, index: int) -> _Scalar | None:
        """The text of one line that starts there."""
        for scalar in self.scalars():
            if scalar.start == index and scalar.end > index:
                source = self.text[scalar.start : scalar.end]
                plain = scalar.node.style in ("", None) and source == scalar.node.value
                return scalar if plain or (scalar.node.style in ("'", '"') and "\n" not in source) else None
        return None

    def means_the_same(self, edits: Sequence[Edit], problem: Problem) -> bool:
        """Whether the document then says what it said, less the problem. One that nobody could read says nothing."""
        if self.document is None:
            return True
        _, after = _read(_edited(self.text, edits), self.path)
        if after is not None and problem.code == "control-character":
            return _squeezed(after.value) == _squeezed(self.document.value)
        return after is not None and after.value == _expected(self, problem)


def _read(text: str, path: str) -> tuple[int, Document | None]:
    """(where the YAML of a file starts, the document); None where it cannot be read."""
    text = without_controls(text)
    if not path.endswith(".md"):
        return 0, read_yaml(text, path)[0]
    parts = split_front_matter(text, path)
    if isinstance(parts, Problem) or parts.yaml is None:
        return 0, None
    return text.index("\n") + 1, read_yaml(parts.yaml, path, first_line=parts.first_line)[0]


def _edited(text: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


# --- what a document says after a repair ---


def _expected(page: _Page, problem: Problem) -> Any:
    """The document's value less the problem."""
    assert page.document is not None
    value = page.document.value
    if problem.code == "unquoted-comma":
        return _joined(page, value, problem)
    scalar = page.scalar_at(page.index(problem))
    if scalar is None or problem.code == "duplicate-key":  # its second value was never read
        return value
    if problem.code == "repeated-item":
        return _changed(value, scalar.keys[:-1], lambda items: _without(items, scalar.keys[-1]))
    if problem.code == "direction-override":
        return _changed(value, scalar.keys, lambda text: _TURNS.sub("", text))
    if scalar.is_key:
        return _changed(value, scalar.keys[:-1], lambda pairs: _renamed(pairs, scalar.keys[-1], problem.proposal))
    return _changed(value, scalar.keys, lambda _: problem.proposal)


def _squeezed(value: Plain) -> object:
    """A value in which white space does not count."""
    if isinstance(value, str):
        return value.split()
    if isinstance(value, dict):
        return [(name.split(), _squeezed(item)) for name, item in value.items()]
    return [_squeezed(item) for item in value or ()]


def _changed(value: Any, keys: Keys, change: Callable[[Any], Any]) -> Any:
    if not keys:
        return change(value)
    if isinstance(value, dict):
        return {key: _changed(item, keys[1:], change) if key == keys[0] else item for key, item in value.items()}
    return [_changed(item, keys[1:], change) if number == keys[0] else item for number, item in enumerate(value)]


def _without(items: Any, number: str | int) -> Any:
    return [item for index, item in enumerate(items) if index != number]


def _renamed(pairs: Any, old: str | int, new: str) -> Any:
    """None, which no document says, where the new name is there already."""
    return None if new in pairs else {new if key == old else key: item for key, item in pairs.items()}


def _joined(page: _Page, value: Plain, problem: Problem) -> Any:
    found = _cut_text(page, page.index(problem))
    if not found:
        return value
    text, *cut = found
    gone = {key.keys[-1] for key in cut}
    whole = _changed(value, text.keys[:-1], lambda pairs: {key: pairs[key] for key in pairs if key not in gone})
    return _changed(whole, text.keys, lambda _: page.text[text.start : cut[-1].end])


# --- what is written where ---


def _edits(page: _Page, problem: Problem) -> Iterator[Edit]:
    """The edits that put a problem right; none where somebody has to decide."""
    make = _EDITS.get(problem.code)
    if make is not None:
        yield from make(page, page.index(problem))
    elif problem.proposal:
        yield from _propose(page, page.index(problem), problem.proposal)


def _propose(page: _Page, index: int, proposal: str) -> Iterator[Edit]:
    """What was certainly meant, in the quotes that stand there."""
    scalar = page.scalar_at(index)
    if scalar is None:
        return
    quote = scalar.node.style if scalar.node.style in ("'", '"') else ""
    yield Edit(scalar.start, scalar.end, f"{quote}{proposal}{quote}" if quote else quoted(proposal))


def _second_key(page: _Page, index: int) -> Iterator[Edit]:
    """A key that says again what it said before goes; where both differ, somebody has to choose."""
    for entries, block in _mappings(page):
        for (_, before), (key, value) in pairwise(entries):
            if page.offset + key.start_mark.index != index:
                continue
            first = next(other for name, other in entries if name.value == key.value)
            if _plain(first) == _plain(value):
                yield from _taken_out(page, before, key, value, block=block)
            return


def _mappings(page: _Page) -> Iterator[tuple[list[tuple[yaml.ScalarNode, yaml.Node]], bool]]:
    """(entries, whether each stands on lines of its own) of every mapping."""
    waiting = [page.document.node] if page.document is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            yield node.value, not node.flow_style
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _plain(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.MappingNode):
        return [(_plain(key), _plain(value)) for key, value in node.value]
    return [_plain(item) for item in node.value]


def _taken_out(page: _Page, before: yaml.Node, first: yaml.Node, last: yaml.Node, *, block: bool) -> Iterator[Edit]:
    """What stands from the node `first` to `last`, with the comma or the line around it; comments are never lost."""
    start = page.offset + first.start_mark.index
    end = page.offset + max(last.end_mark.index, first.end_mark.index)
    end = start + len(page.text[start:end].rstrip())
    if not block:
        left = page.offset + before.end_mark.index
        if re.fullmatch(r"\s*,\s*", page.text[left:start]):
            yield Edit(left, end, "")
        return
    _, line_start = page.line(start)
    line, last_start = page.line(max(start, end - 1))
    line_end = last_start + len(line)
    alone = re.fullmatch(r"[ \t]*(?:- +)?", page.text[line_start:start]) and not page.text[end:line_end].strip(" \t:")
    if alone and not re.search("[#&]", page.text[start:line_end]):
        yield Edit(line_start, min(line_end + 1, len(page.text)), "")


def _second_item(page: _Page, index: int) -> Iterator[Edit]:
    """An item that stands twice in a list stands there once."""
    waiting = [page.document.node] if page.document is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
            for before, item in pairwise(node.value):
                if page.offset + item.start_mark.index == index and isinstance(item, yaml.ScalarNode):
                    yield from _taken_out(page, before, item, item, block=not node.flow_style)


def _cut_text(page: _Page, index: int) -> list[_Scalar]:
    """A text, and the empty keys that its commas made of the rest, as in `{en: One, two, and three}`."""
    scalars = list(page.scalars())
    at = next((number for number, scalar in enumerate(scalars) if scalar.start == index and scalar.is_key), 0)
    if not at or scalars[at - 1].is_key or scalars[at - 1].keys[:-1] != scalars[at].keys[:-1]:
        return []
    found = [scalars[at - 1]]
    for key, value in zip(scalars[at::2], scalars[at + 1 :: 2], strict=False):
        if not key.is_key or value.keys != key.keys or value.end > value.start or parse_language(key.node.value):
            break
        found.append(key)
    is_plain = all(page.text[scalar.start : scalar.end] == scalar.node.value != "" for scalar in found)
    return found if is_plain and page.text[found[0].end : index].strip() == "," else []


def _cut(page: _Page, index: int) -> Iterator[Edit]:
    found = _cut_text(page, index)
    if found:
        yield Edit(found[0].start, found[-1].end, quoted(page.text[found[0].start : found[-1].end]))


def _turns(page: _Page, index: int) -> Iterator[Edit]:
    """Characters that turn the direction of a text are passed over in reading, and go."""
    scalar = page.scalar_at(index)
    if scalar is not None:
        for match in _TURNS.finditer(page.text, scalar.start, scalar.end):
            yield Edit(match.start(), match.end(), "")


def _all_controls(page: _Page, _index: int) -> Iterator[Edit]:
    """Control characters go; a space stays where one parts two words.

    None of them, where one is of those that Windows' quotation marks become when they are read as Latin-1, and none
    that is written as an escape (`\\x07`).
    """
    if all(_C0.match(control.character) for control in find_controls(page.text)):
        yield from _controls(page)


def _controls(page: _Page) -> Iterator[Edit]:
    for match in re.finditer(f"{_C0.pattern}+", page.text):
        apart = (
            page.text[match.start() - 1 : match.start()].strip() and page.text[match.end() : match.end() + 1].strip()
        )
        yield Edit(match.start(), match.end(), " " if apart else "")


def _whole_value(page: _Page, index: int) -> tuple[str, int] | None:
    """(the value, where it starts) of a line `key: value` or `- value` that holds all of it, and no comment."""
    line, start = page.line(index)
    match = KEY_VALUE.match(line) or _ITEM.match(line)
    if match is None:
        return None
    value = match[3].rstrip()
    below, _ = page.line(min(start + len(line) + 1, len(page.text)))
    goes_on = bool(below.strip()) and len(below) - len(below.lstrip()) > match.end(1)
    return None if goes_on or re.search(r"\s#", value) else (value, start + match.start(3))


def _in_quotes(value: str) -> str:
    """A text in the quotes in which it needs no escape, if there are such."""
    return f'"{value}"' if '"' not in value and "\\" not in value else "'" + value.replace("'", "''") + "'"


def _quote_value(page: _Page, index: int) -> Iterator[Edit]:
    """A value that YAML takes for something else goes into quotes."""
    found = _whole_value(page, index)
    if found is not None and found[0][0] not in "\"'|>[" and not re.match(r"\{(?![{%])", found[0]):
        yield Edit(found[1], found[1] + len(found[0]), _in_quotes(found[0]))


def _quote_start(page: _Page, index: int) -> Iterator[Edit]:
    """A text that starts with @, ` or %; or with *, where that is emphasis and no alias."""
    found = _whole_value(page, index)
    if found is None or found[1] != index:
        return
    if found[0][0] in "@`%" or re.match(r"\*{1,2}[^\s*][^*]*\*", found[0]):
        yield Edit(index, index + len(found[0]), _in_quotes(found[0]))


def _apostrophe(page: _Page, index: int) -> Iterator[Edit]:
    """`'it's here'`: three marks, the one in the middle between letters."""
    found = _whole_value(page, index)
    if found is None:
        return
    value, start = found
    inner = value[1:-1]
    if value[0] == value[-1] == "'" and inner.count("'") == 1 and re.search(r"\w'\w", inner):
        yield Edit(start, start + len(value), _in_quotes(inner))


def _backslash(page: _Page, index: int) -> Iterator[Edit]:
    """`"C:\\people"`: the only backslash of the text stands twice."""
    found = _whole_value(page, index)
    if found is not None and found[0].count("\\") == 1 and page.text[index : index + 1] == "\\":
        yield Edit(index, index + 1, "\\\\")


def _tab(page: _Page, index: int) -> Iterator[Edit]:
    """Tabs at the start of lines are as many spaces as it takes; where two numbers mean two things, nobody knows."""
    line, start = page.line(index)
    if line[: index - start].strip():
        return
    end = page.text.find("\n---", start)
    tabs = list(_INDENT.finditer(page.text, 0, end if end >= 0 else len(page.text)))
    made: dict[int, tuple[Edit, ...]] = {}
    for width in _TAB_WIDTHS:
        made[width] = tuple(Edit(match.start(), match.end(), match[0].replace("\t", " " * width)) for match in tabs)
    read = {
        width: document for width, edits in made.items() if (document := _read(_edited(page.text, edits), page.path)[1])
    }
    deeper = [width for width in read if width] or list(read)  # at the margin only where nothing else can be read
    if deeper and all(read[width].value == read[deeper[0]].value for width in deeper):
        yield from made[deeper[0]]


def _dashes(page: _Page, index: int) -> Iterator[Edit]:
    match = _DASHES.match(page.text, index)
    if match is not None:
        yield Edit(match.start(), match.end(), "---")


def _late(page: _Page, _index: int) -> Iterator[Edit]:
    """Empty lines above the front matter go."""
    yield Edit(0, len(page.text) - len(page.text.lstrip()), "")


_EDITS: Mapping[str, Callable[[_Page, int], Iterator[Edit]]] = {
    "control-character": _all_controls,
    "direction-override": _turns,
    "duplicate-key": _second_key,
    "front-matter-dashes": _dashes,
    "front-matter-late": _late,
    "repeated-item": _second_item,
    "unquoted-comma": _cut,
    "yaml-colon": _quote_value,
    "yaml-escape": _backslash,
    "yaml-quote-end": _apostrophe,
    "yaml-tab": _tab,
    "yaml-template-unquoted": _quote_value,
    "yaml-unquoted": _quote_start,
}
