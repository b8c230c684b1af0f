"""The map of journeys: what it says, and that the drawing is well-formed, whole and harmless whatever it is told."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from xml.etree import ElementTree

import html5lib
import pytest

from alongside.model.community import Community
from alongside.model.journeys import Delay, Journey, Moment, Where, Window
from alongside.model.texts import LocalText
from alongside.problems import Position
from alongside.rendering.interface import format_number, interface_languages
from alongside.rendering.journey_map import Reached, map_figure, map_html, map_journeys, map_svg, window_text
from alongside.rendering.map_drawing import WIDTH, measure, wrapped
from alongside.settings import Settings

HERE = Position("test.yml")
SVG = "{http://www.w3.org/2000/svg}"
WHERES: tuple[Where, ...] = ("mail", "embed", "page")
EVIL = "</text></svg><script>alert('x')</script> \"&amp;\" \u202e\x00\ud800\ufffe"


def make_settings(**teams: str) -> Settings:
    root = Path("/nowhere")
    return Settings(
        config_file=root, root=root, docs_dir=root, site_dir=root, journeys_dir=root, site_name="x", teams=teams
    )


def make_journey(count: int, *, slug: str = "month", title: str = "The first month", **fields: object) -> Journey:
    moments = tuple(
        Moment(
            id=f"moment-{number}",
            owner=("community", "growth")[number % 2],
            where=WHERES[number % 3],
            show=() if number % 3 == 0 else ("welcome", "story", "note", "group", "meetup"),
            after=Delay(amount=number, unit="days"),
            ask_first=timedelta(hours=36) if number == 3 else None,
            stop_when=frozenset({"replied", "talked"}) if number == 3 else frozenset(),
            position=HERE,
        )
        for number in range(count)
    )
    return Journey(
        slug=slug, title=LocalText((("en", title),)), moments=moments, position=HERE, **fields  # type: ignore[arg-type]
    )  # fmt: skip


def make_community(*journeys: Journey, name: str = "Test community", language: str = "en") -> Community:
    return Community(name=name, language=language, journeys={journey.slug: journey for journey in journeys})


TEAMS = make_settings(community="Community team", growth="Growth team")


def texts_of(svg: str) -> list[str]:
    return [text for element in ElementTree.fromstring(svg).iter(f"{SVG}text") for text in element.itertext()]


@pytest.mark.parametrize("language", interface_languages())
@pytest.mark.parametrize("count", [1, 12, 40])
def test_every_moment_is_drawn_inside_the_picture(count: int, language: str) -> None:
    journey = make_journey(count, confirm=True, holdout=10, events={"upgraded": "next", "left": "stop"})
    community = make_community(journey, make_journey(2, slug="next", title="長い題名の旅" * 12))
    told = map_journeys(community, TEAMS, language=language, reached={("month", "moment-0"): Reached(sent=1234)})
    svg = map_svg(told)
    root = ElementTree.fromstring(svg)
    texts = texts_of(svg)
    assert [text for text in texts if re.fullmatch(r"moment-\d+", text)] == [
        f"moment-{number}" for size in (count, 2) for number in range(size)
    ]
    assert sum(format_number(1234, language) in text for text in texts) == 1
    height = float(root.attrib["height"])
    for element in root.iter():
        for name, most in (("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)):
            assert 0 <= float(element.attrib.get(name, 0)) <= most
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(map_html(told))
    assert len(page.findall(".//table//tbody/tr")) == count + 2


def test_a_moment_says_when_what_and_whose() -> None:
    told = map_journeys(make_community(make_journey(4, holdout=10)), TEAMS)
    (journey,) = told.journeys
    asked = journey.moments[3]
    assert (told.teams[asked.team], asked.place, asked.when, asked.what) == (
        "Growth team", "mail", "after 3 days", "from a member",
    )  # fmt: skip
    assert asked.rules == (
        "the member is asked 36 hours before",
        "not if they have answered before",
        "not if the two write to each other",
    )
    assert journey.moments[1].when == "at any time"
    assert journey.moments[1].figures == asked.figures == ()
    assert journey.about == (
        "4 moments, by mail: 2",
        "10 of 100 newcomers get no mail, so that it can be seen what the mails do",
    )
    assert [(follower.text, follower.journey) for follower in journey.followers] == [
        ("left: no more mail of this journey", "")
    ]


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Window(), ""),
        (Window(days=frozenset(range(5)), start=time(9), end=time(17)), "Mon–Fri, 09:00–17:00"),
        (Window(days=frozenset({0, 2})), "Mon and Wed"),
        (Window(start=time(8, 30)), "08:30–24:00"),
    ],
)
def test_windows_in_words(window: Window, text: str) -> None:
    assert window_text(window, "en") == text


def test_journeys_that_follow_are_joined_by_arrows() -> None:
    one = make_journey(1, slug="one", events={"upgraded": "two"})
    two = make_journey(1, slug="two", events={"cancelled": "one", "left": "stop"})
    both = map_svg(map_journeys(make_community(one, two), TEAMS))
    alone = map_svg(map_journeys(make_community(one, two), TEAMS, journeys=["one"]))
    # a sign and, on the map of both, an arrow's line and its head
    assert (both.count('class="a"'), alone.count('class="a"')) == (2 * 3, 1)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_hostile_words_are_just_words(language: str) -> None:
    evil = replace(make_journey(2, title=EVIL), events={EVIL: "stop"})
    settings = make_settings(community=EVIL, growth="فريق <b>النمو</b>")
    told = map_journeys(make_community(evil, name=EVIL, language=language), settings)
    svg = map_svg(told)
    for element in ElementTree.fromstring(svg).iter():
        assert element.tag.removeprefix(SVG) in {"svg", "title", "desc", "style", "rect", "circle", "path", "text"}
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]
    for text in (svg, map_figure(told), map_html(told)):
        assert not set(text) & set("\u202e\x00\ud800\ufffe")
        assert "<script" not in text
        assert re.findall(r"url\(|href=|src=|@import", text) == []
        text.encode()


def test_names_run_in_their_own_direction() -> None:
    settings = make_settings(community="Team one-", growth="فريق-")
    svg = map_svg(map_journeys(make_community(make_journey(2), language="ar"), settings))
    root = ElementTree.fromstring(svg)
    assert root.attrib["direction"] == "rtl"
    ways = {element.text: element.attrib.get("direction") for element in root.iter(f"{SVG}text")}
    assert (ways["Team one-"], ways["فريق-"], ways["moment-0"]) == ("ltr", None, "ltr")


def test_lines_fit_and_lose_nothing() -> None:
    for text in ("a word or two of a sentence", "はじめの一か月、とても長い題名", "hy-phen-a-ted-words", "x" * 99, ""):
        lines = wrapped(text, 100, 12, most=99)
        assert all(measure(line, 12) <= 100 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrapped("one two three four five six seven", 60, 12, most=2)[-1].endswith("…")
