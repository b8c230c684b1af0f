"""One candidate against one newcomer: points, and the reasons that are the points' names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from alongside.matching.index import Candidate, MatchIndex, Pool, language_of
from alongside.matching.nearness import Vector, squared_chord, squared_chord_of, vector_of
from alongside.matching.results import Reason
from alongside.matching.vectors import inverse_document_frequency
from alongside.matching.weights import WEIGHTS
from alongside.matching.words import count_words, fold, words
from alongside.model.people import Newcomer

_BANDS = tuple((squared_chord_of(kilometres), points) for kilometres, points in WEIGHTS.bands)
_NOWHERE = 1 << 43  # a chord squared is at most 2^42


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """A newcomer as matching sees them."""

    spread: str  # what ties are spread by
    words: Counter[str]
    surface: dict[str, str]  # word -> as they wrote it
    challenges: tuple[str, ...]
    topics: tuple[tuple[str, str], ...]  # (folded, as they wrote it)
    roles: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]  # without regions
    country: str
    vector: Vector | None
    zone: str


def seeker_of(newcomer: Newcomer, index: MatchIndex) -> Seeker:
    """Prepare a newcomer; what they ticked counts as words too, since members tell of it in words."""
    titles = [
        index.community.challenges[slug].title.text("en")
        for slug in newcomer.challenges
        if slug in index.community.challenges
    ]
    surface: dict[str, str] = {}
    for written in newcomer.text.split():
        for word in words(written):
            surface.setdefault(word, written.strip(".,;:!?\"'()[]«»“”„…。、؟،"))
    place = newcomer.place
    return Seeker(
        spread=newcomer.id or newcomer.email,
        words=count_words("\n".join((newcomer.text, *newcomer.topics, *newcomer.roles, *titles))),
        surface=surface,
        challenges=newcomer.challenges,
        topics=tuple((fold(topic), topic) for topic in newcomer.topics),
        roles=tuple((fold(role), role) for role in newcomer.roles),
        languages=tuple(map(language_of, newcomer.languages)),
        country=place.country if place is not None else "",
        vector=vector_of(place),
        zone=newcomer.timezone or (place.zone or "" if place is not None else ""),
    )


def likeness_reasons(seeker: Seeker, pool: Pool, number: int, likeness: Mapping[int, int]) -> list[Reason]:
    """What the two have in common: challenges, words, topics, roles. `likeness` is the texts', in thousandths."""
    candidate = pool.candidates[number]
    reasons = [
        Reason(kind="challenge", value=slug, points=_rare(WEIGHTS.challenge, ("challenge", slug), pool))
        for slug in seeker.challenges
        if slug in candidate.challenges
    ]
    reasons += [
        Reason(kind="topic", value=topic, points=_rare(WEIGHTS.topic, ("topic", folded), pool))
        for folded, topic in seeker.topics
        if folded in candidate.topics
    ]
    reasons += [
        Reason(kind="role", value=role, points=_rare(WEIGHTS.role, ("role", folded), pool))
        for folded, role in seeker.roles
        if folded in candidate.roles
    ]
    points = WEIGHTS.text * likeness.get(number, 0) // 1000
    if points:
        reasons.append(Reason(kind="text", points=points))
    return reasons


def told_reasons(reasons: Iterable[Reason], seeker: Seeker, pool: Pool, number: int) -> tuple[Reason, ...]:
    """The reasons as they are told, strongest first: a likeness of texts names words the newcomer wrote themselves.

    Looking those words up costs more than scoring, so only a candidate that was chosen is asked. What cannot be told
    in the newcomer's own words counts all the same, and comes last.
    """

    def words_in_common() -> str:
        shared = pool.corpus.shared_words(seeker.words, number, 12)
        told = (seeker.surface[word] for word in shared if word in seeker.surface)
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
    if _apart(seeker, candidate) <= _BANDS[0][0]:
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
    online = Reason(kind="online", points=WEIGHTS.online) if candidate.online else None
    if candidate.online and seeker.zone and seeker.zone == candidate.zone:
        online = Reason(kind="zone", value=candidate.zone, points=WEIGHTS.online + WEIGHTS.same_zone)
    chord = _apart(seeker, candidate)
    if near_km is None or chord <= squared_chord_of(near_km):
        for limit, points in _BANDS:
            if chord <= limit:
                return Reason(kind="near", value=candidate.place, points=points), True
    if seeker.country and seeker.country == candidate.country:
        reachable = near_km is None or candidate.vector is None or seeker.vector is None
        if reachable or online is None:
            return Reason(kind="country", value=candidate.country, points=WEIGHTS.same_country), reachable
    if online is not None:
        return online, True
    # Nobody knows where the newcomer is, or the gathering has no place at all: neither near nor far.
    unknown = not seeker.country and seeker.vector is None
    return None, unknown or not candidate.country


def _apart(seeker: Seeker, candidate: Candidate) -> int:
    """The squared chord between the two; more than any on earth when one of them is no point on the map."""
    if seeker.vector is None or candidate.vector is None:
        return _NOWHERE
    return squared_chord(seeker.vector, candidate.vector)


def _rare(points: int, tag: tuple[str, str], pool: Pool) -> int:
    """`points`, and more for what few share: twice as much for a tag that one in a thousand carries."""
    idf = inverse_document_frequency(len(pool.candidates), pool.tags[tag])
    return points + points * WEIGHTS.rarity_percent * min(idf, 1768) // (100 * 1768)
