"""Authored mail templates: Jinja in a sandbox whose every printed value becomes a hole.

Apart from the environment of pages: what runs here was written by a community's writers, and prints what strangers
wrote. Undefined names are errors at their line. Block tags alone on a line leave no empty line behind, so a `for`
around a list item gives one list.
"""

from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from alongside.problems import AlongsideError, Position
from alongside.reading.mail_checks import FILTERS, FORBIDDEN_METHODS, LONGEST_PRODUCT, personal_nodes
from alongside.rendering.mails.bounds import (
    BUDGET,
    COUNTERS,
    LARGEST,
    TOO_MUCH,
    Budget,
    bounded_filter,
    bounded_range,
    check_arguments,
    count_work,
)
from alongside.rendering.mails.holes import Block, Holes

HOLES = "the holes"  # the context's name for the tokens; no template can say it

_ESCAPING = ("e", "escape", "forceescape")  # values are escaped where they land, and not before
LONGEST_PART = 2 * LARGEST  # characters a subject or body may come to; Gmail cuts at 102 kB

_NO_ATTRIBUTE = re.compile(r"(?:'|\.)(\w+) object' has no attribute '(\w+)'")


class MessageError(AlongsideError):
    """An authored message that cannot be run: the place in its file, and what Jinja says."""

    def __init__(self, position: Position, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{position}: {reason}", hint=hint)
        self.position = position
        self.reason = reason


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's own, with a bound on what expressions may make and on how often anything is called."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        budget: Budget = context[BUDGET]
        if operator == "%" and isinstance(left, str):
            raise SecurityError("% is for numbers in mails")
        if operator in ("+", "%"):
            made = super().call_binop(context, operator, left, right)
            budget.spend(made)
            return made
        sizes = [len(side) if isinstance(side, (str, list, tuple)) else side for side in (left, right)]
        if not all(isinstance(size, (int, float)) for size in sizes) or operator == "**":
            raise SecurityError(f"{operator} is not for mails")
        if abs(sizes[0] * sizes[1]) > LONGEST_PRODUCT:
            raise SecurityError(f"{operator} makes too much")
        return super().call_binop(context, operator, left, right)

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        budget: Budget = context[BUDGET]
        given = [getattr(obj, "__self__", None), *args, *kwargs.values()]
        check_arguments(given)
        budget.spend(*given)
        made = super().call(context, obj, *args, **kwargs)
        budget.spend(made)
        return made

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in FORBIDDEN_METHODS and super().is_safe_attribute(obj, attr, value)


@pass_context
def _hold(context: Context, value: Any) -> Any:
    """What a template prints: markup it made itself (a macro) as it is, a value as a token."""
    budget: Budget = context[BUDGET]
    budget.spend(value)
    if isinstance(value, Markup):
        return value
    holes: Holes = context[HOLES]
    if isinstance(value, Block):
        return Markup(holes.token(value)) if value else ""  # noqa: S704
    if isinstance(value, StrictUndefined):
        return str(value)  # raises
    if value is None or value is False:
        return ""
    if callable(value):
        raise TypeError("a function is no text")
    return Markup(holes.hold(value if isinstance(value, str) else str(value)))  # noqa: S704


@functools.cache
def sandbox() -> _Sandbox:
    """The one environment of authored mails."""
    environment = _Sandbox(
        undefined=StrictUndefined,
        autoescape=True,  # so that `_hold` can tell a macro's result from a value
        finalize=_hold,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=None,
    )
    known = environment.filters
    environment.filters = {name: bounded_filter(known[name]) for name in sorted(FILTERS.difference(_ESCAPING))}
    environment.filters.update(dict.fromkeys(_ESCAPING, _as_it_is))
    environment.filters.update(COUNTERS)
    environment.globals = {"range": bounded_range}
    return environment


def _as_it_is(value: object) -> object:
    """`escape` has nothing to do here: every value is escaped where it lands."""
    return value


@functools.lru_cache(maxsize=4096)
def compile_template(source: str, position: Position) -> Template:
    """A template that can be run. Raises `MessageError` at the line of a fault."""
    return compile_nodes(parse_template(source, position), position)


def parse_template(source: str, position: Position) -> nodes.Template:
    """The syntax tree of a template. Raises `MessageError` at the line of a fault."""
    try:
        return sandbox().parse(keep_line_ends(source))
    except TemplateSyntaxError as error:
        raise MessageError(_line(position, error.lineno), _reason(error)) from error
    except (RecursionError, OverflowError) as error:
        raise MessageError(position, "too deeply nested") from error


def compile_nodes(tree: nodes.Template, position: Position) -> Template:
    """A syntax tree, which is changed, as a template that can be run. Raises `MessageError`."""
    environment = sandbox()
    try:
        tree.set_environment(environment)
        return environment.from_string(count_work(tree))
    except TemplateSyntaxError as error:
        raise MessageError(_line(position, error.lineno), _reason(error)) from error
    except (RecursionError, OverflowError) as error:
        raise MessageError(position, "too deeply nested") from error


@functools.lru_cache(maxsize=4096)
def holes_will_do(source: str, position: Position) -> bool:
    """True when a template only prints, tests and joins what depends on the person. Raises `MessageError`."""
    return next(personal_nodes(parse_template(source, position)), None) is None


def run_template(template: Template, names: Mapping[str, object], holes: Holes, position: Position) -> str:
    """What `template` prints, every value a token of `holes`. Raises `MessageError` at the line that failed."""
    try:
        return _bounded(template.generate({**names, HOLES: holes, BUDGET: Budget()}))
    except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError, RecursionError, LookupError) as error:
        raise MessageError(_line(position, _failed_line(error)), _reason(error)) from error


def check_whole(text: str, holes: Holes, position: Position) -> str:
    """`text`, if no filter has cut a token in it. Raises `MessageError`."""
    rest = "".join(piece for piece in holes.pieces(text) if isinstance(piece, str))
    if holes.salt[:8].casefold() in rest.casefold():
        raise MessageError(position, "A filter changes what other tags printed.", hint="Use it on the value itself.")
    return text


def _bounded(pieces: Iterable[str]) -> str:
    """All of a part, as long as a mail can hold it."""
    found, length = [], 0
    for piece in pieces:
        found.append(piece)
        length += len(piece)
        if length > LONGEST_PART:
            raise SecurityError(TOO_MUCH)
    return "".join(found)


def keep_line_ends(source: str) -> str:
    """`source` with `+%}` where a tag that ends a line is not alone on it, so that only lone tags take their line."""
    return "\n".join(map(_keep_line_end, source.split("\n")))


def _keep_line_end(line: str) -> str:
    tag = line.strip(" \t\r")
    alone = tag.startswith("{%") and tag.index("%}") == len(tag) - 2 if tag.endswith("%}") else True
    if alone or tag.endswith(("-%}", "+%}")):
        return line
    return f"{line.rstrip()[:-2]}+%}}"


def _failed_line(error: BaseException) -> int:
    """The line of the template an error came from; Jinja writes it into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == "<template>"), 1)


def _reason(error: BaseException) -> str:
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    unknown = _NO_ATTRIBUTE.search(message)
    if unknown is not None:
        message = f'"{unknown[1]}.{unknown[2]}" is undefined.'
    return message if message.endswith(".") else f"{message}."


def _line(position: Position, line: int) -> Position:
    return Position(position.path, position.line + line - 1, 1)
