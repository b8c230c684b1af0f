"""Place texts in, places out: what writers put after `place:`, and what points on the map belong to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.gazetteer import Located, Outcome, country_name, locate, nearest_city
from alongside.gazetteer.atlas import open_atlas
from alongside.gazetteer.folding import fold
from alongside.gazetteer.spellings import edit_distance


def found(text: str) -> Located:
    outcome = locate(text)
    assert outcome.found is not None, (text, outcome)
    assert outcome == Outcome(found=outcome.found)
    return outcome.found


@pytest.mark.parametrize(
    ("text", "label", "country", "zone"),
    [
        ("Recife, Brazil", "Recife, Brazil", "BR", "America/Recife"),
        ("Paris, France", "Paris, France", "FR", "Europe/Paris"),
        ("Berlin, Germany", "Berlin, Germany", "DE", "Europe/Berlin"),
        ("London, United Kingdom", "London, United Kingdom", "GB", "Europe/London"),
        ("Melbourne, Australia", "Melbourne, Australia", "AU", "Australia/Melbourne"),
        ("Kyiv, Ukraine", "Kyiv, Ukraine", "UA", "Europe/Kyiv"),
        ("Edmonton, Alberta, Canada", "Edmonton, Canada", "CA", "America/Edmonton"),
        ("Santiago de Chile, Metropolitana, Chile", "Santiago, Chile", "CL", "America/Santiago"),
        ("Washington, DC, USA", "Washington, District of Columbia, United States", "US", "America/New_York"),
        ("Washington, D.C.", "Washington, District of Columbia, United States", "US", "America/New_York"),
        ("Portland, Oregon, USA", "Portland, Oregon, United States", "US", "America/Los_Angeles"),
        ("Austin, TX", "Austin, United States", "US", "America/Chicago"),
        ("San Jose, CA", "San Jose, United States", "US", "America/Los_Angeles"),  # CA is Canada as well
        ("Perth, WA, Australia", "Perth, Australia", "AU", "Australia/Perth"),
        ("Sydney, NSW", "Sydney, Australia", "AU", "Australia/Sydney"),
        ("Campinas, SP, Brazil", "Campinas, Brazil", "BR", "America/Sao_Paulo"),
        ("Sydney, AU", "Sydney, Australia", "AU", "Australia/Sydney"),
        ("San Juan, Puerto Rico, USA", "San Juan, Puerto Rico", "PR", "America/Puerto_Rico"),
        ("Edinburgh, Scotland", "Edinburgh, United Kingdom", "GB", "Europe/London"),
        ("Athens, Georgia", "Athens, Georgia, United States", "US", "America/New_York"),
        ("Tbilisi, Georgia", "Tbilisi, Georgia", "GE", "Asia/Tbilisi"),
        ("Hanoi, Vietnam", "Hanoi, Vietnam", "VN", "Asia/Ho_Chi_Minh"),
    ],
)
def test_a_city_is_found_with_its_zone(text: str, label: str, country: str, zone: str) -> None:
    place = found(text)
    assert (place.label, place.country, place.zone, place.precision) == (label, country, zone, "city")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("東京, 日本", "Tokyo, Japan"),
        ("القاهرة، مصر", "Cairo, Egypt"),
        ("Київ, Україна", "Kyiv, Ukraine"),
        ("Kiev, Ukraine", "Kyiv, Ukraine"),
        ("München, Deutschland", "Munich, Germany"),
        ("Muenchen, Germany", "Munich, Germany"),
        ("Bombay, India", "Mumbai, India"),
        ("मुंबई, भारत", "Mumbai, India"),
        ("서울, 대한민국", "Seoul, South Korea"),
        ("广州, 中国", "Guangzhou, China"),
        ("Genève, Suisse", "Geneva, Switzerland"),
        ("SAO PAULO, brasil", "São Paulo, Brazil"),
        ("St. Petersburg, Russia", "Saint Petersburg, Russia"),
        ("Saint Louis, Missouri, USA", "St. Louis, United States"),
        ("rio de janeiro,Brazil", "Rio de Janeiro, Brazil"),
        ("tuxtla-gutierrez, mexico", "Tuxtla, Mexico"),
        ("Ha Noi, Viet Nam", "Hanoi, Vietnam"),
        ("Frankfurt, Germany", "Frankfurt am Main, Germany"),
        ("Newcastle, UK", "Newcastle upon Tyne, United Kingdom"),
        ("Kisumu City, Kenya", "Kisumu, Kenya"),
        ("New York, NY", "New York City, United States"),
        ("Oxford, Missisippi, USA", "Oxford, Mississippi, United States"),  # a slip in the region
        ("Leeds, West Yorkshire, UK", "Leeds, United Kingdom"),  # a county, finer than the file
        ("Kreuzberg, Berlin, Germany", "Kreuzberg, Germany"),  # part of a city
    ],
)
def test_other_names_scripts_and_spellings(text: str, label: str) -> None:
    assert found(text).label == label


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("USA", "US"), ("United States", "US"), ("UK", "GB"), ("South Korea", "KR"), ("Korea, South", "KR"),
        ("Czechia", "CZ"), ("Czech Republic", "CZ"), ("Ivory Coast", "CI"), ("Côte d'Ivoire", "CI"), ("Türkiye", "TR"),
        ("Turkey", "TR"), ("Palestine", "PS"), ("Taiwan", "TW"), ("Kosovo", "XK"), ("Georgia", "GE"), ("Congo", "CG"),
        ("Myanmar (Burma)", "MM"), ("Deutschland", "DE"), ("Allemagne", "DE"), ("Alemania", "DE"), ("Alemanha", "DE"),
        ("ألمانيا", "DE"), ("ドイツ", "DE"), ("德国", "DE"), ("Германия", "DE"), ("Німеччина", "DE"), ("जर्मनी", "DE"),
        ("Germania", "DE"), ("Hong Kong, China", "HK"), ("Hong Kong", "HK"),
    ],
)  # fmt: skip
def test_a_country_alone(text: str, code: str) -> None:
    place = found(text)
    assert (place.country, place.precision, place.city, place.region) == (code, "country", None, None)
    assert found(place.label) == place


def test_a_country_has_a_zone_if_it_has_but_one() -> None:
    assert found("Germany").zone == "Europe/Berlin"  # Büsingen keeps the same time
    assert found("China").zone == "Asia/Shanghai"
    assert found("India").zone == "Asia/Kolkata"
    assert [found(name).zone for name in ("Brazil", "United States", "Spain")] == [None, None, None]


@pytest.mark.parametrize(
    ("text", "label", "zone"),
    [
        ("Pernambuco, Brazil", "Pernambuco, Brazil", "America/Recife"),
        ("Georgia, USA", "Georgia, United States", "America/New_York"),
        ("NY, USA", "New York State, United States", "America/New_York"),
        ("New York State, USA", "New York State, United States", "America/New_York"),
        ("Scotland", "Scotland, United Kingdom", "Europe/London"),
        ("Bayern, Germany", "Bavaria, Germany", "Europe/Berlin"),
        ("Texas, USA", "Texas, United States", None),  # El Paso
    ],
)
def test_a_region(text: str, label: str, zone: str | None) -> None:
    place = found(text)
    assert (place.label, place.zone, place.precision, place.city) == (label, zone, "region", None)
    assert found(place.label) == place


@pytest.mark.parametrize(
    ("text", "largest"),
    [
        ("Portland, United States", "Portland, Oregon, United States"),
        ("Cambridge, United States", "Cambridge, Massachusetts, United States"),
        ("Springfield, United States", "Springfield, Missouri, United States"),
        ("Newport, UK", "Newport, Wales, United Kingdom"),
        ("Suzhou, China", "Suzhou, Jiangsu, China"),
    ],
)
def test_ambiguous_names_carry_labels_that_are_not(text: str, largest: str) -> None:
    outcome = locate(text)
    assert outcome.found is None
    assert outcome.suggestions == ()
    assert 2 <= len(outcome.candidates) <= 8
    assert outcome.candidates[0].label == largest
    people = [candidate.population for candidate in outcome.candidates]
    assert people == sorted(people, reverse=True)
    assert [locate(candidate.label).found for candidate in outcome.candidates] == list(outcome.candidates)


def test_one_name_in_two_countries_is_told_apart_by_the_country() -> None:
    assert {found(f"Córdoba, {country}").country for country in ("Spain", "Argentina", "Mexico")} == {"ES", "AR", "MX"}


def test_a_suburb_does_not_hide_a_city() -> None:
    assert found("Salamanca, Spain").region == "Castille and Leon"  # not Madrid's quarter, which has more people


@pytest.mark.parametrize(
    ("text", "suggestions"),
    [
        ("Berlin", ("Berlin, Germany",)),
        ("東京", ("Tokyo, Japan",)),
        ("Texas", ("Texas, United States",)),
        ("Berln, Germany", ("Berlin, Germany", "Germany")),
        ("Kigali, Rwnda", ("Kigali, Rwanda",)),
        ("Vilnuis, Lithuania", ("Vilnius, Lithuania", "Lithuania")),
        ("Lithuania, Vilnius", ("Vilnius, Lithuania",)),
        ("University of Cape Coast, Ghana", ("Cape Coast, Ghana", "Ghana")),
        ("c-base, Berlin, Germany", ("Berlin, Germany", "Germany")),
        ("South Korea, North Korea", ("North Korea",)),
        ("Nowhere, Narnia", ()),
    ],
)
def test_what_is_not_found_is_suggested(text: str, suggestions: tuple[str, ...]) -> None:
    assert locate(text) == Outcome(suggestions=suggestions)
    assert all(locate(suggestion).found for suggestion in suggestions)


@pytest.mark.parametrize("text", ["", " ", ",", ", ,", "\0", "\u202e", "x" * 201, "," * 200, "\ud800", "a\n, b", "١٢٣"])
def test_what_is_no_place_is_not_found(text: str) -> None:
    assert locate(text).found is None


def test_direction_marks_and_stray_spaces_do_not_matter() -> None:
    assert found("\u200f Perm\u202e ,\u00a0Russia ").label == "Perm, Russia"


@given(
    st.text(max_size=210)
    | st.lists(st.sampled_from(["Berlin", "TX", "Brazil", "St.", "ß", "\0", ",", "、"])).map(" ".join)
)
@settings(max_examples=300)
def test_any_text_has_an_outcome(text: str) -> None:
    outcome = locate(text)
    assert outcome.found is None or not (outcome.candidates or outcome.suggestions)
    assert len(outcome.candidates) <= 8
    assert len(outcome.suggestions) <= 3


@given(st.integers(min_value=0, max_value=len(open_atlas().countries) - 1), st.data())
@settings(max_examples=200)
def test_any_city_by_its_name_and_country_is_that_name_or_ambiguous(country: int, data: st.DataObject) -> None:
    code = open_atlas().countries[country].code
    lines = list(open_atlas().key_lines(code))
    if not lines:
        return
    outcome = locate(f"{data.draw(st.sampled_from(lines))[2:]}, {open_atlas().countries[country].name}")
    assert outcome.found is not None or outcome.candidates
    for place in (outcome.found, *outcome.candidates):
        if place is not None:
            assert place.country == code
            assert -90 <= place.lat <= 90
            assert -180 <= place.lon <= 180
            ZoneInfo(place.zone or "UTC")


@pytest.mark.parametrize(
    ("lat", "lon", "label"),
    [
        (52.513, 13.42, "Berlin, Germany"),  # c-base: Friedrichshain is nearer
        (41.7177, 44.7848, "Tbilisi, Georgia"),
        (42.9844, -81.2462, "London, Canada"),
        (-34.6057, -58.3792, "Buenos Aires, Argentina"),
        (32.58, -117.11, "Imperial Beach, United States"),  # not Tijuana, across the border
        (32.53, -117.02, "Tijuana, Mexico"),
        (-17.7, 179.99, "Levuka, Fiji"),  # on both sides of the date line
        (-17.7, -179.99, "Levuka, Fiji"),
        (-17.7, 180.01, "Levuka, Fiji"),
    ],
)
def test_a_point_belongs_to_a_city(lat: float, lon: float, label: str) -> None:
    place = nearest_city(lat, lon)
    assert place is not None
    assert place.label == label
    assert place.zone is not None


def test_a_point_far_from_all_cities_belongs_to_none() -> None:
    assert nearest_city(0, -150) is None
    assert nearest_city(52.513, 13.42, within_km=0.001) is None
    assert nearest_city(0, -150, within_km=5_000) is not None


@given(st.floats(), st.floats())
@settings(max_examples=300)
def test_any_point_has_an_answer(lat: float, lon: float) -> None:
    nearest_city(lat, lon)


@given(st.floats(min_value=-90, max_value=90), st.floats(min_value=-180, max_value=180))
@settings(max_examples=300)
def test_any_point_on_earth_has_an_answer(lat: float, lon: float) -> None:
    place = nearest_city(lat, lon)
    assert place is None or (place.precision == "city" and place.zone)


def test_country_names() -> None:
    assert country_name("DE") == "Germany"
    assert country_name("de", "pt") == country_name("DE", "pt-BR") == "Alemanha"
    assert country_name("UA", "uk") == "Україна"
    assert country_name("TW", "zh-TW") == "台灣"
    assert country_name("DE", "tlh") == "Germany"
    assert country_name("zz") == "zz"


def test_zones_are_canonical() -> None:
    old = {"Europe/Kiev", "Asia/Calcutta", "Asia/Rangoon", "Asia/Saigon", "America/Buenos_Aires"}
    zones = {open_atlas().city(number).zone for number in range(0, 170_000, 97)}
    assert not zones & old
    for zone in zones:
        ZoneInfo(zone)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("São Paulo", "saopaulo"), ("St. John's", "saintjohns"), ("Xi’an", "xian"), ("al-Jaza´ir", "aljazair"),
        ("U.S.A.", "usa"), ("D.C.", "dc"), ("Łódź", "lodz"), ("Straße", "strasse"), ("Київ", "киів"), ("ガ", "ガ"),
        ("मुंबई", "मुंबई"), ("서울", "서울"), ("İzmir", "izmir"), ("_", ""), ("\u202e", ""),
    ],
)  # fmt: skip
def test_fold(text: str, key: str) -> None:
    assert fold(text) == key


@given(st.text())
def test_a_key_folds_to_itself_without_case(text: str) -> None:
    assert fold(text.upper()) == fold(text.upper().casefold())


@pytest.mark.parametrize(("one", "two", "distance"), [("berlin", "belrin", 1), ("abc", "abc", 0), ("abc", "xyz", 3)])
def test_edit_distance(one: str, two: str, distance: int) -> None:
    assert edit_distance(one, two, 2) == edit_distance(two, one, 2) == distance
