"""Templates of mails: their syntax and the names they use, each fault at its line and column.

The walk follows what Jinja does with names (`for`, `set`, `with`, macros), knowing which of them the contract gives,
so that a slip such as `member.nme` is found when it is written and not when the mail is due.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from alongside.problems import Position, Problem, Severity, did_you_mean
from alongside.reading.fields import Sheet
from alongside.reading.files import Source
from alongside.source.decoding import position_at


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose items are all of one kind."""

    of: Kind


Kind: TypeAlias = "str | Mapping[str, str | Items] | Items | None"  # "text", attributes by name, a list; None: unknown
TEXT = "text"
_RECORDS: dict[str, Mapping[str, str | Items]] = {
    "newcomer": {"name": TEXT, "place": TEXT, "languages": Items(TEXT), "challenges": Items(TEXT), "text": TEXT},
    "member": {
        "name": TEXT, "pronouns": TEXT, "place": TEXT, "url": TEXT, "words": TEXT, "roles": Items(TEXT),
        "languages": Items(TEXT),
    },
    "story": {"title": TEXT, "url": TEXT, "date": TEXT},
    "challenge": {"title": TEXT},
    "community": {"name": TEXT, "url": TEXT},
}  # fmt: skip
_GROUP = {"name": TEXT, "url": TEXT, "chat": TEXT, "when": TEXT, "where": TEXT}
_MEETUP = {"title": TEXT, "url": TEXT, "chat": TEXT, "when": TEXT, "where": TEXT}
NAMES: dict[str, Kind] = {
    **_RECORDS, "team": TEXT, "reasons": Items(TEXT), "groups": Items(_GROUP), "meetups": Items(_MEETUP),
}  # fmt: skip
# Filters that make a text or a list of what they are given, always the same: what a mail may use, here and when it is
# rendered. No `safe`: nothing authored as data becomes markup. No `random`, nothing that measures out memory.
FILTERS = frozenset(
    (
        "abs attr batch capitalize count d default dictsort e escape first float forceescape groupby int items join "
        "last length list lower map max min reject rejectattr replace reverse round select selectattr slice sort "
        "string sum title trim truncate unique upper wordcount"
    ).split()
)
FORBIDDEN_METHODS = frozenset(("format", "format_map", "expandtabs", "translate"))  # of texts; they measure out memory
LONGEST_PRODUCT = 10_000  # characters or items that `*` may make, and the largest number a call may be given
LONGEST_RANGE = 1_000
FIXED = frozenset({"member", "story", "community", "team", "loop"})  # names that say nothing about the person
PASSING = ("join", "default", "d", "e", "escape", "forceescape")  # filters that keep what they are given whole
COUNTING = ("length", "count", "first", "last", "reverse", "list")  # of a list: its length alone decides
_NEIGHBOURS = frozenset({"previtem", "nextitem", "changed"})  # of `loop`: items again
GLOBALS = frozenset(("range", "loop", "caller", "varargs", "kwargs", "self", "true", "false", "none"))
_BLOCK = re.compile(r"\{%-?\+?\s*(end)?(\w+)")
_OPENING = frozenset(("if", "for", "macro", "call", "filter", "with", "autoescape", "block", "raw"))
MAX_TEMPLATE = 200_000  # characters


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


@dataclass(slots=True)
class _Template:
    """One template of a file, and how a line of it becomes a position."""

    source: Source
    text: str
    line: int
    sheet: Sheet | None
    key: str
    asks: bool = False
    told: set[tuple[int, str]] = field(default_factory=set)

    def report(self, lineno: int, words: str, code: str, message: str, hint: str, severity: Severity = "error") -> None:
        """File a problem at a line of the template, at these words in it where they are found."""
        if (lineno, words) in self.told:
            return
        self.told.add((lineno, words))
        position = self.position(lineno, words)
        self.source.report(Problem(position=position, code=code, message=message, hint=hint, severity=severity))

    def position(self, lineno: int, words: str) -> Position:
        """Where words stand in the line, as whole words."""
        start = 0
        for _ in range(lineno - 1):
            start = self.text.find("\n", start) + 1
        end = self.text.find("\n", start)
        match = re.compile(rf"(?<![\w.]){re.escape(words)}(?!\w)").search(
            self.text, start, end if end >= 0 else len(self.text)
        )
        if self.sheet is not None:
            return self.sheet.position((self.key,), find=words if match is not None else "")
        return position_at(
            self.text, match.start() if match is not None else start, self.source.path, first_line=self.line
        )


