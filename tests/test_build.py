"""One build after another: what is rendered, written and pruned; and that it equals a build from nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fnmatch import fnmatch
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from alongside.build import Report, build_site, list_jobs
from alongside.planning.stamps import stamp_events
from alongside.reading.calendars import calendars_file, calendars_text
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.reading.stamps import ledger_file, ledger_text
from alongside.rendering.artifacts import Tree
from alongside.rendering.embeds import listing
from alongside.rendering.embeds.scripts import pinned_script
from alongside.rendering.feeds.listing import calendar_names
from alongside.rendering.shells import TOKENS, read_shell
from alongside.rendering.templates import environment
from alongside.rendering.tracking import Site
from conftest import NOW, ROOT, WriteCommunity
from few_places import few_places

THEME = f"<!doctype html><html><head><title>{TOKENS['title']}</title></head><body>{TOKENS['content']}</body></html>"

MEMBER = """\
---
name: {name}
place: {place}
languages: [en]
challenges: [first-talk]
consent: {{since: 2026-01-01, until: {until}, for: [page, embed, mail]}}
---
Bio of {name}.

## Welcome
Hello from {name}.
"""
STORY = """\
---
title: {title}
members: [{member}]
date: {date}
challenges: [{challenge}]
welcome: |
  The words of {title}.
