"""Which newcomers would find nobody: what each kind of newcomer would meet, by the real matching, and what is missing.

After matching, before rendering. A cell is a newcomer who says two things: a challenge, and a language, a country or a
role; and whatever all cells are to say besides. What they would meet first is asked of matching, as for everybody; how
many records fit is counted over the same pools. Where newcomers are given, each cell says how many there were; who they
were does not leave here.

A record fits when it shares all that the cell says. One that shares a part of it is better than nothing, and is counted
apart. With members only those count who have room; who has none may fit ever so well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any, Literal, TypeVar

from alongside.matching.assignment import assign_member, with_room
from alongside.matching.index import MatchIndex, Pool
from alongside.matching.matches import Match, match_groups, match_meetups, match_stories
from alongside.matching.memory import Upcoming
from alongside.matching.scoring import language_table
from alongside.matching.words import fold, language_of
from alongside.model.community import Community
from alongside.model.group_facts import FEWEST
from alongside.model.people import Container, Member, Newcomer
from alongside.model.places import Place
from alongside.reading.places import country_place

Axis = Literal["challenge", "language", "country", "role"]
Kind = Literal["member", "story", "group", "meetup"]
Level = Literal["fits", "partly", "far", "nobody"]
Why = Literal["status", "consent", "away", "welcomes", "full"]  # a member is not found
KINDS: tuple[Kind, ...] = ("member", "story", "group", "meetup")
AXES: tuple[Axis, ...] = ("challenge", "language", "country", "role")
LEVELS: tuple[Level, ...] = ("fits", "partly", "far", "nobody")  # the best first
# What stands beside challenges, and of which kinds that says something: stories have no place, gatherings no roles.
SHEETS: Mapping[Axis, tuple[Kind, ...]] = {
    "language": ("member", "story", "group", "meetup"),
    "country": ("member", "group", "meetup"),
    "role": ("member", "story"),
}
# What has to be shared with somebody who was really there, as far as they said it.
NEEDED: Mapping[Kind, tuple[Axis, ...]] = {
    "member": ("challenge", "language"),
    "story": ("challenge", "language"),
    "group": ("language", "country"),
    "meetup": ("language", "country"),
}
Key = TypeVar("Key", bound=Any)
MOST_ROLES = 24  # roles are free text: those that most people have
NOBODY = Newcomer()  # who says nothing
SHARED_ROLE = 2  # records that name a role; what one alone names is hardly what newcomers say


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A newcomer who says just this; empty is not said."""

    challenge: str = ""  # slug
    language: str = ""  # tag without a region
    country: str = ""  # ISO 3166-1 alpha-2
    role: str = ""  # as somebody wrote it

    def newcomer(self, base: Newcomer = NOBODY) -> Newcomer:
        """The profile of that newcomer, who besides says what `base` says."""
        return Newcomer(
            challenges=(self.challenge,) if self.challenge else base.challenges,
            languages=(self.language,) if self.language else base.languages,
            place=country_place(self.country) if self.country else base.place,
            roles=(self.role,) if self.role else base.roles,
            topics=base.topics,
            text=base.text,
        )

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What is said."""
        return tuple(axis for axis in AXES if getattr(self, axis))


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """What one kind of record holds for a cell."""

    level: Level  # "far": somebody, and nothing is shared; "nobody": there is none at all
    fitting: int  # records that share all that is said
    partly: int  # that share a part of it, besides
    first: Match | None  # what they would meet first, where that was asked; of members: who would be assigned


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A cell, and all they would find."""

    cell: Cell
    finds: Mapping[Kind, Find]  # of the kinds that this cell says something about
    newcomers: int | None = None  # who were there and said so; None: no newcomers were given


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What somebody could write, or whom they could ask."""

    kind: Kind
    # Several lack the same beside one language, or each alone, and nobody was there who asked for one of them. One that
    # says nothing: there is none of that kind at all.
    cells: tuple[Cell, ...]
    find: Find  # of the first of them
    newcomers: int | None  # None: no newcomers were given
    elsewhere: int = 0  # of them: who find it in another language they read

    def values(self, axis: Axis) -> tuple[str, ...]:
        """What is said of `axis`, each once."""
        return tuple(dict.fromkeys(value for cell in self.cells if (value := getattr(cell, axis))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newcomers that were given, counted."""

    count: int
    unlisted: tuple[tuple[str, int], ...]  # what they call a challenge and nothing here is called, if several say so
    rarely: int  # newcomers who name some other thing that is not listed
    silent: Mapping[Axis, int]  # how many said nothing of it, or nothing that is known here
    levels: Mapping[Kind, Mapping[Level, int]]  # what each would find, by all that they said


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """How many records of a kind there are, and how many of them say something of an axis."""

    records: int  # that may be found: members with room, meetups to come
    others: int  # that matching knows, and that may not: members without room, meetups that are over
    saying: Mapping[Axis, int]  # of `records`


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """All of it."""

    axes: Mapping[Axis, tuple[str, ...]]  # values in their order
    rarer_roles: int  # roles that are left out
    pools: Mapping[Kind, Pools]
    absent: Mapping[Why, int]  # members who welcome nobody now, by the first thing that keeps them
    alone: tuple[Found, ...]  # cells with one thing said: a challenge, a language, a country, a role
    cells: tuple[Found, ...]  # a challenge and one other thing
    gaps: tuple[Gap, ...]  # what concerns most newcomers first
    seen: Seen | None  # None: no newcomers were given

    @property
    def covered(self) -> tuple[int, int]:
        """(cells of a challenge and a language for which a member fits, all of them)."""
        levels = [found.finds["member"].level for found in self.cells if found.cell.language]
        return levels.count("fits"), len(levels)

    @property
    def read_languages(self) -> tuple[str, ...]:
        """The languages that newcomers read: those they brought, else those of the community; the most read first."""
        languages = [found for found in self.alone if found.cell.language]
        brought = sorted((found for found in languages if found.newcomers), key=lambda found: -(found.newcomers or 0))
        return tuple(found.cell.language for found in (brought if self.seen is not None else languages))

    def rows(self, axis: Axis) -> Mapping[str, Sequence[Found]]:
        """The cells of `axis` and challenges by the value of `axis`, challenges in their order."""
        found: dict[str, list[Found]] = {value: [] for value in self.axes[axis]}
        for one in self.cells:
            if value := getattr(one.cell, axis):
                found[value].append(one)
        return found


