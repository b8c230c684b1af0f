"""One candidate against one newcomer: points, and the reasons that are the points' names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from alongside.matching.index import Candidate, Pool
from alongside.matching.memory import Profile
from alongside.matching.nearness import squared_chord, squared_chord_of
from alongside.matching.results import Reason, ReasonKind
from alongside.matching.seekers import Seeker, surface_of
from alongside.matching.vectors import inverse_document_frequency
from alongside.matching.weights import WEIGHTS
from alongside.matching.words import language_of

_BANDS = tuple((squared_chord_of(kilometres), points) for kilometres, points in WEIGHTS.bands)
_NOWHERE = 1 << 43  # a chord squared is at most 2^42


class Likeness:
    """What one newcomer can have in common with the candidates of one pool, prepared for many of them."""

    def __init__(self, seeker: Seeker, pool: Pool, numbers: Sequence[int] | None = None) -> None:
        def reason(kind: ReasonKind, value: str, points: int, tag: str) -> Reason:
            return Reason(kind=kind, value=value, points=_rare(points, (kind, tag), pool))

        self.pool = pool
        self.texts = pool.corpus.likeness(seeker.words, numbers)  # in thousandths
        self.challenges = [(slug, reason("challenge", slug, WEIGHTS.challenge, slug)) for slug in seeker.challenges]
        self.topics = [(folded, reason("topic", topic, WEIGHTS.topic, folded)) for folded, topic in seeker.topics]
        self.roles = [(folded, reason("role", role, WEIGHTS.role, folded)) for folded, role in seeker.roles]

    def reasons(self, number: int) -> list[Reason]:
        """What the two have in common: challenges, words, topics, roles."""
        candidate = self.pool.candidates[number]
        reasons = [reason for slug, reason in self.challenges if slug in candidate.challenges]
        if candidate.topics:
            reasons += [reason for folded, reason in self.topics if folded in candidate.topics]
        if candidate.roles:
            reasons += [reason for folded, reason in self.roles if folded in candidate.roles]
        points = WEIGHTS.text * self.texts.get(number, 0) // 1000
        if points:
            reasons.append(Reason(kind="text", points=points))
        return reasons


def told_reasons(reasons: Iterable[Reason], profile: Profile, pool: Pool, number: int) -> tuple[Reason, ...]:
    """The reasons as they are told, strongest first: a likeness of texts names words the newcomer wrote themselves.

    Looking those words up costs more than scoring, so only a candidate that was chosen is asked. What cannot be told
    in the newcomer's own words counts all the same, and comes last.
    """

    def words_in_common() -> str:
        if profile.surface is None:
            profile.surface = surface_of(profile.seeker.text)
        surface = profile.surface
        shared = pool.corpus.shared_words(profile.seeker.words, number, 12)
        told = (surface[word] for word in shared if word in surface)
        return ", ".join([word for word in told if len(word) > 2][:3])

    told = [replace(reason, value=words_in_common()) if reason.kind == "text" else reason for reason in reasons]
    told.sort(
        key=lambda reason: (reason.kind == "text" and not reason.value, -reason.points, reason.kind, reason.value)
    )
    return tuple(told)


def language_reason(seeker: Seeker, candidate: Candidate, community_language: str) -> tuple[Reason | None, bool]:
    """(the language they share beside the community's own, whether they can understand each other at all)."""
    if not seeker.languages or not candidate.languages:
        return None, True
    shared = [language for language in seeker.languages if language in candidate.languages]
    special = [language for language in shared if language != language_of(community_language)]
    if special:
        return Reason(kind="language", value=special[0], points=WEIGHTS.language), True
    return None, bool(shared)


def person_place_reason(seeker: Seeker, candidate: Candidate) -> Reason | None:
    """For people: the same city, or the same country; distance says little when one writes to the other."""
    here, there = seeker.vector, candidate.vector
    if here is not None and there is not None and squared_chord(here, there) <= _BANDS[0][0]:
        return Reason(kind="near", value=candidate.place, points=WEIGHTS.city)
    if seeker.country and seeker.country == candidate.country:
        return Reason(kind="country", value=candidate.country, points=WEIGHTS.country)
    return None


def gathering_place_reason(
    seeker: Seeker, candidate: Candidate, *, near_km: float | None
) -> tuple[Reason | None, bool]:
    """For groups and meetups: (nearness, or being online; whether one could go there or join from afar).

    With `near_km` only what is that near, in the newcomer's own country as a whole, or online can be joined.
    """
    here, there = seeker.vector, candidate.vector
    chord = squared_chord(here, there) if here is not None and there is not None else _NOWHERE
    if near_km is None or chord <= squared_chord_of(near_km):
        for limit, points in _BANDS:
            if chord <= limit:
                return Reason(kind="near", value=candidate.place, points=points), True
    if seeker.country and seeker.country == candidate.country:
        reachable = near_km is None or there is None or here is None
        if reachable or not candidate.online:
            return Reason(kind="country", value=candidate.country, points=WEIGHTS.same_country), reachable
    if candidate.online:
        if seeker.zone and seeker.zone == candidate.zone:
            return Reason(kind="zone", value=candidate.zone, points=WEIGHTS.online + WEIGHTS.same_zone), True
        return Reason(kind="online", points=WEIGHTS.online), True
    # Nobody knows where the newcomer is, or the gathering has no place at all: neither near nor far.
    unknown = not seeker.country and seeker.vector is None
    return None, unknown or not candidate.country


def _rare(points: int, tag: tuple[str, str], pool: Pool) -> int:
    """`points`, and more for what few share: twice as much for a tag that one in a thousand carries."""
    idf = inverse_document_frequency(len(pool.candidates), pool.tags[tag])
    return points + points * WEIGHTS.rarity_percent * min(idf, 1768) // (100 * 1768)