---
The story called {title}. See [who tells it](../members/{member}.md).
"""


def story(title: str, *, member: str = "ana", date: str = "2026-05-04", challenge: str = "first-talk") -> str:
    return STORY.format(title=title, member=member, date=date, challenge=challenge)


FILES: dict[str, str | bytes] = {
    "content/challenges.yml": "first-talk:\n  title: First talk\nfirst-patch:\n  title: First patch\n",
    "content/members/ana.md": MEMBER.format(name="Ana", place="Recife, Brazil", until="2027-01-01"),
    "content/members/ben.md": MEMBER.format(name="Ben", place="Berlin, Germany", until="2026-12-01"),
    **{
        f"content/stories/story-{number}.md": story(
            f"Number {number}", member="ana" if number % 3 else "ben", date=f"2026-0{1 + number % 9}-02"
        )
        for number in range(8)
    },
    "content/groups/berlin.md": (
        "---\nname: Berlin\nkind: chapter\nplace: Berlin, Germany\nlanguages: [en]\nhosts: [ben]\n---\nWe meet.\n"
    ),
    "content/meetups/monthly.md": (
        "---\ntitle: Monthly\ngroup: berlin\nstarts: 2026-12-03 18:30\nrepeats: first Thursday of every month\n"
        "languages: [en]\nhosts: [ana]\n---\nAn evening.\n"
    ),
    "journeys/first.yml": (
        "title: First\nmoments:\n  - id: hello\n    owner: growth\n    where: embed\n"
        "    show: [welcome, story, group]\n"
    ),
}


@pytest.fixture(autouse=True)
def _few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "place_shards", few_places)


def build(
    config: Path, folder: str = "site", *, now: datetime = NOW, theme: str = THEME, overrides: tuple[Path, ...] = ()
) -> Report:
    settings, problems = read_settings(config)
    loaded = load_community(settings, today=now.date(), cache=False)
    assert not [problem for problem in (*problems, *loaded.problems) if problem.severity == "error"]
    templates = environment(overrides) if overrides else packaged_templates()
    site = Site(community=loaded.community, settings=settings, now=now, templates=templates)
    jobs = list_jobs(site)
    shells = {depth: read_shell(theme) for depth in {job.name.count("/") for job in jobs if job.page}}
    stamp = b"".join(path.read_bytes() for root in overrides for path in sorted(root.iterdir()))
    return build_site(site, jobs, Tree(config.parent / folder, settings.cache_dir), shells=shells, stamp=stamp)


packaged_templates = cache(environment)  # compiling them is most of a small build


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def config(write_community: WriteCommunity) -> Path:
    return write_community(FILES)


def edit(root: Path) -> None:
    path = root / "content/stories/story-1.md"
    path.write_text(path.read_text() + "\nA word more.\n")


def retitle(root: Path) -> None:
    (root / "content/stories/story-2.md").write_text(story("Another title", date="2026-02-02"))


def retag(root: Path) -> None:
    (root / "content/stories/story-3.md").write_text(story("Number 3", challenge="first-patch"))


def delete(root: Path) -> None:
    (root / "content/stories/story-4.md").unlink()


def rename(root: Path) -> None:
    (root / "content/stories/story-5.md").rename(root / "content/stories/story-five.md")


def add(root: Path) -> None:
    (root / "content/stories/story-new.md").write_text(story("A new one", date="2026-11-01"))


def withdraw(root: Path) -> None:
    path = root / "content/members/ben.md"
    path.write_text(path.read_text().replace("for: [page, embed, mail]", "for: [mail]"))


def retire(root: Path) -> None:
    path = root / "content/groups/berlin.md"
    path.write_text(path.read_text().replace("hosts:", "status: retired\nhosts:"))


def vocabulary(root: Path) -> None:
    (root / "content/challenges.yml").write_text(
        "first-talk:\n  title: The first talk\nfirst-patch:\n  title: A patch\n"
    )


def translate(root: Path) -> None:
    text = story("Die zweite", date="2026-03-02").replace("---\n", "---\nlanguage: de\ntranslation_of: story-2\n", 1)
    (root / "content/stories/story-2.de.md").write_text(text + "\nEin Lampenfieber.\n")


def edit_translation(root: Path) -> None:
    path = root / "content/stories/story-2.de.md"
    path.write_text(path.read_text().replace("Lampenfieber", "Stimmchen"))


def stamp(root: Path) -> None:
    settings, _ = read_settings(root / "mkdocs.yml")
    loaded = load_community(settings, today=NOW.date(), cache=False)
    ledger_file(settings).parent.mkdir(exist_ok=True)
    new = stamp_events(settings, loaded.community, loaded.ledger, now=NOW)
    ledger_file(settings).write_text(ledger_text(new), encoding="utf-8")
    calendars_file(settings).write_text(calendars_text(calendar_names(loaded.community)), encoding="utf-8")


def move_a_date(root: Path) -> None:
    path = root / "content/meetups/monthly.md"
    moved = "changes:\n  2027-01-07: {starts: 2027-01-14 19:00}\nhosts:"
    path.write_text(path.read_text().replace("hosts:", moved))


def rename_a_meetup(root: Path) -> None:
    path = root / "content/meetups/monthly.md"
    path.with_name("evening.md").write_text(path.read_text().replace("hosts:", "was: [monthly]\nhosts:"))
    path.unlink()


def delete_a_meetup(root: Path) -> None:
    (root / "content/meetups/evening.md").unlink()


CHANGES: tuple[Callable[[Path], None], ...] = (
    edit, retitle, retag, delete, rename, add, withdraw, retire, vocabulary, translate, edit_translation, stamp,
    move_a_date, stamp, rename_a_meetup, stamp, delete_a_meetup, stamp,
)  # fmt: skip


def test_an_incremental_build_equals_a_clean_one(config: Path) -> None:
    """After each change, byte for byte; the changes pile up."""
    root = config.parent
    build(config)
    for number, change in enumerate(CHANGES):
        change(root)
        report = build(config)
        clean = f"clean-{number}"
        build(config, clean)
        assert tree(root / "site") == tree(root / clean), change.__name__
        assert report.written + report.removed > 0, change.__name__
    assert "stimmchen" in (root / "site/embed/v1/stories/_.json").read_text()


def test_scripts_that_products_have_pinned_stay(config: Path) -> None:
    """Byte for byte, each under the hash of its bytes, beside the present one."""
    folder = ROOT / "generator/alongside/rendering/assets/embed/earlier"
    kept = {f"embed/v1/{file.name}": file.read_bytes() for file in folder.iterdir()}
    assert kept.keys() == {f"embed/v1/alongside.{sha256(content).hexdigest()[:12]}.js" for content in kept.values()}
    build(config)
    edit(config.parent)
    build(config)
    pinned = {
        path: content
        for path, content in tree(config.parent / "site").items()
        if fnmatch(path, "embed/v1/alongside.*.js")
    }
    assert pinned == kept | {pinned_script(): pinned[pinned_script()]}


def test_another_template_or_theme_renders_everything_again(config: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "story.html").write_text("<h1>Ours</h1>")
    build(config)
    build(config, overrides=(own,))
    build(config, "clean", overrides=(own,))
    assert tree(config.parent / "site") == tree(config.parent / "clean")
    assert b"<h1>Ours</h1>" in (config.parent / "site/stories/story-1/index.html").read_bytes()
    other = THEME.replace("<body>", '<body class="other">')
    build(config, theme=other, overrides=(own,))
    build(config, "clean", theme=other, overrides=(own,))
    assert tree(config.parent / "site") == tree(config.parent / "clean")


def test_another_day_changes_what_depends_on_it_and_nothing_else(config: Path) -> None:
    build(config)
    later = NOW + timedelta(days=30)  # Ben's consent has ended, one evening lies behind
    report = build(config, now=later)
    build(config, "clean", now=later)
    assert tree(config.parent / "site") == tree(config.parent / "clean")
    assert not (config.parent / "site/members/ben").exists()
    assert report.removed >= 1


def test_a_day_to_come_is_no_reason_to_render_anew_every_day(config: Path) -> None:
    group = config.parent / "content/groups/berlin.md"
    invitation = "chat:\n  - {platform: matrix, url: https://matrix.example.org/room, expires: 2026-12-20}\n"
    group.write_text(group.read_text().replace("hosts: [ben]\n", "hosts: [ana]\n" + invitation))
    member = config.parent / "content/members/ana.md"
    member.write_text(
        member.read_text().replace("languages: [en]\n", "languages: [en]\naway: {from: 2026-12-01, to: 2026-12-10}\n")
    )
    build(config)
    assert build(config, now=NOW + timedelta(days=1)).rendered == 0
    build(config, now=NOW + timedelta(days=30))
    assert "https://matrix.example.org/room" not in (config.parent / "site/groups/berlin/index.html").read_text()


def test_nothing_changed_renders_nothing(config: Path) -> None:
    first = build(config)
    assert first.written == len(tree(config.parent / "site"))
    second = build(config)
    assert (second.rendered, second.written, second.removed) == (0, 0, 0)
    assert second.unchanged == first.written
    assert second.listings == first.listings


def test_an_edit_renders_few_pages(config: Path) -> None:
    """The body of one story: its page, lists and pages that show its card, its feeds; not the other stories."""
    build(config)
    before = tree(config.parent / "site")
    edit(config.parent)
    build(config)
    after = tree(config.parent / "site")
    changed = {path for path in after if before[path] != after[path]}
    assert "stories/story-1/index.html" in changed
    assert not [path for path in changed if path.endswith(".html") and path != "stories/story-1/index.html"]


def test_an_event_is_made_again_when_what_it_says_has_changed_and_only_then(config: Path) -> None:
    """Events of earlier builds are joined into feeds as they are, unless their file is damaged, older or another's."""
    root, calendar = config.parent, config.parent / "site/feeds/all.ics"
    meetups = root / "content/meetups"
    other = "---\ntitle: Other {number}\nstarts: 2026-12-0{number} 19:00\nchallenges: [first-talk]\n---\nAn evening.\n"
    for number in (1, 2):
        (meetups / f"other-{number}.md").write_text(other.format(number=number))
    build(config)
    (pieces_file,) = (root / "build/cache").glob("*.pieces")
    first = pieces_file.read_bytes()

    def rebuild(name: str, *, kept: bool) -> bytes:
        """All meetups after an edit of one; what is kept is marked, to be seen."""
        kept_tree = Tree(root / "site", read_settings(config)[0].cache_dir)
        manifest = kept_tree.read_manifest()
        assert manifest is not None
        pieces = kept_tree.read_pieces(manifest.pieces)
        assert bool(pieces) == kept
        marked = {
            key: ((octets.replace(b"An evening.", b"Kept."), *zone), reads)
            for key, ((octets, *zone), reads) in pieces.items()
        }
        if kept:
            manifest.pieces = kept_tree.write_pieces(marked, pieces)
            kept_tree.finish(manifest)
        (meetups / "other-1.md").write_text(other.format(number=1).replace("Other 1", name))
        build(config)
        return calendar.read_bytes()

    made = rebuild("Renamed", kept=True)
    assert (made.count(b"Kept."), made.count(b"An evening.")) == (2, 1)
    assert b"SUMMARY:Renamed" in made
    (root / "content/challenges.yml").write_text("first-talk:\n  title: A talk\nfirst-patch:\n  title: A patch\n")
    made = rebuild("Again", kept=True)
    assert (made.count(b"Kept."), made.count(b"An evening.")) == (1, 2)  # Monthly alone has no challenge
    for number, damage in enumerate((first, b"", b"\0" * 99, pieces_file.read_bytes()[:-1])):
        pieces_file.write_bytes(damage)
        made = rebuild(f"Damaged {number}", kept=False)
        build(config, f"clean-{number}")
        assert made == (root / f"clean-{number}/feeds/all.ics").read_bytes()
    (meetups / "other-2.md").unlink()
    pieces_file.unlink()
    assert b"Other 2" not in rebuild("Gone", kept=False)
    assert b"Other 2" not in pieces_file.read_bytes()