def check_template(source: Source, text: str, line: int, *, sheet: Sheet | None = None, key: str = "") -> bool:
    """File what is wrong with a template; True when it asks whether there are `member.words`.

    `line` is the file's line where `text` starts; with `sheet`, the text is the value of `key` instead.
    """
    template = _Template(source, text, line, sheet, key)
    if "{" not in text:
        return False
    if len(text) > MAX_TEMPLATE:
        template.report(1, "", "template-size", "This mail is far too long.", "Mails are read in a minute.")
        return False
    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        _report_syntax(template, error)
        return False
    except RecursionError:
        template.report(1, "", "template-syntax", "The template is nested too deeply.", "Take brackets away.")
        return False
    try:
        _walk(template, tree, dict(NAMES))
        _check_work(template, tree)
        _check_readers(template, tree)
    except RecursionError:
        template.report(1, "", "template-syntax", "The template is nested too deeply.", "Take brackets away.")
    return template.asks


def _report_syntax(template: _Template, error: TemplateSyntaxError) -> None:
    message = error.message or "it cannot be read"
    unclosed = _unclosed(template.text) if "end of template" in message.casefold() else None
    if unclosed is not None:
        lineno, tag = unclosed
        template.report(
            lineno, tag, "template-unclosed", f"{{% {tag} %}} is opened here and never closed.",
            f"Write {{% end{tag} %}} where it ends.",
        )  # fmt: skip
        return
    unknown = re.search(r"unknown tag '(\w+)'", message)
    if unknown is not None:
        tags = [*_OPENING, *(f"end{tag}" for tag in _OPENING), "else", "elif", "set"]
        template.report(
            error.lineno, unknown[1], "template-syntax", f"There is no tag {{% {unknown[1]} %}} that could stand here.",
            did_you_mean(unknown[1], tags)
            or "Close every {% if %} with {% endif %} and every {% for %} with {% endfor %}.",
        )  # fmt: skip
        return
    lines = template.text.split("\n")
    written = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    brace = re.search(r"\{[{%]", written)
    words = brace[0] if brace is not None else ""
    template.report(
        error.lineno, words, "template-syntax", f"This template cannot be read: {message.rstrip('.')}.",
        "Write {{ member.name }} for a value, {% if member.words %} ... {% endif %} for a choice.",
    )  # fmt: skip


def _unclosed(text: str) -> tuple[int, str] | None:
    """(line, tag) of the innermost block that is not closed."""
    open_tags: list[tuple[int, str]] = []
    for match in _BLOCK.finditer(text):
        if match[2] in _OPENING and not match[1]:
            open_tags.append((text.count("\n", 0, match.start()) + 1, match[2]))
        elif match[1] and open_tags and open_tags[-1][1] == match[2]:
            open_tags.pop()
    return open_tags[-1] if open_tags else None


def _walk(template: _Template, node: nodes.Node, scope: dict[str, Kind]) -> None:
    """Look at every name of a node; `scope` is what is known there, and is changed by `set`."""
    match node:
        case nodes.For():
            _for(template, node, scope)
        case nodes.If():
            _asks(template, node.test)
            for child in node.iter_child_nodes():
                _walk(template, child, scope)
        case nodes.Assign():
            kind = _kind(template, node.node, scope)
            _bind(node.target, kind, scope)
        case nodes.AssignBlock():
            for child in node.body:
                _walk(template, child, scope)
            _bind(node.target, TEXT, scope)
        case nodes.With():
            inner = dict(scope)
            for target, value in zip(node.targets, node.values, strict=True):
                _bind(target, _kind(template, value, scope), inner)
            for child in node.body:
                _walk(template, child, inner)
        case nodes.Macro() | nodes.CallBlock():
            _macro(template, node, scope)
        case nodes.Extends() | nodes.Include() | nodes.Import() | nodes.FromImport():
            template.report(
                node.lineno, "", "template-syntax", "A mail cannot take in other files.", "Write the text out here."
            )
        case nodes.Expr():
            _kind(template, node, scope)
        case _:
            for child in node.iter_child_nodes():
                _walk(template, child, scope)


