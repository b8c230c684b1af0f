"""Tags of moments in ordinary pages, and the moments they name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings

JOURNEY = """\
title: {title}
moments:
  - {{id: front, owner: community, where: {where}, show: [welcome]}}
  - {{id: box, owner: community, where: embed, show: [story]}}
"""


def problems(config: Path) -> list[str]:
    settings, _ = read_settings(config)
    loaded = load_community(settings, today=date(2026, 11, 23), cache=False)
    return [f"{problem.position} {problem.code}" for problem in loaded.problems]


def files(*names: str, second: str = "page") -> dict[str, str]:
    tags = "\n\n".join(f'<alongside-moment moment="{name}"></alongside-moment>' for name in names)
    return {
        "content/index.md": f"# Home\n\n{tags}\n",
        "journeys/month.yml": JOURNEY.format(title="A month", where="page"),
        "journeys/year.yml": JOURNEY.format(title="A year", where=second),
    }


def test_a_moment_is_named_by_its_id_or_with_its_journey(write_community: Callable[..., Path]) -> None:
    assert problems(write_community(files("front", "year/front"))) == []
    assert problems(write_community(files("month/front", "year/front"), name="both")) == []


def test_the_id_alone_means_the_first_journeys(write_community: Callable[..., Path]) -> None:
    assert problems(write_community(files("front"))) == ["journeys/year.yml:3:5 moment-unplaced"]


def test_the_id_alone_passes_mails_by_and_not_embeds(write_community: Callable[..., Path]) -> None:
    mail = "title: First\nmoments:\n  - {id: front, owner: community, where: mail, from: team, message: mails/hi.md}\n"
    hi = "---\nsubject: Hello\n---\nHello.\n"
    first = {"journeys/a-first.yml": mail, "journeys/mails/hi.md": hi}
    assert problems(write_community({**files("front", "year/front"), **first})) == []
    embed = {"journeys/a-first.yml": JOURNEY.format(title="First", where="embed")}
    assert problems(write_community({**files("front", "year/front"), **embed}, name="embed")) == [
        "content/index.md:3:1 unknown-moment",
        "journeys/month.yml:3:5 moment-unplaced",
    ]


def test_what_no_page_can_hold_is_told(write_community: Callable[..., Path]) -> None:
    found = problems(write_community(files("front", "year/front", "year/frnt", "month/box", "box", "nowhere/front")))
    assert found == [
        "content/index.md:7:1 unknown-moment",
        "content/index.md:9:1 unknown-moment",
        "content/index.md:11:1 unknown-moment",
        "content/index.md:13:1 unknown-moment",
    ]


def test_a_tag_is_read_as_browsers_read_it(write_community: Callable[..., Path]) -> None:
    page = """\
<!-- <alongside-moment moment="in-a-comment"></alongside-moment> -->

<alongside-moment text="a > b, the moment = now" data-moment="other" moment="front"></alongside-moment>

<alongside-moment data-moment="front"></alongside-moment>

<alongside-moment moment="a&amp;b"></alongside-moment>

<alongside-moments moment="none"></alongside-moments>
"""
    config = write_community(
        {"content/index.md": page, "journeys/month.yml": JOURNEY.format(title="A month", where="page")}
    )
    assert problems(config) == ["content/index.md:5:1 moment-unnamed", "content/index.md:7:1 unknown-moment"]
