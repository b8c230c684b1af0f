"""How far apart two places are, in bands, without trigonometry at the time of matching.

A place is a unit vector of integers (times 2^20); the squared length of the chord between two of them grows with
their distance, so a band is one comparison with a number worked out beforehand.
"""

from __future__ import annotations

import math
from functools import lru_cache

from alongside.model.places import Place

SCALE = 1 << 20
EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG

Vector = tuple[int, int, int]


@lru_cache(maxsize=1024)  # people live in the same towns
def unit_vector(latitude: float, longitude: float) -> Vector:
    """The point on the sphere, times 2^20; degrees, WGS 84."""
    phi, lam = math.radians(latitude), math.radians(longitude)
    return (
        round(SCALE * math.cos(phi) * math.cos(lam)),
        round(SCALE * math.cos(phi) * math.sin(lam)),
        round(SCALE * math.sin(phi)),
    )


def vector_of(place: Place | None) -> Vector | None:
    """The vector of a place that is a point; None for a country, a region, or no place."""
    if place is None or not place.precise or place.lat is None or place.lon is None:
        return None
    return unit_vector(place.lat, place.lon)


def squared_chord(a: Vector, b: Vector) -> int:
    """The square of the straight line between two points, times 2^40."""
    x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
    return x * x + y * y + z * z


@lru_cache(maxsize=64)  # the same few distances are asked of every candidate
def squared_chord_of(distance_km: float) -> int:
    """The squared chord of two points that far apart on the ground: 2 - 2 cos of the angle between them.

    The cosine is summed up here, since no two languages promise the last bit of theirs, but all have these operations.
    """
    angle = min(distance_km / EARTH_RADIUS_KM, math.pi)
    squared, term, total = angle * angle, 1.0, 0.0
    for step in range(2, 42, 2):
        term = term * squared / (step * (step - 1))
        total += term if step % 4 == 2 else -term
    return math.floor(2.0 * SCALE * SCALE * total + 0.5)


def distance_km(a: Vector, b: Vector) -> float:
    """Kilometres on the ground, for people to read; matching compares chords."""
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(squared_chord(a, b)) / (2 * SCALE)))
