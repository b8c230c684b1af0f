"""The door for MkDocs: the plugin in builds of MkDocs and ProperDocs, under several themes, among ordinary pages."""

from __future__ import annotations

import gzip
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from PIL import Image

from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.embeds import listing
from alongside.rendering.embeds.places import PLACE_SHARDS
from conftest import CONFIG, NOW, TODAY, WriteCommunity
from few_places import few_places
from test_build import FILES, MEMBER, story, tree

EPOCH = str(int(NOW.timestamp()))
PAGES: dict[str, str | bytes] = {
    **FILES,
    "content/index.md": """\
        # Home

        [A story](stories/story-1.md), [Ana](members/ana.md#welcome), [Nobody's page](members/cat.md),
        [the list](stories/), [a picture](stories/desk.jpg), [the guide](guide/start.md).

        <alongside-moment moment="corner"></alongside-moment>
        """,
    "content/guide/start.md": "# Start\n\nBack to [a story](../stories/story-2.md).\n",
    "content/stories/desk.jpg": b"JPEG",
    "content/stories/story-linked.md": story("Linked") + "\n![A desk](desk.jpg) and [the guide](../guide/start.md).\n",
    "content/members/cat.md": MEMBER.format(name="Cat", place="Lima, Peru", until="2027-01-01").replace("page, ", ""),
    "journeys/page.yml": (
        "title: Page\nmoments:\n  - id: corner\n    owner: growth\n    where: page\n    show: [story]\n"
    ),
}


@pytest.fixture(autouse=True)
def _few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """In builds within this process."""
    monkeypatch.setattr(listing, "place_shards", few_places)


@pytest.fixture(autouse=True)
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)


