"""The shards of "gatherings near me": the map cut into geohash cells, small where there is much.

A newcomer fetches the one shard whose name is the longest prefix of their geohash. So it also holds what lies around
its cell: everything within 500 km of any point of it, where that is at most 120 occurrences. Where it is more, the
cell is divided. But in the middle of Europe that alone would never end, since 500 km around any point hold more. So
dividing ends where a shard has all that the cell's newcomers want, which is:

- what lies in the cell itself: a gathering is in the shard of its own spot, unless more than 120 occurrences lie within
  a kilometre of it;
- what lies within 50 km of the cell; of a small cell for which that is too much, within 50 km of each point where
  that fits;
- for each point, `SHOWN` gatherings (or, of some with many occurrences, a quarter of a shard), none of them more than
  a fifth farther than the nearest ones are, and so for the first third of them. (Not the nearest themselves: from
  300 km away two halls of one city are equally far, and dividing for them would be in vain.)

The points looked at are a cell's middle and corners. What room is left in a shard is filled with the nearest.

A cell has 32 children, and often only the few around its cities need shards of their own. So a divided cell may keep
one too: for those of its children, the modest first, that can share it.

Around the poles, where meridians meet and cells are slivers, one crowd would have tens of thousands of them divided. So
beyond 84 degrees, where nobody lives, dividing ends after three characters, whatever is wanted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from alongside.matching.nearness import EARTH_RADIUS_KM, SCALE, Vector, squared_chord, squared_chord_of, unit_vector
from alongside.matching.weights import WEIGHTS

FARTHEST_KM = WEIGHTS.bands[-1][0]  # beyond, where something is counts no more
MOST = 120  # occurrences in a shard
SHOWN = 15  # the nearest gatherings, of which a newcomer is shown those that fit them best
LONGEST = 6  # characters: a cell of 1.2 by 0.6 km

_ENOUGH = SHOWN * MOST  # so many gatherings, or occurrences enough for a quarter of a shard
_NEIGHBOURHOOD_KM = 50
_SLACK = 1.2  # times as far
_SLICE = 10  # occurrences at one spot that are kept or left out together
_SHARING = 2  # the shortest prefix whose children share: from larger cells, corners are too far apart to look from
_SMALL = 4  # the shortest prefix of a small cell, 39 by 20 km
_POLAR, _POLAR_LONGEST = 84.375, 3  # beyond that latitude, a border of cells, no prefix is longer
_SMALLEST = 5  # of a cell, 5 by 5 km, that is not divided for the outskirts of a neighbourhood

_FARTHEST, _NEIGHBOURHOOD = squared_chord_of(FARTHEST_KM), squared_chord_of(_NEIGHBOURHOOD_KM)
_REACH = math.degrees(FARTHEST_KM / EARTH_RADIUS_KM) + 0.1  # degrees of latitude
_ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz"  # of geohash: no a, i, l, o


def geohash(lat: float, lon: float, length: int) -> str:
    """The geohash of a point (degrees, WGS 84) in `length` characters.

    >>> geohash(52.52, 13.405, 6)
    'u33dc0'
    """
    south, north, west, east = -90.0, 90.0, -180.0, 180.0
    letters = []
    eastward = True  # the first bit halves the world by longitude, the next by latitude, and so on
    for _ in range(length):
        number = 0
        for _ in range(5):
            if eastward:
                middle = (west + east) / 2
                upper = lon >= middle
                west, east = (middle, east) if upper else (west, middle)
            else:
                middle = (south + north) / 2
                upper = lat >= middle
                south, north = (middle, north) if upper else (south, middle)
            number = 2 * number + upper
            eastward = not eastward
        letters.append(_ALPHABET[number])
    return "".join(letters)


def shard_of(cell: str, shards: Collection[str]) -> str | None:
    """The name of the shard that a newcomer whose geohash is `cell` fetches; None where nothing is near them."""
    return next((cell[:end] for end in range(len(cell), 0, -1) if cell[:end] in shards), None)


def divide(gatherings: Sequence[tuple[float, float, int]]) -> dict[str, tuple[int, ...]]:
    """Shards for gatherings of (degrees north, degrees east, number of coming occurrences, at least 1).

    Returns the geohash prefix of each shard, sorted, with the numbers of its gatherings, ascending. A shard that
    would hold nothing is left out. A shard holds more than 120 occurrences only where one gathering does.
    """
    slices = _gather(gatherings)
    division = _Division(slices)
    division.fill_children(_WORLD, slices)
    return {
        prefix: tuple(sorted(number for item in held for number in item.numbers))
        for prefix, held in sorted(division.shards.items())
    }


# --- the map


@dataclass(frozen=True, slots=True)
class _Slice:
    """Gatherings at one spot that are kept or left out together."""

    order: int
    numbers: tuple[int, ...]
    weight: int
    vector: Vector
    lat: float
    lon: float
    worth: int  # of `_ENOUGH`
    reach: float  # degrees of longitude that 500 km are here, at most
    cell: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """A geohash cell; degrees."""

    prefix: str
    south: float
    west: float
    height: float
    width: float

    @property
    def is_polar(self) -> bool:
        """True where meridians are close to each other."""
        return self.south >= _POLAR or self.south + self.height <= -_POLAR

    def points(self) -> list[Vector]:
        """Its middle, then its corners."""
        south, west, north, east = self.south, self.west, self.south + self.height, self.west + self.width
        middle = unit_vector(south + self.height / 2, west + self.width / 2)
        return [middle, *(unit_vector(lat, lon) for lat in (south, north) for lon in (west, east))]


_WORLD = _Cell("", -90.0, -180.0, 180.0, 360.0)


def _gather(gatherings: Sequence[tuple[float, float, int]]) -> list[_Slice]:
    """The slices, in the order of the spots' first gatherings."""
    at: dict[Vector, list[int]] = {}
    for number, (lat, lon, _) in enumerate(gatherings):
        at.setdefault(unit_vector(lat, lon), []).append(number)
    slices: list[_Slice] = []
    for vector, numbers in at.items():
        lat, lon, _ = gatherings[numbers[0]]
        reach = 180.0
        if abs(lat) + _REACH < 90:
            reach = math.degrees(math.asin(math.sin(math.radians(_REACH)) / _cos(lat)))
        cell = geohash(lat, lon, LONGEST)
        total = 0
        parts: list[list[int]] = [[]]
        for number in numbers:
            # Those beyond 120 at one spot are nobody's nearest, and must not have the cells around it divided.
            if total and total + gatherings[number][2] > MOST:
                break
            total += gatherings[number][2]
            parts[-1].append(number)
            if sum(gatherings[one][2] for one in parts[-1]) >= _SLICE:
                parts.append([])
        for part in filter(None, parts):
            weight = min(MOST, sum(gatherings[one][2] for one in part))
            worth = max(len(part) * MOST, weight * 4 * SHOWN)
            slices.append(_Slice(len(slices), tuple(part), weight, vector, lat, lon, worth, reach, cell))
    return slices


