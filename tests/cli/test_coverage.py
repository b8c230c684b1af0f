"""`alongside coverage` over a community in which every number was counted by hand.

With room: Ana (pt, en; first-talk; Brazil) and Ben (en; isolation; Germany). Cleo (de; first-talk) has not agreed, Eva
(pt; first-talk) is away, Finn (en; first-talk) welcomes nobody, Dan was here once. No member, story or group knows of
`untold`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import html5lib
import pytest
from click.testing import CliRunner, Result

from alongside.cli import main
from alongside.cli.tables import width
from small_community import CHECK_IN, WELCOME

Run = Callable[..., Result]
NOW = "2026-12-01T09:00Z"


def member(name: str, front_matter: str, *, consent: str = "{since: 2026-01-01, for: [page, embed, mail]}") -> str:
    agreed = f"consent: {consent}\n" if consent else ""
    return f"---\nname: {name}\n{front_matter}\n{agreed}---\nHello.\n\n## Welcome\nGood that you are here.\n"


FILES = {
    "content/challenges.yml": """\
        first-talk: {title: {en: Giving a first talk, pt: A primeira palestra}, also: [stage fright]}
        isolation: {title: {en: Being the only one}}
        untold: {title: {en: What nobody tells of}}
        """,
    "content/members/ana.md": member(
        "Ana Souza", "place: Recife, Brazil\nlanguages: [pt, en]\nroles: [writer]\nchallenges: [first-talk]\nwelcomes: 2",
        consent="{since: 2026-01-01, until: 2026-12-20, for: [page, embed, mail]}",
    ),
    "content/members/ben.md": member(
        "Ben", "place: Berlin, Germany\nlanguages: [en]\nroles: [Writer]\nchallenges: [isolation]\nwelcomes: 1",
        consent="{since: 2026-01-01, until: 2027-02-15, for: [embed]}",
    ),
    "content/members/cleo.md": member("Cleo", "languages: [de]\nchallenges: [first-talk]\nwelcomes: 5", consent=""),
    "content/members/dan.md": member("Dan", "languages: [fr]\nchallenges: [untold]\nwelcomes: 5\nstatus: former"),
    "content/members/eva.md": member(
        "Eva", "languages: [pt]\nchallenges: [first-talk]\nwelcomes: 5\naway: {from: 2026-11-20, to: 2026-12-02}",
        consent="{since: 2026-01-01, until: 2026-11-30, for: [page]}",
    ),
    "content/members/finn.md": member("Finn", "languages: [en]\nchallenges: [first-talk]"),
    "content/members/gil.md": member(
        "Gil", "languages: [pt]\nchallenges: [first-talk]\nwelcomes: 5\naway: {from: 2026-11-20, to: 2026-12-02}"
    ),
    "content/stories/talk.md": """\
        ---
        title: The talk
        members: [ana]
        date: 2026-01-01
        language: en
        challenges: [first-talk]
        ---
        I spoke.
        """,
    "content/stories/palestra.md": """\
        ---
        title: A palestra
        members: [ana]
        date: 2026-02-01
        language: pt
        translation_of: talk
        challenges: [first-talk]
        ---
        Falei.
        """,
    "content/stories/alone.md": """\
        ---
        title: Alone
        members: [ben]
        date: 2023-01-01
        language: en
        challenges: [isolation]
        ---
        I was.
        """,
    "content/groups/berlin.md": """\
        ---
        name: Docs Berlin
        kind: chapter
        place: Berlin, Germany
        languages: [de]
        challenges: [first-talk]
        chat: [{platform: matrix, url: "https://matrix.to/#/#b:example.org", expires: 2026-12-15}]
        ---
        In Berlin.
        """,
    "content/groups/room.md": """\
        ---
        name: The room
        kind: chat
        languages: [en]
        challenges: [isolation]
        ---
        Everywhere.
        """,
    "content/meetups/all.yml": """\
        - {title: Coming, slug: coming, starts: 2026-12-05 18:00, online: true, languages: [en], challenges: [isolation], description: Come.}
        - {title: Over, slug: over, starts: 2026-11-05 18:00, online: true, languages: [en], challenges: [untold], description: Gone.}
        """,
    "journeys/month.yml": """\
        title: The first month
        moments:
          - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
          - {id: check-in, owner: community, where: mail, after: 7 days, message: mails/check-in.md}
        """,
    "journeys/mails/welcome.md": WELCOME,
    "journeys/mails/welcome.pt.md": WELCOME,
    "journeys/mails/check-in.md": CHECK_IN,
}  # fmt: skip
PEOPLE = ("email", "name", "challenges", "languages", "place", "roles")


@pytest.fixture
def counted(write_community: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That community, with `run` in its folder."""
    folder = write_community(FILES, name="counted").parent
    monkeypatch.chdir(folder)
    return folder


