"""Names that come near a misspelled one."""

from __future__ import annotations

import re

from alongside.gazetteer.atlas import Atlas


def nearest_keys(atlas: Atlas, prefix: str, name: str, *, whole: bool = False) -> list[str]:
    """Keys under a prefix within one slip of `name`, two if it has eight letters; nearest first.

    `whole` compares with all of them: for countries and regions, of which there are hundreds. Among cities only
    those are compared that share the first two letters (or have them swapped, or lack the first), and three more.
    """
    if not 3 <= len(name) <= 40:
        return []
    slips = 2 if len(name) >= 8 else 1
    letters = set(name)
    near: list[tuple[int, str]] = []
    for head in [""] if whole else dict.fromkeys([name[:2], name[1::-1], name[1:3]]):
        for line in atlas.key_lines(prefix + head, "" if whole else _likely(name, slips)):
            key = line[len(prefix) :]
            # cheap first: a slip changes the length by one, and the set of letters by two, at most
            if (
                abs(len(key) - len(name)) <= slips
                and len(letters.symmetric_difference(key)) <= 2 * slips
                and (distance := edit_distance(key, name, slips)) <= slips
            ):
                near.append((distance, line))
    return [line for _, line in sorted(near)[:5]]


def _likely(name: str, slips: int) -> str:
    """A pattern for what follows the first two letters; of a long name, the next three or the last three are right."""
    rest = len(name) - 2
    if slips == 1:
        return f"[^\\n]{{{max(0, rest - 1)},{rest + 1}}}"
    dots = f"[^\\n]{{{rest - 3 - slips if rest > 3 + slips else 0},{rest - 3 + slips}}}"
    return f"(?:{re.escape(name[2:5])}{dots}|{dots}{re.escape(name[-3:])})"


def edit_distance(one: str, two: str, limit: int) -> int:
    """Letters to add, drop, change or swap with the next (optimal string alignment); more than `limit`: limit + 1.

    >>> edit_distance("berlin", "belrin", 2)
    1
    """
    if abs(len(one) - len(two)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and b == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1] if row[-1] <= limit else limit + 1
