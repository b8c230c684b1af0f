"""A newcomer as a row of the store, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping

from alongside.model.people import Newcomer
from alongside.model.places import Place

COLUMNS = ("email", "name", "timezone", "languages", "id")  # these have columns of their own


_KNOWN = frozenset(field.name for field in dataclasses.fields(Newcomer)) - set(COLUMNS)
_PACKED = tuple(field.name for field in dataclasses.fields(Newcomer) if field.name not in COLUMNS)
_KNOWN_OF_PLACE = frozenset(field.name for field in dataclasses.fields(Place))


def pack_newcomer(newcomer: Newcomer) -> dict[str, Any]:
    """The profile as JSON, without what has a column of its own and what is empty."""
    packed = {name: getattr(newcomer, name) for name in _PACKED}
    found = {name: value for name, value in packed.items() if value not in (None, "", ())}
    if newcomer.place is not None:
        found["place"] = dict(_packed_place(newcomer.place))
    return found


@lru_cache(maxsize=1024)
def _packed_place(place: Place) -> dict[str, Any]:
    """Many newcomers live in few places."""
    return dataclasses.asdict(place)


def unpack_newcomer(row: Mapping[str, Any] | RowMapping) -> Newcomer:
    """The newcomer of a row of `newcomers`. Fields that this version does not know are left alone."""
    profile = {name: _unpacked(name, value) for name, value in row["profile"].items() if name in _KNOWN}
    return Newcomer(
        email=row["address_as_given"],
        name=row["name"],
        timezone=row["zone"],
        languages=tuple(row["languages"]),
        id=row["product_id"],
        **profile,
    )


def _unpacked(name: str, value: Any) -> Any:
    """JSON knows no tuples and no places."""
    if name == "place":
        return _place(tuple(value.items()))
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=1024)
def _place(fields: tuple[tuple[str, Any], ...]) -> Place:
    """Many newcomers live in few places."""
    return Place(**{name: value for name, value in fields if name in _KNOWN_OF_PLACE})
