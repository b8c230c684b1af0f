"""The place names that a browser knows: a table of folded texts, cut into shards by a hash of the text.

What `alongside.gazetteer.locate` finds takes a file of megabytes and rules that no page should wait for. So the texts
that people are likely to write have been put to it beforehand (`tools/build_embed_places.py`), and a browser looks
its text up: words folded by `matching.words.runs`, FNV-1a of their UTF-8 bytes, and one file of some 2 kB. A text that
is not there, or ambiguous, is no place to an embed; in a build it still may be.

`places.bin` is a deflated text. Its first line is JSON: the `zones`, the English names of `countries`, what stands
after the comma in names of a country's places (`endings`), and `patterns`: lists of numbers of such endings, -1 for
none. The others are places, in columns with a tab between: country, label without the country (nothing: the country
itself), number of the zone or nothing, latitude and longitude in 100,000ths of a degree (nothing for a country or a
region), and what a text may begin with (nothing: with the label's first part), `|`, and the number of the pattern of
what it goes on with:

    DE  Munich  311  4813743  1157549  |3  München|4
"""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from alongside.matching.cells import LONGEST, geohash
from alongside.matching.nearness import unit_vector
from alongside.matching.spreading import hash_text
from alongside.matching.words import runs
from alongside.model.places import Place
from alongside.reading.slugs import slugify
from alongside.rendering.embeds.files import BASE, json_bytes

PLACE_SHARDS = 4096
ATTRIBUTION = "Place data: GeoNames, CC BY 4.0"  # what the licence asks of a site that shows it

_FILE = Path(__file__).with_name("places.bin")
_DIGITS = len(f"{PLACE_SHARDS - 1:x}")


def key_of(text: str) -> str:
    """What a text is looked up by: "São Paulo, BR" -> "sao paulo br"."""
    return " ".join(runs(text))


def shard_of(key: str) -> str:
    """The number of a key's shard, in hexadecimal digits."""
    return f"{hash_text(key) % PLACE_SHARDS:0{_DIGITS}x}"


class Row(NamedTuple):
    """A place of the table."""

    name: str  # as shown: the shortest text that `locate` resolves to it
    country: str  # ISO 3166-1 alpha-2
    country_name: str  # in English
    zone: str | None  # IANA; None where a country or region has several
    lat: float | None  # degrees, WGS 84; None for a country or a region
    lon: float | None


def find_place(text: str) -> Place | None:
    """The place that a browser finds for this text; None for a text that is not in the table."""
    row = _table().get(key_of(text))
    if row is None:
        return None
    parts = row.name.split(", ")
    city = parts[0] if row.lat is not None else ""
    return Place(
        label=text,
        slug=slugify(row.name.replace(",", " ")),
        name=row.name,
        country=row.country,
        country_name=row.country_name,
        city=city,
        region=parts[1] if city and len(parts) == 3 else "",
        lat=row.lat,
        lon=row.lon,
        zone=row.zone,
        precise=row.lat is not None,
    )


def place_texts() -> Iterator[tuple[str, str, Row]]:
    """(text as people write it, key, place) of the whole table; a key comes once."""
    first, *lines = zlib.decompress(_FILE.read_bytes()).decode().split("\n")
    head = json.loads(first)
    endings = {code: [(f", {text}", f" {key_of(text)}") for text in texts] for code, texts in head["endings"].items()}
    for line in lines:
        country, label, zone, lat, lon, *forms = line.split("\t")
        country_name = head["countries"][country]
        row = Row(
            name=f"{label}, {country_name}" if label else country_name,
            country=country,
            country_name=country_name,
            zone=head["zones"][int(zone)] if zone else None,
            lat=int(lat) / 100_000 if lat else None,
            lon=int(lon) / 100_000 if lon else None,
        )
        for form in forms:
            start, _, pattern = form.rpartition("|")
            start = start or (label or country_name).split(", ")[0]
            key = key_of(start)
            for number in head["patterns"][int(pattern)]:
                text, end = endings[country][number] if number >= 0 else ("", "")
                yield start + text, key + end, row


def place_shards() -> Iterator[tuple[str, bytes]]:
    """(site path, JSON) of each shard, as `{"zones": [...], "places": {"berlin germany": [...]}}`.

    A place is its name as shown, country, number of its zone (null: it has several), and for a city also x, y, z
    (`matching.nearness.unit_vector`) and geohash.
    """
    shards: list[dict[str, Row]] = [{} for _ in range(PLACE_SHARDS)]
    for key, row in _table().items():
        shards[hash_text(key) % PLACE_SHARDS][key] = row
    for number, rows in enumerate(shards):
        zones = sorted({row.zone for row in rows.values() if row.zone})
        numbers: dict[str | None, int] = {zone: place for place, zone in enumerate(zones)}
        places = {
            key: [row.name, row.country, numbers.get(row.zone), *_point(row)] for key, row in sorted(rows.items())
        }
        yield f"{BASE}places/{number:0{_DIGITS}x}.json", json_bytes({"zones": zones, "places": places})


@functools.cache  # a city has several names, each in a shard of its own
def _point(row: Row) -> tuple[int | str, ...]:
    """x, y, z and geohash; nothing of a country or a region."""
    if row.lat is None or row.lon is None:
        return ()
    return (*unit_vector(row.lat, row.lon), geohash(row.lat, row.lon, LONGEST))


@functools.cache
def _table() -> dict[str, Row]:
    """The places by key."""
    return {key: row for _, key, row in place_texts()}
