"""What writers do to a community's files from one build to the next, at random: each edit a function of a die.

An edit that finds nothing to change does nothing. What is left behind may be wrong (a story without a teller): it is
then left out of the site, in an incremental build as in a clean one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from alongside.rendering.templates import TEMPLATES
from built_community import build
from commands import run_command
from test_build import MEMBER, story

Edit = Callable[[Path, random.Random], object]
THEME = TEMPLATES.parent.parent / "theme"
TITLES = ("A talk", "Um café", "Ein <b>Wort</b> & mehr", "东京", "رحلة", "Number 1")


def _any(root: Path, pattern: str, die: random.Random) -> Path | None:
    found = sorted(root.glob(pattern))
    return die.choice(found) if found else None


def _replace(pattern: str, old: str, new: Callable[[random.Random], str]) -> Edit:
    """Replace the first match of a regular expression in one of the files."""

    def edit(root: Path, die: random.Random) -> None:
        if path := _any(root, pattern, die):
            made = new(die)
            path.write_text(re.sub(old, lambda _: made, path.read_text(), count=1, flags=re.MULTILINE))

    return edit


def _delete(pattern: str) -> Edit:
    def edit(root: Path, die: random.Random) -> None:
        if path := _any(root, pattern, die):
            path.unlink()

    return edit


def rename(root: Path, die: random.Random) -> None:
    """A record, with `was:` or without."""
    if path := _any(root, die.choice(("content/stories/*.md", "content/meetups/*.md", "content/groups/*.md")), die):
        text = path.read_text()
        if die.random() < 0.7 and "was:" not in text:
            text = text.replace("---\n", f"---\nwas: [{path.stem}]\n", 1)
        path.with_name(f"renamed-{die.randrange(99)}.md").write_text(text)
        path.unlink()


def add(root: Path, die: random.Random) -> None:
    """A story, or a translation of one, or a member, or their page in another language."""
    number = die.randrange(99)
    stories = root / "content/stories"
    text = story(
        die.choice(TITLES), member=die.choice(("ana", "ben", "cat", "dan")), date=f"2026-0{die.randint(1, 9)}-02"
    )
    kind = die.randrange(4)
    if kind == 0:
        (stories / f"added-{number}.md").write_text(text)
    elif kind == 1 and (original := _any(root, "content/stories/story-*.md", die)):
        head = f"---\nlanguage: {die.choice(('de', 'pt', 'ar'))}\ntranslation_of: {original.stem}\n"
        (stories / f"translated-{number}.md").write_text(text.replace("---\n", head, 1))
    elif kind == 2:
        (root / "content/members/dan.md").write_text(
            MEMBER.format(name="Dan", place="Osaka, Japan", until="2027-05-01")
        )
    else:
        (root / f"content/members/{die.choice(('ana', 'ben'))}.{die.choice(('de', 'pt'))}.md").write_text(
            f"Sobre {number}.\n\n## Welcome\n\nOlá {number}.\n"
        )


def plain_page(root: Path, die: random.Random) -> None:
    """An ordinary page, also among the records or in place of a list of theirs."""
    path = root / "content" / die.choice(("about.md", "stories/tips/index.md", "guide/start.md", "stories/index.md"))
    if path.exists() and die.random() < 0.4:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# Page {die.randrange(9)}\n\n<alongside-moment moment='corner'></alongside-moment>\n")


def picture(root: Path, die: random.Random) -> None:
    """A photo or a picture of a story: another one of the same size, or none."""
    path = root / "content" / die.choice(("members/ana.jpg", "stories/desk.jpg", "stories/img/new.png"))
    if path.exists() and die.random() < 0.3:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"JPEG%d" % die.randrange(9))


def template(root: Path, die: random.Random) -> None:
    """A template of the site's own, changed or taken back; or its style of every page."""
    name = die.choice(("story.html", "member.html", "parts.html"))
    path = root / "theme/alongside" / name
    if path.exists() and die.random() < 0.5:
        path.unlink()
    else:
        path.write_text((TEMPLATES / name).read_text() + f"<!-- {die.randrange(9)} -->")


def theme(root: Path, die: random.Random) -> None:
    """The page around all others."""
    path = root / "theme/main.html"
    if path.exists() and die.random() < 0.5:
        path.unlink()
    else:
        path.write_text((THEME / "main.html").read_text() + f"<!-- {die.randrange(9)} -->")