def cover(
    index: MatchIndex,
    *,
    day: date,
    load: Mapping[str, int],
    upcoming: Upcoming,
    newcomers: Sequence[Newcomer] | None = None,
    base: Newcomer = NOBODY,
    meeting: Collection[Kind] = KINDS,
) -> Coverage:
    """What newcomers of each kind would find on `day`.

    `load`: newcomers each member took on in the last seven days. `upcoming`: what `first_instants` gives.
    `newcomers`: those who were really there; their names and addresses are not looked at. What they call a challenge
    may be a word that nothing here is called. `base`: what all cells say besides, so that they say three or four
    things; then only newcomers who say so are counted. `meeting`: the kinds of which it is asked what comes first,
    which takes longer than all the rest.
    """
    base = _with_known_challenges(base, index.community)
    alike = [newcomer for newcomer in newcomers or () if _is_alike(newcomer, base)]
    unlisted = _unlisted(index.community, alike)
    if newcomers is not None:
        newcomers = [_with_known_challenges(newcomer, index.community) for newcomer in newcomers]
    survey = _Survey(index, day=day, load=load, upcoming=upcoming)
    axes, rarer = _axes(index.community, newcomers or ())
    counts = _counts(newcomers, base) if newcomers is not None else None

    def found(cell: Cell, kinds: Iterable[Kind]) -> Found:
        newcomer = cell.newcomer(base)
        finds = {kind: survey.find(kind, newcomer, _telling(kind, newcomer), meeting=kind in meeting) for kind in kinds}
        return Found(
            cell=cell,
            finds=finds,
            newcomers=counts[replace(cell, role=fold(cell.role))] if counts is not None else None,
        )

    alone = tuple(
        found(_cell(axis, value), SHEETS.get(axis, KINDS)) for axis, values in axes.items() for value in values
    )
    cells = tuple(
        found(_cell(axis, value, challenge), kinds)
        for axis, kinds in SHEETS.items()
        for value in axes[axis]
        for challenge in axes["challenge"]
    )
    pools = {kind: survey.pools(kind) for kind in KINDS}
    gaps = [
        replace(gap, elsewhere=survey.elsewhere(gap.kind, gap.cells[0], base, newcomers or ()))
        if gap.newcomers
        else gap
        for gap in _gaps(found(Cell(), KINDS), alone, cells, pools)
    ]
    return Coverage(
        axes=axes,
        rarer_roles=rarer,
        pools=pools,
        absent=survey.absent(),
        alone=alone,
        cells=cells,
        gaps=tuple(sorted(gaps, key=_urgency)),
        seen=_seen(survey, [_with_known_challenges(one, index.community) for one in alike], unlisted)
        if newcomers is not None
        else None,
    )


