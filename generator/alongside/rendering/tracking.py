"""What a page reads, written down: the reason why one edit renders a few pages and not ten thousand.

`Site` is all that rendering may look at. It hands out the community in mappings that note every look-up while a job
is rendered. A later build compares the digests of what was noted; a job none of whose reads changed is not rendered
again. So nobody declares dependencies, and nobody can forget one. What it asks of templates and views:

- look records up by slug (`site.community.members["ana"]`); to loop over a whole mapping is to depend on all of it;
- lists that need all records (sorting, related stories) are made once, by `site.shared`, and looked up by key;
- what is worth computing once and is used by many pages goes through `site.memo`, never through a cache of its own;
  octets that many files have in common (a meetup's event) through `site.pieces`, which keeps them for later builds;
- ask `site.allows`, `site.tellers`, `site.is_welcoming` and `site.is_past` instead of comparing dates: a page is then
  made anew when the answer changes, not every day.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property, partial
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar, cast

from alongside.model.community import Community
from alongside.model.digests import Digest, Digester, Seals, digest_of_outline, digest_of_plain
from alongside.model.people import Container, Member
from alongside.model.stories import Story
from alongside.planning.occurrences import Occurrence, next_occurrence
from alongside.rendering.artifacts import Piece, PieceKey
from alongside.rendering.copies import copy_path, copy_widths
from alongside.rendering.markdown import Converter, Links
from alongside.rendering.shells import Shell
from alongside.settings import Settings

if TYPE_CHECKING:
    import jinja2

V = TypeVar("V")
_ABSENT: Digest = b""
MADE_OF_STORIES = frozenset({"lists.shown_stories", "lists.found_stories"})  # of these, others are made
_SEPARATOR = "\0"  # between a mapping's name and a key, in the names of reads


class Site:
    """All that rendering may look at, for one build at one instant."""

    def __init__(
        self,
        *,
        community: Community,
        settings: Settings,
        now: datetime,
        templates: jinja2.Environment | None = None,
        drafts: bool = False,
        use_directory_urls: bool = True,
        convert: Converter | None = None,
        seals: Seals | None = None,
        shared: Mapping[str, Callable[[], Mapping[str, Any]]] | None = None,
    ) -> None:
        """`now` is aware, UTC. `drafts`: show stories that are not published, marked as such (only `serve`).

        `convert`: the site's own Markdown for records (`markdown: site`); None: CommonMark. `seals`: of records.
        `shared`: what gives mappings that `shared` made in an earlier build, and that hold, by name.
        """
        self.whole = community  # untracked: for lists made by `shared` and for listing jobs, never while rendering
        self.settings = settings
        self.drafts = drafts
        self.use_directory_urls = use_directory_urls
        self.convert = convert
        self.pages: set[str] = set()  # paths of all pages of this build; filled when the jobs are listed
        self._templates = templates
        self._now = now
        self._reads: set[str] | None = None
        self._memos: dict[tuple[Hashable, ...], tuple[Any, set[str]]] = {}
        self.made_pieces: dict[PieceKey, Piece] = {}  # the build puts in those of earlier builds that still hold
        self.shells: dict[int, Shell] = {}  # by depth; filled by the build before it renders
        self._mappings: dict[str, Mapping[str, Any]] = {}
        self._digester = _DayDigester(now.date(), seals or Seals())
        self._shared: set[str] = set()  # names of mappings that `shared` promised
        self._known_shared = shared or {}
        self._outline: Digest | None = None
        self.community = self._tracked_community(community)
        self._mappings["upcoming"] = Computed(tuple(community.meetups), self._next_occurrence)
        self._mappings["past"] = Computed(None, lambda day: date.fromisoformat(day) < now.date())
        self._mappings["shells"] = Computed(None, lambda depth: self.shells.get(int(depth)))
        self._mappings["copies"] = Computed(None, self._copy_widths)
        # path below docs_dir of a picture -> how wide the smaller copies are that pages may name; none by default
        self.copies: Mapping[str, tuple[int, ...]] = self._mapping("copies") if settings.images else {}
        # a meetup's slug -> its next occurrence after `now`; None when nothing lies ahead
        self.upcoming: Mapping[str, Occurrence | None] = self._mapping("upcoming")

    # --- what rendering asks -----------------------------------------------------------------------------------

    @property
    def templates(self) -> jinja2.Environment:
        """The environment of `rendering.templates`; a change of any template renders everything again."""
        assert self._templates is not None, "this site was made without templates"
        return self._templates

    @property
    def day(self) -> date:
        """Today, UTC. What reads it is rendered anew every day."""
        self._note("day")
        return self._now.date()

    @property
    def now(self) -> datetime:
        """The build's instant. What reads it is rendered anew in every build with another `--now`."""
        self._note("now")
        return self._now

    def allows(self, member: Member, container: Container) -> bool:
        """True when `container` may show `member` today (consent and status)."""
        self._note_record("members", member.slug)
        return member.allows(container, self._now.date())

    def is_away(self, member: Member) -> bool:
        """True when `member` asked to be left alone today."""
        self._note_record("members", member.slug)
        return member.is_away(self._now.date())

    def is_full(self, member: Member) -> bool:
        """True when `member` has as many newcomers this week as they offered to take on."""
        until = self.community.full_until.get(member.slug)
        return until is not None and not self.is_past(until)

    def is_welcoming(self, member: Member) -> bool:
        """True when a newcomer may be sent to `member` today: active, not away, and with room this week."""
        able = member.welcomes > 0 and member.status == "active"
        return able and not self.is_away(member) and not self.is_full(member)

    def tellers(self, story: Story, container: Container) -> tuple[Member, ...]:
        """Who may be named as telling `story` in `container` today; the first is its voice. May be empty."""
        members = (self.community.members.get(slug) for slug in story.members)
        return tuple(member for member in members if member is not None and self.allows(member, container))

    def smallest(self, picture: str) -> str:
        """The site path of the smallest copy of a picture, where pages may name one; else its own."""
        copies = self.copies.get(picture)
        return copy_path(picture, copies[0]) if copies else picture

    def is_past(self, day: date) -> bool:
        """True when `day` lies before today (UTC)."""
        self._note_record("past", day.isoformat())
        return day < self._now.date()

    def memo(self, name: str, compute: Callable[..., V], *arguments: Hashable) -> V:
        """`compute(*arguments)`, once a build; what it read counts for every job that asks again.

        A plain cache would hide from the second job what the first one read.
        """
        key = (name, *arguments)
        if key not in self._memos:
            self._memos[key] = self._compute(compute, arguments)
        found, reads = self._memos[key]
        if self._reads is not None:
            self._reads |= reads
        return cast(V, found)

    def pieces(self, name: str, render: Callable[..., V], calls: Iterable[tuple[str, ...]]) -> list[V]:
        """`render(*call)` of each of `calls`: octets, or tuples with octets, that stand in several files.

        They are made once, and in a later build only when what they read has changed.
        """
        made, pieces = self.made_pieces, []
        for call in calls:
            key = (name, *call)
            piece = made.get(key)
            if piece is None:
                found, inner = self._compute(render, call)
                piece = made[key] = found, tuple(inner)
            pieces.append(piece)
        if self._reads is not None:
            self._reads.update(chain.from_iterable([reads for _, reads in pieces]))
        return [found for found, _ in pieces]

    def shell(self, depth: int) -> Shell:
        """The theme's page for record pages `depth` folders below the root."""
        self._note_record("shells", str(depth))
        return self.shells[depth]

    def links(self, page: str, pictures: frozenset[str] = frozenset()) -> Links:
        """How relative links resolve in HTML that stands on the page `page` ("stories/x/"), or at a whole address.

        `pictures`: other hosts whose pictures are loaded there.
        """
        return Links(
            files=self.community.files,
            documents=self._mapping("documents"),
            pages=self._mapping("pages"),
            sizes=self.community.pictures if "://" not in page else {},  # readers of feeds and mails scale nothing
            copies=self.copies if "://" not in page else {},
            page=page,
            use_directory_urls=self.use_directory_urls,
            pictures=pictures,
        )

    def shared(self, name: str, compute: Callable[[Community], Mapping[str, V]]) -> Mapping[str, V]:
        """A mapping made once a build out of the whole community, when it is first looked into; tracked by key.

        Call it while listing jobs and bind the result's name, or call it again in the job with the same name: it is
        computed once. Values are records, texts, numbers, dates, or tuples and mappings of these; nothing of what a
        story says (`Story.SAID`), so that none of these mappings is looked through when a writer mends a word.
        """
        if name not in self._mappings:
            self._mappings[name] = _Late(self._known_shared.get(name, partial(self._make_shared, compute)))
            self._shared.add(name)
        return cast(Mapping[str, V], self._mapping(name))

    # --- what the build asks -----------------------------------------------------------------------------------

    def revised(self, community: Community) -> Site:
        """The same site of a community in which the words of some record are others: what `shared` made stays.

        For a first look alone: a list may still go by the older words.
        """
        made = copy.copy(self)
        made.whole = community
        made._reads, made._memos, made.made_pieces, made._outline = None, {}, {}, None
        made._digester = _DayDigester(self._now.date(), Seals())
        made._mappings = dict(self._mappings)
        made.community = made._tracked_community(community)
        made.upcoming = made._mapping("upcoming")
        return made

    def made_shared(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What `shared` made and jobs look into, by name: not what holds stories, from which others are made."""
        for name in sorted(self._shared):
            mapping = self._mappings[name]
            if isinstance(mapping, _Late) and mapping.is_made and name not in MADE_OF_STORIES:
                yield name, mapping

    def make_shared(self) -> None:
        """Make what `shared` promised: before processes part, or each would make it for itself."""
        for mapping in [*self._mappings.values()]:
            if isinstance(mapping, _Late):
                mapping.make()

    @contextmanager
    def reading(self) -> Iterator[set[str]]:
        """While open, every read is added to the set it yields. Not nested."""
        reads: set[str] = set()
        self._reads = reads
        try:
            yield reads
        finally:
            self._reads = None

    def digest_of_read(self, read: str) -> Digest:
        """What a noted read would find in this build, as a digest; empty when it finds nothing."""
        name, separator, key = read.partition(_SEPARATOR)
        if name == "day":
            return self.digest(self._now.date())
        if name == "now":
            return self.digest(self._now)
        mapping = self._mappings.get(name)
        if mapping is None:
            return _ABSENT
        if not separator:
            return self.digest(mapping)
        value = mapping.get(key)
        return _ABSENT if value is None else self.digest(value)

    def changed_reads(self, reads: Mapping[str, Digest], outline: Digest) -> set[str]:
        """Those of noted reads that would find something else in this build. `outline`: as it was when they found it.

        What lists hold is compared one by one only where the outline is another.
        """
        changed, same = set(), outline == self.outline()
        for read, digest in reads.items():
            if same and read.partition(_SEPARATOR)[0] in self._shared:
                continue
            if self.digest_of_read(read) != digest:
                changed.add(read)
        return changed

    def reads_of_story(self, slug: str) -> set[str]:
        """The reads that find what a story says, itself or in a list."""
        story = self.whole.stories[slug]
        lists = {"stories": slug, "translations_of": story.translation_of}
        found = {name + _SEPARATOR + key for name, key in lists.items()}
        found.update(f"stories_of{_SEPARATOR}{member}" for member in story.members)
        return found | {*lists, "stories_of"}

    @property
    def instant(self) -> datetime:
        """The build's instant, for the build: rendering asks `now`."""
        return self._now

    def outline(self) -> Digest:
        """A digest of all that the mappings of `shared` are made of: the community without what its stories say."""
        if self._outline is None:
            community = self.whole
            fields = [f.name for f in dataclasses.fields(community) if f.name not in ("stories", "documents")]
            parts = [
                self.digest((self._now.date(), tuple(sorted(community.documents)))),
                *(self.digest(getattr(community, name)) for name in fields),
                *(self.digest(self.upcoming[slug]) for slug in community.meetups),
                self.digest(tuple(community.stories)),
                *map(self._digester.outline, community.stories.values()),
            ]
            self._outline = blake2b(b"".join(parts), digest_size=16).digest()
        return self._outline

    def digest_of_call(self, render: Callable[..., Any]) -> Digest:
        """A digest of what a job's `render` was bound to: a module's function, or a `partial` of one."""
        bound: list[object] = []
        while isinstance(render, partial):
            bound += [value for value in (*render.args, *render.keywords.values()) if not isinstance(value, Site)]
            render = render.func
        if getattr(render, "__closure__", None):
            raise TypeError(f"{render!r} hides what it depends on; bind it with functools.partial instead")
        return digest_of_plain(self._digester.plain((render.__module__, render.__qualname__, *bound)))

    def digest(self, value: object) -> Digest:
        """16 bytes that are equal for equal values, in every process. Positions do not count."""
        return self._digester.digest(value)

    # --- within ------------------------------------------------------------------------------------------------

    def _compute(self, compute: Callable[..., V], arguments: tuple[Hashable, ...]) -> tuple[V, set[str]]:
        """A value, and what it was made of."""
        outer = self._reads
        inner: set[str] = set()
        self._reads = inner
        try:
            return compute(*arguments), inner
        finally:
            self._reads = outer

    def _make_shared(self, compute: Callable[[Community], Mapping[str, V]]) -> Mapping[str, V]:
        with self._untracked():
            return compute(self.whole)

    def _tracked_community(self, community: Community) -> Community:
        """A copy whose mappings, cached properties included, note what is looked up."""
        tracked = copy.copy(community)
        names = [f.name for f in dataclasses.fields(community) if isinstance(getattr(community, f.name), Mapping)]
        for name in names:
            self._mappings[name] = getattr(community, name)
        for name, attribute in vars(Community).items():
            if isinstance(attribute, cached_property):
                self._mappings[name] = _Late(partial(getattr, community, name))
                names.append(name)
        for name in names:
            tracked.__dict__[name] = self._mapping(name)
        documents: frozenset[str] = getattr(community, "documents", frozenset())
        shown = documents | community.previewed if self.drafts else documents
        self._mappings["documents"] = dict.fromkeys(shown, True)
        self._mappings["pages"] = _Flags(self.pages)
        return tracked

    def _mapping(self, name: str) -> Any:
        return _Tracked(self, name)

    def _next_occurrence(self, slug: str) -> Occurrence | None:
        return next_occurrence(self.whole.meetups[slug], after=self._now)

    def _copy_widths(self, path: str) -> tuple[int, ...]:
        size = self.whole.pictures.get(path)
        return copy_widths(size) if size is not None and path not in self.whole.moving else ()

    def _note(self, name: str) -> None:
        if self._reads is not None:
            self._reads.add(name)

    def _note_record(self, name: str, key: str) -> None:
        if self._reads is not None:
            self._reads.add(name + _SEPARATOR + key)

    @contextmanager
    def _untracked(self) -> Iterator[None]:
        reads, self._reads = self._reads, None
        try:
            yield
        finally:
            self._reads = reads


class _DayDigester(Digester):
    """Knows of a member what holds on one day, too: consent begins and ends without an edit; and who has a seal."""

    def __init__(self, day: date, seals: Seals) -> None:
        super().__init__()
        self._day = day
        self._seals = seals

    def digest_of_record(self, record: object) -> Digest:
        seal = self._seals.get(record)
        digest = super().digest_of_record(record) if seal is None else seal[1]
        if isinstance(record, Member):
            standing = [record.allows(where, self._day) for where in ("page", "embed", "mail")]
            return digest_of_plain((digest, standing, record.is_away(self._day)))
        return digest

    def outline(self, story: Story) -> Digest:
        """As `digest_of_outline` gives it."""
        seal = self._seals.get(story)
        return digest_of_outline(story) if seal is None else seal[2]


class _Tracked(Mapping[str, Any]):
    """A mapping of the site that notes what is looked up: one key, or everything."""

    __slots__ = ("_name", "_prefix", "_site")

    def __init__(self, site: Site, name: str) -> None:
        self._site = site
        self._name = name
        self._prefix = name + _SEPARATOR

    def __getitem__(self, key: str) -> Any:
        reads = self._site._reads
        if reads is not None:
            reads.add(self._prefix + key)
        return self._site._mappings[self._name][key]

    def get(self, key: str, default: Any = None) -> Any:
        reads = self._site._reads
        if reads is not None:
            reads.add(self._prefix + key)
        return self._site._mappings[self._name].get(key, default)

    def __contains__(self, key: object) -> bool:
        self._site._note_record(self._name, str(key))
        return key in self._site._mappings[self._name]

    def __iter__(self) -> Iterator[str]:
        self._site._note(self._name)
        return iter(self._site._mappings[self._name])

    def __len__(self) -> int:
        self._site._note(self._name)
        return len(self._site._mappings[self._name])


class _Late(Mapping[str, Any]):
    """A mapping that is made when it is first looked into."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        return self._make()

    @property
    def is_made(self) -> bool:
        """True when it was looked into."""
        return "_made" in self.__dict__

    def make(self) -> None:
        """Make it now, unless it is made."""
        _ = self._made

    def __getitem__(self, key: str) -> Any:
        return self._made[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self._made.get(key, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Computed(Mapping[str, Any]):
    """A mapping whose values are made one by one, when they are looked up."""

    def __init__(self, keys: Iterable[str] | None, compute: Callable[[str], Any]) -> None:
        self._keys = None if keys is None else dict.fromkeys(keys)  # None: any key
        self._compute = compute
        self._made: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if self._keys is not None and key not in self._keys:
            raise KeyError(key)
        if key not in self._made:
            self._made[key] = self._compute(key)
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys or ())

    def __len__(self) -> int:
        return len(self._keys or ())


class _Flags(Mapping[str, bool]):
    """A set as a mapping to True."""

    def __init__(self, members: set[str]) -> None:
        self._members = members

    def __getitem__(self, key: str) -> bool:
        if key in self._members:
            return True
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        return True if key in self._members else default

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._members))

    def __len__(self) -> int:
        return len(self._members)