def test_files_that_vanished_or_were_touched_are_made_again(config: Path) -> None:
    build(config)
    before = tree(config.parent / "site")
    (config.parent / "site/stories/story-1/index.html").unlink()
    (config.parent / "site/stories/story-2/index.html").write_text("broken")
    assert build(config).rendered == 2
    assert tree(config.parent / "site") == before


def test_many_pages_are_rendered_by_several_processes_alike(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(config, "alone")
    monkeypatch.setattr("alongside.build._MANY", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    build(config, "together")
    assert tree(config.parent / "alone") == tree(config.parent / "together")


def test_who_did_not_consent_to_pages_is_nowhere(config: Path) -> None:
    withdraw(config.parent)
    build(config)
    for path, content in tree(config.parent / "site").items():
        assert b"Ben" not in content.replace(b"Berlin", b""), path
        assert b"members/ben" not in content, path


def test_an_ordinary_page_has_its_place(config: Path) -> None:
    (config.parent / "content/stories/index.md").write_text("# Our own list\n")
    build(config)
    assert not (config.parent / "site/stories/index.html").exists()
    (config.parent / "content/stories/story-1").mkdir()
    (config.parent / "content/stories/story-1/index.html").write_text("<h1>Our own page</h1>")  # MkDocs copies it
    build(config)
    assert not (config.parent / "site/stories/story-1/index.html").exists()
    assert build(config).written == 0


def test_a_record_with_the_address_of_a_list_costs_that_list(config: Path) -> None:
    """Its name, of all things, is that of a folder of lists, and the language it is told in that of a challenge."""
    members = config.parent / "content/members"
    ana = (members / "ana.md").read_text(encoding="utf-8")
    (members / "challenge.md").write_text(ana, encoding="utf-8")
    (members / "challenge.de.md").write_text("Auf Deutsch.", encoding="utf-8")
    with (config.parent / "content/challenges.yml").open("a", encoding="utf-8") as stream:
        stream.write("de:\n  title: German\n")
    for number in range(30):
        (members / f"more-{number}.md").write_text(ana.replace("first-talk", "de"), encoding="utf-8")
    build(config)
    page = (config.parent / "site/members/challenge/de/index.html").read_text(encoding="utf-8")
    assert "Auf Deutsch." in page


def test_drafts_are_not_built(config: Path) -> None:
    (config.parent / "content/stories/secret.md").write_text(story("Secret").replace("date:", "status: draft\ndate:"))
    build(config)
    assert not [
        path for path, content in tree(config.parent / "site").items() if b"Secret" in content or "secret" in path
    ]
