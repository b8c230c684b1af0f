"""Places as authored: a name that the gazetteer knows, or a label with coordinates."""

from __future__ import annotations

from functools import lru_cache

from alongside.gazetteer import Located, country_name, locate, locate_country, locate_region, nearest_city
from alongside.model.places import Place
from alongside.reading.fields import Field, Parser, Sheet, Table, read_table, wrong_type
from alongside.reading.slugs import slugify
from alongside.reading.values import LATITUDE, LINE, LONGITUDE, read_line
from alongside.source.yaml_nodes import Keys, Plain

POINT = Table(
    kind="place",
    about="A point on the map with a label.",
    fields=(
        Field(name="label", parser=LINE, about="What people read: a venue and its street, or a city.", required=True),
        Field(name="lat", parser=LATITUDE, about="Degrees north (WGS 84).", required=True),
        Field(name="lon", parser=LONGITUDE, about="Degrees east (WGS 84).", required=True),
    ),
)


@lru_cache(maxsize=8192)
def named_place(label: str, found: Located) -> Place:
    """A place of the gazetteer under an author's label. Its slug is that of the shortest name that means it."""
    return Place(
        label=label,
        slug=slugify(found.label.replace(",", " ")),
        name=found.label,
        country=found.country,
        country_name=found.country_name,
        city=found.city or "",
        region=found.region or "",
        lat=found.lat,
        lon=found.lon,
        zone=found.zone,
        precise=found.precision == "city",
    )


@lru_cache(maxsize=8192)
def point_place(label: str, lat: float, lon: float) -> Place:
    """A point: city, country, zone and page are those of the nearest city; far from every city it has none."""
    city = nearest_city(lat, lon)
    if city is None:
        return Place(label=label, slug="", name=label, country="", lat=lat, lon=lon)
    return Place(
        label=label,
        slug=_city_slug(city),
        name=city.label,
        country=city.country,
        country_name=city.country_name or country_name(city.country),
        city=city.city or "",
        region=city.region or "",
        lat=lat,
        lon=lon,
        zone=city.zone,
    )


def _city_slug(city: Located) -> str:
    """The slug of a city's page. One in two hundred shares its name and region with another: the one that the name
    alone does not mean gets its coordinates (`santana-bahia-brazil-s14.47-w41.80`).
    """
    slug = slugify(city.label.replace(",", " "))
    meant = locate(city.label).found
    if meant is not None and (meant.lat, meant.lon) == (city.lat, city.lon):
        return slug
    north, east = "s" if city.lat < 0 else "n", "w" if city.lon < 0 else "e"
    return f"{slug}-{north}{abs(city.lat):.2f}-{east}{abs(city.lon):.2f}"


def areas_of(place: Place) -> tuple[Place, ...]:
    """The region and the country that a place lies in, as places, the smaller first; itself is left out.

    Their slugs are those of the shortest names that mean them, as everywhere: `luxembourg` is the country,
    `luxembourg-luxembourg` its city, `berlin-region-germany` the region around `berlin-germany`.
    """
    return tuple(area for area in _areas(place.country, place.region) if area.slug != place.slug)


def country_place(code: str) -> Place | None:
    """The country of a code (ISO 3166-1 alpha-2) as a place, or None where there is no such."""
    return next(iter(_areas(code, "")), None)


@lru_cache(maxsize=8192)
def _areas(country: str, region: str) -> tuple[Place, ...]:
    found = (locate_region(country, region), locate_country(country))
    return tuple(named_place(area.label, area) for area in found if area is not None)


@lru_cache(maxsize=8192)
def find_place(text: str) -> tuple[Place | None, tuple[str, ...], tuple[str, ...]]:
    """(place, labels of candidates, nearest names) of a name; exactly one of the three says something."""
    outcome = locate(text)
    if outcome.found is not None:
        return named_place(text, outcome.found), (), ()
    return None, tuple(item.label for item in outcome.candidates), outcome.suggestions


def _read_place(sheet: Sheet, keys: Keys, value: Plain) -> Place | None:
    if isinstance(value, dict):
        fields = read_table(sheet, POINT, value, keys)
        return point_place(fields["label"], fields["lat"], fields["lon"]) if fields is not None else None
    if isinstance(value, list):
        wrong_type(sheet, keys, value, "a place (a text)")
        return None
    text = read_line(sheet, keys, value)
    if text is None:
        return None
    place, candidates, suggestions = find_place(text)
    if place is not None:
        return place
    shown = text[:60]
    if candidates:
        sheet.report(
            keys, "ambiguous-place", f'There are several places called "{shown}".',
            "Write one of: " + "; ".join(candidates) + ".",
        )  # fmt: skip
    else:
        near = "Did you mean " + " or ".join(f'"{name}"' for name in suggestions) + "? " if suggestions else ""
        sheet.report(
            keys, "unknown-place", f'No place called "{shown}" is known.',
            near + 'Write "City, Country", a country alone, or {label: "...", lat: 0.0, lon: 0.0}.',
        )  # fmt: skip
    return None


PLACE = Parser(
    read=_read_place,
    schema={"anyOf": [{"type": "string"}, POINT.schema]},
)
