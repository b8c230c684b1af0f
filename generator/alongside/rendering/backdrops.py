"""What a build leaves for the next one, so that a story whose words alone were mended stands before all the rest as
it was: nobody else is read, linked or listed again.

Which lists a story stands in, and where, is decided by its outline (`Story.SAID` is what does not belong to it). As
long as that is the same, the whole community but this story is the same too, and so are all lists and all jobs. The
backdrop keeps them: the community without its stories, which are taken one by one from the cache of readings; the
lists that `Site.shared` made; for each job what it was bound to.
"""

from __future__ import annotations

import io
import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import partial
from importlib import import_module
from typing import Any, TypeGuard

from alongside.model.community import Community
from alongside.model.digests import Digest, Seal
from alongside.model.stories import Story
from alongside.reading.cache import RecordPickler, RecordUnpickler
from alongside.rendering.artifacts import Job, UnmendableError
from alongside.rendering.tracking import Site

_PACKAGES = ("alongside.model.", "alongside.planning.", "alongside.matching.", "alongside.rendering.pages.")
_RENDERING = "alongside.rendering."
# parts of times; `read_zone` looks into a table of names
_TIMES = frozenset({("datetime", "time"), ("datetime", "timezone"), ("alongside.planning.zones", "read_zone")})
_BY_SLUG = ("stories_of", "translations_of")  # mappings of a community whose values are stories
Made = tuple[str, str, tuple[Any, ...], bool, bool]  # module, function, what it is bound to, and `page` and `first`
_THE_SITE = ("site",)  # stands for the site among what a job is bound to
_RECORD = "record"  # begins what stands for a record there: (this, the record pickled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """What was kept; pickled in parts, and loaded as it is asked for."""

    key: bytes  # of what lists and jobs are made by and of: the engine, and the outline of the community
    state: Mapping[str, str]  # as `reading.fingerprint.list_state` found it
    stories: tuple[str, ...]  # slugs, in their order
    seals: Mapping[str, tuple[Digest, Digest]]  # by slug: digests of the stories that are as their files say
    lists: Mapping[str, Mapping[str, tuple[str, ...]]]  # mappings of the community whose values are stories: as slugs
    jobs: Mapping[str, Made]
    community: bytes  # its other fields; and the stories that have no seal, by slug
    shared: Mapping[str, bytes]

    def job(self, name: str, site: Site) -> Job:
        """The job of that name for `site`. Raises `UnmendableError` when only listing all jobs tells."""
        if name not in self.jobs:
            raise UnmendableError(f"{name} is bound to more than texts.")
        module, function, bound, page, first = self.jobs[name]
        if not module.startswith(_RENDERING) or not function.isidentifier():
            raise UnmendableError(f"{module}.{function} renders nothing.")
        arguments = [site if value == _THE_SITE else _unbound(value) for value in bound]
        render = partial(getattr(import_module(module), function), *arguments)
        return Job(name=name, render=render, page=page, first=first)


def keep_backdrop(
    site: Site, jobs: Iterable[Job], seals: Iterable[Seal], state: Mapping[str, str], *, engine: bytes, before: bytes
) -> bytes:
    """The backdrop of a community that was built, as it is written.

    `engine` stands for the code and all that is no record; `before`: the backdrop of the last build, or nothing. Lists
    that were not made in this build, as they are the same, are taken from it.
    """
    community = site.whole
    sealed = {id(record): (digest, outline) for record, digest, outline in seals}
    stories = community.stories
    known = {slug: sealed[id(story)] for slug, story in stories.items() if id(story) in sealed}
    others = {one.name: getattr(community, one.name) for one in fields(community) if one.name != "stories"}
    unsealed = {slug: story for slug, story in stories.items() if slug not in known}
    lists = {
        name: {key: tuple([story.slug for story in found]) for key, found in getattr(community, name).items()}
        for name in _BY_SLUG
    }
    key = engine + site.outline()
    old = parse_backdrop(before) if before else None
    held = old.shared if old is not None and old.key == key else {}
    shared = {**held, **{name: _pickled(dict(one)) for name, one in site.made_shared() if name not in held}}
    made = {job.name: bound for job in jobs if (bound := _bound(job)) is not None}
    kept = (key, dict(state), (*stories,), known, lists, made, _pickled((others, unsealed)), shared)
    return marshal.dumps(kept)


