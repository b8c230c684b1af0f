"""Newcomers and contacts, as teams hand them over."""

from __future__ import annotations

from pathlib import Path

import pytest

from alongside.model.community import Community
from alongside.model.people import Newcomer
from alongside.reading.contacts import read_contacts
from alongside.reading.loader import load_community
from alongside.reading.newcomers import read_newcomers, read_profile
from alongside.reading.settings_file import read_settings
from alongside.settings import Settings
from conftest import TODAY, WriteCommunity
from reading.planted_faults import GOOD


@pytest.fixture
def ours(write_community: WriteCommunity) -> tuple[Community, Settings]:
    settings, _ = read_settings(write_community(GOOD))
    return load_community(settings, today=TODAY, cache=False).community, settings


def test_a_profile(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "joana.yml"
    file.write_text(
        "name: Joana\nplace: Recife, Brazil\nlanguages: [pt, en]\nchallenges: [Stage Fright, A primeira palestra]\n"
        "text: |\n  Em agosto.\n  Tenho medo.\nbasis: consent\nmet: ana\n",
        encoding="utf-8",
    )
    newcomer, problems = read_profile(file, *ours)
    assert problems == []
    assert newcomer is not None
    assert newcomer.challenges == ("first-talk",)
    assert newcomer.place is not None
    assert newcomer.place.slug == "recife-brazil"
    assert (newcomer.text, newcomer.basis, newcomer.met) == ("Em agosto.\nTenho medo.", "consent", "ana")


def test_a_point_instead_of_a_place(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "p.yml"
    file.write_text("lat: 52.51\nlon: 13.42\n", encoding="utf-8")
    newcomer, problems = read_profile(file, *ours)
    assert problems == []
    assert newcomer is not None
    assert newcomer.place is not None
    assert (newcomer.place.label, newcomer.place.city, newcomer.place.lat) == ("Berlin, Germany", "Berlin", 52.51)


@pytest.mark.parametrize(
    ("text", "code", "severity", "at"),
    [
        ("nmae: x\n", "unknown-key", "error", (1, 1)),
        ("email: nobody\n", "bad-address", "error", (1, 8)),
        ("place: Portland, United States\n", "ambiguous-place", "warning", (1, 8)),
        ("place: Nowhere at all\n", "unknown-place", "warning", (1, 8)),
        ("challenges: [first-talk, first-tlak]\n", "unknown-challenge", "warning", (1, 26)),
        ("met: nobody\n", "unknown-met", "warning", (1, 6)),
        ("lat: 5\n", "half-a-point", "warning", (1, 6)),
        ("basis: because\n", "unknown-value", "error", (1, 8)),
    ],
)
def test_what_is_wrong_with_a_profile(
    text: str, code: str, severity: str, at: tuple[int, int], tmp_path: Path, ours: tuple[Community, Settings]
) -> None:
    file = tmp_path / "p.yml"
    file.write_text(text, encoding="utf-8")
    newcomer, problems = read_profile(file, *ours)
    assert newcomer is not None
    assert [
        (problem.code, problem.severity, problem.position.line, problem.position.column) for problem in problems
    ] == [(code, severity, *at)]


def test_the_widest_reading_of_a_place(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "p.yml"
    for text, country in (("Portland, United States", "US"), ("Some Campus, Germany", "DE"), ("Nowhere", None)):
        file.write_text(f"place: {text}\n", encoding="utf-8")
        newcomer, _ = read_profile(file, *ours)
        assert newcomer is not None
        assert (newcomer.place.country if newcomer.place else None) == country


def test_an_empty_or_missing_profile(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    (tmp_path / "empty.yml").write_bytes(b"")
    assert read_profile(tmp_path / "empty.yml", *ours)[0] == Newcomer()
    newcomer, problems = read_profile(tmp_path / "none.yml", *ours)
    assert newcomer is None
    assert problems[0].code == "unreadable-file"
    (tmp_path / "list.yml").write_text("- a\n", encoding="utf-8")
    assert read_profile(tmp_path / "list.yml", *ours)[0] is None


def test_newcomers_from_csv(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "n.csv"
    file.write_bytes(
        "\ufeffEmail,name,place,languages,challenges,text,shoe size\r\n"
        'a@x.example,"Ana, B.","Recife, Brazil",pt;en,stage fright,"Two\r\nlines",42\r\n'
        "\r\n"
        "b@x,Bo,,,,,\r\n"
        ",No address,,,,,\r\n"
        "A@x.example,Again,,,,,\r\n"
        "c@x.example,too,many,cells,here,one,two,three\r\n"
        "d@x.example,Di,,xx,,,\r\n".encode()
    )
    newcomers, problems = read_newcomers(file, *ours)
    assert [newcomer.email for newcomer in newcomers] == ["a@x.example", "d@x.example"]
    assert newcomers[0].languages == ("pt", "en")
    assert newcomers[0].text == "Two\nlines"
    assert sorted((problem.position.line, problem.position.column, problem.code) for problem in problems) == [
        (1, 44, "unknown-column"), (5, 1, "bad-address"), (6, 1, "missing-key"), (7, 1, "repeated-address"),
        (8, 1, "cell-count"), (9, 17, "unknown-language"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "csv-header"),
        (b"a;b;email\n", "csv-header"),
        (b"\xff\xfe", "encoding"),
        (b'email\n"open', "bad-csv"),
        (b"email,email\n", "duplicate-key"),
        (b"E-Mail,name\na@x.example,A\nb@x.example,B\n", "csv-header"),
        (b"name\nA\nB\n", "csv-header"),
    ],
)
def test_what_is_no_table(content: bytes, code: str, tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "n.csv"
    file.write_bytes(content)
    newcomers, problems = read_newcomers(file, *ours)
    assert newcomers == ()
    assert [problem.code for problem in problems] == [code]


def test_a_column_that_is_nearly_there(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "n.csv"
    file.write_text("E-Mail,name,slug\na@x.example,A,ana\n", encoding="utf-8")
    for problem in (*read_newcomers(file, *ours)[1], *read_contacts(file, *ours)[1]):
        assert (problem.position.line, problem.code) == (1, "csv-header")
        assert problem.hint == 'Rename the column "E-Mail" to "email".'


@pytest.mark.parametrize(
    "name", ["Win at https://spam.example", "WWW.spam.example", "ana@x.example", "ana\uff20x.example", "ftp://x"]
)
def test_a_name_that_is_an_address_is_no_name(name: str, tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "p.yml"
    file.write_text(f'name: "{name}"\n', encoding="utf-8")
    newcomer, problems = read_profile(file, *ours)
    assert newcomer == Newcomer()
    assert [(problem.code, problem.severity) for problem in problems] == [("name-address", "warning")]
    assert name not in str(problems[0])


def test_names_and_texts_have_an_end(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "p.yml"
    file.write_text(f"name: {'Maria ' * 30}\ntext: {'word ' * 1000}\n", encoding="utf-8")
    newcomer, problems = read_profile(file, *ours)
    assert newcomer is not None
    assert newcomer.name == " ".join(["Maria"] * 16)
    assert len(newcomer.text) <= 2000
    assert newcomer.text.endswith(" word")
    assert [(problem.code, problem.severity) for problem in problems] == [("long-name", "warning")]
    file.write_text(f"name: {'x' * 300}\n", encoding="utf-8")
    newcomer, _ = read_profile(file, *ours)
    assert newcomer is not None
    assert newcomer.name == "x" * 100


def test_contacts(tmp_path: Path, ours: tuple[Community, Settings]) -> None:
    file = tmp_path / "c.csv"
    file.write_text(
        "slug,email\nana,ana@x.example\nanna,b@x.example\nana,c@x.example\n,d@x.example\nana,\n", encoding="utf-8"
    )
    contacts, problems = read_contacts(file, *ours)
    assert contacts == (("ana", "ana@x.example"),)
    assert [(problem.position.line, problem.code) for problem in problems] == [
        (3, "unknown-member"), (4, "repeated-item"), (5, "missing-key"), (6, "missing-key"),
    ]  # fmt: skip
