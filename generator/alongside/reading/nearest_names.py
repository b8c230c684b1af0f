"""The nearest of many names. `problems.nearest` compares with each, which takes long among ten thousand."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from alongside.problems import nearest

FEW = 200  # names that are simply all compared
KEPT = 40  # names that share most with the one asked for
PIECES = 16  # of the name asked for that are looked up


@dataclass(slots=True)
class NameIndex:
    """Names by the three-letter pieces they hold; made when the first name is looked for."""

    names: tuple[str, ...]
    pieces: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[str]) -> NameIndex:
        """An index of names, in a fixed order."""
        return cls(tuple(sorted(names)))

    def nearest(self, name: str) -> str | None:
        """The name most like `name`, or None where none is near."""
        name = name[:100]
        if len(self.names) <= FEW:
            return nearest(name, self.names)
        if not self.pieces:
            for number, known in enumerate(self.names):
                for piece in _pieces(known):
                    self.pieces.setdefault(piece, []).append(number)
        shared: Counter[int] = Counter()
        # the rarest pieces tell most; what a third of all names hold tells nothing
        rarest = sorted((self.pieces[piece] for piece in _pieces(name) if piece in self.pieces), key=len)
        for numbers in rarest[:PIECES]:
            if len(numbers) <= len(self.names) // 3:
                shared.update(numbers)
        best = heapq.nsmallest(KEPT, shared, key=lambda number: (-shared[number], number))
        return nearest(name, [self.names[number] for number in best])


def _pieces(name: str) -> set[str]:
    padded = f"  {re.sub(r'[^a-z0-9]', '-', name.casefold()) if name.isascii() else name.casefold()} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
