"""The table that a browser finds places in, against the gazetteer that it was made from."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any

import pytest

from alongside.gazetteer import locate
from alongside.matching.cells import geohash
from alongside.matching.nearness import unit_vector, vector_of
from alongside.rendering.embeds.places import PLACE_SHARDS, find_place, key_of, place_shards, place_texts, shard_of

MOST_BYTES = 3000  # of a shard, deflated; with a shard of gatherings near me it is to stay below 8 kB


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(place_shards())


def look_up(files: dict[str, bytes], text: str) -> tuple[list[Any], str | None] | None:
    """(what stands there, zone), read as a browser does."""
    shard = json.loads(files[f"embed/v1/places/{shard_of(key_of(text))}.json"])
    found = shard["places"].get(key_of(text))
    return None if found is None else (found, None if found[2] is None else shard["zones"][found[2]])


def test_a_sample_is_what_the_gazetteer_says(files: dict[str, bytes]) -> None:
    texts = list(place_texts())
    for text, key, row in random.Random(2026).sample(texts, 500):
        found = locate(text).found
        assert found is not None, text
        assert key == key_of(text)
        seen = look_up(files, text)
        assert seen is not None, text
        columns, zone = seen
        assert (columns[0], columns[1], zone) == (found.label, found.country, found.zone)
        if found.precision == "city":
            assert columns[3:] == [*unit_vector(found.lat, found.lon), geohash(found.lat, found.lon, 6)]
        else:
            assert len(columns) == 3
        place = find_place(text)
        assert place is not None
        assert (place.name, place.country, place.zone, place.label) == (row.name, columns[1], zone, text)
        assert (place.city or None, place.country_name) == (found.city, found.country_name)
        assert vector_of(place) == (tuple(columns[3:6]) or None)


def test_no_text_stands_for_two_places(files: dict[str, bytes]) -> None:
    keys = [key for _, key, _ in place_texts()]
    assert len(keys) == len(set(keys)) == sum(len(json.loads(content)["places"]) for content in files.values())


def test_every_shard_is_small(files: dict[str, bytes]) -> None:
    assert len(files) == PLACE_SHARDS
    assert max(len(gzip.compress(content, 6)) for content in files.values()) <= MOST_BYTES


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
    assert seen[0][0] == name
    place = find_place(text)
    assert place is not None
    assert place.name == name


@pytest.mark.parametrize("text", ["", "Berlin", "Springfield, United States", "Nowhere, Germany"])
def test_what_is_ambiguous_or_unknown_is_no_place(files: dict[str, bytes], text: str) -> None:
    assert locate(text).found is None
    assert look_up(files, text) is None
    assert find_place(text) is None