def parse_backdrop(content: bytes) -> Backdrop:
    """What `keep_backdrop` gave. Raises `ValueError`, `TypeError` or `EOFError` when it is none, or empty."""
    key, state, stories, seals, lists, jobs, community, shared = marshal.loads(content)  # noqa: S302  sealed by us
    return Backdrop(
        key=key, state=state, stories=stories, seals=seals, lists=lists, jobs=jobs, community=community, shared=shared
    )


def restore(backdrop: Backdrop, mended: Mapping[str, Story], read: Callable[[str], Story]) -> Community:
    """The community as it is now: stories that were `mended`, and the others as `read` gives them by slug."""
    others, unsealed = unpickle(backdrop.community)
    stories = _KeptStories(backdrop.stories, {**unsealed, **mended}, read)
    community = Community(stories=stories, **others)
    # as if these had been asked for; a copy with other records (`dataclasses.replace`) makes its own
    community.__dict__.update({name: _KeptLists(backdrop.lists[name], stories) for name in _BY_SLUG})
    return community


class _KeptStories(Mapping[str, Story]):
    def __init__(self, slugs: tuple[str, ...], known: dict[str, Story], read: Callable[[str], Story]) -> None:
        self._slugs = dict.fromkeys(slugs)
        self._known = known
        self._read = read

    def __getitem__(self, slug: str) -> Story:
        if slug not in self._known:
            if slug not in self._slugs:
                raise KeyError(slug)
            self._known[slug] = self._read(slug)
        return self._known[slug]

    def __contains__(self, slug: object) -> bool:
        return slug in self._slugs

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def __len__(self) -> int:
        return len(self._slugs)


class _KeptLists(Mapping[str, tuple[Story, ...]]):
    def __init__(self, slugs: Mapping[str, tuple[str, ...]], stories: Mapping[str, Story]) -> None:
        self._slugs = slugs
        self._stories = stories

    def __getitem__(self, key: str) -> tuple[Story, ...]:
        return tuple([self._stories[slug] for slug in self._slugs[key]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._slugs)

    def __len__(self) -> int:
        return len(self._slugs)


def _bound(job: Job) -> Made | None:
    """What a job is made of, in what `marshal` writes; None where it is bound to more than that."""
    render: Callable[..., Any] = job.render
    bound: list[object] = []
    while isinstance(render, partial):
        if render.keywords:
            return None
        bound[:0] = [_THE_SITE if isinstance(value, Site) else _kept(value) for value in render.args]
        render = render.func
    return None if None in bound else (render.__module__, render.__qualname__, (*bound,), job.page, job.first)


def _kept(value: object) -> object:
    """What stands for a value that a job is bound to; None where nothing can."""
    if is_dataclass(value) and not isinstance(value, type):
        return (_RECORD, _pickled(value))
    return value if _is_plain(value) and value[:1] != (_RECORD,) else None


def _unbound(value: Any) -> Any:
    return unpickle(value[1]) if type(value) is tuple and value[:1] == (_RECORD,) else value


def _is_plain(value: object) -> TypeGuard[str | tuple[Any, ...]]:
    return all(map(_is_plain, value)) and value != _THE_SITE if type(value) is tuple else type(value) is str


def _pickled(value: object) -> bytes:
    stream = io.BytesIO()
    RecordPickler(stream, protocol=5).dump(value)
    return stream.getvalue()


def unpickle(content: bytes) -> Any:
    """A part of a backdrop. Raises `UnmendableError` for what is none."""
    try:
        return _Unpickler(io.BytesIO(content)).load()
    except Exception as error:  # what is damaged can fail in any way
        raise UnmendableError("What was kept of the last build is damaged.") from error


class _Unpickler(RecordUnpickler):
    """Knows the records that lists are made of, too."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _TIMES:
            return getattr(import_module(module), name)
        if module.startswith(_PACKAGES) and name.isidentifier():
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and (is_dataclass(found) or hasattr(found, "_fields")):
                return found
        return super().find_class(module, name)
