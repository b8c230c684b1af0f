"""How much a mail's template may do: a bound on work for the sandbox, counted and not timed.

Every turn of a loop, call, filter, joined text and printed value costs what it touches; a template that has spent its
`Budget` is refused. A mail needs some hundreds; what costs a hundred thousand is a slip or an attack, and is over in
about a second. What a single step could make is bounded before it is made.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from jinja2 import nodes, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from alongside.reading.mail_checks import LONGEST_PRODUCT, LONGEST_RANGE

BUDGET = "the budget"  # the context's name for it; no template can say it
WORK = 100_000  # what one run of a template may cost
LARGEST = 100_000  # characters or items of one value
CHARACTERS = 100  # that cost as much as one item
TOO_MUCH = "this takes or makes too much for a mail"

_COUNTED = "counted turns"  # filters that only the compiler can name
_MEASURED = "measured text"


class Budget:
    """What is left of one run."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = WORK

    def spend(self, *values: object) -> None:
        """Pay one and the size of `values`, nested ones counted each time they stand. Raises `SecurityError`."""
        self.left -= 1
        waiting: list[object] = list(values)
        while waiting and self.left >= 0:
            value = waiting.pop()
            size = _size(value)
            if size > LARGEST:
                raise SecurityError(TOO_MUCH)
            if isinstance(value, str):
                self.left -= size // CHARACTERS
            elif isinstance(value, (list, tuple, range)):
                self.left -= size
                waiting.extend(value if not isinstance(value, range) else ())
            elif isinstance(value, dict):
                self.left -= size
                waiting.extend(value.values())
        if self.left < 0:
            raise SecurityError(TOO_MUCH)


def check_arguments(values: Sequence[object]) -> None:
    """Refuse a step whose two largest numbers, texts or lists multiply to more than a mail could hold."""
    sizes = sorted(map(_size, values), reverse=True)[:2]
    numbers = [abs(value) for value in values if isinstance(value, (int, float))]
    if max(numbers, default=0) > LONGEST_PRODUCT or (len(sizes) == 2 and sizes[0] * sizes[1] > 100 * LARGEST):
        raise SecurityError(TOO_MUCH)


def bounded_range(*bounds: int) -> range:
    """`range`, of a length that a mail could show."""
    found = range(*bounds)
    if len(found) > LONGEST_RANGE:
        raise SecurityError(f"range() of more than {LONGEST_RANGE:,} is not for mails")
    return found


def bounded_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja that pays for what it takes and makes."""
    wanted = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @pass_context
    @functools.wraps(function, updated=())
    def bounded(context: Context, *values: Any, **named: Any) -> Any:
        budget: Budget = context[BUDGET]
        given = [*values, *named.values()]
        check_arguments(given)
        budget.spend(*given)
        first = {"context": context, "eval_context": context.eval_ctx, "environment": context.environment}
        made = function(*((first[wanted],) if wanted else ()), *values, **named)
        budget.spend(made)
        return made

    return bounded


@pass_context
def _count_turns(context: Context, items: Iterable[object], cost: int) -> Iterator[object]:
    budget: Budget = context[BUDGET]
    for item in items:
        budget.left -= cost
        budget.spend()
        yield item


@pass_context
def _measure(context: Context, made: object) -> object:
    budget: Budget = context[BUDGET]
    budget.spend(made)
    return made


COUNTERS: dict[str, Callable[..., Any]] = {_COUNTED: _count_turns, _MEASURED: _measure}


def count_work(tree: nodes.Template) -> nodes.Template:
    """`tree` with counters around what its loops go through and what `~` joins."""
    _Counting().visit(tree)  # in place
    if tree.environment is not None:
        tree.set_environment(tree.environment)
    return tree


class _Counting(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802  # Jinja's name for it
        self.generic_visit(node)
        written = sum(len(data.data) for child in node.body for data in _data(child))
        node.iter = _filter(node.iter, _COUNTED, nodes.Const(written // CHARACTERS))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        return _filter(node, _MEASURED)


def _data(node: nodes.Node) -> Iterator[nodes.TemplateData]:
    yield from [node] if isinstance(node, nodes.TemplateData) else node.find_all(nodes.TemplateData)


def _filter(node: nodes.Node, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(cast(nodes.Expr, node), name, list(arguments), [], None, None, lineno=node.lineno)


def _size(value: object) -> int:
    """Items or characters; 1 for what has no length, a number's own size."""
    if isinstance(value, (str, list, tuple, dict, range)):
        return len(value)
    if isinstance(value, (int, float)):
        return max(1, int(min(abs(value), LARGEST)))
    return 1