def _cell(axis: Axis, value: str, challenge: str = "") -> Cell:
    match axis:
        case "challenge":
            return Cell(challenge=value)
        case "language":
            return Cell(language=value, challenge=challenge)
        case "country":
            return Cell(country=value, challenge=challenge)
        case "role":
            return Cell(role=value, challenge=challenge)


# --- what is asked of matching -------------------------------------------------------------------------------------


class _Survey:
    """Looks through the pools of an index. A set of records is a whole number whose bits are their numbers."""

    def __init__(self, index: MatchIndex, *, day: date, load: Mapping[str, int], upcoming: Upcoming) -> None:
        self._index, self._day, self._load, self._upcoming = index, day, load, upcoming
        numbers = index.members.numbers
        self._by_mail = bool(with_room(index, day=day, load=load, container="mail"))
        containers: tuple[Container, ...] = ("mail", "embed")
        welcoming = {
            numbers[slug]
            for container in containers
            for slug in with_room(index, day=day, load=load, container=container)
        }
        coming = {index.meetups.numbers[slug] for slug in upcoming if slug in index.meetups.numbers}
        self._there: Mapping[Kind, int] = {
            "member": _bits(index.members, welcoming.__contains__),
            "story": _bits(index.stories, lambda _: True),
            "group": _bits(index.groups, lambda _: True),
            "meetup": _bits(index.meetups, coming.__contains__),
        }
        self._sharing: dict[tuple[Kind, Axis, tuple[str, ...]], int] = {}

    def find(self, kind: Kind, newcomer: Newcomer, axes: Iterable[Axis], *, meeting: bool) -> Find:
        """What records of `kind` hold for `newcomer`, of whom `axes` have to be shared."""
        level, fitting, partly = self.look(kind, newcomer, axes)
        first = self._first(kind, newcomer) if meeting and level != "nobody" else None
        return Find(level=level, fitting=fitting, partly=partly, first=first)

    def look(self, kind: Kind, newcomer: Newcomer, axes: Iterable[Axis]) -> tuple[Level, int, int]:
        """(how good it is, records that share all of `axes`, records that share some of them)."""
        there = self._there[kind]
        whole, some = there, 0
        for axis in axes:
            shared = there & self._shared(kind, axis, newcomer)
            whole &= shared
            some |= shared
        fitting, partly = whole.bit_count(), (some & ~whole).bit_count()
        return "fits" if fitting else "partly" if partly else "far" if there else "nobody", fitting, partly

    def elsewhere(self, kind: Kind, cell: Cell, base: Newcomer, newcomers: Iterable[Newcomer]) -> int:
        """How many of those who are counted in a cell of a language find what it lacks in another one they read."""
        asked = cell.newcomer(base)
        there = (
            replace(asked, languages=newcomer.languages)
            for newcomer in newcomers
            if _counted(newcomer, "language") == (cell.language,) and _is_alike(newcomer, asked)
        )
        return sum(self.look(kind, one, _telling(kind, one))[0] == "fits" for one in there)

    def pools(self, kind: Kind) -> Pools:
        """How many there are."""
        pool, there = self._pool(kind), self._there[kind]
        found = [one for number, one in enumerate(pool.candidates) if there >> number & 1]
        said = Counter[Axis]()
        for candidate in found:
            said.update({tag[0] for tag in candidate.tags if tag[0] != "topic"})
            said.update(("language",) if candidate.languages else ())
            said.update(("country",) if candidate.country else ())
        return Pools(records=len(found), others=len(pool.candidates) - len(found), saying=said)

    def absent(self) -> Mapping[Why, int]:
        """The members who are not there, by why."""
        there, numbers = self._there["member"], self._index.members.numbers
        return Counter(
            _why(member, self._day)
            for slug, member in self._index.community.members.items()
            if slug not in numbers or not there >> numbers[slug] & 1
        )

    def _pool(self, kind: Kind) -> Pool:
        index = self._index
        return {"member": index.members, "story": index.stories, "group": index.groups, "meetup": index.meetups}[kind]

    def _first(self, kind: Kind, newcomer: Newcomer) -> Match | None:
        index = self._index
        if kind == "member":
            container: Container = "mail" if self._by_mail else "embed"
            return assign_member(index, newcomer, day=self._day, load=self._load, container=container)
        if kind == "story":
            return next(iter(match_stories(index, newcomer, limit=1)), None)
        if kind == "group":
            return next(iter(match_groups(index, newcomer, limit=1)), None)
        return next(iter(match_meetups(index, newcomer, upcoming=self._upcoming, limit=1)), None)

    def _shared(self, kind: Kind, axis: Axis, newcomer: Newcomer) -> int:
        """The records that share what `newcomer` says of `axis`."""
        said = said_of(newcomer, axis)
        found = self._sharing.get((kind, axis, said))
        if found is None:
            found = self._sharing[kind, axis, said] = self._look(kind, axis, said, newcomer)
        return found

    def _look(self, kind: Kind, axis: Axis, said: tuple[str, ...], newcomer: Newcomer) -> int:
        pool = self._pool(kind)
        match axis:
            case "language":
                seeker = self._index.memory.profile(newcomer).seeker
                return _bits(pool, language_table(self._index, pool, seeker).understood.__getitem__)
            case "country":
                return _bits(pool, lambda number: pool.candidates[number].country in said)
            case "challenge" | "role":
                carriers = [pool.carriers[axis, value] for value in said if (axis, value) in pool.carriers]
                carrying = {number for one in carriers for number in one.numbers}
                return _bits(pool, carrying.__contains__)