def write_people(folder: Path, *rows: tuple[str, ...], times: int = 1) -> None:
    """`people.csv`: each of `rows` (challenges, languages, place, roles) so many times, as somebody of their own."""
    lines = [",".join(PEOPLE)]
    for number, row in enumerate(row for row in rows for _ in range(times)):
        lines.append(",".join(f'"{cell}"' for cell in (f"p{number}@example.org", f"Person {number}", *row)))
    (folder / "people.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def coverage(run: Run, *options: str) -> dict[str, Any]:
    result = run("coverage", "--format", "json", "--now", NOW, *options)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def numbers(told: dict[str, Any], kind: str, axis: str) -> dict[tuple[str, str], tuple[str, int, int]]:
    """(level, fitting, partly) of the cells of `axis` and challenges."""
    return {
        (cell["challenge"], cell[axis]): (cell[kind]["level"], cell[kind]["fitting"], cell[kind]["partly"])
        for cell in told["cells"]
        if cell["challenge"] and cell[axis]
    }


def test_every_number_is_as_counted_by_hand(run: Run, counted: Path) -> None:
    told = coverage(run)
    assert told["axes"] == {
        "challenge": ["first-talk", "isolation", "untold"],
        "language": ["en", "pt", "de"],  # 9 records, 4 and 2
        "country": ["DE", "BR"],
        "role": ["writer"],
    }
    assert told["covered"] == {"cells": 9, "fit": 3, "percent": 33}
    assert told["members_not_found"] == {"consent": 2, "status": 1, "welcomes": 1, "away": 1}
    assert numbers(told, "member", "language") == {
        ("first-talk", "en"): ("fits", 1, 1),
        ("first-talk", "pt"): ("fits", 1, 0),
        ("first-talk", "de"): ("partly", 0, 1),
        ("isolation", "en"): ("fits", 1, 1),
        ("isolation", "pt"): ("partly", 0, 2),
        ("isolation", "de"): ("partly", 0, 1),
        ("untold", "en"): ("partly", 0, 2),
        ("untold", "pt"): ("partly", 0, 1),
        ("untold", "de"): ("far", 0, 0),
    }
    assert numbers(told, "story", "language") == {  # the one in two languages is one story
        ("first-talk", "en"): ("fits", 1, 1),
        ("first-talk", "pt"): ("fits", 1, 0),
        ("first-talk", "de"): ("partly", 0, 1),
        ("isolation", "en"): ("fits", 1, 1),
        ("isolation", "pt"): ("partly", 0, 2),
        ("isolation", "de"): ("partly", 0, 1),
        ("untold", "en"): ("partly", 0, 2),
        ("untold", "pt"): ("partly", 0, 1),
        ("untold", "de"): ("far", 0, 0),
    }
    assert numbers(told, "group", "country") == {
        ("first-talk", "DE"): ("fits", 1, 0),
        ("first-talk", "BR"): ("partly", 0, 1),
        ("isolation", "DE"): ("partly", 0, 2),
        ("isolation", "BR"): ("partly", 0, 1),
        ("untold", "DE"): ("partly", 0, 1),
        ("untold", "BR"): ("far", 0, 0),
    }
    assert numbers(told, "meetup", "country")["isolation", "DE"] == ("partly", 0, 1)
    assert numbers(told, "member", "role") == {
        ("first-talk", "writer"): ("fits", 1, 1),
        ("isolation", "writer"): ("fits", 1, 1),
        ("untold", "writer"): ("partly", 0, 2),
    }
    assert told["records"]["meetup"] == {
        "found": 1,
        "not_found": 1,
        "saying": {"challenge": 1, "language": 1, "country": 0, "role": 0},
    }
    assert told["newcomers"] is None
    first = {(cell["challenge"], cell["language"]): cell["member"]["first"] for cell in told["cells"]}
    assert first["isolation", "pt"]["slug"] == "ana"  # by mail; Ben agreed to embeds alone


def test_what_is_missing_and_what_is_ahead_in_words(run: Run, counted: Path) -> None:
    text = run("coverage", "--now", NOW).stdout
    assert text.startswith(
        "Coverage of Test community, 2026-12-01\n"
        "  In 3 of 9 pairs of challenge and language there is a member with room who\n"
        "    shares both: 33%.\n"
        "  Members who are not counted: no longer active (1), no consent for mail or\n"
        "    embeds (2), away (1) and welcome nobody (1).\n"
        "\n"
        "What is missing\n"
        "  Nobody welcomes people with `untold`\n"
        "  Nobody welcomes people in German\n"
        "  Nobody welcomes people in Portuguese with `isolation`\n"
        "    2 share a part of it · matching would give them Ana Souza\n"
        "  No story about `untold`\n"
        "  No story in German\n"
        "  No story in Portuguese about `isolation`\n"
        "    2 share a part of it\n"
        "  No group about `untold`\n"
        "  No group in Portuguese\n"
        "  No group in Brazil\n"
        "  No meetup to come about `first-talk` and `untold`\n"
        "  No meetup to come in Portuguese and German\n"
        "  No meetup to come in Germany and Brazil\n"
    )
    assert (
        "Members with room who share challenge and language\n"
        "              en  pt  de\n"
        "  first-talk   1   1 (1)\n"
        "  isolation    1 (2) (1)\n"
        "  untold     (2) (1)   -\n"
    ) in text
    assert text.endswith(
        "What is ahead\n"
        "  A consent has ended; ask again: Eva (30 November 2026)\n"
        "  A consent ends within 30 days: Ana Souza (20 December 2026)\n"
        "  A consent ends within 90 days: Ben (15 February 2027)\n"
        "  An invitation to a group’s chat ends or has ended: Docs Berlin (15 December\n"
        "    2026)\n"
        "  A story is older than two years; ask whether it is still so: Alone (1 January\n"
        "    2023)\n"
        "  No story is about this challenge yet: What nobody tells of\n"
        "  Mails of “The first month” that are not written in Portuguese: check-in\n"
        "  Mails of “The first month” that are not written in German: welcome and\n"
        "    check-in\n"
        "  The newest story of each challenge:\n"
        "    Giving a first talk: A palestra (1 February 2026)\n"
        "    Being the only one: Alone (1 January 2023)\n"
        "    What nobody tells of: no story\n"
    )
    assert not (counted / "alongside.sqlite").exists()


def test_the_same_profile_finds_the_same_by_match(run: Run, counted: Path) -> None:
    """The command that a writer would ask next."""
    told = coverage(run)
    with_room = {"ana", "ben"}
    for challenge, language in (("first-talk", "pt"), ("isolation", "pt"), ("untold", "de")):
        (counted / "newcomer.yml").write_text(f"challenges: [{challenge}]\nlanguages: [{language}]\n")
        result = run("match", "--as", "newcomer.yml", "--limit", "99", "--format", "json", "--now", NOW)
        found = [one for one in json.loads(result.stdout)["members"] if one["slug"] in with_room]
        sharing = {one["slug"] for one in found if any(s["kind"] == "challenge" for s in one["signals"])}
        speaking = {one["slug"] for one in found if language == "pt" and one["slug"] == "ana"}
        level, fitting, partly = numbers(told, "member", "language")[challenge, language]
        assert (fitting, partly) == (len(sharing & speaking), len(sharing ^ speaking))
        assert (level == "nobody") == (found == [])


def test_newcomers_of_a_file_are_counted_and_few_are_only_few(run: Run, counted: Path) -> None:
    write_people(
        counted,
        ("stage fright", "pt", "Recife, Brazil", "Student"),
        ("isolation", "pt;en", "", "student"),
        ("Kubernetes", "tr", "Istanbul, Turkey", ""),
        times=6,
    )
    with (counted / "people.csv").open("a") as file:
        file.write(',,untold,de,"Vienna, Austria",poet\n' * 3)
        file.write("p1@example.org,,untold,de,,\n,,a secret of mine,,,\n")
    told = coverage(run, "--from", "people.csv")
    seen = told["newcomers"]
    assert (seen["count"], seen["days"]) == (22, None)  # the address that stands there twice is one person
    assert seen["unlisted_challenges"] == {"kubernetes": 6}
    assert seen["rarer_unlisted"] == "under 5"
    # 6 by all, 6 speak English too, and 1 said nothing that is known here; 6 in Turkish and 3 in German meet a stranger
    assert seen["find"]["member"] == {"fits": 13, "partly": 0, "far": 9, "nobody": 0}
    assert seen["said_nothing_of"] == {"challenge": 7, "language": "under 5", "country": 7, "role": 7}
    assert told["axes"]["language"] == ["en", "pt", "de", "tr"]
    assert told["axes"]["country"] == ["DE", "BR", "TR", "AT"]
    assert told["axes"]["role"] == ["writer", "Student"]  # one poet is nobody's business
    newcomers = {(cell["challenge"], cell["language"]): cell["newcomers"] for cell in told["cells"] if cell["language"]}
    assert newcomers["isolation", "pt"] == 6
    assert newcomers["isolation", "en"] == 0  # of their languages the first
    assert newcomers["untold", "de"] == "under 5"
    text = run("coverage", "--from", "people.csv", "--now", NOW).stdout
    missing = text[text.index("What is missing") : text.index("By challenge")]
    assert missing.splitlines()[1:6] == [
        "  Nobody welcomes people in Turkish: 6 newcomers",
        "  No story in Turkish: 6 newcomers",
        "  No group in Portuguese: 12 newcomers",
        "    find it in another language they read: 6",
        "  No group in Turkish: 6 newcomers",
    ]
    assert (
        "  Nobody welcomes people in Portuguese with `isolation`: 6 newcomers\n"
        "    2 share a part of it · matching would give them Ana Souza · find it in\n"
        "    another language they read: 6\n"
    ) in missing
    assert "  Nobody welcomes people (role: “Student”): 12 newcomers\n" in missing
    assert "Nobody welcomes people with `untold`: under 5 newcomers\n" in missing
    assert "Newcomers name what challenges.yml does not list: “kubernetes” (6)." in text
    for private in ("example.org", "Person", "poet", "secret"):
        assert private not in text
        assert private not in json.dumps(told)
    unread = run("coverage", "--from", "nothing.csv")
    assert (unread.exit_code, unread.stdout) == (2, "")


def test_all_cells_can_say_a_third_and_a_fourth_thing(run: Run, counted: Path) -> None:
    (counted / "also.yml").write_text("place: Brazil\nroles: [Writer]\n")
    write_people(
        counted, ("isolation", "pt", "Recife, Brazil", "writer"), ("isolation", "pt", "Recife, Brazil", ""), times=5
    )
    told = coverage(run, "--as", "also.yml", "--from", "people.csv")
    assert told["also"] == {"challenge": [], "language": [], "country": ["BR"], "role": ["writer"]}
    assert numbers(told, "member", "language") == {  # Ana is in Brazil, and both call themselves writers
        ("first-talk", "en"): ("fits", 1, 1),
        ("first-talk", "pt"): ("fits", 1, 1),
        ("first-talk", "de"): ("partly", 0, 2),
        ("isolation", "en"): ("partly", 0, 2),
        ("isolation", "pt"): ("partly", 0, 2),
        ("isolation", "de"): ("partly", 0, 2),
        ("untold", "en"): ("partly", 0, 2),
        ("untold", "pt"): ("partly", 0, 2),
        ("untold", "de"): ("partly", 0, 2),
    }
    assert numbers(told, "story", "language")["first-talk", "pt"] == ("partly", 0, 1)  # stories name no role here
    assert numbers(told, "group", "language")["first-talk", "de"] == ("partly", 0, 1)  # not in Brazil
    assert numbers(told, "member", "country")["isolation", "DE"] == ("fits", 1, 1)  # the cell's own word counts
    assert told["newcomers"]["count"] == 5
    newcomers = {(cell["challenge"], cell["language"], cell["role"]): cell["newcomers"] for cell in told["cells"]}
    assert newcomers["isolation", "pt", None] == 5
    assert newcomers["isolation", None, "writer"] == 5
    text = run("coverage", "--as", "also.yml", "--now", NOW).stdout
    assert "\n  Every newcomer here also says: Brazil and Writer.\n" in text
    assert "who shares both and all the rest: 22%." in " ".join(text.split())
    assert "holds no profile that can be used" in run("coverage", "--as", "people.csv").stderr


def test_newcomers_of_the_store_and_members_who_are_full(run: Run, counted: Path) -> None:
    write_people(counted, ("stage fright", "pt", "Recife, Brazil", "Student"), times=5)
    assert run("enroll", "month", "--csv", "people.csv", "--basis", "consent", "--now", NOW).exit_code == 0
    assert run("send", "--now", NOW).exit_code == 0
    told = coverage(run)
    assert (told["newcomers"]["count"], told["newcomers"]["days"]) == (5, 30)
    assert told["members_not_found"]["full"] == 1
    assert told["ahead"]["members"] == [
        {"member": "ana", "welcomes": 2, "taken": 2, "full": True},
        {"member": "ben", "welcomes": 1, "taken": 0, "full": False},
        {"member": "gil", "welcomes": 5, "taken": 0, "full": False},
    ]
    assert told["ahead"]["mails_not_translated"] == [{"language": "pt", "journey": "month", "moments": ["check-in"]}]
    text = run("coverage", "--now", NOW).stdout
    assert "  Nobody welcomes people in Portuguese: 5 newcomers in the last 30 days\n" in text
    assert "  A member has as many newcomers as they offered: Ana Souza\n" in text
    assert "  Room for 6 of the 8 newcomers a week that were offered.\n" in text
    later = coverage(run, "--days", "1", "--now", "2026-12-20T09:00Z")
    assert later["newcomers"]["count"] == 0
    assert {cell["newcomers"] for cell in later["cells"]} == {0}


def test_the_exit_code_says_when_too_little_is_covered(run: Run, counted: Path) -> None:
    assert run("coverage", "--fail-under", "33", "--now", NOW).exit_code == 0
    result = run("coverage", "--fail-under", "34", "--format", "json", "--now", NOW)
    assert (result.exit_code, json.loads(result.stdout)["covered"]["fit"]) == (1, 3)
    assert result.stderr.endswith("shares both: 33%. That is less than 34%.\n")


def test_colours_and_narrow_terminals(run: Run, counted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (counted / "content/challenges.yml").write_text(
        'first-talk: {title: はじめての登壇}\nisolation: {title: "Alone \\e[31m\\u202e"}\n', encoding="utf-8"
    )
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = CliRunner().invoke(main, ("coverage", "--now", NOW), color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    text = CliRunner().invoke(main, ("coverage", "--now", NOW), color=True).stdout
    assert click.unstyle(coloured) == text
    assert "\033[32m" not in text
    assert "\033[36m" in coloured  # one alone
    assert max(map(width, text.splitlines())) <= 60
    assert not set(text) & {"\033", "\u202e"}
    assert "はじめての登壇: A palestra (1 February" in " ".join(text.split())


def test_the_page_says_all_in_text_and_runs_nothing(run: Run, counted: Path) -> None:
    (counted / "content/challenges.yml").write_text(
        'first-talk: {title: "</td><script>alert(1)</script>"}\nisolation: {title: "\\u202eAlone"}\n', encoding="utf-8"
    )
    write_people(counted, ("isolation", "pt", "", ""), times=7)
    result = run("coverage", "--from", "people.csv", "--html", "out/coverage.html", "--now", NOW)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith("Wrote out/coverage.html\n")
    html = (counted / "out/coverage.html").read_text(encoding="utf-8")
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert page.findall(".//script") == []
    assert not set(html) & {"\u202e"}
    assert "example.org" not in html
    tables = page.findall(".//table")
    assert len(tables) == 9
    rows = {row.find("th/bdi").text: row.findall("td") for row in tables[0].findall("tbody/tr")}
    assert ["".join(cell.itertext()) for cell in rows["Portuguese"]] == ["17 newcomers", "1", "02 in part7 newcomers"]
    assert all("".join(cell.itertext()).strip() for cell in page.iter("td"))


def test_a_community_of_nothing(
    run: Run, write_community: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_community({"content/index.md": "# Hello"}, name="empty").parent)
    result = run("coverage", "--now", NOW, "--fail-under", "100")
    assert result.exit_code == 0
    assert "  Nobody welcomes newcomers: there is no member with room.\n  There is no story.\n" in result.stdout
    assert coverage(run)["covered"] == {"cells": 0, "fit": 0, "percent": None}
