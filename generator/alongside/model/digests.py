"""Digests of records and of what they are made of: equal for equal values, in every process and every build.

A record that was read from a file of its own has a `Seal`, kept with its reading, so that of ten thousand records that
nobody touched none is looked into to see that it is the same.
"""

from __future__ import annotations

import dataclasses
import marshal
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, cast

from alongside.model.people import Member
from alongside.model.stories import Story

Digest = bytes
# (a record, its digest, that of its outline): true of this very object, and of no copy with other values
Seal = tuple[object, Digest, Digest]


class Seals:
    """Seals by record; the records are held, so that nothing else gets the id of one."""

    def __init__(self, seals: Iterable[Seal] = ()) -> None:
        self._known = {id(seal[0]): seal for seal in seals}

    def add(self, seal: Seal) -> None:
        """Also of a record that is read late."""
        self._known[id(seal[0])] = seal

    def get(self, record: object) -> Seal | None:
        """That of this very record; None where it has none."""
        return self._known.get(id(record))


class Digester:
    """Digests of values: records, texts, numbers, dates, and tuples, sets and mappings of these."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, Digest]] = {}  # the record, so that nothing else gets its id meanwhile

    def digest(self, value: object) -> Digest:
        """16 bytes that are equal for equal values. Positions do not count. Raises `TypeError` for what acts."""
        if not hasattr(value, "__dataclass_fields__"):
            return digest_of_plain(self.plain(value))
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = value, self.digest_of_record(value)
        return known[1]

    def digest_of_record(self, record: object) -> Digest:
        """The digest of a record that is not known yet."""
        return digest_of_plain(self._plain_record(record))

    def plain(self, value: Any) -> Any:
        """The same value in what `marshal` writes."""
        kind = type(value)
        if kind in _WRITTEN_AS_THEY_ARE:
            return value
        if kind is tuple or kind is list:
            if not value or _WRITTEN_AS_THEY_ARE.issuperset(map(type, value)):
                return tuple(value)
            return tuple([self.plain(item) for item in value])
        if kind is dict:
            return self._plain_mapping(value) if value else _NOTHING_MAPPED
        write = _WRITTEN_AS.get(kind)
        if write is not None:
            return write(value)
        if kind in _KNOWN_BY_DIGEST:
            return self.digest(value)
        if hasattr(kind, "__dataclass_fields__"):
            return self._plain_record(value)
        if isinstance(value, _SETS):
            return ("set", tuple(sorted(digest_of_plain(self.plain(item)) for item in value)))
        if isinstance(value, Mapping):
            return self._plain_mapping(value)
        raise TypeError(f"a {kind.__name__} cannot be tracked; use records, texts, numbers, dates and tuples of these")

    def _plain_record(self, record: Any) -> tuple[Any, ...]:
        kind: Any = type(record)
        read_plain, read_others = _record_readers(kind)
        others = [value if type(value) in _WRITTEN_AS_THEY_ARE else self.plain(value) for value in read_others(record)]
        return (kind.__name__, read_plain(record), tuple(others))

    def _plain_mapping(self, mapping: Mapping[Any, object]) -> tuple[Any, ...]:
        if _WRITTEN_AS_THEY_ARE.issuperset(map(type, mapping.values())):
            return ("mapping", tuple([(self.plain(key), item) for key, item in mapping.items()]))
        return ("mapping", tuple([(self.plain(key), self.digest(item)) for key, item in mapping.items()]))


def digest_of_plain(plain: Any) -> Digest:
    """16 bytes that are equal for equal values, of what `marshal` writes."""
    # version 2 of marshal writes equal values as equal bytes: later ones depend on who else refers to an object
    return blake2b(marshal.dumps(plain, 2), digest_size=16).digest()


def digest_of_outline(story: Story) -> Digest:
    """16 bytes that are equal for stories that differ only in what they say, `Story.standing` aside."""
    read_plain, read_others = _outline_readers()
    return digest_of_plain((read_plain(story), [Digester().plain(value) for value in read_others(story)]))


_WRITTEN_AS_THEY_ARE = frozenset({str, bytes, int, bool, float, type(None)})
_KNOWN_BY_DIGEST = frozenset({Member, Story})  # stand in many lists
_NOTHING_MAPPED = ("mapping", ())  # as most records have it somewhere
_WRITTEN_AS: Mapping[type, Callable[[Any], Any]] = {
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: ("timedelta", value.days, value.seconds, value.microseconds),
}
_SETS = (frozenset, set)
_PLAIN_TYPES = frozenset(
    {"str", "int", "bool", "float", "str | None", "int | None", "tuple[str, ...]", "tuple[tuple[str, str], ...]"}
)
_Reader = Callable[[Any], tuple[Any, ...]]


@cache
def _record_readers(kind: type) -> tuple[_Reader, _Reader]:
    """What reads the fields of a record that `marshal` can write as they are, and the others."""
    fields = [f for f in dataclasses.fields(kind) if f.compare]
    plain = [f.name for f in fields if f.type in _PLAIN_TYPES]
    return _reader(plain), _reader([f.name for f in fields if f.name not in plain])


@cache
def _outline_readers() -> tuple[_Reader, _Reader]:
    """The same of the fields of a story that tell where it is listed."""
    fields = [f for f in dataclasses.fields(Story) if f.compare and f.name not in Story.SAID]
    plain = [f.name for f in fields if f.type in _PLAIN_TYPES]
    return _reader([*plain, "standing"]), _reader([f.name for f in fields if f.name not in plain])


def _reader(names: list[str]) -> _Reader:
    if not names:
        return lambda _record: ()
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda record: (only(record),)
    return cast(_Reader, attrgetter(*names))