def _for(template: _Template, node: nodes.For, scope: dict[str, Kind]) -> None:
    kind = _kind(template, node.iter, scope)
    inner = dict(scope) | {"loop": None}
    _bind(node.target, kind.of if isinstance(kind, Items) else None, inner)
    for child in (*([node.test] if node.test is not None else ()), *node.body):
        _walk(template, child, inner)
    for child in node.else_:
        _walk(template, child, scope)


def _macro(template: _Template, node: nodes.Macro | nodes.CallBlock, scope: dict[str, Kind]) -> None:
    inner = dict(scope) | {argument.name: None for argument in node.args}
    if isinstance(node, nodes.Macro):
        scope[node.name] = inner[node.name] = None
    else:
        _kind(template, node.call, scope)
    for child in (*node.defaults, *node.body):
        _walk(template, child, inner)


def _bind(target: nodes.Node, kind: Kind, scope: dict[str, Kind]) -> None:
    if isinstance(target, nodes.Name):
        scope[target.name] = kind
    elif isinstance(target, nodes.Tuple):
        for item in target.items:
            _bind(item, None, scope)


def _check_work(template: _Template, tree: nodes.Template) -> None:
    """File what no mail can be written of: it would never end, fill the memory, or is no number."""
    for node in tree.find_all((nodes.BinExpr, nodes.Call)):
        match node:
            case nodes.Pow():
                _report_work(template, node, "Mails cannot use `**`.", "Write the number out.")
            case nodes.Div() | nodes.FloorDiv() | nodes.Mod() if _constant(node.right) == 0:
                _report_work(template, node, "This divides by zero.", "Divide by another number.")
            case nodes.Mul() if _is_long(node):
                _report_work(
                    template,
                    node,
                    f"This makes more than {LONGEST_PRODUCT:,} characters or items.",
                    "Take a smaller number.",
                )
            case nodes.Call(node=nodes.Name(name="range")) if _counts_far(node):
                _report_work(
                    template,
                    node,
                    f"range() goes to {LONGEST_RANGE:,} items at most.",
                    "Take smaller numbers.",
                    words="range",
                )
    macros = {macro.name: macro for macro in tree.find_all(nodes.Macro)}
    calls = {name: _called(macro) & macros.keys() for name, macro in macros.items()}
    for name, macro in macros.items():
        if name in _reached(calls, name):
            _report_work(
                template,
                macro,
                f'The macro "{name}" calls itself.',
                "Use {% for %} to repeat something.",
                words=name,
            )


def _report_work(template: _Template, node: nodes.Node, message: str, hint: str, *, words: str = "") -> None:
    template.report(node.lineno, words, "template-work", message, hint)


def _constant(node: nodes.Node) -> object:
    """The value of a number or text written out, else None. Nothing is worked out: it may be without end."""
    if isinstance(node, nodes.Neg):
        value = _constant(node.node)
        return -value if isinstance(value, (int, float)) else None
    return node.value if isinstance(node, nodes.Const) else None


def _is_long(node: nodes.Mul) -> bool:
    """True for a product whose parts that are written out make too much already."""
    sizes = 1.0
    for side in (node.left, node.right):
        value = _constant(side)
        if isinstance(value, str):
            sizes *= max(1, len(value))
        elif isinstance(value, (int, float)):
            sizes *= max(1.0, abs(value))
        elif isinstance(side, (nodes.List, nodes.Tuple)):
            sizes *= max(1, len(side.items))
    return sizes > LONGEST_PRODUCT


def _counts_far(node: nodes.Call) -> bool:
    bounds = [_constant(argument) for argument in node.args]
    numbers = [bound for bound in bounds if isinstance(bound, int)]
    try:
        return len(bounds) == len(numbers) and len(range(*numbers)) > LONGEST_RANGE
    except OverflowError:
        return True
    except (TypeError, ValueError):  # a wrong count of numbers, a step of 0
        return False


def _called(macro: nodes.Macro) -> set[str]:
    return {call.node.name for call in macro.find_all(nodes.Call) if isinstance(call.node, nodes.Name)}


