"""Where people, groups and meetups are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place on earth, resolved once while reading. Coordinates are degrees, WGS 84."""

    label: str  # as authored: "Recife, Brazil", "c-base, Rungestraße 20, Berlin"
    slug: str  # of its page: the nearest city's ("recife-brazil"), or the region's or country's
    name: str  # what that page is called: "Recife, Brazil"
    country: str  # ISO 3166-1 alpha-2; empty for a point far from every city
    country_name: str = ""  # in English
    city: str = ""  # empty when only a region or country is known
    region: str = ""
    lat: float | None = None  # of the exact point; of a region or country: somewhere in its middle
    lon: float | None = None
    zone: str | None = None  # IANA; None when a country or region has several
    precise: bool = True  # False: a region or a country, so distance says little