def _why(member: Member, day: date) -> Why:
    if member.status != "active":
        return "status"
    if not member.allows("mail", day) and not member.allows("embed", day):
        return "consent"
    if member.is_away(day):
        return "away"
    return "full" if member.welcomes else "welcomes"


def _bits(pool: Pool, holds: Callable[[int], object]) -> int:
    """The records of `pool` of whose number that `holds`."""
    digits = ["1" if holds(number) else "0" for number in reversed(range(len(pool.candidates)))]
    return int("".join(digits) or "0", 2)


def said_of(newcomer: Newcomer, axis: Axis) -> tuple[str, ...]:
    """What they say of `axis`, as it is compared."""
    match axis:
        case "challenge":
            return newcomer.challenges
        case "language":
            return tuple(dict.fromkeys(map(language_of, newcomer.languages)))
        case "country":
            return (newcomer.place.country,) if newcomer.place is not None and newcomer.place.country else ()
        case "role":
            return tuple(dict.fromkeys(map(fold, newcomer.roles)))


def _telling(kind: Kind, newcomer: Newcomer) -> tuple[Axis, ...]:
    """What `newcomer` says that a record of `kind` can share."""
    return tuple(axis for axis in AXES if said_of(newcomer, axis) and (axis == "challenge" or kind in SHEETS[axis]))


