"""Why one candidate fits one newcomer: what each likeness is worth, and the reasons that are the points' names.

The rules about languages and places stand here alone; `matching.scoring` asks them once for all that are alike.
"""

from __future__ import annotations

from collections.abc import Sequence

from alongside.matching.index import Candidate, MatchIndex, Pool
from alongside.matching.memory import Profile
from alongside.matching.nearness import squared_chord, squared_chord_of
from alongside.matching.results import Match, Reason
from alongside.matching.seekers import Seeker, surface_of
from alongside.matching.vectors import code_units
from alongside.matching.weights import WEIGHTS
from alongside.matching.words import language_of, words

_BANDS = tuple((squared_chord_of(kilometres), points) for kilometres, points in WEIGHTS.bands)
_NOWHERE = 1 << 43  # a chord squared is at most 2^42


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


def told_member(index: MatchIndex, profile: Profile, number: int) -> Match:
    """A member who was chosen, with reasons: the same for all who say the same."""
    found = profile.told.get(number)
    if found is None:
        place = person_place_reason(profile.seeker, index.members.candidates[number])
        found = profile.told.put(number, _told(index, profile, index.members, number, place))
    return found


def told_story(index: MatchIndex, profile: Profile, number: int) -> Match:
    """A story that was chosen, with reasons."""
    return _told(index, profile, index.stories, number, None)


def told_gathering(index: MatchIndex, profile: Profile, pool: Pool, number: int, *, near_km: float | None) -> Match:
    """A group or meetup that was chosen, with reasons."""
    place, reachable = gathering_place_reason(profile.seeker, pool.candidates[number], near_km=near_km)
    return _told(index, profile, pool, number, place, reachable=reachable)


def _told(
    index: MatchIndex, profile: Profile, pool: Pool, number: int, place: Reason | None, *, reachable: bool = True
) -> Match:
    """The candidate with its score and reasons, strongest first.

    A likeness of texts names words the newcomer wrote themselves, or else a topic they named of which the text holds
    every word; what cannot be told so counts all the same, and comes last.
    """
    seeker, candidate = profile.seeker, pool.candidates[number]
    language, understood = language_reason(seeker, candidate, index.community.language)
    reasons = [
        Reason(kind=tag[0], value=value, points=pool.carriers[tag].points)
        for tag, value in seeker.tags
        if tag in candidate.tags
    ]
    reasons += [reason for reason in (place, language) if reason is not None]
    likeness, shared = pool.corpus.shared(seeker.words, number)
    points = WEIGHTS.text * likeness // 1000
    if points:
        told = _words_in_common(profile, shared[:12])
        topic = "" if told else _topic_in_common(seeker, reasons, frozenset(shared))
        reasons.append(Reason(kind="topic" if topic else "text", value=told or topic, points=points))
    reasons.sort(key=lambda one: (one.kind == "text" and not one.value, -one.points, one.kind, code_units(one.value)))
    score = sum([reason.points for reason in reasons])
    if not understood:
        score = score * WEIGHTS.no_language_percent // 100
    if not reachable:
        score = score * WEIGHTS.elsewhere_percent // 100
    return Match(slug=candidate.slug, score=score, reasons=tuple(reasons))


def _words_in_common(profile: Profile, shared: list[str]) -> str:
    """The first three of them that the newcomer wrote, as they wrote them."""
    surface = profile.surface
    if surface is None:
        surface = profile.surface = surface_of(profile.seeker.text)
    told = [surface[word] for word in shared if word in surface]
    return ", ".join([word for word in told if len(word) > 2][:3])


def _topic_in_common(seeker: Seeker, reasons: Sequence[Reason], shared: frozenset[str]) -> str:
    """The first topic they named whose words are all among those, and which is no reason yet."""
    for (kind, _), topic in seeker.tags:
        if kind == "topic" and all(reason.value != topic for reason in reasons):
            wanted = words(topic)
            if wanted and shared.issuperset(wanted):
                return topic
    return ""
