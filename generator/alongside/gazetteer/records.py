"""What a place name resolves to: the values that the gazetteer hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Precision = Literal["city", "region", "country"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A place on the map, as exact as its name was."""

    # the shortest text that `locate` resolves to this place: "Recife, Brazil", "Portland, Oregon, United States"
    label: str
    # GeoNames' main name: English where one is usual, else the local one; None for a region or a country
    city: str | None
    # first-level division (state, province, Land); None for a country, or where none is known
    region: str | None
    # ISO 3166-1 alpha-2, upper case; XK for Kosovo
    country: str
    # English (CLDR)
    country_name: str
    # degrees north, WGS 84; for a region or country, of its people (weighted by the size of its cities)
    lat: float
    # degrees east, WGS 84
    lon: float
    # canonical IANA zone; None for a country or region with several
    zone: str | None
    # people, to four digits for a city; for a region, those of its known cities
    population: int
    # how exact `lat` and `lon` are
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The answer to one place text: one place, several to choose from, or names that come near."""

    # the place, where the text means one
    found: Located | None = None
    # at most 8, most people first; empty when found. Each label, pasted, resolves to its place
    candidates: tuple[Located, ...] = ()
    # at most 3 texts that do resolve, nearest first; only where nothing matched
    suggestions: tuple[str, ...] = ()