def _cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def _children(cell: _Cell) -> Iterator[_Cell]:
    columns, rows = (8, 4) if len(cell.prefix) % 2 == 0 else (4, 8)
    height, width = cell.height / rows, cell.width / columns
    for number, letter in enumerate(_ALPHABET):
        one, two = (
            (number >> 4 & 1) << 2 | (number >> 2 & 1) << 1 | number & 1,
            (number >> 3 & 1) << 1 | number >> 1 & 1,
        )
        column, row = (one, two) if columns == 8 else (two, one)
        yield _Cell(cell.prefix + letter, cell.south + row * height, cell.west + column * width, height, width)


def _reaching(cell: _Cell, slices: Sequence[_Slice]) -> list[_Slice]:
    """Those that may be within 500 km of the cell, by degrees alone."""
    south, north = cell.south - _REACH, cell.south + cell.height + _REACH
    half = cell.width / 2
    turn = 540 - cell.west - half
    return [
        item
        for item in slices
        if south <= item.lat <= north and abs((item.lon + turn) % 360 - 180) <= half + item.reach
    ]


Ranked = list[tuple[int, int, _Slice]]  # squared chord, order: nearest first


def _ranked(point: Vector, slices: Iterable[_Slice], limit: float = math.inf) -> Ranked:
    """Those within `limit` (a squared chord) of a point."""
    x, y, z = point
    ranked = []
    for item in slices:
        a, b, c = item.vector
        away = (a - x) * (a - x) + (b - y) * (b - y) + (c - z) * (c - z)
        if away <= limit:
            ranked.append((away, item.order, item))
    ranked.sort()
    return ranked


