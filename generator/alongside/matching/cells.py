"""The shards of "gatherings near me": the map cut into geohash cells, small where there is much.

A newcomer fetches the one shard whose name is the longest prefix of their geohash, so it also holds what lies around
its cell: everything within 500 km of any point of it, where that is at most 120 occurrences. Where it is more, the
cell is divided. But in the middle of Europe that alone would never end, since 500 km around any point hold more. So a
shard keeps the nearest to its cell, and dividing ends as soon as every point of the cell is served as a shard of its
own would serve it, for all that a newcomer sees:

- What is left out lies outside the cell: a gathering is always in the shard of its own spot.
- What is left out is not among the nearest `SHOWN` of any point of the cell. Being a tenth farther does not count:
  from 300 km away two halls of one city are equally far, and cells would be divided for nothing.
- All that is within 50 km of a point is there, where that is at most 120 occurrences.

The latter two are looked at from nine points of the cell (its middle, corners, and the middles of its sides) and from
its point nearest to what is left out, which is the first to miss it. Both are of the distance to what is left out, so
a cell whose surroundings are kept up to 50 km, farther than the `SHOWN`-th from its farthest corner, needs no looking.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from alongside.matching.nearness import EARTH_RADIUS_KM, SCALE, Vector, squared_chord, squared_chord_of, unit_vector
from alongside.matching.weights import WEIGHTS

FARTHEST_KM = WEIGHTS.bands[-1][0]  # beyond, where something is counts no more
MOST = 120  # occurrences in a shard
SHOWN = 30  # the nearest ones that ranking chooses from, wherever there are more than fit
LONGEST = 6  # characters: a cell of 1.2 by 0.6 km

_NEIGHBOURHOOD_KM = 50
_SLACK_PERCENT = 110  # this much farther is as good as equally far
# A cell of five characters is 5 km wide, and a boundary of 50 km drawn more exactly is worth no more shards.
_EXACT_NEIGHBOURHOOD = 5

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


def shard_of(cell: str, shards: Mapping[str, object]) -> str | None:
    """The name of the shard that a newcomer whose geohash is `cell` fetches; None where nothing is near them."""
    return next((cell[:end] for end in range(len(cell), 0, -1) if cell[:end] in shards), None)


def divide(gatherings: Sequence[tuple[float, float, int]]) -> dict[str, tuple[int, ...]]:
    """Shards for gatherings of (degrees north, degrees east, number of coming occurrences, at least 1).

    Returns the geohash prefix of each shard, sorted, with the numbers of its gatherings, ascending. No prefix begins
    another. A cell with nothing within 500 km has none.
    """
    spots = _gather(gatherings)
    inside: Counter[str] = Counter()
    for spot in spots:
        for end in range(1, LONGEST + 1):
            inside[spot.cell[:end]] += spot.weight
    shards: dict[str, tuple[int, ...]] = {}
    open_cells = [(cell, _reaching(cell, spots)) for cell in _children(_WORLD)]
    while open_cells:
        cell, around = open_cells.pop()
        if inside[cell.prefix] <= MOST or len(cell.prefix) == LONGEST:
            shard, around = _fill(cell, around)
            if shard is not None:
                if shard:
                    shards[cell.prefix] = tuple(sorted(shard))
                continue
        open_cells += [(child, _reaching(child, around)) for child in _children(cell)]
    return dict(sorted(shards.items()))


# --- the map


@dataclass(frozen=True, slots=True)
class _Spot:
    """A point with gatherings, as many of them as a shard could hold."""

    numbers: tuple[int, ...]
    weights: tuple[int, ...]  # of each
    weight: int  # of all
    vector: Vector
    lat: float
    lon: float
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
    points: tuple[Vector, ...] = field(init=False)  # middle, corners, middles of the sides

    def __post_init__(self) -> None:
        lats = [self.south + self.height * step for step in (0.5, 0.0, 1.0)]
        lons = [self.west + self.width * step for step in (0.5, 0.0, 1.0)]
        object.__setattr__(self, "points", tuple(unit_vector.__wrapped__(lat, lon) for lat in lats for lon in lons))


_WORLD = _Cell("", -90.0, -180.0, 180.0, 360.0)


def _gather(gatherings: Sequence[tuple[float, float, int]]) -> list[_Spot]:
    """The spots, in the order of their first gatherings."""
    at: dict[Vector, list[int]] = {}
    for number, (lat, lon, _) in enumerate(gatherings):
        at.setdefault(unit_vector(lat, lon), []).append(number)
    spots = []
    for vector, numbers in at.items():
        weights = [gatherings[number][2] for number in numbers]
        # Those beyond 120 at one spot are nobody's nearest, and must not have the cells around it divided.
        kept = _fitting(weights, 0)
        lat, lon, _ = gatherings[numbers[0]]
        polar = abs(lat) + _REACH
        reach = 180.0 if polar >= 90 else math.degrees(math.asin(math.sin(math.radians(_REACH)) / _cos(lat)))
        spots.append(
            _Spot(
                tuple(numbers[:kept]), tuple(weights[:kept]), sum(weights[:kept]),
                vector, lat, lon, reach, geohash(lat, lon, LONGEST),
            )
        )  # fmt: skip
    return spots


def _fitting(weights: Sequence[int], total: int) -> int:
    """How many of the gatherings, in their order, a shard of `total` has room for; an empty one for any first."""
    count = 0
    for weight in weights:
        if total and total + weight > MOST:
            break
        total += weight
        count += 1
    return count


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


def _reaching(cell: _Cell, spots: Sequence[_Spot]) -> list[_Spot]:
    """Those that may be within 500 km of the cell, by degrees alone."""
    south, north = cell.south - _REACH, cell.south + cell.height + _REACH
    half = cell.width / 2
    turn = 540 - cell.west - half
    return [
        spot for spot in spots if south <= spot.lat <= north and abs((spot.lon + turn) % 360 - 180) <= half + spot.reach
    ]


class _Rectangle:
    """Distances from a cell."""

    def __init__(self, cell: _Cell) -> None:
        self.cell = cell
        self.south, self.north = cell.south, cell.south + cell.height
        self.ends = tuple((SCALE * _cos(lat), SCALE * math.sin(math.radians(lat))) for lat in (self.south, self.north))
        self.edges = tuple((_cos(lon), math.sin(math.radians(lon))) for lon in (cell.west, cell.west + cell.width))

    def nearest_point(self, spot: _Spot) -> Vector:
        """The point of the cell that is nearest to a spot: its own, if it is in the cell."""
        x, y, _ = spot.vector
        level = math.hypot(x, y)
        if level and (spot.lon - self.cell.west) % 360 <= self.cell.width:
            if self.south <= spot.lat <= self.north:
                return spot.vector
            out, up = self.ends[spot.lat > self.north]
            return round(out * x / level), round(out * y / level), round(up)
        # On the nearer of the two meridians: where the great circle from the spot meets it upright, if that is
        # between the corners; else at a corner.
        return min(
            (self._on_edge(spot.vector, *edge) for edge in self.edges), key=lambda v: squared_chord(v, spot.vector)
        )

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


def _fill(cell: _Cell, around: Sequence[_Spot]) -> tuple[list[int] | None, list[_Spot]]:
    """The gatherings of the cell's shard, or None where it must be divided; and all that its children may hold."""
    rectangle, middle = _Rectangle(cell), cell.points[0]
    near: list[tuple[int, int, int, _Spot]] = []
    for order, spot in enumerate(around):
        point = rectangle.nearest_point(spot)
        away = squared_chord(point, spot.vector)
        if away <= _FARTHEST:
            near.append((away, squared_chord(middle, spot.vector), order, spot))
    if sum(entry[3].weight for entry in near) <= MOST:
        return [number for entry in near for number in entry[3].numbers], []
    smallest = len(cell.prefix) == LONGEST
    near.sort(key=lambda entry: entry[1:3] if smallest else entry[:3])
    shard: list[int] = []
    total = full = 0
    for _, _, _, spot in near:
        count = _fitting(spot.weights, total)
        shard += spot.numbers[:count]
        total += sum(spot.weights[:count])
        if count < len(spot.numbers):
            break
        full += 1
    kept, missing = [entry[3] for entry in near[:full]], [entry[3] for entry in near[full:]]
    if smallest or (near[full][0] > 0 and _serves(cell, kept, missing, rectangle.nearest_point(near[full][3]))):
        return shard, []
    return None, [entry[3] for entry in sorted(_needed(cell, near), key=lambda entry: entry[2])]


