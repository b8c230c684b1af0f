"""The data file, places.bin: opened at the first question, mapped, and read in place.

Little-endian throughout. After a magic line and the length of a JSON directory come these sections:

===============  =====================================================================================
cell_ids         16 bits for each cell of one degree that has cities: (south edge + 90) * 360 + west edge + 180
cell_starts      32 bits: the number of the cell's first city; one more at the end. Largest city first in a cell
points           2 x 16 bits for each city: 65,536ths of a degree north and east of its cell's corner
localities_of    16 bits for each city: its locality; with the top bit, it is a part of a larger city
localities       3 x 16 bits: country, region (65535: none), zone
populations      16 bits for each city: four digits, and a power of ten times 10,000
names            lines of `names_per_block` names, each block deflated; name_ends: 32 bits each
keys             sorted folded names, `keys_per_block` lines to a block; key_ends, key_firsts likewise
slots            20 bits for each key, two to 5 bytes, the first low: a number (of a city: twice, + 1 for an
                 alternate name); or, with the top bit, half of where in `overflow` stands how many, and then they
overflow         32 bits each
zones, regions, countries, languages    small tables
===============  =====================================================================================

A key begins with what it is a name of: two capitals for a city in that country, `*` for a large city anywhere, `+`
and two capitals for a region in that country, `=` for a region that may stand without its country, `@` for a
country in any language, `#` for one in English.

A read-only SQLite file with the same cities and keys was measured beside it: as quick to open and to ask, but
21.5 MB for 5.8.
"""

from __future__ import annotations

import functools
import json
import mmap
import re
import sys
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

_FILE: Final = Path(__file__).with_name("places.bin")
_MAGIC: Final = b"ALONGSIDE PLACES 1\n"
_NO_REGION: Final = 65_535
_SUBURB: Final = 0x8000
_OVERFLOW: Final = 1 << 19


class City(NamedTuple):
    """One city as the file has it: `locality` and the numbers in it point into the tables of `Atlas`."""

    number: int
    lat: float  # degrees north, WGS 84
    lon: float  # degrees east
    country: int
    region: int | None
    zone: str
    population: int
    suburb: bool  # a part of a larger city


class Region(NamedTuple):
    """One first-level division; the point is the mean of its cities, weighted by their people."""

    name: str
    country: int
    lat: float
    lon: float
    zone: str | None
    population: int


class Country(NamedTuple):
    """One country, English by name."""

    code: str
    name: str
    lat: float
    lon: float
    zone: str | None
    population: int


