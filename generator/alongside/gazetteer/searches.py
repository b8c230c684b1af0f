"""Provisional: a handful of cities, so that the road above can be built; the data file replaces it."""

from __future__ import annotations

import math

from alongside.gazetteer.records import Located, Outcome

_ROWS = """\
Recife|Pernambuco|BR|Brazil|-8.05389|-34.88111|America/Recife|1653461
São Paulo|São Paulo|BR|Brazil|-23.5475|-46.63611|America/Sao_Paulo|12400232
Berlin|Berlin|DE|Germany|52.52437|13.41053|Europe/Berlin|3426354
Paris|Île-de-France|FR|France|48.85341|2.3488|Europe/Paris|2138551
London|England|GB|United Kingdom|51.50853|-0.12574|Europe/London|8961989
Kyiv|Kyiv City|UA|Ukraine|50.45466|30.5238|Europe/Kyiv|2952301
Tokyo|Tokyo|JP|Japan|35.6895|139.69171|Asia/Tokyo|9733276
Melbourne|Victoria|AU|Australia|-37.814|144.96332|Australia/Melbourne|4917750
Lagos|Lagos|NG|Nigeria|6.45407|3.39467|Africa/Lagos|15388000
Portland|Oregon|US|United States|45.52345|-122.67621|America/Los_Angeles|652503
Portland|Maine|US|United States|43.65737|-70.2589|America/New_York|68408
Nairobi|Nairobi County|KE|Kenya|-1.28333|36.81667|Africa/Nairobi|4397073
"""


def _cities() -> list[Located]:
    rows = [line.split("|") for line in _ROWS.splitlines()]
    pairs = [(row[0], row[2]) for row in rows]
    return [
        Located(
            label=f"{city}, {name}" if pairs.count((city, code)) == 1 else f"{city}, {region}, {name}",
            city=city, region=region, country=code, country_name=name, lat=float(lat), lon=float(lon),
            zone=zone, population=int(population), precision="city",
        )
        for city, region, code, name, lat, lon, zone, population in rows
    ]  # fmt: skip


def locate(text: str) -> Outcome:
    """Resolve "City, Country", "City, Region, Country" or a country alone."""
    parts = [part.strip().casefold() for part in text[:200].split(",")]
    cities = _cities()
    matches = tuple(
        city
        for city in cities
        if parts
        in (
            [str(city.city).casefold(), city.country_name.casefold()],
            [str(city.city).casefold(), str(city.region).casefold(), city.country_name.casefold()],
        )
    )
    if len(matches) == 1:
        return Outcome(found=matches[0])
    if matches:
        return Outcome(candidates=tuple(sorted(matches, key=lambda city: -city.population)))
    for city in cities:
        if parts == [city.country_name.casefold()]:
            return Outcome(
                found=Located(
                    label=city.country_name, city=None, region=None, country=city.country,
                    country_name=city.country_name, lat=city.lat, lon=city.lon,
                    zone=None if city.country in ("AU", "BR", "US") else city.zone,
                    population=0, precision="country",
                )
            )  # fmt: skip
    return Outcome(suggestions=tuple(c.label for c in cities if str(c.city).casefold() == parts[0])[:3])


def nearest_city(lat: float, lon: float, *, within_km: float = 100.0) -> Located | None:
    """The city that a point belongs to, or None where none is known within `within_km` kilometres."""
    scale = math.cos(math.radians(lat))
    city = min(_cities(), key=lambda c: math.hypot(c.lat - lat, (c.lon - lon) * scale))
    distance_km = 111.2 * math.hypot(city.lat - lat, (city.lon - lon) * scale)
    return city if distance_km <= within_km else None


def country_name(code: str, language: str = "en") -> str:
    """The name of a country in a language; in English where that language is not known, the code where nothing is."""
    names = {city.country: city.country_name for city in _cities()}
    return names.get(code.upper(), code)
