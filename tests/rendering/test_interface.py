"""Interface texts: every language says everything, with the same placeholders, and dates as its readers write them."""

from __future__ import annotations

import string
from datetime import date, datetime

import pytest

from alongside.matching.matches import Reason
from alongside.model.community import Community
from alongside.model.people import Challenge
from alongside.model.texts import LocalText
from alongside.problems import Position
from alongside.rendering.interface import (
    PLURALS,
    About,
    autonym,
    format_date,
    format_span,
    format_time,
    interface_language,
    interface_languages,
    join_words,
    language_name,
    read_interface,
    reason_text,
    recurrence_text,
    say,
)

ABOUT: tuple[About, ...] = ("member", "group")
LANGUAGES = ("ar", "de", "en", "es", "fr", "ja", "pt", "uk")
ENGLISH = read_interface("en")
DAY = date(2026, 5, 1)  # a Friday


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_there_are_eight_languages() -> None:
    assert interface_languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    spoken = read_interface(language)
    assert spoken.own == ENGLISH.own
    assert spoken.languages.keys() == ENGLISH.languages.keys()
    for name, count in {"months": 12, "months_short": 12, "weekdays": 7, "weekdays_short": 7, "weekdays_on": 7}.items():
        assert len(spoken.dates[name]) == count, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_agree_with_english(language: str) -> None:
    spoken = read_interface(language)
    for key, english in ENGLISH.texts.items():
        text = spoken.texts[key]
        if isinstance(english, str):
            assert isinstance(text, str), key
            assert placeholders(text) == placeholders(english), key
        else:
            assert not isinstance(text, str), key
            assert "other" in text, key
            wanted = set.union(*(placeholders(form) for form in english.values()))
            assert placeholders(text["other"]) == wanted, key
            assert all(placeholders(form) <= wanted for form in text.values()), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_no_markup(language: str) -> None:
    for key, text in read_interface(language).texts.items():
        for form in (text,) if isinstance(text, str) else text.values():
            assert not set(form) & set("<>&"), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_a_language_needs_is_there(language: str) -> None:
    rules = PLURALS.get(language)
    needed = {rules(count) if rules else "one" if count == 1 else "other" for count in range(1, 130)}
    for key, text in read_interface(language).texts.items():
        if not isinstance(text, str):
            assert needed <= {*text, *({"one"} if "1" in text else set())}, key


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 1, "One story"),
        ("en", 0, "0 stories"),
        ("en", 2, "2 stories"),
        ("fr", 2, "2 récits"),
        ("uk", 1, "1 історія"),
        ("uk", 3, "3 історії"),
        ("uk", 5, "5 історій"),
        ("uk", 11, "11 історій"),
        ("uk", 21, "21 історія"),
        ("uk", 112, "112 історій"),
        ("ar", 0, "لا حكايات"),
        ("ar", 2, "حكايتان"),
        ("ar", 3, "3 حكايات"),
        ("ar", 11, "11 حكاية"),
        ("ar", 102, "102 حكاية"),
        ("ja", 1, "体験談1件"),
    ],
)
def test_counts_take_the_form_of_the_language(language: str, count: int, text: str) -> None:
    assert say(language, "list.stories_count", count=count) == text


@pytest.mark.parametrize(
    ("language", "weekday", "month", "day"),
    [
        ("en", "Friday, 1 May 2026", "May 2026", "1 May"),
        ("de", "Freitag, 1. Mai 2026", "Mai 2026", "1. Mai"),
        ("es", "viernes, 1 de mayo de 2026", "mayo de 2026", "1 de mayo"),
        ("fr", "vendredi 1er mai 2026", "mai 2026", "1er mai"),
        ("pt", "sexta-feira, 1 de maio de 2026", "maio de 2026", "1 de maio"),
        ("ar", "الجمعة، 1 مايو 2026", "مايو 2026", "1 مايو"),
        ("ja", "2026年5月1日（金）", "2026年5月", "5月1日"),
        ("uk", "п'ятниця, 1 травня 2026 р.", "Травень 2026", "1 травня"),
    ],
)
def test_dates(language: str, weekday: str, month: str, day: str) -> None:
    assert format_date(DAY, language, "weekday") == weekday
    assert format_date(DAY, language, "month") == month
    assert format_date(DAY, language, "day") == day


