"""From a point on the map to the city it belongs to."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator

from alongside.gazetteer.atlas import Atlas, open_atlas
from alongside.gazetteer.records import Located
from alongside.gazetteer.searches import located_city

KM_PER_DEGREE = 111.195
# A city reaches as far as its people need: 1 km for 10,000 of them, 10 km for a million, never more than this.
MAX_REACH_KM = 20.0
_FIRST_KM = 5.0
_UNITS_PER_KM = 65_536 / KM_PER_DEGREE  # of the file's points
_TOWN = 10_000


def nearest_city(lat: float, lon: float, *, within_km: float = 100.0) -> Located | None:
    """The city that a point (degrees, WGS 84) belongs to, or None where no city is within `within_km` kilometres.

    The nearest settlement gives the country. Within it, a city that reaches the point goes before a suburb that is
    nearer (Berlin, not Friedrichshain): distance counts less the city's reach. The answer's coordinates are the
    city's own.
    """
    if not (math.isfinite(lat) and math.isfinite(lon) and -90 <= lat <= 90):
        return None
    atlas = open_atlas()
    lon = (lon + 180) % 360 - 180
    reach_km, best = min(_FIRST_KM, within_km), None
    while True:
        best = _nearest(atlas, lat, lon, reach_km)
        if best is not None or reach_km >= within_km:
            break
        reach_km = min(3.5 * reach_km, within_km)
    if best is None:
        return None
    return located_city(_reaching(atlas, lat, lon, *best))


def _reaching(atlas: Atlas, lat: float, lon: float, distance_km: float, number: int) -> int:
    """The city of its country that reaches furthest around a point, given the nearest."""
    country = atlas.city(number).country
    scale = math.cos(math.radians(lat))
    score = distance_km - _reach_km(atlas.population(number))
    for cell, first, last in _cells(atlas, lat, lon, score + MAX_REACH_KM):
        south, west = _corner(cell, lon)
        up, right = (lat - south) * 65_536, (lon - west) * 65_536
        points = atlas.points[2 * first : 2 * last].tolist()
        for other in range(first, last):
            if (people := atlas.population(other)) < _TOWN:
                break  # largest first
            north = points[2 * (other - first)] - up
            near = (score + MAX_REACH_KM) * _UNITS_PER_KM
            if -near < north < near:
                east = (points[2 * (other - first) + 1] - right) * scale
                other_score = math.hypot(north, east) / _UNITS_PER_KM - _reach_km(people)
                if other_score < score and atlas.city(other).country == country:
                    score, number = other_score, other
    return number


def _reach_km(people: int) -> float:
    return min(MAX_REACH_KM, 0.01 * math.sqrt(people))


def _corner(cell: int, lon: float) -> tuple[int, int]:
    """South and west edge of a cell, the west on the side of the date line where `lon` is."""
    row, column = divmod(cell, 360)
    west = column - 180
    if west - lon > 180:
        west -= 360
    elif lon - west > 180:
        west += 360
    return row - 90, west


def _cells(atlas: Atlas, lat: float, lon: float, reach_km: float) -> Iterator[tuple[int, int, int]]:
    """Cells that have cities and touch the box around a point: cell, number of its first city, one past its last."""
    high = reach_km / KM_PER_DEGREE
    polar = min(89.9, abs(lat) + high)
    wide = min(180.0, high / math.cos(math.radians(polar)))
    west = math.floor(lon - wide) + 180
    east = min(math.floor(lon + wide) + 180, west + 359)
    ids, starts = atlas.cell_ids, atlas.cell_starts
    for row in range(max(0, math.floor(lat - high) + 90), min(179, math.floor(lat + high) + 90) + 1):
        spans: tuple[tuple[int, int], ...] = ((west, east),)
        if west < 0:
            spans = ((west + 360, 359), (0, east))
        elif east > 359:
            spans = ((west, 359), (0, east - 360))
        for start, end in spans:
            at = bisect_left(ids, row * 360 + start)
            while at < len(ids) and ids[at] <= row * 360 + end:
                yield ids[at], starts[at], starts[at + 1]
                at += 1


def _nearest(atlas: Atlas, lat: float, lon: float, reach_km: float) -> tuple[float, int] | None:
    """The nearest city and its distance, if within `reach_km`."""
    scale = math.cos(math.radians(lat))
    reach = reach_km * _UNITS_PER_KM
    least, number = reach**2, -1
    for cell, first, last in _cells(atlas, lat, lon, reach_km):
        south, west = _corner(cell, lon)
        up, right = (lat - south) * 65_536, (lon - west) * 65_536
        low, high = up - reach, up + reach
        points = atlas.points[2 * first : 2 * last].tolist()
        for at, north in enumerate(points[::2]):
            if low < north < high:
                square = (north - up) ** 2 + ((points[2 * at + 1] - right) * scale) ** 2
                if square < least:
                    least, number = square, first + at
    return None if number < 0 else (math.sqrt(least) / _UNITS_PER_KM, number)