# --- which cells there are -----------------------------------------------------------------------------------------


def _axes(community: Community, newcomers: Sequence[Newcomer]) -> tuple[dict[Axis, tuple[str, ...]], int]:
    """(the values of each axis, how many roles are left out): what the community has, then what newcomers brought.

    What most records name comes first. Of newcomers' roles, which are their own words, only those that several share.
    """
    own: dict[Axis, Counter[str]] = {axis: Counter() for axis in SHEETS}
    written: dict[str, str] = {}  # a role as the first wrote it, by how it is compared
    for languages, place, roles in _records(community):
        own["language"].update({language_of(tag) for tag in languages})
        own["country"].update((place.country,) if place is not None and place.country else ())
        own["role"].update({fold(role) for role in roles})
        for role in roles:
            written.setdefault(fold(role), role)
    brought: dict[Axis, Counter[str]] = {axis: Counter() for axis in SHEETS}
    for newcomer in newcomers:
        for axis, counted in brought.items():
            counted.update(_counted(newcomer, axis))
        for role in newcomer.roles:
            written.setdefault(fold(role), role)
    frequent = [role for role, count in _by_count(own["role"]) if count >= SHARED_ROLE][:MOST_ROLES]
    asked = [role for role, count in _by_count(brought["role"]) if count >= FEWEST][:MOST_ROLES]
    shown = tuple(dict.fromkeys((*frequent, *asked)))
    values: dict[Axis, tuple[str, ...]] = {"challenge": tuple(community.challenges)}
    both: tuple[Axis, ...] = ("language", "country")
    for axis in both:
        found = (*_by_count(own[axis]), *_by_count(brought[axis]))
        values[axis] = tuple(dict.fromkeys(value for value, _ in found))
    values["role"] = tuple(written[role] for role in shown)
    return values, len(own["role"].keys() - set(shown))


def _records(community: Community) -> Iterator[tuple[tuple[str, ...], Place | None, tuple[str, ...]]]:
    """(languages, place, roles) of all that newcomers could find."""
    for member in community.members.values():
        if member.status == "active":
            yield member.languages, member.place, member.roles
    for story in community.stories.values():
        if story.status == "published":
            yield (story.language,), None, story.roles
    for group in community.groups.values():
        if group.status != "retired":
            yield group.languages, group.place, ()
    for meetup in community.meetups.values():
        if meetup.status != "cancelled":
            yield meetup.languages, meetup.place, ()


def _by_count(counted: Mapping[Key, int]) -> list[tuple[Key, int]]:
    """The most frequent first, then by name."""
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


# --- who was there -------------------------------------------------------------------------------------------------


def _counted(newcomer: Newcomer, axis: Axis) -> tuple[str, ...]:
    """Where a newcomer is counted: of their languages at the first, the one they like best."""
    said = said_of(newcomer, axis)
    return said[:1] if axis == "language" else said


def _is_alike(newcomer: Newcomer, base: Newcomer, *, without: Collection[Axis] = ()) -> bool:
    """Whether a newcomer is counted among those who say what `base` says, of some axes whatever it says."""
    return all(
        not (said := said_of(base, axis)) or not set(said).isdisjoint(_counted(newcomer, axis))
        for axis in AXES
        if axis not in without
    )


def _counts(newcomers: Iterable[Newcomer], base: Newcomer) -> Counter[Cell]:
    """How many newcomers there were in each cell who besides say what `base` says; roles are folded."""
    counts: Counter[Cell] = Counter()
    for newcomer in newcomers:
        challenges = _counted(newcomer, "challenge")
        values = [(axis, value) for axis in SHEETS for value in _counted(newcomer, axis)]
        cells = [Cell(), *(_cell("challenge", challenge) for challenge in challenges)]
        cells += [_cell(axis, value, challenge) for axis, value in values for challenge in ("", *challenges)]
        counts.update(cell for cell in cells if _is_alike(newcomer, base, without=cell.axes))
    return counts


