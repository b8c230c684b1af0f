"""The tree of artifacts: compared, written, pruned; and what pages read, written down."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest

from alongside.model.community import Community
from alongside.model.people import Consent, Member, MemberPage
from alongside.model.stories import Story
from alongside.problems import AlongsideError, Position
from alongside.rendering.artifacts import Listing, Manifest, Record, Tree, write_file
from alongside.rendering.shells import TOKENS, Page, fill, read_shell, token_folder
from alongside.rendering.tracking import Site
from alongside.settings import Settings

HERE = Position("content/x.md")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "site").mkdir()
    return Tree(tmp_path / "site", tmp_path / "cache")


def manifest_of(tree: Tree, *paths: str, guests: tuple[str, ...] = ()) -> Manifest:
    jobs = {path: Record(b"", (), (tree.write(path, path.encode(), None),), ()) for path in paths}
    return Manifest(jobs=jobs, guests=guests)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_file_that_is_the_same_is_not_written_again(tree: Tree) -> None:
    first = tree.write("a/b.html", b"one", None)
    inode = (tree.site_dir / "a/b.html").stat().st_ino
    assert tree.write("a/b.html", b"one", first) == first
    assert (tree.site_dir / "a/b.html").stat().st_ino == inode
    second = tree.write("a/b.html", b"two", first)
    assert second.digest != first.digest
    assert names(tree.site_dir) == {"a/b.html"}  # no temporary file is left


def test_a_file_that_somebody_changed_is_written_again(tree: Tree) -> None:
    first = tree.write("a.html", b"one", None)
    (tree.site_dir / "a.html").write_bytes(b"1")
    assert not tree.is_intact((first,))
    tree.write("a.html", b"one", first)
    assert (tree.site_dir / "a.html").read_bytes() == b"one"


def test_pruning_takes_empty_folders_along_and_nothing_else(tree: Tree) -> None:
    tree.write("stories/x/index.html", b"x", None)
    tree.write("stories/y/index.html", b"y", None)
    (tree.site_dir / "stories/y/theirs.txt").write_text("not ours")
    assert tree.prune(["stories/x/index.html", "stories/y/index.html", "stories/never.html"]) == 2
    assert names(tree.site_dir) == {"stories/y/theirs.txt"}
    assert not (tree.site_dir / "stories/x").exists()


def test_a_file_gives_way_to_a_folder(tree: Tree) -> None:
    tree.write("feeds/all", b"x", None)
    tree.write("feeds/all/x.ics", b"y", None)
    assert names(tree.site_dir) == {"feeds/all/x.ics"}


def test_what_is_ours_survives_the_emptying_of_the_site(tree: Tree) -> None:
    (tree.site_dir / "stories").mkdir()
    (tree.site_dir / "stories/photo.jpg").write_bytes(b"copied by MkDocs")
    tree.finish(manifest_of(tree, "stories/x/index.html", "feeds/all.ics", guests=("stories/photo.jpg",)))
    tree.put_away()
    assert {path.name for path in tree.site_dir.iterdir()} == {".keep-stories", ".keep-feeds"}
    tree.bring_back()
    assert names(tree.site_dir) == {"stories/x/index.html", "feeds/all.ics"}


def test_a_build_that_was_killed_between_the_two_is_made_good(tree: Tree) -> None:
    tree.finish(manifest_of(tree, "stories/x/index.html"))
    tree.put_away()
    tree.put_away()
    tree.bring_back()
    assert names(tree.site_dir) == {"stories/x/index.html"}


def test_a_build_that_was_killed_while_writing_leaves_nothing_to_trust(tree: Tree) -> None:
    tree.finish(manifest_of(tree, "stories/x/index.html"))
    tree.put_away()
    tree.begin()
    tree.put_away()
    assert tree.read_manifest() is None
    assert names(tree.site_dir) == set()


def test_a_damaged_manifest_is_none(tree: Tree, tmp_path: Path) -> None:
    tree.finish(Manifest())
    (file,) = (tmp_path / "cache").glob("*.manifest")
    file.write_bytes(file.read_bytes()[:-3])
    assert tree.read_manifest() is None


def test_two_builds_at_once_are_refused(tree: Tree, tmp_path: Path) -> None:
    tree.lock()
    other = Tree(tmp_path / "site", tmp_path / "cache")
    with pytest.raises(AlongsideError, match="Another build is writing"):
        other.lock()
    tree.unlock()
    other.lock()
    other.unlock()


# --- shells --------------------------------------------------------------------------------------------------------

THEME = f"""<!doctype html><html class="x" lang="en"><head><title>{TOKENS["title"]} - Site</title>
<link rel="canonical" href="https://example.org/{token_folder(2)}">
<script>var name = "{TOKENS["title"]}";</script></head>
<body><a href="https://share.example/?t={TOKENS["title"]}&u={token_folder(2)}">Share</a>{TOKENS["content"]}</body></html>"""

PAGE = Page(
    path="stories/a b/", title='A "b" <c> & \\d', language="ar", direction="rtl", content="<h1>x</h1>", head="<x>"
)


def test_a_shell_is_filled_safely_everywhere() -> None:
    html = fill(read_shell(THEME), PAGE)
    assert '<html class="x" lang="ar" dir="rtl">' in html
    assert "<title>A &quot;b&quot; &lt;c&gt; &amp; &#92;d - Site</title>" in html
    assert 'href="https://example.org/stories/a%20b/"' in html
    assert 'var name = "A &quot;b&quot; &lt;c&gt; &amp; &#92;d";' in html
    assert "?t=A%20%22b%22%20%3Cc%3E%20%26%20%5Cd&u=stories%2Fa%20b%2F" in html
    assert '<meta name="description" content="">\n<x></head>' in html
    assert "AlongsideSlot" not in html


def test_a_page_may_hold_tokens_of_its_own() -> None:
    page = replace(PAGE, title=TOKENS["content"], content=TOKENS["title"])
    html = fill(read_shell(THEME), page)
    assert f"<title>{TOKENS['content']} - Site</title>" in html
    assert f"</a>{TOKENS['title']}</body>" in html


def test_a_page_that_stands_elsewhere_says_so() -> None:
    html = fill(read_shell(THEME), replace(PAGE, canonical="stories/original/"))
    assert 'href="https://example.org/stories/original/"' in html


# --- reads ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    title: str


def site(*, now: datetime = NOW, title: str = "One", until: date | None = None) -> Site:
    member = Member(
        slug="ana",
        name="Ana",
        languages=("en",),
        consent=Consent(since=date(2026, 1, 1), until=until, containers=frozenset({"page"})),
        pages={"en": MemberPage(language="en", bio="", position=HERE)},
        position=HERE,
    )
    stories = {
        slug: Story(
            slug=slug,
            title=title if slug == "x" else "Y",
            members=("ana",),
            date=NOW.date(),
            language="en",
            position=HERE,
        )
        for slug in ("x", "y")
    }
    community = Community(name="C", members={"ana": member}, stories=stories)
    root = Path("/nowhere")
    settings = Settings(config_file=root, root=root, docs_dir=root, site_dir=root, journeys_dir=root, site_name="C")
    return Site(community=community, settings=settings, now=now)


def test_what_is_looked_up_is_noted() -> None:
    one = site()
    with one.reading() as reads:
        one.community.stories["x"]
        one.community.stories.get("nobody")
        _ = "z" in one.community.challenges
        one.community.stories_of["ana"]
    assert {read.replace("\0", "/") for read in reads} == {
        "stories/x", "stories/nobody", "challenges/z", "stories_of/ana"
    }  # fmt: skip


def test_digests_follow_values_and_not_positions() -> None:
    one, other = site(), site(title="Two")
    assert one.digest_of_read("stories\0x") != other.digest_of_read("stories\0x")
    assert one.digest_of_read("stories\0y") == other.digest_of_read("stories\0y")
    assert one.digest_of_read("stories") != other.digest_of_read("stories")
    assert one.digest_of_read("stories_of\0ana") != other.digest_of_read("stories_of\0ana")
    assert one.digest_of_read("stories\0nobody") == b""
    story = one.whole.stories["x"]
    assert one.digest(story) == one.digest(replace(story, position=Position("elsewhere.md", 7)))


def test_consent_that_ends_is_a_change_and_another_day_is_none() -> None:
    later = datetime(2026, 12, 24, tzinfo=UTC)
    assert site().digest_of_read("members\0ana") == site(now=later).digest_of_read("members\0ana")
    ends = date(2026, 12, 1)
    assert site(until=ends).digest_of_read("members\0ana") != site(now=later, until=ends).digest_of_read("members\0ana")


def test_a_list_of_all_is_tracked_by_key() -> None:
    def titles(community: Community) -> dict[str, Card]:
        return {slug: Card(title=story.title) for slug, story in community.stories.items()}

    one = site()
    with one.reading() as reads:
        assert one.shared("titles", titles)["x"] == Card(title="One")
    assert reads == {"titles\0x"}
    other = site(title="Two")
    other.shared("titles", titles)
    assert one.digest_of_read("titles\0x") != other.digest_of_read("titles\0x")
    assert one.digest_of_read("titles\0y") == other.digest_of_read("titles\0y")


def test_what_is_computed_once_counts_for_all_who_ask() -> None:
    one = site()

    def title(slug: str) -> str:
        return one.community.stories[slug].title

    for _ in range(2):
        with one.reading() as reads:
            assert one.memo("title", title, "x") == "One"
        assert reads == {"stories\0x"}


def test_a_job_must_not_hide_what_it_depends_on() -> None:
    hidden = "value"

    def render() -> str:
        return hidden

    with pytest.raises(TypeError, match=r"functools\.partial"):
        site().digest_of_call(render)
    assert site().digest_of_call(partial(os.getcwd)) == site().digest_of_call(partial(os.getcwd))
    assert site().digest_of_call(partial(len, "a")) != site().digest_of_call(partial(len, "b"))


def test_a_listing_is_a_tuple() -> None:
    assert Listing("a/", "A", "", "", True).path == "a/"


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "facts.yml").mkdir()
    with pytest.raises(OSError, match=r"facts\.yml"):
        write_file(tmp_path / "facts.yml", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["facts.yml"]


def test_two_writers_with_one_process_number_do_not_share_a_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two containers that have one folder: in each, the command is process 1."""
    drafts: list[str] = []
    replace_file = os.replace

    def replaced(draft: str, file: Path) -> None:
        drafts.append(draft)
        replace_file(draft, file)

    monkeypatch.setattr(os, "replace", replaced)
    for content in (b"one", b"two"):
        assert write_file(tmp_path / "facts.yml", content)
    assert len(set(drafts)) == 2
    assert (tmp_path / "facts.yml").read_bytes() == b"two"


