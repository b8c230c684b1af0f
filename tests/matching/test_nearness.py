"""Distance bands from chords of integers, against the haversine of the real numbers."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from alongside.matching.nearness import EARTH_RADIUS_KM, distance_km, squared_chord, squared_chord_of, unit_vector

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def haversine_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    phi1, lam1, phi2, lam2 = (math.radians(x) for x in (*a, *b))
    h = math.sin((phi2 - phi1) / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin((lam2 - lam1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(h)))


@given(latitudes, longitudes, latitudes, longitudes, st.sampled_from([10.0, 50.0, 150.0, 500.0]))
def test_bands_agree_with_the_haversine(lat1: float, lon1: float, lat2: float, lon2: float, band: float) -> None:
    exact = haversine_km((lat1, lon1), (lat2, lon2))
    assume(abs(exact - band) > 0.1)  # the integers are good to some 20 metres
    chord = squared_chord(unit_vector(lat1, lon1), unit_vector(lat2, lon2))
    assert (chord <= squared_chord_of(band)) == (exact <= band)


def test_a_known_distance() -> None:
    berlin, paris = unit_vector(52.52, 13.405), unit_vector(48.8566, 2.3522)
    assert round(distance_km(berlin, paris)) == 877  # kilometres


def test_the_other_side_of_the_earth_is_farther_than_any_band() -> None:
    assert squared_chord(unit_vector(0, 0), unit_vector(0, 180)) == (2 * (1 << 20)) ** 2
    assert squared_chord_of(30_000) == (2 * (1 << 20)) ** 2
