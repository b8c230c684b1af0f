"""How equal scores fall: differently for each newcomer, and always the same for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_OFFSET, _PRIME, _BITS = 0x811C9DC5, 0x01000193, 0xFFFFFFFF  # FNV-1a, 32 bits
_LANE = 8  # bytes: a value of 32 bits times a prime of 25 stays within


def spread_key(newcomer_id: str, slug: str) -> int:
    """FNV-1a (32 bits) over both."""
    return _hashed(_start(newcomer_id), slug.encode())


def hash_text(text: str) -> int:
    """FNV-1a (32 bits) over a text in UTF-8."""
    return _hashed(_OFFSET, text.encode())


@dataclass(frozen=True, slots=True)
class Spread:
    """The slugs of a pool, laid out so that the keys of all of them are worked out at once.

    A newcomer who says nothing fits everybody equally well, and hashing hundreds of slugs byte by byte would take
    longer than all the rest. So each slug has a lane of one large number, the longest lowest: multiplying that number
    multiplies every lane, and the slugs that have ended stand above those that go on.
    """

    slugs: Sequence[str]
    lanes: tuple[int, ...]  # of each slug
    columns: tuple[tuple[int, int, int], ...]  # for each byte: (how many slugs go on, their bytes, a mask of them)

    @classmethod
    def of(cls, slugs: Sequence[str]) -> Spread:
        """Lay out `slugs`."""
        encoded = [slug.encode() for slug in slugs]
        order = sorted(range(len(slugs)), key=lambda number: -len(encoded[number]))
        lanes = [0] * len(slugs)
        for lane, number in enumerate(order):
            lanes[number] = lane
        columns: list[tuple[int, int, int]] = []
        running = [encoded[number] for number in order]
        while running and running[0][len(columns) :]:
            place = len(columns)
            running = [slug for slug in running if len(slug) > place]
            column = b"".join(slug[place : place + 1].ljust(_LANE, b"\0") for slug in running)
            columns.append((len(running), int.from_bytes(column, "little"), _BITS * _ones(len(running))))
        return cls(slugs, tuple(lanes), tuple(columns))

    def keys(self, newcomer_id: str, numbers: Sequence[int]) -> list[int]:
        """The `spread_key` of the slugs with those numbers."""
        start = _start(newcomer_id)
        if 8 * len(numbers) < len(self.slugs) or len(numbers) < 16:
            return [_hashed(start, self.slugs[number].encode()) for number in numbers]
        values = self._all(start)
        return [values[self.lanes[number]] for number in numbers]

    def _all(self, start: int) -> Sequence[int]:
        """The keys of all slugs, by lane."""
        count, values = len(self.slugs), start * _ones(len(self.slugs))
        ended: list[bytes] = []
        for going_on, column, mask in self.columns:
            if going_on < count:
                ended.append((values >> 8 * _LANE * going_on).to_bytes(_LANE * (count - going_on), "little"))
                count = going_on
            values = ((values ^ column) * _PRIME) & mask
        ended.append(values.to_bytes(_LANE * count, "little"))
        whole = b"".join(reversed(ended))
        return [int.from_bytes(whole[place : place + 4], "little") for place in range(0, len(whole), _LANE)]


def _start(newcomer_id: str) -> int:
    return _hashed(_OFFSET, f"{newcomer_id}\n".encode())


def _hashed(value: int, content: bytes) -> int:
    for byte in content:
        value = (value ^ byte) * _PRIME & _BITS
    return value


def _ones(lanes: int) -> int:
    """A one in each of so many lanes."""
    return int.from_bytes(b"\1\0\0\0\0\0\0\0" * lanes, "little")