def _reached(calls: Mapping[str, set[str]], start: str) -> set[str]:
    """Every macro that is called from `start`, also by way of others."""
    found: set[str] = set()
    waiting = [*calls[start]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += calls[name]
    return found


def _asks(template: _Template, test: nodes.Node) -> None:
    for found in (test, *test.find_all(nodes.Getattr)):
        if isinstance(found, nodes.Getattr) and _spelled(found) == "member.words":
            template.asks = True


def _spelled(node: nodes.Node) -> str:
    """`member.words`, as written."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        before = _spelled(node.node)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def _kind(template: _Template, node: nodes.Node, scope: Mapping[str, Kind]) -> Kind:
    """What an expression is, its names looked at on the way."""
    match node:
        case nodes.Name():
            return _name(template, node, scope)
        case nodes.Getattr():
            return _attribute(template, node, _kind(template, node.node, scope), node.attr)
        case nodes.Getitem():
            owner = _kind(template, node.node, scope)
            if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
                return _attribute(template, node, owner, node.arg.value)
            _kind(template, node.arg, scope)
            return owner.of if isinstance(owner, Items) else None
        case nodes.Test() if node.name in ("defined", "undefined"):
            return None
        case nodes.CondExpr():
            _asks(template, node.test)
        case nodes.Filter():
            return _filter(template, node, scope)
        case nodes.Const() | nodes.TemplateData():
            return TEXT if isinstance(getattr(node, "value", ""), str) else None
    for child in node.iter_child_nodes():
        _kind(template, child, scope)
    return None


def _filter(template: _Template, node: nodes.Filter, scope: Mapping[str, Kind]) -> Kind:
    kinds = [_kind(template, child, scope) for child in node.iter_child_nodes()]
    if node.name not in FILTERS:
        template.report(
            node.lineno, node.name, "template-filter", f'There is no filter "{node.name}" in mails.',
            did_you_mean(node.name, FILTERS) or f"Filters: {', '.join(sorted(FILTERS))}.",
        )  # fmt: skip
        return None
    first = kinds[0] if kinds else None
    if node.name in ("sort", "reverse", "unique", "list", "select", "reject", "selectattr", "rejectattr"):
        return first if isinstance(first, Items) else None
    if node.name in ("first", "last"):
        return first.of if isinstance(first, Items) else None
    return None


def _name(template: _Template, node: nodes.Name, scope: Mapping[str, Kind]) -> Kind:
    if node.name in scope or node.name in GLOBALS:
        return scope.get(node.name)
    known = [*scope, *(f"{record}.{name}" for record, names in _RECORDS.items() for name in names)]
    hint = did_you_mean(node.name, scope)
    parts = [full for full in known if full.endswith(f".{node.name}")]
    if not hint and parts:
        hint = f"Did you mean {' or '.join(parts[:3])}?"
    template.report(
        node.lineno, node.name, "unknown-name", f'Mails have no "{node.name}".',
        hint or f"They have {', '.join(sorted(NAMES))}.",
    )  # fmt: skip
    return None


def _attribute(template: _Template, node: nodes.Getattr | nodes.Getitem, owner: Kind, name: str) -> Kind:
    spelled = _spelled(node) or name
    if owner is None:
        return None
    if isinstance(owner, Mapping):
        if name in owner:
            return owner[name]
        label = spelled.rpartition(".")[0] or "It"
        template.report(
            node.lineno, spelled, "unknown-name", f'{label} has no "{name}".',
            did_you_mean(name, owner) or f"It has {', '.join(owner)}.",
        )  # fmt: skip
        return None
    if isinstance(owner, Items):
        if hasattr(list, name) or hasattr(tuple, name):
            return None
        label = spelled.rpartition(".")[0] or "This"
        template.report(
            node.lineno, spelled, "unknown-name", f'{label} is a list and has no "{name}".',
            f"Go through it: {{% for item in {label} %}} ... {{% endfor %}}",
        )  # fmt: skip
        return None
    if not hasattr(str, name) or name in FORBIDDEN_METHODS:
        template.report(
            node.lineno, spelled, "unknown-name",
            f'{spelled.rpartition(".")[0] or "This"} is a text and has no "{name}".',
            "Take away what follows the point.",
        )  # fmt: skip
    return None


def contract_names() -> Iterator[str]:
    """Every name a mail may use, as written: `member.words`, `groups[].url`."""
    for name, kind in NAMES.items():
        attributes = kind.of if isinstance(kind, Items) else kind
        sign = "[]" if isinstance(kind, Items) else ""
        if isinstance(attributes, Mapping):
            yield from (f"{name}{sign}.{attribute}" for attribute in attributes)
        else:
            yield name + sign


# --- what a mail asks about its reader ---


def _check_readers(template: _Template, tree: nodes.Template) -> None:
    """Warn of the first expression for which a mail has to be made anew for each reader."""
    about = {"newcomer", "reasons", "groups", "meetups", "challenge"}
    for loop in tree.find_all(nodes.For):
        if about & _names(loop.iter):
            about |= _names(loop.target)
    for node in personal_nodes(tree):
        if named := about & _names(node):
            template.report(
                node.lineno, min(named), "mail-for-each",
                "This looks into what differs from reader to reader, so the mail is made anew for each of them.",
                "For some hundred readers that is fine; for more, print the value, ask whether it is there, or go "
                "through the list.", severity="warning",
            )  # fmt: skip
            return


def _names(node: nodes.Node) -> set[str]:
    return {node.name} if isinstance(node, nodes.Name) else {name.name for name in node.find_all(nodes.Name)}


def personal_nodes(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Expressions that look into a value which differs from person to person, instead of printing or testing it.

    A mail without any is made once and filled in for each person; one with some is made anew for everybody.
    """
    return (node for node in tree.find_all(nodes.Node) if _looks_inside(node))


def _looks_inside(node: nodes.Node) -> bool:
    match node:
        case nodes.Name(ctx="store" | "param"):
            return node.name in FIXED  # `{% set member = ... %}`: the name no longer says what it did
        case nodes.Output() | nodes.Concat():
            return any(map(_shows_list, node.nodes))
        case nodes.Filter() if node.name in PASSING:
            return False
        case nodes.Filter() if node.name in COUNTING and node.node is not None and _is_known_list(node.node):
            return False
        case nodes.For():
            return not _is_known_list(node.iter) and _is_personal(node.iter)
        case nodes.Getitem(arg=nodes.Const(value=str())):
            return False
        case nodes.Getitem(arg=nodes.Const(value=int()) | nodes.Slice()) if _is_known_list(node.node):
            return _is_personal(node.arg)
        case nodes.Test() if node.name in ("defined", "undefined"):
            return False
        case nodes.Compare():
            return not all(map(_is_count, (node.expr, *(operand.expr for operand in node.ops))))
        case nodes.Call() | nodes.Neg() | nodes.Pos() | nodes.Getitem() | nodes.Filter() | nodes.Test():
            return _is_personal(node)
        case nodes.And() | nodes.Or():
            return False
        case nodes.BinExpr():
            return not _is_count(node)
    return False


def _is_personal(node: nodes.Node) -> bool:
    names = [node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name)
    attributes = [node] if isinstance(node, nodes.Getattr) else node.find_all(nodes.Getattr)
    return any(name.name not in FIXED for name in names) or any(one.attr in _NEIGHBOURS for one in attributes)


def _shows_list(node: nodes.Node) -> bool:
    """True for a whole list where one text is due: what comes out depends on how its texts are written."""
    match node:
        case nodes.CondExpr():
            return _shows_list(node.expr1) or (node.expr2 is not None and _shows_list(node.expr2))
        case nodes.Or() | nodes.And():
            return _shows_list(node.left) or _shows_list(node.right)
        case nodes.Filter(name="default" | "d", node=nodes.Expr() as inner):
            return _shows_list(inner)
    return _is_known_list(node) or node == nodes.Name("newcomer", "load")


def _is_known_list(node: nodes.Node) -> bool:
    """True for a list of which only the length has to be known to go through it."""
    match node:
        case nodes.Name(name="groups" | "meetups" | "reasons"):
            return True
        case nodes.Getattr(node=nodes.Name(name="newcomer"), attr="languages" | "challenges"):
            return True
        case nodes.Filter(name="reverse" | "list", node=nodes.Expr() as inner):
            return _is_known_list(inner)
        case nodes.Getitem(node=inner, arg=nodes.Slice()):
            return _is_known_list(inner)
    return False


def _is_count(node: nodes.Node) -> bool:
    """True for what says nothing about a person but how many of something there are."""
    if isinstance(node, nodes.BinExpr):
        return _is_count(node.left) and _is_count(node.right)
    if isinstance(node, nodes.Filter) and node.name in ("length", "count") and node.node is not None:
        return _is_known_list(node.node) or not _is_personal(node)
    return not _is_personal(node)