def _with_known_challenges(newcomer: Newcomer, community: Community) -> Newcomer:
    known = tuple(challenge for challenge in newcomer.challenges if challenge in community.challenges)
    return newcomer if known == newcomer.challenges else replace(newcomer, challenges=known)


def _unlisted(community: Community, newcomers: Iterable[Newcomer]) -> Sequence[frozenset[str]]:
    """For each newcomer who calls something a challenge that is none here: what."""
    words = (frozenset(newcomer.challenges) - community.challenges.keys() for newcomer in newcomers)
    return [said for said in words if said]


def _seen(survey: _Survey, newcomers: Sequence[Newcomer], unlisted: Sequence[frozenset[str]]) -> Seen:
    silent: Counter[Axis] = Counter()
    levels: dict[Kind, Counter[Level]] = {kind: Counter() for kind in KINDS}
    for newcomer in newcomers:
        silent.update(axis for axis in AXES if not said_of(newcomer, axis))
        for kind, counted in levels.items():
            needed = [axis for axis in NEEDED[kind] if said_of(newcomer, axis)]
            counted[survey.look(kind, newcomer, needed)[0]] += 1
    named = [(word, count) for word, count in _by_count(Counter(chain.from_iterable(unlisted))) if count >= FEWEST]
    told = {word for word, _ in named}
    return Seen(
        count=len(newcomers),
        unlisted=tuple(named),
        rarely=sum(1 for said in unlisted if said - told),
        silent=silent,
        levels=levels,
    )


# --- what is missing -----------------------------------------------------------------------------------------------


def _gaps(nothing: Found, alone: Iterable[Found], cells: Iterable[Found], pools: Mapping[Kind, Pools]) -> Iterator[Gap]:
    """What is missing, each thing once: where nothing at all is in Portuguese, no challenge is named beside it."""
    for kind in KINDS:
        if nothing.finds[kind].level == "nobody":
            yield _gap(kind, (nothing,))
            continue
        told: set[tuple[Axis, str]] = set()
        alike: dict[object, list[Found]] = {}
        for found in (*alone, *cells):
            find, said = found.finds.get(kind), _saying(found.cell)
            if find is None or find.level == "fits" or not _is_asked_for(kind, found, pools[kind]):
                continue
            if told.isdisjoint(said):
                alike.setdefault(_together(found), []).append(found)
                told |= said if len(said) == 1 else set()
        yield from (_gap(kind, together) for together in alike.values())


def _together(found: Found) -> object:
    """What gaps have in common that are told as one."""
    axes = found.cell.axes
    if found.newcomers:
        return found.cell
    return axes if len(axes) == 1 else (axes, replace(found.cell, challenge=""))


def _gap(kind: Kind, together: Sequence[Found]) -> Gap:
    first = together[0]
    cells = tuple(found.cell for found in together)
    return Gap(kind=kind, cells=cells, find=first.finds[kind], newcomers=first.newcomers)


def _urgency(gap: Gap) -> int:
    """What most newcomers miss comes first; of few it is not told how few. A role is the least that one can share."""
    count = (gap.newcomers or 0) - gap.elsewhere
    return -count if count >= FEWEST and gap.cells[0].axes != ("role",) else -min(gap.newcomers or 0, 1)


def _saying(cell: Cell) -> set[tuple[Axis, str]]:
    return {(axis, getattr(cell, axis)) for axis in cell.axes}


def _is_asked_for(kind: Kind, found: Found, pools: Pools) -> bool:
    """Whether anybody would miss it: several newcomers were there, or it is what every newcomer needs.

    Gatherings are missed for a challenge only where most of them name one.
    """
    axes, several = found.cell.axes, (found.newcomers or 0) >= FEWEST
    if kind in ("member", "story"):  # from another country people write as well
        return axes in (("challenge",), ("language",), ("challenge", "language")) or (axes == ("role",) and several)
    return several or (len(axes) == 1 and (axes != ("challenge",) or 2 * pools.saying["challenge"] > pools.records))
