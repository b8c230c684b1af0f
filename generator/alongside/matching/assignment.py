"""Who welcomes a newcomer: the best match who has room, with the load spread over all who offered to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from alongside.matching.index import MatchIndex
from alongside.matching.matches import Match, score_members, spread_key
from alongside.matching.scoring import seeker_of, told_reasons
from alongside.model.people import Container, Member, Newcomer

EVEN_LOAD_PERCENT = 150  # nobody takes on more than this share of the mean, however well they fit


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
    the load, as long as consent and status allow it and they are not away. The member (or teller of the story) they
    `met` in an embed stays within that member's own weekly limit. Everybody else needs room under their limit and
    under one and a half times the mean load; members the newcomer shares a language with come first.
    """
    members = index.community.members
    able = {slug for slug, member in members.items() if _able(member, day, container)}
    seeker = seeker_of(newcomer, index)
    scored = {
        index.members.candidates[number].slug: (score, number, reasons)
        for number, score, reasons in score_members(index, seeker, able)
    }
    able &= scored.keys()

    def match(slug: str) -> Match:
        score, number, reasons = scored[slug]
        return Match(slug=slug, score=score, reasons=told_reasons(reasons, seeker, index.members, number))

    if keep in able:
        return match(keep)
    room = {slug for slug in able if load.get(slug, 0) < members[slug].welcomes}
    met = _met(index, newcomer)
    if met in room:
        return match(met)
    if not room:
        return None
    offered = [slug for slug in able if members[slug].welcomes > 0]
    even = _even_limit(sum(load.get(slug, 0) for slug in offered) + 1, len(offered))
    chosen = [slug for slug in room if load.get(slug, 0) < even] or list(room)
    understood = [slug for slug in chosen if _understand(newcomer, members[slug])] or chosen
    return match(min(understood, key=lambda slug: (-scored[slug][0], spread_key(seeker.spread, slug), slug)))


def _able(member: Member, day: date, container: Container) -> bool:
    return member.allows(container, day) and not member.is_away(day)


def _met(index: MatchIndex, newcomer: Newcomer) -> str:
    """The slug of the member they met; a story they met stands for the first of its tellers."""
    community = index.community
    story = community.stories.get(community.resolve_story(newcomer.met))
    return story.members[0] if story is not None else community.resolve_member(newcomer.met)


def _even_limit(newcomers: int, members: int) -> int:
    """The most one member may have after this newcomer; at least 2, or the first few would be dealt out like cards."""
    return max(2, -(-EVEN_LOAD_PERCENT * newcomers // (100 * members)))


def _understand(newcomer: Newcomer, member: Member) -> bool:
    wanted = {language.split("-")[0].casefold() for language in newcomer.languages}
    offered = {language.split("-")[0].casefold() for language in member.languages}
    return not wanted or not offered or bool(wanted & offered)
