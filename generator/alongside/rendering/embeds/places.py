"""The place names that a browser knows: a table of folded texts, cut into shards by a hash of the text.

What `alongside.gazetteer.locate` finds takes a file of megabytes and rules that no page should wait for. So the texts
that people are likely to write have been put to it beforehand (`tools/build_embed_places.py`), and a browser looks
its text up: words folded by `matching.words.runs`, FNV-1a of the first characters' UTF-8 bytes, and one file of some
2 kB. What begins alike stands in one file, so that "berlin germany" and "berlin de" share a place there; a first word
alone would put all the "san ..." into one. A text that is not there, or ambiguous, is no place to an embed; in a build
it still may be.

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

from alongside.matching.cells import geohash
from alongside.matching.nearness import unit_vector
from alongside.matching.spreading import hash_text
from alongside.matching.words import runs
from alongside.model.places import Place
from alongside.reading.slugs import slugify
from alongside.rendering.embeds.files import BASE

PLACE_SHARDS = 2143  # a prime: the low bits of FNV alone know nothing of the high ones
ATTRIBUTION = "Place data: GeoNames, CC BY 4.0"  # what the licence asks of a site that shows it

_FILE = Path(__file__).with_name("places.bin")
_PACKED = Path(__file__).with_name("place_shards.bin")  # made from it: deflated, a line for each shard
_START = 8  # characters of a key that its shard goes by; those of the table are of 16 bits, as a browser counts them


def key_of(text: str) -> str:
    """What a text is looked up by: "São Paulo, BR" -> "sao paulo br"."""
    return " ".join(runs(text))


def shard_of(key: str) -> str:
    """The number of a key's shard."""
    return str(_shard_number(key[:_START]))


def _shard_number(start: str) -> int:
    return hash_text(start) % PLACE_SHARDS


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
    for row, texts in _places():
        for text, key in texts:
            yield text, key, row


def _places() -> Iterator[tuple[Row, list[tuple[str, str]]]]:
    """Each place, with (text, key) of all that it is looked up by; those of a country follow each other."""
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
        texts: list[tuple[str, str]] = []
        for form in forms:
            start, _, pattern = form.rpartition("|")
            start = start or (label or country_name).split(", ")[0]
            key = key_of(start)
            for number in head["patterns"][int(pattern)]:
                text, end = endings[country][number] if number >= 0 else ("", "")
                texts.append((start + text, key + end))
        yield row, texts


class _Shard:
    """What is in a file so far, in JSON."""

    __slots__ = ("last", "names", "places", "zones")

    def __init__(self) -> None:
        self.zones: dict[str, int] = {}
        self.places: list[str] = []
        self.names: list[str] = []
        self.last: Row | None = None  # the place that is last in `places`


def place_shards() -> Iterator[tuple[str, bytes]]:
    """(site path, JSON) of each shard, as `make_shards` made them; every build of a site writes them."""
    packed = zlib.decompress(_PACKED.read_bytes()).split(b"\n")
    assert len(packed) == PLACE_SHARDS, "place_shards.bin is of another version: run tools/build_embed_places.py"
    for number, content in enumerate(packed):
        yield f"{BASE}places/{number}.json", content


def pack_shards(target: Path) -> None:
    """Make the shards, and write them where `place_shards` reads them."""
    target.write_bytes(zlib.compress(b"\n".join(make_shards()), 9))


def make_shards() -> Iterator[bytes]:
    """The JSON of each shard: `{"zones": [...], "places": [[...], ...], "names": {"berlin germany": 0, ...}}`.

    A name goes with the number of a place. A place is its country, the number of its zone (null: it has several), and
    for a city also x, y, z (`matching.nearness.unit_vector`) and geohash.
    """
    # Put together by hand, which is quicker: no text in it has anything to escape.
    shards = [_Shard() for _ in range(PLACE_SHARDS)]
    by_start: dict[str, _Shard] = {}
    for row, texts in _places():
        there = ""
        if row.lat is not None and row.lon is not None:
            x, y, z = unit_vector(row.lat, row.lon)
            there = f',{x},{y},{z},"{_cell(row.lat, row.lon)}"'
        for _, key in texts:
            start = key[:_START]
            shard = by_start.get(start)
            if shard is None:
                shard = by_start[start] = shards[_shard_number(start)]
            if shard.last is not row:
                shard.last = row
                zone = shard.zones.setdefault(row.zone, len(shard.zones)) if row.zone else "null"
                shard.places.append(f'["{row.country}",{zone}{there}]')
            shard.names.append(f'"{key}":{len(shard.places) - 1}')
    for shard in shards:
        zones = ",".join(f'"{zone}"' for zone in shard.zones)
        places, names = ",".join(shard.places), ",".join(shard.names)
        content = f'{{"zones":[{zones}],"places":[{places}],"names":{{{names}}}}}'
        yield content.encode()


def _cell(lat: float, lon: float) -> str:
    """`geohash` in six characters, several times as quick: two at a time are five bits of longitude and of latitude.

    Degrees of the table, in 100,000ths, are so far from the borders of cells, or exactly on them, that it is the same.
    """
    pairs = _pairs()
    east, north = int((lon + 180) * 4096 / 45), int((lat + 90) * 8192 / 45)  # 15 bits each
    return (
        pairs[east >> 5 & 0x3E0 | north >> 10]
        + pairs[east & 0x3E0 | north >> 5 & 0x1F]
        + pairs[east << 5 & 0x3E0 | north & 0x1F]
    )


@functools.cache
def _pairs() -> tuple[str, ...]:
    """The geohashes of two characters, from west to east, and in each column from south to north."""
    return tuple(geohash(north * 5.625 - 90, east * 11.25 - 180, 2) for east in range(32) for north in range(32))


@functools.cache
def _table() -> dict[str, Row]:
    """The places by key."""
    return {key: row for _, key, row in place_texts()}
