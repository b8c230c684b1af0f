"""SQL compiled once in a process, though each test has a store of its own, whose engine has compiled nothing yet.

Compiling takes longer than most of what the tests do with a store. What is kept is what the engine itself would keep, by
the same key, less the dialect: every engine has one of its own, and those of a name and driver are alike.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine


class _Kept(dict[Any, Any]):
    """As an engine asks for what it compiled."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(key[1:], compiled)


_kept: dict[tuple[str, str], _Kept] = {}


def keep_compiled_statements() -> None:
    """From now on, in this process and its forks."""
    Engine._compiled_cache = property(_kept_by, lambda _engine, _its_own: None)  # type: ignore[assignment]


def _kept_by(engine: Engine) -> _Kept:
    return _kept.setdefault((engine.dialect.name, engine.dialect.driver), _Kept())
