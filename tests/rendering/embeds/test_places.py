"""The table that a browser finds places in, against the gazetteer that it was made from."""

from __future__ import annotations

import functools
import gzip
import json
import random
from typing import Any

import pytest

from alongside.gazetteer import locate
from alongside.matching.cells import geohash
from alongside.matching.nearness import unit_vector, vector_of
from alongside.rendering.embeds.places import (
    PLACE_SHARDS,
    Row,
    find_place,
    key_of,
    make_shards,
    place_shards,
    place_texts,
    shard_of,
)

MOST_BYTES = 3000  # of a shard, deflated; with a shard of gatherings near me it is to stay below 8 kB


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(place_shards())


def look_up(files: dict[str, bytes], text: str) -> tuple[list[Any], str | None] | None:
    """(what stands there, zone), read as a browser does."""
    shard = json.loads(files[f"embed/v1/places/{shard_of(key_of(text))}.json"])
    number = shard["names"].get(key_of(text))
    if number is None:
        return None
    found = shard["places"][number]
    return found, None if found[1] is None else shard["zones"][found[1]]


def test_what_is_packed_is_what_the_table_makes(files: dict[str, bytes]) -> None:
    assert [*files.values()] == [*make_shards()]


def test_a_sample_is_what_the_gazetteer_says(files: dict[str, bytes]) -> None:
    texts = list(place_texts())
    for text, key, row in random.Random(2026).sample(texts, 500):
        found = locate(text).found
        assert found is not None, text
        assert key == key_of(text)
        seen = look_up(files, text)
        assert seen is not None, text
        columns, zone = seen
        assert (columns[0], zone) == (found.country, found.zone)
        assert row.name == found.label
        if found.precision == "city":
            assert columns[2:] == [*unit_vector(found.lat, found.lon), geohash(found.lat, found.lon, 6)]
        else:
            assert len(columns) == 2
        place = find_place(text)
        assert place is not None
        assert (place.name, place.country, place.zone, place.label) == (row.name, row.country, zone, text)
        assert (place.city or None, place.country_name) == (found.city, found.country_name)
        assert vector_of(place) == (tuple(columns[2:5]) or None)


def test_every_text_is_found_once(files: dict[str, bytes]) -> None:
    shards = {path: json.loads(content) for path, content in files.items()}
    keys: set[str] = set()
    for _, key, row in place_texts():
        shard = shards[f"embed/v1/places/{shard_of(key)}.json"]
        country, zone, *there = shard["places"][shard["names"][key]]
        assert (country, None if zone is None else shard["zones"][zone]) == (row.country, row.zone)
        assert there == _there(row), key
        assert key not in keys
        keys.add(key)
    assert len(keys) == sum(len(shard["names"]) for shard in shards.values())


@functools.cache
def _there(row: Row) -> list[int | str]:
    return [] if row.lat is None or row.lon is None else [*unit_vector(row.lat, row.lon), geohash(row.lat, row.lon, 6)]


def test_a_place_is_once_in_a_shard(files: dict[str, bytes]) -> None:
    for content in files.values():
        shard = json.loads(content)
        places = [tuple(place) for place in shard["places"] if len(place) > 2]
        assert len(places) == len(set(places))
        assert set(shard["names"].values()) == set(range(len(shard["places"])))
        zones = {place[1] for place in shard["places"]} - {None}
        assert zones == set(range(len(shard["zones"])))


def test_a_browser_counts_the_same_characters() -> None:
    """It cuts a key after so many units of 16 bits."""
    assert all(ord(character) < 0x10000 for _, key, _ in place_texts() for character in key)


def test_every_shard_is_small(files: dict[str, bytes]) -> None:
    assert len(files) == PLACE_SHARDS
    assert max(len(gzip.compress(content, 9)) for content in files.values()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Berlin, Germany", "Berlin, Germany"),
        ("  berlin,GERMANY ", "Berlin, Germany"),
        ("München, Deutschland", "Munich, Germany"),
        ("Munich, Germany", "Munich, Germany"),
        ("Lisboa, Portugal", "Lisbon, Portugal"),
        ("東京, 日本", "Tokyo, Japan"),
        ("Київ, Україна", "Kyiv, Ukraine"),
        ("القاهرة, مصر", "Cairo, Egypt"),
        ("New York, USA", "New York City, United States"),
        ("Austin, TX", "Austin, United States"),
        ("Portland, Oregon, United States", "Portland, Oregon, United States"),
        ("Deutschland", "Germany"),
        ("ドイツ", "Germany"),
        ("BR", "Brazil"),
        ("Bavaria, Germany", "Bavaria, Germany"),
    ],
)
def test_what_people_write(files: dict[str, bytes], text: str, name: str) -> None:
    seen = look_up(files, text)
    assert seen is not None
    place = find_place(text)
    assert place is not None
    assert place.name == name
    assert (seen[0][0], seen[1]) == (place.country, place.zone)


@pytest.mark.parametrize("text", ["", "Berlin", "Springfield, United States", "Nowhere, Germany"])
def test_what_is_ambiguous_or_unknown_is_no_place(files: dict[str, bytes], text: str) -> None:
    assert locate(text).found is None
    assert look_up(files, text) is None
    assert find_place(text) is None