def test_pieces_are_added_to_their_file_until_half_of_it_is_out_of_date(tree: Tree) -> None:
    pieces: dict[tuple[str, ...], tuple[object, tuple[str, ...]]] = {
        ("event", str(number)): ((b"x" * 99, "UTC", number), ("meetups",)) for number in range(4)
    }
    digest = tree.write_pieces(pieces, {})
    (path,) = (tree.site_dir.parent / "cache").glob("*.pieces")
    whole = path.read_bytes()
    for name in ("0", "1", "0", "1"):
        kept = tree.read_pieces(digest)
        assert kept == pieces
        pieces[("event", name)] = ((pieces["event", name][0], "edited"), ())
        digest = tree.write_pieces(pieces, kept)
        assert path.read_bytes().startswith(whole)
    kept = Tree(tree.site_dir, path.parent).read_pieces(digest)
    assert kept == pieces
    path.write_bytes(path.read_bytes() + b"\0" * 8)  # as if a build had been killed while it wrote
    assert tree.read_pieces(digest) == {}
    path.write_bytes(path.read_bytes()[:-8])
    del pieces["event", "3"]  # one more line, which is more than half
    digest = tree.write_pieces(pieces, tree.read_pieces(digest))
    assert not path.read_bytes().startswith(whole)
    assert tree.read_pieces(digest) == pieces
    longer = {**pieces, ("event", "4"): (b"new", ()), ("event", "5"): (b"", ())}
    digest = tree.write_pieces(longer, pieces)
    del longer["event", "0"]
    digest = tree.write_pieces(longer, tree.read_pieces(digest))
    assert tree.read_pieces(digest) == longer