@pytest.fixture
def messages() -> Iterator[list[str]]:
    """What MkDocs warned about."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    handler = Handler(logging.WARNING)
    logging.getLogger("mkdocs").addHandler(handler)
    yield found
    logging.getLogger("mkdocs").removeHandler(handler)


@pytest.fixture
def config(write_community: WriteCommunity) -> Path:
    return write_community(PAGES)


def build(config: Path, **options: object) -> Path:
    loaded = load_config(config_file=str(config), **options)  # type: ignore[arg-type]
    loaded.plugins.on_startup(command="build", dirty=False)
    mkdocs_build(loaded)
    return Path(loaded.site_dir)


def test_records_and_ordinary_pages_stand_side_by_side(config: Path, messages: list[str]) -> None:
    site = build(config)
    files = tree(site)
    assert messages == []
    assert {"index.html", "guide/start/index.html", "stories/story-1/index.html", "stories/desk.jpg"} <= files.keys()
    assert {"members/ana/index.html", "groups/berlin/index.html", "feeds/all.ics", "sitemap.xml"} <= files.keys()
    assert "embed/first/hello/index.html" in files
    # no source of a record, and nothing of the theme's workings
    assert not [path for path in files if path.endswith((".md", ".yml", ".py"))]
    assert not [path for path, content in files.items() if b"AlongsideSlot" in content]
    assert not [
        path
        for path, content in files.items()
        if b"Cat" in content and path != "search/search_index.json" and "/places/" not in path
    ]


def test_links_resolve_in_both_directions(config: Path) -> None:
    files = tree(build(config))
    home = files["index.html"].decode()
    assert '<a href="stories/story-1/">A story</a>' in home
    assert '<a href="members/ana/#welcome">Ana</a>' in home
    assert '<a href="stories/">the list</a>' in home
    assert '<a href="stories/desk.jpg">a picture</a>' in home
    assert "Nobody's page," in home.replace("</a>", "!")
    told = files["stories/story-linked/index.html"].decode()
    assert 'src="../../stories/desk.jpg"' in told
    assert '<a href="../../guide/start/">the guide</a>' in told


def test_the_map_of_journeys_is_a_page_where_the_setting_says_so(config: Path) -> None:
    assert "journeys/index.html" not in tree(build(config))
    config.write_text(config.read_text().replace("alongside:\n", "alongside:\n      journey_map: true\n"))
    site = build(config)
    files = tree(site)
    page = files["journeys/index.html"].decode()
    assert '<svg class="as-map"' in page
    assert "Growth team" in page
    assert "sent 0" not in page
    assert b"https://community.example.org/journeys/" in files["sitemap.xml"]
    assert b'href="journeys/"' in files["index.html"]
    before = (site / "journeys" / "index.html").stat().st_mtime_ns
    assert tree(build(config)) == files
    assert (site / "journeys" / "index.html").stat().st_mtime_ns == before
    journey = config.parent / "journeys" / "page.yml"
    journey.write_text(journey.read_text().replace("title: Page", "title: Renamed"))
    assert "Renamed" in tree(build(config))["journeys/index.html"].decode()


def test_links_resolve_without_directory_urls(config: Path, messages: list[str]) -> None:
    files = tree(build(config, use_directory_urls=False))
    assert messages == []
    assert b'<a href="../stories/story-2/">a story</a>' in files["guide/start.html"]
    assert b'<a href="../../guide/start.html">the guide</a>' in files["stories/story-linked/index.html"]


def test_a_moment_of_a_page_is_filled(config: Path) -> None:
    home = tree(build(config))["index.html"].decode()
    moment = home[home.index("<alongside-moment") : home.index("</alongside-moment>")]
    assert "stories/story-" in moment


def test_the_sitemap_names_every_page_once(config: Path) -> None:
    site = build(config)
    sitemap = (site / "sitemap.xml").read_bytes()
    assert gzip.decompress((site / "sitemap.xml.gz").read_bytes()) == sitemap
    places = [element.text for element in ElementTree.fromstring(sitemap).iter() if element.tag.endswith("loc")]
    assert len(places) == len(set(places))
    pages = {
        path.removesuffix("index.html")
        for path, content in tree(site).items()
        if path.endswith("index.html") and b'<meta name="robots" content="noindex">' not in content
    }
    named = {place.removeprefix("https://community.example.org/") for place in places if place is not None}
    # what is near a place is in the lists already
    assert named == {page for page in pages if not page.startswith(("embed/", "meetups/near/"))}


def test_the_search_finds_records(config: Path) -> None:
    config.write_text(CONFIG.replace("plugins:", "plugins:\n  - search"))
    index = (build(config) / "search/search_index.json").read_text()
    assert '"location":"stories/story-1/"' in index
    assert "AlongsideSlot" not in index


@pytest.mark.parametrize("theme", ["mkdocs", "readthedocs"])
def test_other_themes_work(config: Path, theme: str, messages: list[str]) -> None:
    site = build(config, theme=theme)
    assert messages == []
    page = (site / "stories/story-1/index.html").read_text()
    assert "The story called Number 1." in page
    assert "AlongsideSlot" not in page
    assert '<link rel="canonical" href="https://community.example.org/stories/story-1/"' in page
    assert 'dir="ltr"' in page
    assert 'href="../../css/' in page


def test_building_again_gives_the_same_bytes_and_touches_no_record_page(config: Path) -> None:
    site = build(config)
    before = tree(site)
    inode = (site / "stories/story-1/index.html").stat().st_ino
    build(config)
    assert tree(site) == before
    assert (site / "stories/story-1/index.html").stat().st_ino == inode


def test_images_that_are_gone_go(config: Path) -> None:
    site = build(config)
    (config.parent / "content/stories/desk.jpg").unlink()
    (config.parent / "content/stories/story-linked.md").unlink()
    path = config.parent / "content/index.md"
    path.write_text(path.read_text().replace("[a picture](stories/desk.jpg), ", ""))
    build(config)
    clean = build(config, site_dir=str(config.parent / "clean"))
    assert tree(site) == tree(clean)


def test_the_nav_may_name_records(config: Path, messages: list[str]) -> None:
    config.write_text(CONFIG + "nav: [index.md, Told: stories/, Ana: members/ana.md, guide/start.md]\n")
    home = (build(config, theme="mkdocs") / "index.html").read_text()
    assert messages == []
    bar = home[home.index('<ul class="nav navbar-nav">') : home.index("</ul>", home.index("navbar-nav"))]
    assert bar.count('href="stories/"') == 1
    assert 'href="members/ana/"' in bar


def test_a_home_that_names_nobody_leads_to_each_list_that_holds_anything(write_community: WriteCommunity) -> None:
    config = write_community(
        {"content/members/ana.md": FILES["content/members/ana.md"], "content/index.md": "# Home\n"}
    )
    home = (build(config) / "index.html").read_text()
    doors = home[home.index('<nav class="doors"') : home.index("</main>")]
    assert re.findall('<a href="(.*?)"', doors) == ["members/", "places/", "browse/"]
    assert "<p>People who walked this road before you." in doors
    (config.parent / "content/index.md").write_text("# Home\n\n[Ana](members/ana.md)\n")
    home = (build(config) / "index.html").read_text()
    assert 'href="stories/"' not in home
    assert re.findall('<a href="(.*?)"', home[home.index('<nav class="bar"') :])[:3] == [
        "members/",
        "places/",
        "browse/",
    ]
    (config.parent / "content/stories").mkdir()
    (config.parent / "content/stories/first.md").write_text(story("First"))
    assert 'href="stories/"' in (build(config) / "members/ana/index.html").read_text().replace("../", "")


def test_problems_are_warnings_with_their_place(config: Path, messages: list[str]) -> None:
    (config.parent / "content/stories/broken.md").write_text(
        "---\ntitle: Broken\nmembers: [nobody]\ndate: 2026-01-01\n---\nText.\n"
    )
    site = build(config)
    assert any("content/stories/broken.md:3:" in message for message in messages), messages
    assert (site / "stories/story-1/index.html").is_file()
    with pytest.raises(Abort):
        build(config, strict=True)


def test_the_same_template_may_be_the_sites_own(config: Path) -> None:
    own = config.parent / "theme/alongside"
    own.mkdir(parents=True)
    (own / "story.html").write_text("<h1>Our way</h1>")
    config.write_text(CONFIG + "theme: {name: alongside, custom_dir: theme}\n")
    assert "<h1>Our way</h1>" in (build(config) / "stories/story-1/index.html").read_text()


@pytest.fixture
def run_elsewhere(config: Path) -> Callable[..., Path]:
    """Build by a command, as a process of its own."""

    def run(*command: str, site: str) -> Path:
        subprocess.run(
            [Path(sys.executable).with_name(command[0]), *command[1:], "-f", config, "-d", config.parent / site],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": "random"},
        )
        return config.parent / site

    return run


def test_mkdocs_properdocs_and_alongside_give_the_same_bytes(config: Path, run_elsewhere: Callable[..., Path]) -> None:
    config.write_text(CONFIG + "theme: alongside\n")  # ProperDocs has no theme of its own to fall back on
    ours = tree(run_elsewhere("alongside", "build", site="a"))
    theirs = tree(run_elsewhere("mkdocs", "build", "--quiet", site="b"))
    assert ours == theirs
    assert len([path for path in ours if path.startswith("embed/v1/places/")]) == PLACE_SHARDS
    fork = tree(run_elsewhere("properdocs", "build", "--quiet", site="c"))
    assert {path for path in ours.keys() | fork.keys() if ours.get(path) != fork.get(path)} == set()
    (config.parent / "content/stories/story-1.md").unlink()
    (config.parent / "content/stories/story-2.md").write_text(story("Told anew"))
    # each goes on from what another has built
    fork = tree(run_elsewhere("properdocs", "build", "--quiet", site="a"))
    ours = tree(run_elsewhere("alongside", "build", site="b"))
    assert {path for path in ours.keys() | fork.keys() if ours.get(path) != fork.get(path)} == set()
    assert "stories/story-1/index.html" not in ours
    assert b"Told anew" in ours["stories/story-2/index.html"]


def test_stories_in_the_sites_own_markdown(write_community: WriteCommunity) -> None:
    settings = CONFIG.replace("  - alongside:\n", "  - alongside:\n      markdown: site\n")
    extensions = settings + "markdown_extensions: [abbr, def_list]\n"
    text = story("Terms") + "\nTerm\n:   What it means. <script>alert(1)</script>\n"
    config = write_community({**FILES, "mkdocs.yml": extensions, "content/stories/terms.md": text})
    page = (build(config) / "stories" / "terms" / "index.html").read_text(encoding="utf-8")
    assert "<dt>Term</dt>" in page
    assert "alert(1)" not in page
    (config.parent / "mkdocs.yml").write_text(settings, encoding="utf-8")
    assert "<dt>Term</dt>" not in (build(config) / "stories" / "terms" / "index.html").read_text(encoding="utf-8")


def test_compiled_sequences_stay_private(config: Path) -> None:
    mails = {
        "journeys/month.yml": "title: Month\nmoments:\n  - {id: hello, owner: growth, where: mail, message: hello.md}\n",
        "journeys/hello.md": "---\nsubject: Hello\n---\nHello {{ newcomer.name }}\n",
    }
    for path, text in mails.items():
        (config.parent / path).write_text(text, encoding="utf-8")
    site = build(config)
    assert "‹newcomer.name›" in (config.parent / "build/journeys/month/hello.en.html").read_text(encoding="utf-8")
    assert not [path for path in tree(site) if path.startswith("journeys") or "hello.en" in path]
    (config.parent / "journeys/month.yml").unlink()
    build(config)
    assert not (config.parent / "build/journeys/month").exists()


def test_plain_pages_name_their_versions_in_other_languages(config: Path) -> None:
    pages = {"about.md": "# About\n", "about.pt.md": "# Sobre\n", "about.ar.md": "# حول\n", "a.notes.md": "# A\n"}
    for name, text in pages.items():
        (config.parent / "content" / name).write_text(text, encoding="utf-8")
    files = {path: content.decode() for path, content in tree(build(config)).items() if path.endswith(".html")}
    for path in ("about/", "about.pt/", "about.ar/"):
        page = files[f"{path}index.html"]
        for code, target in (("en", "about/"), ("pt", "about.pt/"), ("ar", "about.ar/"), ("x-default", "about/")):
            address = f"https://community.example.org/{target}"
            assert f'<link rel="alternate" hreflang="{code}" href="{address}">' in page, (path, code)
    assert '<html lang="ar" dir="rtl">' in files["about.ar/index.html"]
    assert '<a href="../about.pt/" hreflang="pt" lang="pt">Português</a>' in files["about/index.html"]
    assert "hreflang" not in files["a.notes/index.html"]


def test_photos_of_those_who_are_not_shown_are_not_published(config: Path) -> None:
    root = config.parent
    member = (root / "content/members/ana.md").read_text(encoding="utf-8")
    (root / "content/members/ana.md").write_text(member.replace("name:", "photo: ana.png\nname:", 1), encoding="utf-8")
    (root / "content/members/ana.png").write_bytes(b"PNG")
    assert "members/ana.png" in tree(build(config))
    gone = member.replace("name:", "photo: ana.png\nname:", 1).replace("consent:", "# consent:")
    (root / "content/members/ana.md").write_text(gone, encoding="utf-8")
    files = tree(build(config))
    assert "members/ana.png" not in files
    assert "members/ana/index.html" not in files


def test_pictures_are_published_without_the_place_where_they_were_taken(config: Path, messages: list[str]) -> None:
    told = Image.Exif()
    told.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 1.5), 3: "E", 4: (13.0, 25.0, 7.5)})
    picture = config.parent / "content/stories/desk.jpg"
    Image.new("RGB", (40, 30), "teal").save(picture, exif=told)
    (config.parent / "content/stories/desk.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(12) + told.tobytes())
    site = build(config)
    with Image.open(site / "stories/desk.jpg") as published:
        assert published.size == (40, 30)
        assert not published.getexif()
    page = (site / "stories/story-linked/index.html").read_text(encoding="utf-8")
    assert re.search(r'<img [^>]*src="../../stories/desk.jpg"[^>]* width="40" height="30">', page)
    assert not (site / "stories/desk.heic").exists()
    assert any("desk.heic says where it was taken" in message for message in messages)
    found = load_community(read_settings(config)[0], today=TODAY).problems
    assert [(one.position.path, one.severity) for one in found if one.code == "tells-place"] == [
        ("content/index.md", "warning"),  # where it is first shown
        ("content/stories/desk.heic", "error"),
    ]


def test_a_page_that_is_no_text_costs_that_page(config: Path, messages: list[str]) -> None:
    (config.parent / "content/cafe.md").write_bytes(b"# Caf\xe9\n")
    files = tree(build(config))
    assert "cafe/index.html" not in files
    assert "guide/start/index.html" in files
    assert any("content/cafe.md:1:6" in message for message in messages)
