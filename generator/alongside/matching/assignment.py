"""Who welcomes a newcomer: the best match who has room, with the load spread over all who offered to."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cached_property
from itertools import repeat

from alongside.matching.index import MatchIndex
from alongside.matching.memory import Offers, Profile, Ranking
from alongside.matching.ranking import in_order, member_points, ranked_some_members
from alongside.matching.reasons import told_member
from alongside.matching.results import Match
from alongside.matching.scoring import language_table
from alongside.matching.seekers import spread_of
from alongside.model.community import Community
from alongside.model.people import Container, Member, Newcomer

EVEN_LOAD_PERCENT = 150  # nobody takes on more than this share of the mean, however well they fit
EVEN_AT_LEAST = 2  # or the first few newcomers would be dealt out like cards
# What each newcomer of the week counts against a member: of two who fit about as well the one with fewer goes first, so
# that the other has room when somebody comes whom nobody else fits. Invented newcomers lose 2.6 % of their points to
# the limits instead of 4.4.
TAKEN_POINTS = 10


def assign_member(
    index: MatchIndex,
    newcomer: Newcomer,
    *,
    day: date,
    load: Mapping[str, int],
    keep: str = "",
    container: Container = "mail",
) -> Match | None:
    """The member who takes `newcomer` on, or None when nobody may or has room.

    `load`: newcomers each member took on in the last seven days. `keep`: the member they already have; stays whatever
    the load, as long as consent and status allow it and they are not away. The member (or a teller of the story) they
    `met` in an embed stays within that member's own weekly limit. Everybody else needs room under their limit and
    under one and a half times the mean load; members the newcomer shares a language with come first, and of those who
    fit about as well the one who took on fewer.
    """
    profile, numbers = index.memory.profile(newcomer), index.members.numbers
    offers = _offers(index, container, day)
    if keep in offers.limits:
        return told_member(index, profile, numbers[keep])
    room = _Room(offers, load)
    for met in who_was_met(index.community, newcomer):
        if met in offers.limits and room.has(met):
            return told_member(index, profile, numbers[met])
    spread = spread_of(newcomer)
    # Rather evenly than not, then rather understood than not.
    for fits in (room.has_evenly, room.has):
        for understood in (True, False):
            ranking = _offered(index, profile, container, day, understood=understood)
            number = _best(index, profile, in_order(index.members, ranking, spread), fits, load)
            if number is not None:
                return told_member(index, profile, number)
    return None


def with_room(index: MatchIndex, *, day: date, load: Mapping[str, int], container: Container) -> tuple[str, ...]:
    """The slugs of all who could take on one newcomer more in `container` on `day`; `load` as for `assign_member`.

    Where there is nobody, `assign_member` finds nobody, whoever asks.
    """
    offers = _offers(index, container, day)
    room = _Room(offers, load)
    return tuple(slug for slug in offers.welcoming if room.has(slug))


def _best(
    index: MatchIndex, profile: Profile, order: Iterable[int], fits: Callable[[str], bool], load: Mapping[str, int]
) -> int | None:
    """The one of `order` (best first) with the most points after what they took on, the first of several."""
    points, best, most = member_points(index, profile), None, 0
    for number in order:
        if best is not None and points[number] <= most:
            break  # all that follow have fewer, whatever they took on
        slug = index.members.candidates[number].slug
        if fits(slug):
            left = points[number] - TAKEN_POINTS * load.get(slug, 0)
            if best is None or left > most:
                best, most = number, left
    return best


class _Room:
    """Who has room for one more newcomer."""

    def __init__(self, offers: Offers, load: Mapping[str, int]) -> None:
        self.offers, self.load = offers, load

    def has(self, slug: str) -> bool:
        """Under their own limit."""
        return self.load.get(slug, 0) < self.offers.limits[slug]

    def has_evenly(self, slug: str) -> bool:
        """Under their own limit and under what is fair to all."""
        taken = self.load.get(slug, 0)
        # The sum over all members is only asked for where it decides.
        return taken < self.offers.limits[slug] and (taken < EVEN_AT_LEAST or taken < self._even)

    @cached_property
    def _even(self) -> int:
        welcoming = self.offers.welcoming
        return _even_limit(sum(map(self.load.get, welcoming, repeat(0))) + 1, len(welcoming))


def _offers(index: MatchIndex, container: Container, day: date) -> Offers:
    """Who may take newcomers on."""
    offers = index.memory.offers.get((container, day))
    if offers is None:
        members = index.community.members
        able = [slug for slug in index.members.numbers if _able(members[slug], day, container)]
        limits = {slug: members[slug].welcomes for slug in able}
        welcoming = tuple(slug for slug in able if limits[slug] > 0)
        offers = index.memory.offers.put((container, day), Offers(limits, welcoming))
    return offers


def _offered(index: MatchIndex, profile: Profile, container: Container, day: date, *, understood: bool) -> Ranking:
    """The welcoming members, best first: those the newcomer shares a language with, or the others."""
    key = ("offered", container, day, understood)
    offered = profile.rankings.get(key)
    if offered is None:
        shared, others = _shared(index, profile, _offers(index, container, day))
        ranking = ranked_some_members(index, profile, shared if understood else others)
        offered = profile.rankings.put(key, ranking)
    return offered


def _shared(index: MatchIndex, profile: Profile, offers: Offers) -> tuple[array[int], array[int]]:
    """The numbers of the welcoming members: those the newcomer shares a language with, and the others."""
    found = offers.shared.get(profile.seeker.languages)
    if found is None:
        understood = language_table(index, index.members, profile.seeker).understood
        numbers = [index.members.numbers[slug] for slug in offers.welcoming]
        shared = array("I", [number for number in numbers if understood[number]])
        others = array("I", [number for number in numbers if not understood[number]])
        found = offers.shared.put(profile.seeker.languages, (shared, others))
    return found


def _able(member: Member, day: date, container: Container) -> bool:
    return member.allows(container, day) and not member.is_away(day)


def who_was_met(community: Community, newcomer: Newcomer) -> tuple[str, ...]:
    """The slugs of today of whom `newcomer` met in an embed: a member, or the tellers of a story, its voice first.

    Empty where they met nobody, or nobody that the community knows.
    """
    if not newcomer.met:
        return ()
    story = community.stories.get(community.resolve_story(newcomer.met))
    if story is not None:
        return story.members
    slug = community.resolve_member(newcomer.met)
    return (slug,) if slug in community.members else ()


def _even_limit(newcomers: int, members: int) -> int:
    """The most one member may have after this newcomer."""
    return max(EVEN_AT_LEAST, -(-EVEN_LOAD_PERCENT * newcomers // (100 * members)))