def _within(enough: int, ranked: Ranked) -> int:
    """The squared chord within which there is so much of `_ENOUGH`, or all."""
    seen = 0
    for away, _, item in ranked:
        seen += item.worth
        if seen >= enough:
            return away
    return ranked[-1][0] if ranked else 0


def _weight(slices: Iterable[_Slice]) -> int:
    return sum(item.weight for item in slices)


class _Rectangle:
    """Distances from a cell."""

    def __init__(self, cell: _Cell) -> None:
        self.cell = cell
        self.south, self.north = cell.south, cell.south + cell.height
        self.ends = tuple((SCALE * _cos(lat), SCALE * math.sin(math.radians(lat))) for lat in (self.south, self.north))
        self.edges = tuple((_cos(lon), math.sin(math.radians(lon))) for lon in (cell.west, cell.west + cell.width))

    def nearest_point(self, item: _Slice) -> Vector:
        """The point of the cell that is nearest to a slice: its own, if it is in the cell."""
        x, y, _ = item.vector
        level = math.hypot(x, y)
        if level and (item.lon - self.cell.west) % 360 <= self.cell.width:
            if self.south <= item.lat <= self.north:
                return item.vector
            out, up = self.ends[item.lat > self.north]
            return round(out * x / level), round(out * y / level), round(up)
        # On the nearer of the two meridians: where the great circle from the spot meets it upright, if that is
        # between the corners; else at a corner.
        return min(
            (self._on_edge(item.vector, *edge) for edge in self.edges), key=lambda v: squared_chord(v, item.vector)
        )

    def squared_distance(self, item: _Slice) -> int:
        """From a slice to the cell, as a squared chord; 0 in it."""
        return squared_chord(self.nearest_point(item), item.vector)

    def _on_edge(self, vector: Vector, cos: float, sin: float) -> Vector:
        along, up = vector[0] * cos + vector[1] * sin, vector[2]
        (south_out, south_up), (north_out, north_up) = self.ends
        rising = up * south_out - along * south_up > 0  # towards the spot, seen from the southern corner
        falling = up * north_out - along * north_up < 0
        if rising and falling:
            size = math.hypot(along, up) / SCALE
            out, height = along / size, up / size
        elif along * south_out + up * south_up > along * north_out + up * north_up:
            out, height = south_out, south_up
        else:
            out, height = north_out, north_up
        return round(out * cos), round(out * sin), round(height)


