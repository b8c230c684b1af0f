"""From a place as a writer puts it, "City, Region, Country", to where it is.

What the words mean is settled by these rules, in this order:

1. The last part is a country (any name of it, in any of 75 languages, or a code), or a region that stands for one:
   a state or province of Australia, Brazil, Canada or the United States, a nation of the United Kingdom.
2. A city by its own name comes before a region of the same name, a region before another name of a city. Three
   exceptions: a large city by another of its names joins far towns of a tenth of its people, and counts a third
   of its own ("Newcastle" upon Tyne; not "Waterloo", as Austin once was); a small town gives way to a region
   elsewhere with 10 x its people ("Georgia, United States"); a city called as its region is goes before it.
3. Cities of one name within 50 km of each other are one: the largest. So are those in one region, for no text could
   tell them apart. A suburb is meant only if it has twice the people of any city of its name.
4. Of what is left, the largest is meant if it has 100,000 people and 10 x those of the next. Otherwise the text is
   ambiguous, and each candidate carries the label that is not.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alongside.gazetteer.atlas import Atlas, City, Region, open_atlas
from alongside.gazetteer.folding import fold
from alongside.gazetteer.records import Located, Outcome
from alongside.gazetteer.spellings import nearest_keys

MAX_LENGTH = 200  # characters; no place is named at more length
MAX_CANDIDATES = 8
MAX_SUGGESTIONS = 3
SAME_PLACE_KM = 50.0
FAR_KM = 500.0  # a region of a city's name this far away is another place
LARGE_CITY = 100_000  # people
DOMINATES = 10  # times the people of the next
OTHER_NAME = 3  # times fewer people count for a city by another of its names, beside one that has it as its own
SUBURB_OVER_CITY = 2  # times the people of the largest city that shares its name
REGION_OVER_TOWN = 10  # times the people of the town that shares its name

_PARTS = re.compile("[,;،、，؛]")  # with Arabic and CJK commas
_REGION_WORD = re.compile("(.{3,})(?:state|province|region|county)$")
_STATES = frozenset({"AU", "BR", "IN", "MX", "MY", "NG", "US", "VE"})

# Parts of a country that have a country code of their own; people name both.
_TERRITORIES = {
    "AU": "CC CX NF", "CN": "HK MO", "DK": "FO GL", "FI": "AX", "FR": "BL GF GP MF MQ NC PF PM RE WF YT",
    "GB": "AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG", "NL": "AW BQ CW SX", "NO": "SJ", "NZ": "CK NU TK",
    "US": "AS GU MP PR VI",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Where to look for a city: a country, one of its regions, or around another city."""

    country: int
    region: int | None = None
    around: City | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matches:
    """What a text means: at most one kind of place, more than one of it where it is ambiguous."""

    cities: tuple[City, ...] = ()
    regions: tuple[int, ...] = ()
    countries: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cities or self.regions or self.countries)


def locate(text: str) -> Outcome:
    """Resolve "City, Country", "City, Region, Country", "City, TX" or a country alone; see the rules above.

    Never raises: what cannot be read, or is longer than 200 characters, is not found.
    """
    return _locate(text) if len(text) <= MAX_LENGTH else Outcome()


@functools.lru_cache(maxsize=4096)
def _locate(text: str) -> Outcome:
    words = [part for part in _PARTS.split(text) if fold(part)]
    if not words:
        return Outcome()
    atlas = open_atlas()
    matches = _match(atlas, [fold(part) for part in words])
    places = [
        *(located_city(city.number) for city in matches.cities),
        *(_located_region(region) for region in matches.regions),
        *(_located_country(country) for country in matches.countries),
    ]
    if len(places) == 1:
        return Outcome(found=places[0])
    if places:
        # a few towns share their name with a larger one of their region: no text leads to them
        places = [p for p in places if p.precision != "city" or _leads_to(atlas, p.label, matches.cities)] or places
        places.sort(key=lambda place: -place.population)
        return Outcome(candidates=tuple(places[:MAX_CANDIDATES]))
    return Outcome(suggestions=_suggest(atlas, words))


def _leads_to(atlas: Atlas, label: str, cities: Sequence[City]) -> bool:
    meant = _match(atlas, [fold(part) for part in label.split(",")]).cities
    return len(meant) == 1 and meant[0] in cities


