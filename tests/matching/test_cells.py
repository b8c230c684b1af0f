"""Shards of gatherings near a cell: what a newcomer finds in theirs, wherever they are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.matching.cells import MOST, divide, geohash, shard_of
from alongside.matching.nearness import squared_chord, squared_chord_of, unit_vector

POLAR = 84.375  # degrees, beyond which cells are not divided further
Gathering = tuple[float, float, int]

anywhere = st.tuples(st.floats(-90, 90), st.floats(-180, 180))
# around a few towns, one of them where longitudes meet
towns = st.sampled_from([(52.5, 13.4), (52.4, 13.1), (48.1, 11.6), (-17.0, 179.9)])
in_towns = st.builds(
    lambda town, north, east: (max(-90.0, min(90.0, town[0] + north)), (town[1] + east + 180) % 360 - 180),
    towns, st.sampled_from([0.0, 0.001, 0.2]), st.sampled_from([0.0, 0.001, 0.3]),
)  # fmt: skip
gatherings = st.lists(
    st.builds(lambda spot, weight: (*spot, weight), st.one_of(anywhere, in_towns), st.integers(1, 20)), max_size=60
)


def shard_at(shards: dict[str, tuple[int, ...]], lat: float, lon: float) -> tuple[int, ...]:
    name = shard_of(geohash(lat, lon, 6), shards)
    return () if name is None else shards[name]


@pytest.mark.parametrize(
    ("lat", "lon", "expected"),
    [
        (57.64911, 10.40744, "u4pruy"),  # the example of everybody who tells of geohashes
        (42.605, -5.603, "ezs42s"),
        (-25.382708, -49.265506, "6gkzwg"),
        (0.0, 0.0, "s00000"),
        (90.0, 180.0, "zzzzzz"),
        (-90.0, -180.0, "000000"),
    ],
)
def test_geohashes(lat: float, lon: float, expected: str) -> None:
    assert geohash(lat, lon, 6) == expected
    assert geohash(lat, lon, 3) == expected[:3]


def test_nothing_has_no_shards() -> None:
    assert divide([]) == {}


def test_few_are_in_every_shard_within_500_kilometres_and_in_no_other() -> None:
    shards = divide([(52.52, 13.405, 3)])
    assert shard_at(shards, 48.14, 11.58) == (0,)  # Munich, 504 km, in a cell that is nearer
    assert shard_at(shards, 35.68, 139.69) == ()
    assert set(shards) == {"u"}


@settings(max_examples=40, deadline=None)
@given(gatherings)
def test_everybody_finds_what_is_at_their_own_spot(given_gatherings: list[Gathering]) -> None:
    shards = divide(given_gatherings)
    vectors = [unit_vector(lat, lon) for lat, lon, _ in given_gatherings]
    as_good_as_there = squared_chord_of(1.5)  # the smallest cells are that large
    for number, (lat, lon, _) in enumerate(given_gatherings):
        if abs(lat) < POLAR and number not in shard_at(shards, lat, lon):
            nearer = [
                weight
                for vector, (_, _, weight) in zip(vectors, given_gatherings, strict=True)
                if squared_chord(vector, vectors[number]) <= as_good_as_there
            ]
            assert sum(nearer) > MOST


@settings(max_examples=40, deadline=None)
@given(gatherings, anywhere)
def test_where_little_is_near_all_of_it_is_found(given_gatherings: list[Gathering], spot: tuple[float, float]) -> None:
    total = sum(weight for _, _, weight in given_gatherings)
    lat, lon = spot
    here = unit_vector(lat, lon)
    near = {
        number
        for number, (north, east, _) in enumerate(given_gatherings)
        if squared_chord(unit_vector(north, east), here) <= squared_chord_of(500)
    }
    if total <= MOST:
        assert near <= set(shard_at(divide(given_gatherings), lat, lon))


@settings(max_examples=40, deadline=None)
@given(gatherings)
def test_shards_are_small_sorted_and_always_the_same(given_gatherings: list[Gathering]) -> None:
    shards = divide(given_gatherings)
    assert list(shards) == sorted(shards)
    assert shards == divide(list(given_gatherings))
    for prefix, numbers in shards.items():
        assert 1 <= len(prefix) <= 6
        assert numbers
        assert list(numbers) == sorted(set(numbers))
        assert sum(given_gatherings[number][2] for number in numbers) <= MOST


def test_one_gathering_that_fills_a_shard_alone_is_found() -> None:
    assert shard_at(divide([(52.52, 13.405, 500)]), 52.52, 13.405) == (0,)


@pytest.mark.parametrize(
    ("there", "here"),
    [((-17.0, 179.95), (-17.0, -179.95)), ((89.95, 0.0), (89.95, 180.0)), ((-89.9, 90.0), (-90.0, -180.0))],
)
def test_across_the_date_line_and_the_poles(there: tuple[float, float], here: tuple[float, float]) -> None:
    shards = divide([(*there, 60), (*here, 60), *[(52.52, 13.405 + step / 100, 60) for step in range(9)]])
    assert shard_at(shards, *here) == (0, 1)
    assert shard_at(shards, *there) == (0, 1)


def test_a_crowd_at_one_spot_does_not_divide_the_land_around() -> None:
    assert len(divide([(52.52, 13.405, 1)] * 1000)) == 1


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_crowd_at_a_pole_does_not_divide_all_its_meridians(pole: float) -> None:
    chance = random.Random(3)
    spots = [(pole - chance.random() / 2 * (1 if pole > 0 else -1), chance.uniform(-180, 180), 3) for _ in range(150)]
    shards = divide(spots)
    assert len(shards) < 2000
    for lat, lon, _ in spots:
        held = shard_at(shards, lat, lon)
        assert sum(spots[number][2] for number in held) > 0.9 * MOST
    assert len(shard_at(shards, 85.0 if pole > 0 else -85.0, 0.0)) == 40


def test_near_crowded_cities_the_nearest_are_found() -> None:
    """Recall of the nearest ten and of a neighbourhood, for people scattered around the cities."""
    chance = random.Random(7)
    cities = [(52.52, 13.4), (52.4, 13.07), (51.34, 12.37), (53.55, 10.0), (48.85, 2.35), (51.5, -0.12)]
    chosen = chance.choices(cities, [50, 5, 10, 30, 60, 90], k=500)
    spots = [(lat + chance.gauss(0, 0.1), lon + chance.gauss(0, 0.15)) for lat, lon in chosen]
    shards = divide([(lat, lon, 1) for lat, lon in spots])
    assert len(shards) < 400
    vectors = [unit_vector(lat, lon) for lat, lon in spots]
    found = wanted = 0
    for lat, lon in ((lat + chance.gauss(0, 0.4), lon + chance.gauss(0, 0.6)) for lat, lon in chosen[:150]):
        held = set(shard_at(shards, lat, lon))
        here = unit_vector(lat, lon)
        away = sorted((squared_chord(here, vector), number) for number, vector in enumerate(vectors))
        found += sum(number in held for _, number in away[:10])
        wanted += 10
        neighbourhood = [number for far, number in away if far <= squared_chord_of(45)]
        if len(neighbourhood) <= MOST * 0.8:
            found += sum(number in held for number in neighbourhood)
            wanted += len(neighbourhood)
    assert found >= 0.97 * wanted
