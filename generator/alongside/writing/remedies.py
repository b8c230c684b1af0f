"""The remedy of each problem, as edits; none where somebody has to decide.

Most write what a problem holds as its `proposal`. Others only put into quotes, or take away, what was in the way of
reading.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import yaml

from alongside.problems import Problem
from alongside.reading.languages import parse_language
from alongside.source.decoding import find_controls
from alongside.source.yaml_faults import KEY_VALUE
from alongside.source.yaml_nodes import Keys, Plain
from alongside.writing.edits import Edit, Page, Scalar, edited, read_document
from alongside.writing.yaml_texts import quoted

_C0 = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DASHES = re.compile(r"-{4,}[ \t]*")
_INDENT = re.compile(r"^[ \t]*\t[ \t]*", re.MULTILINE)
_TAB_WIDTHS = (2, 4, 8, 0)  # spaces that somebody's tab may stand for
_ITEM = re.compile(r"^(\s*)(- +)(.*\S)\s*$")


def propose_edits(page: Page, problem: Problem) -> Iterator[Edit]:
    """The edits that put a problem right; none where somebody has to decide."""
    make = _EDITS.get(problem.code)
    if make is not None:
        yield from make(page, page.index(problem))
    elif problem.proposal and problem.code == "slug-collision":
        yield from _own_slug(page, page.index(problem), problem.proposal)
    elif problem.proposal:
        yield from _propose(page, page.index(problem), problem.proposal)


def _propose(page: Page, index: int, proposal: str) -> Iterator[Edit]:
    """What was certainly meant, in the quotes that stand there."""
    scalar = page.scalar_at(index)
    if scalar is None:
        return
    quote = scalar.node.style if scalar.node.style in ("'", '"') else ""
    yield Edit(scalar.start, scalar.end, f"{quote}{proposal}{quote}" if quote else quoted(proposal))


def _second_key(page: Page, index: int) -> Iterator[Edit]:
    """A key that says again what it said before goes; where both differ, somebody has to choose."""
    for node in _mappings(page):
        for (_, before), (key, value) in pairwise(node.value):
            if page.offset + key.start_mark.index != index:
                continue
            first = next(other for name, other in node.value if name.value == key.value)
            if _plain(first) == _plain(value):
                yield from _taken_out(page, before, key, value, block=not node.flow_style)
            return


def _mappings(page: Page) -> Iterator[yaml.MappingNode]:
    """Every mapping of the document."""
    waiting = [page.document.node] if page.document is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            yield node
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _plain(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.MappingNode):
        return [(_plain(key), _plain(value)) for key, value in node.value]
    return [_plain(item) for item in node.value]


def _taken_out(page: Page, before: yaml.Node, first: yaml.Node, last: yaml.Node, *, block: bool) -> Iterator[Edit]:
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


def _second_item(page: Page, index: int) -> Iterator[Edit]:
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


def _own_slug(page: Page, index: int, proposal: str) -> Iterator[Edit]:
    """An item of a list says the slug that the build gives it while its name is taken, before its second key."""
    for node in _mappings(page):
        names = [key.value for key, _ in node.value]
        if len(names) < 2 or "slug" in names or page.offset + node.start_mark.index != index:
            continue
        second = page.offset + node.value[1][0].start_mark.index
        line, start = page.line(second)
        if node.flow_style:
            yield Edit(second, second, f"slug: {quoted(proposal)}, ")
        elif not line[: second - start].strip():
            yield Edit(start, start, f"{line[: second - start]}slug: {quoted(proposal)}\n")


def _cut_text(page: Page, index: int) -> list[Scalar]:
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


def _cut(page: Page, index: int) -> Iterator[Edit]:
    found = _cut_text(page, index)
    if found:
        yield Edit(found[0].start, found[-1].end, quoted(page.text[found[0].start : found[-1].end]))


def _turns(page: Page, index: int) -> Iterator[Edit]:
    """Characters that turn the direction of a text are passed over in reading, and go."""
    scalar = page.scalar_at(index)
    if scalar is not None:
        for match in _TURNS.finditer(page.text, scalar.start, scalar.end):
            yield Edit(match.start(), match.end(), "")


def _all_controls(page: Page, _index: int) -> Iterator[Edit]:
    """Control characters go; a space stays where one parts two words.

    None of them, where one is of those that Windows' quotation marks become when they are read as Latin-1, and none
    that is written as an escape (`\\x07`).
    """
    if all(_C0.match(control.character) for control in find_controls(page.text)):
        yield from _controls(page)


def _controls(page: Page) -> Iterator[Edit]:
    for match in re.finditer(f"{_C0.pattern}+", page.text):
        around = page.text[match.start() - 1 : match.start()] + page.text[match.end() : match.end() + 1]
        yield Edit(match.start(), match.end(), " " if re.fullmatch(r"[\w,.;:!?)]\w", around) else "")


def _whole_value(page: Page, index: int) -> tuple[str, int] | None:
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


def _quote_value(page: Page, index: int) -> Iterator[Edit]:
    """A value that YAML takes for something else goes into quotes."""
    found = _whole_value(page, index)
    if found is not None and found[0][0] not in "\"'|>[" and not re.match(r"\{(?![{%])", found[0]):
        yield Edit(found[1], found[1] + len(found[0]), _in_quotes(found[0]))


def _quote_start(page: Page, index: int) -> Iterator[Edit]:
    """A text that starts with @, ` or %; or with *, where that is emphasis and no alias."""
    found = _whole_value(page, index)
    if found is None or found[1] != index:
        return
    if found[0][0] in "@`%" or re.match(r"\*{1,2}[^\s*][^*]*\*", found[0]):
        yield Edit(index, index + len(found[0]), _in_quotes(found[0]))