def _serves(cell: _Cell, kept: Sequence[_Spot], missing: Sequence[_Spot], first: Vector) -> bool:
    """Whether all points of the cell have of `kept` what they would want of all."""
    for point in (first, *cell.points):
        lost = min(squared_chord(point, spot.vector) for spot in missing)
        if lost > _FARTHEST:
            continue
        there = sorted([(squared_chord(point, spot.vector), spot.weight) for spot in kept])
        total = last = 0
        for away, weight in there:
            total += weight
            last = away
            if total >= SHOWN:
                break
        if 10_000 * last > _SLACK_PERCENT**2 * lost:
            return False
        if lost < _NEIGHBOURHOOD and len(cell.prefix) < _EXACT_NEIGHBOURHOOD:
            near = sum(weight for away, weight in there if away <= _NEIGHBOURHOOD)
            near += sum(spot.weight for spot in missing if squared_chord(point, spot.vector) <= _NEIGHBOURHOOD)
            if near <= MOST:
                return False
    return True


def _needed(cell: _Cell, near: list[tuple[int, int, int, _Spot]]) -> list[tuple[int, int, int, _Spot]]:
    """Without those that are too far for any part of the cell: other 120 are nearer to all of it."""
    total, full = 0, 0.0
    for _, away, _, spot in sorted(near, key=lambda entry: entry[1]):
        total += spot.weight
        full = math.sqrt(away)
        if total > MOST:
            break
    radius = max(math.sqrt(squared_chord(cell.points[0], point)) for point in cell.points)
    limit = (full + 2.1 * radius) ** 2
    return [entry for entry in near if entry[0] <= limit]
