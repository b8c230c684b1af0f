"""The pictures there should be, those that are there already, and the rest made on all cores.

A picture is kept in the cache under a digest of all that decides it: what is on it, the octets of a photo, colours, our
code, the library and the fonts. So one that stays the same is never made again, wherever the files lie and whenever
they were written; a run that was killed goes on where it stopped; and what nobody needs any more, such as the face of a
person who took their consent back, is removed from the cache and the site. `site/` has links to the files of the cache:
MkDocs empties that folder on every build, so no picture outlives the page and the person it belongs to.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from alongside.imaging import cards, shrinking
from alongside.imaging.engine import is_loaded, prepare, versions
from alongside.problems import AlongsideError
from alongside.processes import answers, collector_off, how_many
from alongside.reading.folders import FoundFile, find_files
from alongside.reading.heads import HeadCache
from alongside.rendering.artifacts import Tree, write_file
from alongside.rendering.copies import DRAWN, FACES, TEXTS, copy_path
from alongside.rendering.markdown import render_markdown
from alongside.rendering.pages.picture_cards import PictureCard, card_path
from alongside.rendering.pages.picture_cards import cards as cards_of
from alongside.rendering.pages.views import docs_source
from alongside.rendering.tracking import Site
from alongside.settings import ImageSettings
from alongside.source import pictures

_MANY = 40  # pictures from which on other processes pay
_WAVE = 150  # pictures of a process between two reports
Progress = Callable[[int, int], None]  # (pictures made, pictures to make)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the step did."""

    cards: int  # pictures for chats there are now
    copies: int  # and smaller copies
    size: int  # bytes of all
    fresh: int  # how many of them were made
    removed: int  # how many nobody needs any more
    broken: tuple[str, ...]  # pictures below docs_dir that cannot be decoded: pages show them as they are


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One picture to make: a card, or else a copy of `source`."""

    path: str  # in the site
    digest: str  # of all that decides it
    card: PictureCard | None
    source: str  # below docs_dir: the picture that is shrunk, or the photo on the card
    width: int  # pixels, of a copy


@collector_off()
def make_images(site: Site, site_dir: Path, cache_dir: Path, *, progress: Progress | None = None) -> Made:
    """Bring all pictures of `site` into `site_dir`, where the pages are. The jobs were listed (`list_jobs`).

    Raises `AlongsideError` where the setting is off, a page is missing there, a build is at work there, or the library
    is not installed; `OSError` where something cannot be written.
    """
    colours = site.settings.images
    if colours is None:
        raise AlongsideError(
            "No page would show a picture.", hint='Add "images: true" to the plugin\'s settings, and build first.'
        )
    stranger = next((path for path in sorted(site.whole.documents) if path.startswith(f"{DRAWN}/")), None)
    if stranger is not None:
        raise AlongsideError(
            f"{stranger} lies where pictures are drawn.", hint=f'Call that folder something else than "{DRAWN}".'
        )
    shown = list(cards_of(site)) if site.settings.site_url else []
    pages = [card.path for card in shown if card.path]
    missing = next((path for path in pages if not (site_dir / path / "index.html").is_file()), None)
    if missing is not None or not site_dir.is_dir():
        raise AlongsideError(
            f"{site_dir} has no {missing or 'site'}: it is not the site of these files.", hint="First: alongside build"
        )
    kept = cache_dir / f"images-{blake2b(str(site_dir.resolve()).encode(), digest_size=8).hexdigest()}"
    tree = Tree(site_dir, cache_dir)
    tree.lock()
    try:
        wanted = list(_wanted(site, shown, colours, cache_dir))
        todo = [work for work in wanted if not _is_there(kept, work)]
        if todo:
            prepare(cache_dir / "images")
            _make(todo, kept, colours, site.settings.docs_dir, progress)
        files = {work.path: _file_of(kept, work) for work in wanted}
        _link(files, site_dir)
        removed = _prune(kept, {file.name for file in files.values()})
    finally:
        tree.unlock()
    broken = {work.source for work in wanted if files[work.path].suffix == _AS_IT_IS}
    return Made(
        cards=sum(work.card is not None for work in wanted),
        copies=sum(work.card is None for work in wanted),
        size=sum(file.stat().st_size for file in files.values()),
        fresh=len(todo),
        removed=removed,
        broken=tuple(sorted(broken)),
    )


# --- what there should be --------------------------------------------------------------------------------------------


def _wanted(site: Site, shown: Iterable[PictureCard], colours: ImageSettings, cache_dir: Path) -> Iterator[_Work]:
    engine = repr(versions())
    octets = _Octets(site, cache_dir)
    for card in shown:
        photo = card.photo if card.photo in site.whole.documents else ""
        card = replace(card, photo=photo)
        digest = _digest(engine, cards.VERSION, colours, card, octets.digest(photo))
        yield _Work(path=card_path(card.path), digest=digest, card=card, source=photo, width=0)
    for source, widths in sorted(_copied(site).items()):
        for width in sorted(widths):
            digest = _digest(engine, shrinking.VERSION, width, octets.digest(source))
            yield _Work(path=copy_path(source, width), digest=digest, card=None, source=source, width=width)
    octets.save()


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _copied(site: Site) -> dict[str, set[int]]:
    """Pictures below docs_dir of which pages name copies -> how wide these are, in pixels."""
    found: dict[str, set[int]] = {}
    for member in site.whole.members.values():
        if member.photo in site.whole.documents:  # else nobody may be shown by it
            found.setdefault(member.photo, set()).update(FACES)
    for picture in _in_texts(site):
        found.setdefault(picture, set()).update(TEXTS)
    copied = {path: widths & set(site.copies.get(path, ())) for path, widths in found.items()}
    return {path: widths for path, widths in copied.items() if widths}


def _in_texts(site: Site) -> set[str]:
    """Pictures below docs_dir that stand in texts of records: those that rendering asks for."""
    community = site.whole
    texts = [
        *((story.body, story.position) for story in community.stories.values()),
        *((group.body, group.position) for group in community.groups.values()),
        *((meetup.body, meetup.position) for meetup in community.meetups.values()),
        *(
            (text, page.position)
            for member in community.members.values()
            for page in member.pages.values()
            for text in (page.bio, page.welcome)
        ),
    ]
    asked = _Asked(site.copies)
    links = replace(site.links(""), copies=asked)
    for text, position in texts:
        if "![" in text or "<img" in text.lower():
            render_markdown(text, source=docs_source(site, position), links=links, convert=site.convert)
    return asked.names


class _Asked(dict[str, tuple[int, ...]]):
    """A mapping that knows what it was asked for."""

    def __init__(self, mapping: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.names: set[str] = set()
        self._mapping = mapping

    def get(self, name: str, default: Any = None) -> tuple[int, ...]:
        self.names.add(name)
        return self._mapping.get(name, ())


class _Octets:
    """Digests of pictures below docs_dir; of one that was not touched since, as it was read before."""

    def __init__(self, site: Site, cache_dir: Path) -> None:
        self._files: dict[str, FoundFile] = {file.docs_path: file for file in find_files(site.settings, [])}
        self._heads = HeadCache(cache_dir, "images")

    def digest(self, path: str) -> int:
        """0 where there is no such picture."""
        file = self._files.get(path)
        return self._heads.values(file, _octets)[0] if file is not None else 0

    def save(self) -> None:
        self._heads.save()


def _octets(file: Path) -> list[int]:
    try:
        return [int.from_bytes(blake2b(file.read_bytes(), digest_size=16).digest())]
    except OSError:
        return [0]


# --- making ----------------------------------------------------------------------------------------------------------

_AS_IT_IS = ".as-it-is"  # the ending, in the cache, of a picture that cannot be decoded


def _is_there(kept: Path, work: _Work) -> bool:
    return _file_of(kept, work).is_file()


def _file_of(kept: Path, work: _Work) -> Path:
    """A picture in the cache."""
    whole = kept / f"{work.digest}{Path(work.path).suffix}"
    return whole if whole.is_file() else kept / f"{work.digest}{_AS_IT_IS}"


def _make(todo: Sequence[_Work], kept: Path, colours: ImageSettings, docs_dir: Path, progress: Progress | None) -> None:
    """Each process takes every n-th picture and puts it into the cache itself."""
    processes = 1 if is_loaded() else how_many(len(todo), least=_MANY)
    wave = _WAVE * processes
    for start in range(0, len(todo), wave):
        part = todo[start : start + wave]
        make = partial(_make_part, part, kept, colours, docs_dir, processes, os.getpid())
        if processes > 1:
            for _ in answers(make, processes):
                pass
        else:
            make(0)
        if progress is not None:
            progress(min(len(todo), start + wave), len(todo))


def _make_part(
    todo: Sequence[_Work], kept: Path, colours: ImageSettings, docs_dir: Path, processes: int, parent: int, part: int
) -> bytes:
    for work in todo[part::processes]:
        if processes > 1 and os.getppid() != parent:  # it was killed: the next run is to have the folder for itself
            raise AlongsideError("The step was killed.")
        ending, content = _made(work, colours, docs_dir)
        write_file(kept / f"{work.digest}{ending}", content)
    return pickle.dumps(None)


def _made(work: _Work, colours: ImageSettings, docs_dir: Path) -> tuple[str, bytes]:
    """(ending, content) of a picture."""
    source = docs_dir / work.source
    if work.card is not None:
        return ".jpg", cards.draw_card(work.card, colours, source.read_bytes() if work.source else None)
    content = source.read_bytes()
    made = shrinking.shrink(content, work.width)
    # browsers look at what a picture is, not at its name
    return (".webp", made) if made is not None else (_AS_IT_IS, pictures.without_metadata(content))


# --- into the site ---------------------------------------------------------------------------------------------------


def _link(files: Mapping[str, Path], site_dir: Path) -> None:
    """Make the folder hold these files and nothing else, at the cost of names alone where the file system can."""
    folder = site_dir / DRAWN
    if folder.is_symlink():
        folder.unlink()
    there = {path.relative_to(site_dir).as_posix(): path for path in _files(folder)}
    for path in there.keys() - files.keys():
        there[path].unlink()
    for path, file in files.items():
        target = site_dir / path
        if path in there and _are_same(target, file):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        passing = target.with_name(f".{target.name}.new")
        passing.unlink(missing_ok=True)
        try:
            os.link(file, passing)
        except OSError:  # another disk, or none that can
            write_file(passing, file.read_bytes())
            os.utime(passing, ns=(0, file.stat().st_mtime_ns))
        passing.replace(target)
    _remove_empty(folder)


def _are_same(target: Path, file: Path) -> bool:
    """The same file, or a copy made where there can be no link."""
    one, other = target.stat(), file.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]


def _remove_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _prune(kept: Path, names: set[str]) -> int:
    """Remove from the cache what is not among `names`, what a killed run left half written included."""
    strangers = [path for path in _files(kept) if path.name not in names]
    for path in strangers:
        path.unlink()
    return sum(path.suffix != ".new" for path in strangers)