def country_name(code: str, language: str = "en") -> str:
    """The name of a country (ISO 3166-1 alpha-2) in a language (BCP 47), from CLDR.

    In English where the language, or its name for the country, is not known; the code where the country is not.

    >>> country_name("DE", "pt-BR")
    'Alemanha'
    """
    atlas = open_atlas()
    number = atlas.country_numbers.get(code.upper())
    if number is None:
        return code
    tag = language.replace("_", "-")
    if tag.lower() != "en":
        for known in (tag, _CHINESE.get(tag.lower(), ""), tag.split("-")[0].lower()):
            if name := atlas.languages.get(known, [""] * (number + 1))[number]:
                return name
    return atlas.countries[number].name


def locate_country(code: str) -> Located | None:
    """The country of a code (ISO 3166-1 alpha-2), or None where there is no such."""
    number = open_atlas().country_numbers.get(code)
    return None if number is None else _located_country(number)


def locate_region(country: str, name: str) -> Located | None:
    """The region that a `Located` of that country (ISO 3166-1 alpha-2) names, or None where there is no such.

    By its code and not by a text: "Berlin, Germany" is the city, and the region is "Berlin region, Germany".
    """
    atlas = open_atlas()
    number = atlas.country_numbers.get(country)
    if number is None or not name:
        return None
    found = _find_regions(atlas, number, fold(name))
    return next((_located_region(one) for one in found if atlas.region(one).name == name), None)


_CHINESE = {"zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant", "zh-hant": "zh-Hant", "no": "nb", "nn": "nb"}


# --- what the words mean


def _match(atlas: Atlas, parts: Sequence[str]) -> _Matches:
    if countries := atlas.find("@" + "".join(parts)):  # a name with a comma in it: "Korea, South"
        return _Matches(countries=countries)
    if len(parts) == 1:
        # The nations of the United Kingdom are as good as countries to those who write them.
        regions = [r for r in atlas.find("=" + parts[0]) if atlas.countries[atlas.region(r).country].code == "GB"]
        return _Matches(regions=tuple(regions))
    if len(parts) > 3 or (len(parts) == 3 and (country := atlas.find("@" + parts[1] + parts[2]))):
        return _match_city(atlas, parts[0], [_Scope(country=c) for c in country]) if len(parts) == 3 else _Matches()
    countries = atlas.find("@" + parts[-1])
    if len(parts) == 3:
        return _match_in_region(atlas, parts[0], parts[1], countries)
    scopes = [_Scope(country=country) for country in countries]
    scopes += [_Scope(country=atlas.region(r).country, region=r) for r in atlas.find("=" + parts[-1])]
    if matches := _match_city(atlas, parts[0], scopes):
        return matches
    territories = _territories(atlas, parts[0], countries)
    return _Matches(countries=territories)


def _match_in_region(atlas: Atlas, city: str, region: str, countries: Iterable[int]) -> _Matches:
    """City, Region, Country: the region exactly, then a territory, a misspelled region, a city that it is part of."""
    countries = tuple(countries)
    scopes = [_Scope(country=c, region=r) for c in countries for r in _find_regions(atlas, c, region)]
    if not scopes:
        scopes = [_Scope(country=territory) for territory in _territories(atlas, region, countries)]
    if not scopes:
        for country in countries:
            prefix = "+" + atlas.countries[country].code
            scopes += [
                _Scope(country=country, region=r)
                for key in nearest_keys(atlas, prefix, region, whole=True)[:1]
                for r in atlas.find(key)
            ]
    if not scopes:
        for country in countries:
            around = _match_city(atlas, region, [_Scope(country=country)]).cities
            scopes += [_Scope(country=country, around=place) for place in around]
    if scopes:
        return _match_city(atlas, city, scopes, regions=False)
    # A county, a district: finer than what the file knows. The city decides, if there is but one.
    return _match_city(atlas, city, [_Scope(country=c) for c in countries], regions=False)


def _find_regions(atlas: Atlas, country: int, region: str) -> tuple[int, ...]:
    prefix = "+" + atlas.countries[country].code
    found = atlas.find(prefix + region)
    if not found and (bare := _REGION_WORD.match(region)):
        found = atlas.find(prefix + bare[1])
    return found


def _territories(atlas: Atlas, name: str, countries: Iterable[int]) -> tuple[int, ...]:
    own = {code for c in countries for code in _TERRITORIES.get(atlas.countries[c].code, "").split()}
    return tuple(c for c in atlas.find("@" + name) if atlas.countries[c].code in own)


