"""Single values: slugs, dates, lengths of time, zones, languages, addresses, words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.reading.languages import parse_language, propose_language
from alongside.reading.nearest_names import NameIndex
from alongside.reading.newcomers import parse_address
from alongside.reading.slugs import MAX_LENGTH, slug_fault, slugify
from alongside.reading.times import (
    clock_gap,
    date_hint,
    parse_date,
    parse_duration,
    parse_moment,
    parse_zone,
    propose_zone,
)
from alongside.reading.values import EMAIL, web_address_fault
from alongside.reading.wording import count_words, find_pointing, find_relative_time, length_fault


@pytest.mark.parametrize(
    "name", ["a", "ana-souza", "a.b", "x_1", "日本の話", "हिन्दी", "über", "2026-05-04-talk", "ana-souza.pt"]
)
def test_good_slugs(name: str) -> None:
    assert slug_fault(name) == ("", "")


@pytest.mark.parametrize(
    ("name", "proposal"),
    [
        ("Ana", "ana"), ("a b", "a-b"), ("l'été", "lete"), ("-x", "x"), ("x.", "x"), ("a..b", "a.b"), ("nul", "nul-1"),
        ("com1.x", "com1-1.x"), ("../etc", "etc"), ("a/b", "a-b"), ("e\u0301te\u0301", "ete"), ("x" * 200, "x" * 80), ("…", "a-name"),
        ("Straße", "strasse"), ("a\u202eb", "a-b"), ("", "a-name"),
    ],
)  # fmt: skip
def test_bad_slugs_and_what_to_call_them(name: str, proposal: str) -> None:
    fault, proposed = slug_fault(name)
    assert fault
    assert proposed == proposal
    assert slug_fault(proposed) == ("", "")


@given(st.text(max_size=120))
def test_a_proposal_is_always_good(text: str) -> None:
    assert slug_fault(slugify(text)) == ("", "")
    assert len(slugify(text)) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2h", timedelta(hours=2)), ("90 minutes", timedelta(minutes=90)), ("1h 30m", timedelta(minutes=90)), ("1h30", None),
        ("1 hour and 15 min", timedelta(minutes=75)), ("PT1H30M", timedelta(minutes=90)), ("P1D", timedelta(days=1)),
        ("P1DT2H", timedelta(hours=26)), ("1:30", timedelta(minutes=90)), ("2 days", timedelta(days=2)), ("1.5 hours", timedelta(minutes=90)),
        ("0h", timedelta(0)), ("P", None), ("PT", None), ("", None), ("2", None), ("two hours", None), ("2h tomorrow", None),
        ("9" * 50 + "h", None), ("PT" + "9" * 30 + "H", None),
    ],
)  # fmt: skip
def test_durations(text: str, length: timedelta | None) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    ("text", "when", "offset"),
    [
        ("2026-12-03", date(2026, 12, 3), None), ("2026-12-03 18:30", datetime(2026, 12, 3, 18, 30), None),  # noqa: DTZ001
        ("2026-12-03T18:30:05", datetime(2026, 12, 3, 18, 30, 5), None),  # noqa: DTZ001
        ("2026-12-03 18:30Z", datetime(2026, 12, 3, 18, 30), timedelta(0)),  # noqa: DTZ001
        ("2026-12-03 18:30 +05:30", datetime(2026, 12, 3, 18, 30), timedelta(hours=5.5)),  # noqa: DTZ001
        ("2026-12-03T18:30-03", datetime(2026, 12, 3, 18, 30), timedelta(hours=-3)),  # noqa: DTZ001
        ("2026-12-03 24:00", datetime(2026, 12, 4, 0, 0), None),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_moments(text: str, when: object, offset: timedelta | None) -> None:
    moment = parse_moment(text)
    assert moment is not None
    assert (moment.when, moment.offset) == (when, offset)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-13-01",
        "2026-02-30",
        "2026-12-03 25:00",
        "2026-12-03 18:60",
        "03.12.2026",
        "tomorrow",
        "1026-01-01",
        "2026-12-03 18:30+99:00",
    ],
)
def test_no_moments(text: str) -> None:
    assert parse_moment(text) is None


def test_dates_and_hints() -> None:
    assert parse_date("2026-5-4") == date(2026, 5, 4)
    assert date_hint("2026/05/04") == "Write 2026-05-04"
    assert date_hint("13.05.2026") == "Write 2026-05-13"
    assert "2028-02-29" in date_hint("2028-02-31")


def test_zones() -> None:
    assert parse_zone("Europe/Kiev") == "Europe/Kyiv"
    assert parse_zone("europe/berlin") == "Europe/Berlin"
    assert parse_zone("America/New York") == "America/New_York"
    assert parse_zone("Mars/Olympus") is None
    assert "Europe/Berlin" in propose_zone("Berlin")
    assert "Asia/Kolkata" in propose_zone("India Standard Time")
    gap = clock_gap(datetime(2027, 3, 28, 2, 30), "Europe/Berlin")  # noqa: DTZ001
    assert gap == datetime(2027, 3, 28, 3, 30)  # noqa: DTZ001
    assert clock_gap(datetime(2027, 3, 28, 3, 30), "Europe/Berlin") is None  # noqa: DTZ001


def test_languages() -> None:
    assert [parse_language(text) for text in ("en", "PT-br", "zh-hant-tw", "no", "xx", "and feeling", "es-419")] == [
        "en",
        "pt-BR",
        "zh-Hant-TW",
        "no",
        None,
        None,
        "es-419",
    ]
    assert [propose_language(text) for text in ("English", "pt_BR", "jp", "Português", "qqqq")] == [
        "en",
        "pt-BR",
        "ja",
        "pt",
        None,
    ]


def test_addresses() -> None:
    for good in ("a@b.example", "first.last+tag@sub.domain.org", "ana@exämple.org"):
        assert parse_address(good) == good
    for bad in (
        "a",
        "a@b",
        "a b@c.org",
        "a@b..org",
        "@b.org",
        "a@@b.org",
        "a@b.org\nBcc: x@y.org",
        "<a@b.org>",
        "a@" + "b" * 260 + ".org",
    ):
        assert parse_address(bad) is None, bad
    assert EMAIL.search("Mail ana@example.org now")
    assert not EMAIL.search("image@2x.png and @ana on @ana@example.social")


def test_web_addresses() -> None:
    assert web_address_fault("https://example.org/a?b=c#d") == ""
    assert web_address_fault("https://भारत.example/") == web_address_fault("https://[2001:db8::1]:8443/") == ""
    for bad in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//x.example",
        "example.org",
        "https://",
        "https://user:pw@x.example",
        "http://a b",
        "https://[x",
        "JaVaScRiPt:x",
        "https://exa\u202emple.org/",
        "https://exa%20mple.org/",
        "https://exa\u00admple.org/",
    ):
        assert web_address_fault(bad), bad


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("As I said above, it works.", "en", "As I said above"), ("Click here.", "en", "Click here"), ("I read on the train.", "en", ""),
        ("Siehe unten.", "de", "Siehe unten"), ("Haz clic aquí", "es", "Haz clic aquí"), ("Cliquez ici", "fr", "Cliquez ici"),
        ("Neste artigo", "pt-BR", "Neste artigo"), ("この記事では", "ja", "この記事"), ("anything", "xx", ""),
    ],
)  # fmt: skip
def test_pointing_back(text: str, language: str, found: str) -> None:
    assert find_pointing(text, language) == found


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("I came last year.", "en", "last year"), ("the last year of school", "en", ""), ("two years ago", "en", "two years ago"),
        ("in 2024", "en", ""), ("Vor zwei Jahren", "de", "Vor zwei Jahren"), ("el año pasado", "es", "año pasado"),
        ("l'année dernière", "fr", "l'année dernière"), ("na semana passada", "pt", "semana passada"), ("昨年の秋", "ja", "昨年"),
        ("минулого року", "uk", "минулого року"),
    ],
)  # fmt: skip
def test_relative_time(text: str, language: str, found: str) -> None:
    assert find_relative_time(text, language) == found


def test_lengths() -> None:
    assert count_words("It's one [link](https://x.example/a-b) and https://y.example") == 4
    assert length_fault("word " * 75, "en", 60, 90) == ""
    assert "50 words" in length_fault("word " * 50, "en", 60, 90)
    assert length_fault("字" * 140, "ja", 60, 90) == ""
    assert "characters" in length_fault("字" * 200, "zh-Hant", 60, 90)
    assert length_fault("x", "th", 60, 90) == ""


def test_nearest_of_many() -> None:
    index = NameIndex.of(f"story-number-{number}" for number in range(5000))
    assert index.nearest("story-nubmer-4321") == "story-number-4321"
    assert index.nearest("zzzz") is None