def settings(root: Path, die: random.Random) -> None:
    """A line of the configuration."""
    path = root / "mkdocs.yml"
    text = path.read_text()
    kind = die.randrange(5)
    if kind == 0:
        text = re.sub("^site_name:.*", f"site_name: Community {die.randrange(9)}", text, flags=re.MULTILINE)
    elif kind == 1:
        language = die.choice(("en", "de", "ar"))
        text = re.sub("^      language:.*\n", "", text, flags=re.MULTILINE)
        text = text.replace("alongside:\n", f"alongside:\n      language: {language}\n", 1)
    elif kind == 2:
        text = text.replace("      journey_map: true\n", "")
        if die.random() < 0.5:
            text = text.replace("alongside:\n", "alongside:\n      journey_map: true\n", 1)
    elif kind == 3:
        text = re.sub("^use_directory_urls:.*\n", "", text, flags=re.MULTILINE)
        text += f"use_directory_urls: {die.choice(('true', 'false'))}\n"
    else:
        text = re.sub("^site_url:.*", f"site_url: https://c{die.randrange(3)}.example.org/", text, flags=re.MULTILINE)
    path.write_text(text)


def by_command(command: str) -> Edit:
    """What a command of ours writes beside the content."""
    return lambda root, die: run_command(command, "--now", "2026-11-23T09:00Z", cwd=root)


def touch(root: Path, die: random.Random) -> None:
    """A new time and nothing else."""
    if path := _any(root, "content/**/*.md", die):
        path.touch()


def break_off(root: Path, die: random.Random) -> None:
    """A file saved half-way, which is mended or not."""
    if path := _any(root, "content/*/*.md", die):
        text = path.read_text()
        path.write_text(text[: die.randrange(len(text) + 1)])
        if die.random() < 0.7:
            build(root)
            path.write_text(text)


EDITS: dict[str, Edit] = {
    "edit": _replace("content/*/*.md", r"\Z", lambda die: f"\nA word {die.randrange(99)}.\n"),
    "retitle": _replace("content/stories/*.md", "^title: .*", lambda die: f'title: "{die.choice(TITLES)}"'),
    "rename a member": _replace("content/members/*.md", "^name: .*", lambda die: f"name: Somebody {die.randrange(9)}"),
    "retag": _replace(
        "content/*/*.md", "^challenges: .*", lambda die: f"challenges: [{die.choice(('first-talk', 'first-patch'))}]"
    ),
    "vocabulary": _replace("content/challenges.yml", "title: .*", lambda die: f"title: Challenge {die.randrange(9)}"),
    "teller": _replace(
        "content/stories/*.md", "^members: .*", lambda die: f"members: [{die.choice(('ana', 'ben', 'cat', 'nobody'))}]"
    ),
    "publish or not": _replace(
        "content/stories/*.md", "^(status: .*\n)?date:", lambda die: die.choice(("", "status: draft\n")) + "date:"
    ),
    "consent": _replace(
        "content/members/*.md",
        "for: .*",
        lambda die: f"for: [{die.choice(('page, embed, mail', 'mail', 'page', 'embed'))}]}}",
    ),
    "date of a meetup": _replace(
        "content/meetups/*.*",
        "starts: .*",
        lambda die: f"starts: 2026-12-{die.randint(1, 28):02} {die.randint(8, 20):02}:30",
    ),
    "a date moved": _replace(
        "content/meetups/*.md",
        "^(changes:\n.*\n)?hosts:",
        lambda die: f"changes:\n  2027-01-07: {{starts: 2027-01-{die.randint(8, 28):02} 19:00}}\nhosts:",
    ),
    "meetup off": _replace(
        "content/meetups/*.md", "^(status: .*\n)?hosts:", lambda die: die.choice(("", "status: cancelled\n")) + "hosts:"
    ),
    "place": _replace(
        "content/*/*.md", "^place: .*", lambda die: f"place: {die.choice(('Lima, Peru', 'Berlin, Germany', 'Japan'))}"
    ),
    "journey": _replace("journeys/*.yml", "show: .*", lambda die: f"show: [{die.choice(('story', 'group, meetup'))}]"),
    "mail": _replace("journeys/hello.md", r"\Z", lambda die: f"Word {die.randrange(9)}.\n"),
    "delete": _delete("content/*/*.md"),
    "delete a journey": _delete("journeys/page.yml"),
    "rename": rename,
    "add": add,
    "add again": add,
    "plain page": plain_page,
    "picture": picture,
    "template": template,
    "theme": theme,
    "settings": settings,
    "stamp": by_command("stamp"),
    "refresh": by_command("refresh"),
    "touch": touch,
    "break off": break_off,
}