def _match_city(atlas: Atlas, name: str, scopes: Sequence[_Scope], *, regions: bool = True) -> _Matches:
    """The cities of a name in any of the scopes, or (rule 2) the region of that name."""
    own: dict[int, City] = {}
    other: dict[int, City] = {}
    for scope in scopes:
        for number in atlas.find(atlas.countries[scope.country].code + name):
            city = atlas.city(number >> 1)
            if (scope.region is None or scope.region == city.region) and (
                scope.around is None or _distance_km(scope.around, city) < SAME_PLACE_KM
            ):
                (other if number & 1 else own)[city.number] = city
    if not own and not other and name.endswith("city") and len(name) > len("city"):
        return _match_city(atlas, name.removesuffix("city"), scopes, regions=False)
    people = max((city.population for city in own.values()), default=0)
    large = max(LARGE_CITY, DOMINATES * people)
    joining = [
        city
        for city in other.values()
        if not own or (city.population >= large and not any(_one_to_a_reader(city, kept) for kept in own.values()))
    ]
    cities = [*own.values(), *joining]
    weights = {c.number: c.population // (1 if c.number in own or not own else OTHER_NAME) for c in cities}
    if regions:
        divisions = tuple(r for s in scopes if s.region is None for r in _find_regions(atlas, s.country, name))
        inside = [city for city in cities if city.region in divisions]
        if divisions and not any(city.number in own or _named_as(atlas, city, name) for city in inside):
            weight = max(atlas.region(r).population for r in divisions)
            if not own or (people < LARGE_CITY and weight >= REGION_OVER_TOWN * people):
                return _Matches(regions=divisions)
    return _Matches(cities=tuple(_meant(cities, weights)))


def _named_as(atlas: Atlas, city: City, name: str) -> bool:
    """Whether a city, found by another of its names, is called as its region is: Wien; Santiago de Querétaro."""
    key = fold(atlas.city_name(city.number))
    return name in key or city.region in atlas.find("+" + atlas.countries[city.country].code + key)


def _meant(cities: Iterable[City], weights: Mapping[int, int]) -> list[City]:
    """Rules 3 and 4: the cities that a name may mean, largest first; one where it is clear."""
    left: list[City] = []
    cities = list(cities)
    people = max((city.population for city in cities if not city.suburb), default=0)
    cities = [city for city in cities if not city.suburb or city.population >= SUBURB_OVER_CITY * people]
    for city in sorted(cities, key=lambda c: (-weights[c.number], c.number)):
        if not any(_one_to_a_reader(city, kept) for kept in left):
            left.append(city)
    if (
        len(left) > 1
        and left[0].population >= LARGE_CITY
        and (weights[left[0].number] >= DOMINATES * weights[left[1].number])
    ):
        return left[:1]
    return left


def _one_to_a_reader(one: City, two: City) -> bool:
    """Whether no label could tell two cities of one name apart."""
    return (one.country, one.region) == (two.country, two.region) or _distance_km(one, two) < SAME_PLACE_KM


def _distance_km(one: City | Region, two: City | Region) -> float:
    """Near enough below a few hundred kilometres (equirectangular)."""
    east = (one.lon - two.lon + 180) % 360 - 180
    return 111.2 * math.hypot(one.lat - two.lat, east * math.cos(math.radians((one.lat + two.lat) / 2)))


# --- from the file's numbers to places with labels


@functools.lru_cache(maxsize=16_384)
def located_city(number: int) -> Located:
    """The city of that number in the file, with its label."""
    atlas = open_atlas()
    city = atlas.city(number)
    name = atlas.city_name(number)
    country = atlas.countries[city.country]
    region = None if city.region is None else atlas.region(city.region).name
    label = f"{name}, {country.name}"
    if region is not None:
        meant = _match_city(atlas, fold(name), [_Scope(country=city.country)]).cities
        far = [atlas.region(r) for r in _find_regions(atlas, city.country, fold(name))]  # Washington, the state
        if [c.number for c in meant] != [number] or any(_distance_km(r, city) > FAR_KM for r in far):
            label = f"{name}, {region}, {country.name}"
    return Located(
        label=label, city=name, region=region, country=country.code, country_name=country.name,
        lat=city.lat, lon=city.lon, zone=city.zone, population=city.population, precision="city",
    )  # fmt: skip


@functools.lru_cache(maxsize=1024)
def _located_region(number: int) -> Located:
    atlas = open_atlas()
    region = atlas.region(number)
    country = atlas.countries[region.country]
    name = region.name
    if number not in _match_city(atlas, fold(name), [_Scope(country=region.country)]).regions:
        name += " State" if country.code in _STATES else " region"  # its main city has the bare name
    return Located(
        label=f"{name}, {country.name}", city=None, region=region.name, country=country.code,
        country_name=country.name, lat=region.lat, lon=region.lon, zone=region.zone,
        population=region.population, precision="region",
    )  # fmt: skip


@functools.lru_cache(maxsize=512)
def _located_country(number: int) -> Located:
    country = open_atlas().countries[number]
    return Located(
        label=country.name, city=None, region=None, country=country.code, country_name=country.name,
        lat=country.lat, lon=country.lon, zone=country.zone, population=country.population, precision="country",
    )  # fmt: skip


# --- where nothing matched


def _suggest(atlas: Atlas, words: Sequence[str]) -> tuple[str, ...]:
    """Texts that do resolve, and may be what was meant."""
    parts = [fold(word) for word in words]
    found: list[str] = []
    countries = atlas.find("@" + parts[-1])
    if len(parts) > 1 and not countries:
        countries = tuple(c for key in nearest_keys(atlas, "#", parts[-1], whole=True)[:1] for c in atlas.find(key))
        if countries and (matches := _match(atlas, [*parts[:-1], fold(atlas.countries[countries[0]].name)])):
            found += _labels(matches)
    if len(parts) == 2 and (first := atlas.find("@" + parts[0])):  # the wrong way round
        found += _labels(_match_city(atlas, parts[1], [_Scope(country=c) for c in first]))
    if len(parts) > 1 and countries and not found:
        codes = [atlas.countries[country].code for country in countries]
        # the parts from the right (in "c-base, Berlin, Germany" the city comes second), then near spellings of the
        # first, then the words inside it ("University of Cape Coast")
        found += _labels(_match(atlas, parts[-3:])) if len(parts) > 3 else []
        for part in parts[-2::-1] if len(parts) > 2 and not found else ():
            found += _labels(_match_city(atlas, part, [_Scope(country=c) for c in countries]))
        for code in codes:
            found += _city_labels(atlas, nearest_keys(atlas, code, parts[0]))
            near = nearest_keys(atlas, "+" + code, parts[0], whole=True)[:1] if len(parts) == 2 and not found else []
            found += [_located_region(region).label for key in near for region in atlas.find(key)]
        if not found:
            found += [located_city(n).label for n in _cities_inside(atlas, codes, words[0])]
        found += [atlas.countries[country].name for country in countries]
    if not found:
        for part in (parts[0], parts[-1]):
            large = [atlas.city(number >> 1) for number in atlas.find("*" + part)]
            own = [atlas.city(number >> 1) for number in atlas.find("*" + part) if not number & 1]
            found += [located_city(city.number).label for city in (own or large)]
            found += [_located_region(region).label for region in atlas.find("=" + part)]
            found += [atlas.countries[c].name for c in atlas.find("@" + part)] if len(parts) > 1 else []
        for key in nearest_keys(atlas, "#", parts[-1], whole=True):
            found += [atlas.countries[country].name for country in atlas.find(key)]
        if not found and len(parts[0]) > 5:
            found += _city_labels(atlas, nearest_keys(atlas, "*", parts[0]))
    return tuple(dict.fromkeys(found))[:MAX_SUGGESTIONS]


def _labels(matches: _Matches) -> list[str]:
    return [
        *(located_city(city.number).label for city in matches.cities[:MAX_SUGGESTIONS]),
        *(_located_region(region).label for region in matches.regions[:MAX_SUGGESTIONS]),
    ]


def _city_labels(atlas: Atlas, keys: Iterable[str]) -> list[str]:
    """Labels of the largest city of each key, in the order of the keys."""
    numbers = [numbers[0] >> 1 for numbers in map(atlas.find, keys) if numbers]
    return [located_city(number).label for number in list(dict.fromkeys(numbers))[:MAX_SUGGESTIONS]]


def _cities_inside(atlas: Atlas, codes: Iterable[str], text: str) -> list[int]:
    """Cities of 10,000 people in these countries, named inside a text: the city is often in the university's name."""
    words = [word for word in re.split(r"[^\w.'’]+", text)[:10] if word.casefold() not in _COMMON_WORDS]
    found: dict[int, tuple[int, int]] = {}
    for length in range(min(4, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            key = fold(" ".join(words[start : start + length]))
            numbers = [n >> 1 for code in codes for n in atlas.find(code + key)[:1] if len(key) > 3]
            for number in numbers:
                if (people := atlas.population(number)) >= 10_000:
                    found.setdefault(number, (-length, -people))
    return sorted(found, key=found.__getitem__)[:MAX_SUGGESTIONS]


_COMMON_WORDS = frozenset(
    "university college universidad universidade université universität institute institut instituto school "
    "of the de la el los las del and y e des da do map osm openstreetmap technical national meetup state".split()
)
