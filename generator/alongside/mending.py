"""Whether a build has only to mend what some stories say; and the community for that, of which little is read.

A writer mends a word, saves, and looks. Then nothing but that file was touched since the last build, and the story
says something else, but stands where it stood (`rendering.backdrops`). Whatever else there is, the whole community is
read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from alongside.model.community import Community
from alongside.model.digests import Digest, Seals
from alongside.model.stories import Story
from alongside.reading.checks import OLD_STORY
from alongside.reading.loader import Reader
from alongside.reading.readings import Reading
from alongside.reading.settings_file import relative
from alongside.rendering.artifacts import Snapshot, Tree, UnmendableError, plain_problems
from alongside.rendering.backdrops import Backdrop, parse_backdrop, restore, unpickle
from alongside.rendering.tracking import Site
from alongside.settings import Settings

_MOST = 20  # stories at once; with more it is quicker to read all


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What is to be mended, and what is known of all the rest."""

    backdrop: Backdrop
    reader: Reader
    stories: Mapping[str, Story]  # those that say something else, by slug
    touched: tuple[tuple[str, str, Digest], ...]  # as the snapshot is to have them
    community: Community
    seals: Seals

    def make_site(self, make: Callable[..., Site], now: datetime) -> Site:
        """The site of the community as it is now. `make` takes the community, the instant and what `shared` made."""
        shared = {name: partial(unpickle, content) for name, content in self.backdrop.shared.items()}
        return make(self.community, now, shared=shared, seals=self.seals)


def find_mending(settings: Settings, tree: Tree, snapshot: Snapshot, state: Mapping[str, str]) -> Mending | None:
    """What is to be mended since the build of `snapshot`; None where more was touched, or too little is known.

    `state`: the files as they are now (`reading.fingerprint`).
    """
    try:
        backdrop = parse_backdrop(tree.read_backdrop(snapshot.backdrop))
        before = {**backdrop.state, **{path: seen for path, seen, _ in snapshot.mended}}
        touched = [path for path, seen in state.items() if before.get(path) != seen]
        if before.keys() != state.keys() or not 0 < len(touched) <= _MOST:
            return None
        slugs = [_slug(settings, path, backdrop) for path in touched]
        if None in slugs:
            return None
        return _read(settings, backdrop, snapshot, dict(zip(filter(None, slugs), touched, strict=True)), state)
    except (OSError, EOFError, TypeError, ValueError, UnmendableError):  # there is no backdrop, or it is damaged
        return None


def _read(
    settings: Settings, backdrop: Backdrop, snapshot: Snapshot, touched: Mapping[str, str], state: Mapping[str, str]
) -> Mending | None:
    """`touched`: the file of each story, by slug."""
    reader = Reader(settings)
    seals = Seals()
    stories: dict[str, Story] = {}
    mended = {path: (path, seen, digest) for path, seen, digest in snapshot.mended}
    for slug, path in touched.items():
        found = reader.read_again(_path(slug))
        if found is None:
            return None
        reading, digests = found
        place = relative(settings.docs_dir / _path(slug), settings.root)
        if digests is None or digests[1] != backdrop.seals[slug][1] or not _has_problems(reading, place, snapshot):
            return None
        record = reading.drafts[0].record
        assert isinstance(record, Story)
        seals.add((record, *digests))
        stories[slug] = record
        mended[path] = (path, state[path], digests[0])
    contents = {path: digest for path, _, digest in mended.values()}
    if not all(_are_known(reader, backdrop, contents)):
        return None

    def read(slug: str) -> Story:
        try:
            record = reader.known_reading(_path(slug)).drafts[0].record
        except Exception as error:  # what is damaged can fail in any way
            raise UnmendableError(f"The reading of {slug} is damaged.") from error
        assert isinstance(record, Story)
        digests = reader.known_digests(_path(slug))
        assert digests is not None, "all stories that are read so have some"
        seals.add((record, *digests))
        return record

    return Mending(
        backdrop=backdrop,
        reader=reader,
        stories=stories,
        touched=tuple(mended.values()),
        community=restore(backdrop, stories, read),
        seals=seals,
    )


def _are_known(reader: Reader, backdrop: Backdrop, contents: Mapping[str, Digest]) -> Iterator[bool]:
    """For each story: whether the cache has it as it was built. `contents`: digests of those mended since."""
    seals: dict[str, Any] = dict(backdrop.seals)
    for path, digest in contents.items():
        slug = path.rpartition("/")[2].removesuffix(".md")
        seals[slug] = (digest, seals[slug][1])
    for slug, digests in seals.items():
        yield reader.known_digests(_path(slug)) == digests


def _slug(settings: Settings, path: str, backdrop: Backdrop) -> str | None:
    """The slug of the story in a file; None where it is none."""
    folder, _, name = path.rpartition("/")
    slug = name.removesuffix(".md")
    is_story = folder == f"{settings.docs_dir}/stories" and name.endswith(".md") and slug in backdrop.seals
    return slug if is_story else None


def _has_problems(reading: Reading, place: str, snapshot: Snapshot) -> bool:
    """True when the problems of a file are those it had: whatever is wrong between it and others is not among them.

    That a story is old follows from its date, which is the same, so it is told as it was, where its date still stands.
    """
    known = {problem for problem in snapshot.problems if problem[0] == place}
    date = reading.drafts[0].mark("date")
    old = {one for one in known if one[4] == OLD_STORY and one[1:3] == (date.line, date.column)}
    return known - old == set(plain_problems(reading.problems))


def _path(slug: str) -> str:
    return f"stories/{slug}.md"