# --- what a shard holds


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the newcomers of a cell want."""

    required: dict[int, _Slice]  # by order
    views: list[tuple[int, list[_Slice]]]  # from each point: how much to have of what is near enough, nearest first
    near: Ranked  # from the middle of the cell, all that matters

    def added(self, held: dict[int, _Slice]) -> dict[int, _Slice] | None:
        """What a shard holds that grants this, too; None if that is too much."""
        held = held | self.required
        total = _weight(held.values())
        for enough, view in self.views:
            if total > MOST:
                return None
            seen = sum(item.worth for item in view if item.order in held)
            for item in view:
                if seen >= enough:
                    break
                if item.order not in held:
                    held[item.order] = item
                    seen += item.worth
                    total += item.weight
        return held if total <= MOST else None


class _Division:
    """The cells as they are divided, with the shards so far."""

    def __init__(self, slices: Sequence[_Slice]) -> None:
        self.shards: dict[str, Collection[_Slice]] = {}
        self._inside: Counter[str] = Counter()
        for item in slices:
            for end in range(1, LONGEST + 1):
                self._inside[item.cell[:end]] += item.weight

    def fill_children(self, cell: _Cell, around: Sequence[_Slice]) -> None:
        """Give each child of a cell a shard: of its own, its parent's, or those of its own children."""
        sharing: dict[int, _Slice] = {}
        near: Ranked = []
        for child, around_child, wish in self._wishes(cell, around):
            if wish is not None and len(cell.prefix) >= _SHARING and (more := wish.added(sharing)) is not None:
                sharing = more
                near += wish.near
            elif wish is not None and (held := wish.added({})) is not None:
                self.shards[child.prefix] = _filled(held, _ranked(child.points()[0], around_child))
            elif len(child.prefix) < (_POLAR_LONGEST if child.is_polar else LONGEST):
                self.fill_children(child, around_child)
            else:
                self.shards[child.prefix] = _filled({}, _ranked(child.points()[0], around_child))
        if sharing:
            near.sort()
            self.shards[cell.prefix] = _filled(sharing, near)

    def _wishes(self, cell: _Cell, around: Sequence[_Slice]) -> list[tuple[_Cell, list[_Slice], _Wish | None]]:
        """The children that have anything near, with what is and what they want (None: too much); the modest first."""
        wishes: list[tuple[int, _Cell, list[_Slice], _Wish | None]] = []
        for child in _children(cell):
            near = _reaching(child, around)
            if self._inside[child.prefix] > MOST:
                wishes.append((MOST + 1, child, near, None))
            elif near:
                wish = _wish(child, near)
                if wish is None or wish.near:
                    wishes.append((MOST + 1 if wish is None else _weight(wish.required.values()), child, near, wish))
        wishes.sort(key=lambda entry: entry[0])
        return [entry[1:] for entry in wishes]


def _wish(cell: _Cell, around: Sequence[_Slice]) -> _Wish | None:
    """What the newcomers of a cell want, of all that is around it; None if that is certainly too much."""
    middle, *corners = cell.points()
    radius = max(math.sqrt(squared_chord(middle, corner)) for corner in corners)
    rectangle = _Rectangle(cell)
    near = _ranked(middle, around, (math.sqrt(_FARTHEST) + radius) ** 2)
    if sum(item.weight for away, _, item in near if away <= _FARTHEST) <= MOST:
        near = [entry for entry in near if rectangle.squared_distance(entry[2]) <= _FARTHEST]
        if _weight(item for _, _, item in near) <= MOST:
            return _Wish({order: item for _, order, item in near}, [], near)
    if len(cell.prefix) < _SHARING:
        return None
    shown = _SLACK * (math.sqrt(_within(_ENOUGH, near)) + radius)
    limit = (max(shown, math.sqrt(_NEIGHBOURHOOD)) + radius) ** 2
    near = [entry for entry in near if entry[0] <= limit]
    limit = (math.sqrt(_NEIGHBOURHOOD) + radius) ** 2
    away = {order: rectangle.squared_distance(item) for far, order, item in near if far <= limit}
    required = {order: item for _, order, item in near if away.get(order, _FARTHEST) <= _NEIGHBOURHOOD}
    local = [item for _, _, item in near]
    views = [_ranked(point, local, _FARTHEST) for point in (middle, *corners)]
    if _weight(required.values()) > MOST:
        if len(cell.prefix) < _SMALL:
            return None
        required = {order: item for order, item in required.items() if away[order] == 0}
        for view in views if len(cell.prefix) < _SMALLEST else ():
            neighbours = {order: item for far, order, item in view if far <= _NEIGHBOURHOOD}
            if _weight(neighbours.values()) <= MOST:
                required |= neighbours
    wanted = []
    for view in views:
        for enough in (_ENOUGH // 3, _ENOUGH):
            most = _SLACK**2 * _within(enough, view)
            wanted.append((enough, [item for far, _, item in view if far <= most]))
    return _Wish(required, wanted, near)


def _filled(held: dict[int, _Slice], near: Ranked) -> Collection[_Slice]:
    """What a shard holds, and of the rest the nearest for which there is room; an empty one has room for any."""
    held = dict(held)
    total = _weight(held.values())
    for _, order, item in near:
        if order not in held and (not total or total + item.weight <= MOST):
            held[order] = item
            total += item.weight
    return held.values()