def test_hours_are_of_a_24_hour_clock() -> None:
    assert format_time(datetime(2026, 5, 1, 18, 5)) == "18:05"  # noqa: DTZ001
    assert format_time(datetime(2026, 5, 1)) == "00:00"  # noqa: DTZ001


def test_spans_of_days() -> None:
    assert format_span(DAY, DAY, "en") == "Friday, 1 May 2026"
    assert format_span(DAY, date(2026, 5, 3), "de") == "1. Mai 2026 bis 3. Mai 2026"


def test_lists() -> None:
    assert [join_words(words, "en") for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert join_words(["a", "b", "c"], "ja") == "a、b、c"
    assert join_words(["a", "b"], "ar") == "a وb"


@pytest.mark.parametrize(
    ("rule", "language", "words"),
    [
        ("FREQ=WEEKLY", "en", "Every week"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH", "en", "Every 2 weeks, on Tuesday and on Thursday"),
        ("FREQ=MONTHLY;BYDAY=1TH", "en", "Every month, on the first Thursday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "de", "Jeden Monat, am letzten Freitag"),
        ("FREQ=MONTHLY;BYDAY=3WE", "uk", "Щомісяця, у третю середу"),
        ("FREQ=MONTHLY;BYDAY=2SA", "pt", "Todo mês, no segundo sábado"),
        ("FREQ=MONTHLY;BYDAY=1TH", "ja", "毎月、第1木曜日"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "es", "Cada mes, el día 15"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "fr", "Chaque mois, le dernier jour"),
        ("FREQ=YEARLY", "ar", "كل سنة"),
        # what our words do not reach stays as its writer put it
        ("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "en", "as written"),
        ("FREQ=MONTHLY;BYDAY=-2FR", "en", "as written"),
        ("FREQ=HOURLY", "en", "as written"),
        ("nonsense", "en", "as written"),
    ],
)
def test_rules_in_words(rule: str, language: str, words: str) -> None:
    assert recurrence_text(rule, "as written", language) == words


def test_a_region_reads_its_language_and_an_unknown_one_english() -> None:
    assert interface_language("pt-BR") == "pt"
    assert interface_language("PT_br") == "pt"
    assert interface_language("tlh") == "en"
    assert say("tlh", "nav.stories") == "Stories"


def test_names_of_languages() -> None:
    assert autonym("ar") == "العربية"
    assert autonym("pt-BR") == "Português (BR)"
    assert autonym("xx-yy") == "xx-yy"
    assert language_name("pt", "de") == "Portugiesisch"
    assert language_name("eo", "de") == "Esperanto"


def test_values_are_never_templates() -> None:
    assert say("en", "moment.note_to", name="{count} {{ x }}") == "Write to {count} {{ x }}"


def test_reasons_speak_of_what_was_matched() -> None:
    title = LocalText((("en", "Giving a first talk"), ("pt", "A primeira palestra")))
    challenge = Challenge(slug="first-talk", title=title, position=Position("content/challenges.yml"))
    community = Community(name="Test", challenges={"first-talk": challenge})
    reason = Reason(kind="challenge", value="first-talk")
    assert reason_text(reason, "en", community) == "You share a challenge: Giving a first talk"
    assert reason_text(reason, "en", community, "story") == "About a challenge you named: Giving a first talk"
    assert reason_text(reason, "pt", community) == "Vocês têm um desafio em comum: A primeira palestra"
    assert reason_text(Reason(kind="language", value="pt"), "fr", community).endswith("portugais")
    assert reason_text(Reason(kind="challenge", value="gone"), "en", community).endswith("gone")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_reason_has_words(language: str) -> None:
    kinds = ("challenge", "text", "topic", "role", "language", "near", "place", "region", "country", "zone", "online")
    for kind in kinds:
        for about in ABOUT:
            reason = Reason(kind=kind, value="x")  # type: ignore[arg-type]
            assert reason_text(reason, language, Community(name="Test"), about)