def _apostrophe(page: Page, index: int) -> Iterator[Edit]:
    """`'it's here'`: three marks, the one in the middle between letters."""
    found = _whole_value(page, index)
    if found is None:
        return
    value, start = found
    inner = value[1:-1]
    if value[0] == value[-1] == "'" and inner.count("'") == 1 and re.search(r"\w'\w", inner):
        yield Edit(start, start + len(value), _in_quotes(inner))


def _backslash(page: Page, index: int) -> Iterator[Edit]:
    """`"C:\\people"`: the only backslash of the text stands twice."""
    found = _whole_value(page, index)
    if found is not None and found[0].count("\\") == 1 and page.text[index : index + 1] == "\\":
        yield Edit(index, index + 1, "\\\\")


def _tab(page: Page, index: int) -> Iterator[Edit]:
    """Tabs at the start of lines are as many spaces as it takes; where two numbers mean two things, nobody knows."""
    line, start = page.line(index)
    if line[: index - start].strip():
        return
    end = page.text.find("\n---", start)
    tabs = list(_INDENT.finditer(page.text, 0, end if end >= 0 else len(page.text)))
    made = {width: tuple(_widened(match, width) for match in tabs) for width in _TAB_WIDTHS}
    read: dict[int, Plain] = {}
    for width, edits in made.items():
        document = read_document(edited(page.text, edits), page.path)[1]
        if document is not None:
            read[width] = document.value
    deeper = [width for width in read if width] or list(read)  # at the margin only where nothing else can be read
    if deeper and all(read[width] == read[deeper[0]] for width in deeper):
        yield from made[deeper[0]]


def _widened(tab: re.Match[str], width: int) -> Edit:
    return Edit(tab.start(), tab.end(), tab[0].replace("\t", " " * width))


def _dashes(page: Page, index: int) -> Iterator[Edit]:
    match = _DASHES.match(page.text, index)
    if match is not None:
        yield Edit(match.start(), match.end(), "---")


def _late(page: Page, _index: int) -> Iterator[Edit]:
    """Empty lines above the front matter go."""
    yield Edit(0, len(page.text) - len(page.text.lstrip()), "")


_EDITS: Mapping[str, Callable[[Page, int], Iterator[Edit]]] = {
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


# --- what a document says after a repair ---


def _expected(page: Page, problem: Problem) -> Any:
    """The document's value less the problem."""
    assert page.document is not None
    value = page.document.value
    if problem.code == "unquoted-comma":
        return _joined(page, value, problem)
    if problem.code == "slug-collision":
        return _slugged(page, value, problem)
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


def _slugged(page: Page, value: Any, problem: Problem) -> Any:
    assert page.document is not None
    number = next(
        number
        for number, item in enumerate(page.document.node.value if page.document.node is not None else ())
        if page.offset + item.start_mark.index == page.index(problem)
    )
    return _changed(value, (number,), lambda item: {**item, "slug": problem.proposal})


def _joined(page: Page, value: Plain, problem: Problem) -> Any:
    found = _cut_text(page, page.index(problem))
    if not found:
        return value
    text, *cut = found
    gone = {key.keys[-1] for key in cut}
    whole = _changed(value, text.keys[:-1], lambda pairs: {key: pairs[key] for key in pairs if key not in gone})
    return _changed(whole, text.keys, lambda _: page.text[text.start : cut[-1].end])


def means_the_same(page: Page, edits: Sequence[Edit], problem: Problem) -> bool:
    """Whether the document then says what it said, less the problem. One that nobody could read says nothing."""
    if page.document is None:
        return True
    _, after = read_document(edited(page.text, edits), page.path)
    if after is not None and problem.code == "control-character":
        return _squeezed(after.value) == _squeezed(page.document.value)
    return after is not None and after.value == _expected(page, problem)