class Atlas:
    """The open file. Its tables are read when first asked for."""

    def __init__(self, path: Path = _FILE) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._map[: len(_MAGIC)] != _MAGIC:
            raise ValueError(f"{path} is not a gazetteer of this version; build it with tools/build_gazetteer.py")
        start = len(_MAGIC) + 9
        length = int(self._map[len(_MAGIC) : start])
        directory = json.loads(self._map[start : start + length])
        base = start + length
        base += -base % 4
        self._sections = {name: (base + at, size) for name, (at, size) in directory["sections"].items()}
        self._keys_per_block: int = directory["keys_per_block"]
        self._names_per_block: int = directory["names_per_block"]
        self.cell_ids = self._numbers("cell_ids", "H")
        self.cell_starts = self._numbers("cell_starts", "I")
        self.points = self._numbers("points", "H")
        self._populations = self._numbers("populations", "H")
        self._localities_of = self._numbers("localities_of", "H")
        self._localities = self._numbers("localities", "H")
        self._overflow = self._numbers("overflow", "I")
        self._key_ends = self._numbers("key_ends", "I")
        self._name_ends = self._numbers("name_ends", "I")
        self._key_firsts = [line.encode() for line in self._lines("key_firsts")]
        self._zones = self._lines("zones")
        self.countries = tuple(
            Country(code, name, float(lat), float(lon), self._zones[int(zone)] if zone else None, int(people))
            for code, name, lat, lon, zone, people in (line.split("\t") for line in self._lines("countries"))
        )

    def _bytes(self, name: str) -> bytes:
        at, size = self._sections[name]
        return self._map[at : at + size]

    def _lines(self, name: str) -> list[str]:
        return zlib.decompress(self._bytes(name)).decode().split("\n")

    def _numbers(self, name: str, kind: str) -> memoryview[int]:
        at, size = self._sections[name]
        if sys.byteorder == "little":
            return memoryview(self._map)[at : at + size].cast(kind)  # type: ignore[call-overload,no-any-return]
        width = 2 if kind == "H" else 4
        swapped = bytearray(self._map[at : at + size])
        for offset in range(width):
            swapped[offset::width] = self._map[at + width - 1 - offset : at + size : width]
        return memoryview(swapped).cast(kind)  # type: ignore[call-overload,no-any-return]

    @functools.cached_property
    def _region_lines(self) -> list[str]:
        return self._lines("regions")

    @functools.cache  # noqa: B019  (one atlas lives as long as the process)
    def region(self, number: int) -> Region:
        """The region of that number."""
        name, country, lat, lon, zone, people = self._region_lines[number].split("\t")
        return Region(name, int(country), float(lat), float(lon), self._zones[int(zone)] if zone else None, int(people))

    @functools.cached_property
    def country_numbers(self) -> dict[str, int]:
        """ISO 3166-1 alpha-2 codes to country numbers."""
        return {country.code: number for number, country in enumerate(self.countries)}

    @functools.cached_property
    def languages(self) -> dict[str, list[str]]:
        """Language codes to country names in the order of `countries`; empty where CLDR has the English one."""
        names: dict[str, list[str]] = json.loads(zlib.decompress(self._bytes("languages")))
        return names

    def city(self, number: int) -> City:
        """The city of that number."""
        cell = self.cell_ids[bisect_right(self.cell_starts, number) - 1]
        locality = self._localities_of[number]
        place = 3 * (locality & ~_SUBURB)
        country, region, zone = self._localities[place : place + 3]
        return City(
            number,
            round(cell // 360 - 90 + self.points[2 * number] / 65_536, 5),
            round(cell % 360 - 180 + self.points[2 * number + 1] / 65_536, 5),
            country,
            None if region == _NO_REGION else region,
            self._zones[zone],
            self.population(number),
            bool(locality & _SUBURB),
        )

    def population(self, number: int) -> int:
        """How many people live in the city of that number; 0 where nobody knows."""
        power, people = divmod(self._populations[number], 10_000)
        return int(people * 10**power)

    def city_name(self, number: int) -> str:
        """What a city is called."""
        block, line = divmod(number, self._names_per_block)
        return self._name_block(block).split(b"\n", line + 2)[line + 1].decode()

    @functools.cache  # noqa: B019  (unpacked, 2 MB)
    def _name_block(self, block: int) -> bytes:
        return self._block("names", self._name_ends, block)

    @functools.cache  # noqa: B019  (all of them, unpacked, are 5 MB)
    def _key_block(self, block: int) -> bytes:
        return self._block("keys", self._key_ends, block)

    def _block(self, name: str, ends: memoryview[int], block: int) -> bytes:
        at, _ = self._sections[name]
        start = ends[block - 1] if block else 0
        return zlib.decompress(self._map[at + start : at + ends[block]], -15)

    @functools.lru_cache(maxsize=16_384)  # noqa: B019
    def find(self, key: str) -> tuple[int, ...]:
        """The numbers that a key stands for, in the file's order; of cities, see `slots` above."""
        line = key.encode()
        block = bisect_right(self._key_firsts, line) - 1
        if block < 0:
            return ()
        text = self._key_block(block)
        at = text.find(b"\n" + line + b"\n")
        return () if at < 0 else self._slot(block * self._keys_per_block + text.count(b"\n", 0, at))

    def _slot(self, number: int) -> tuple[int, ...]:
        at = self._sections["slots"][0] + 5 * (number // 2)
        value = int.from_bytes(self._map[at : at + 5], "little") >> 20 * (number % 2) & 0xFFFFF
        if not value & _OVERFLOW:
            return (value,)
        at = 2 * (value - _OVERFLOW)
        return tuple(self._overflow[at + 1 : at + 1 + self._overflow[at]])

    def key_lines(self, prefix: str, rest: str = "") -> Iterator[str]:
        """All keys that begin so and go on as the pattern says, in the file's order."""
        start = prefix.encode()
        pattern = re.compile(f"^{re.escape(prefix)}{rest}$" if rest else f"^{re.escape(prefix)}.*$", re.MULTILINE)
        for block in range(max(0, bisect_right(self._key_firsts, start) - 1), len(self._key_firsts)):
            if self._key_firsts[block] > start and not self._key_firsts[block].startswith(start):
                return
            text = self._key_block(block)
            # the file is sorted: what begins so stands together
            at, end = text.find(b"\n" + start), text.rfind(b"\n" + start)
            if at >= 0:
                yield from pattern.findall(text[at + 1 : text.find(b"\n", end + 1)].decode())


@functools.cache
def open_atlas() -> Atlas:
    """The one atlas of this process, opened at the first call."""
    return Atlas()
