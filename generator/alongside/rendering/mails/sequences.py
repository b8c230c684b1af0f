"""Compiled sequences: every mail of every journey in every language, for a team to look at before anybody gets it.

Private output of the build, below `build/journeys/` and never in `site/`: one HTML page and one JSON file a step and
language, filled with the names of what is filled in (`‹newcomer.name›`), for a member and a story that could be in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from alongside.matching.assignment import assign_member
from alongside.matching.index import MatchIndex, build_index
from alongside.model.community import Community
from alongside.model.journeys import Journey, Message, Moment
from alongside.model.people import Member, Newcomer
from alongside.planning.occurrences import Occurrence
from alongside.planning.plan import choose, next_meetups
from alongside.rendering.artifacts import Artifact
from alongside.rendering.mails.compiling import FOOTER, templates_of
from alongside.rendering.mails.holes import Person
from alongside.rendering.mails.messages import MailCompiler, MessageError, render_values
from alongside.rendering.mails.names import personal_values
from alongside.rendering.mails.parts import reader_of
from alongside.rendering.mails.templates import holes_will_do
from alongside.settings import Settings

SAMPLE = 20  # members


def render_sequences(community: Community, settings: Settings, *, now: datetime) -> Iterator[Artifact]:
    """The compiled sequences as of `now`, paths below `build/journeys/`: "first-month/welcome.pt.html" and ".json".

    A message that cannot be run gives a JSON file that says why, and no HTML.
    """
    if not community.journeys:
        return
    community = _sample(community, now.date())
    index = build_index(community, today=now.date())
    compiler = MailCompiler(community, settings)
    upcoming = next_meetups(community, now=now)
    for journey in community.journeys.values():
        for moment in journey.steps:
            for language, message in moment.messages.items():
                yield from _step(compiler, index, upcoming, journey, moment, language, message, now)


def _sample(community: Community, day: date) -> Community:
    """A few members who could be in a mail, and what they tell: enough to look at, however large the community."""
    able = [member for member in community.members.values() if member.allows("mail", day) and member.welcomes]
    members = {member.slug: member for member in sorted(able, key=_wordless)[:SAMPLE]}
    stories = {story.slug: story for slug in members for story in community.stories_of.get(slug, ())}
    return replace(community, members=members, stories=stories)


def _wordless(member: Member) -> bool:
    return not member.page.welcome


def _step(
    compiler: MailCompiler,
    index: MatchIndex,
    upcoming: Mapping[str, Occurrence],
    journey: Journey,
    moment: Moment,
    language: str,
    message: Message,
    now: datetime,
) -> Iterator[Artifact]:
    community, day = compiler.source.community, now.date()
    newcomer = Newcomer(name="name", id="sequence", languages=(language,), challenges=tuple(community.challenges)[:1])
    match = assign_member(index, newcomer, day=day, load={})
    content = choose(
        community,
        index,
        journey=journey,
        moment=moment,
        newcomer=newcomer,
        member=match.slug if match is not None else None,
        upcoming=upcoming,
        day=day,
    )
    names = {path: _name(path) for path in (*personal_values(content, newcomer, community), *FOOTER)}
    told: dict[str, object] = {
        "journey": journey.slug,
        "moment": moment.id,
        "language": language,
        "member": content.member.slug if content.member is not None else None,
        "story": content.story.slug if content.story is not None else None,
    }
    path = f"{journey.slug}/{moment.id}.{language}"
    try:
        once = all(holes_will_do(*template) for template in templates_of(message))
        told["compiled"] = "once" if once else "for each newcomer"
        mail = render_values(compiler, content, reader_of(content, newcomer), names)
    except MessageError as error:
        yield Artifact(f"{path}.json", _json({**told, "error": str(error)}))
        return
    told |= {"subject": mail.subject, "preheader": mail.preheader}
    yield Artifact(f"{path}.html", mail.html.encode())
    yield Artifact(f"{path}.json", _json({**told, "text": mail.text.splitlines()}))


def _name(path: str) -> str:
    """What stands where a value is filled in."""
    return f"https://example.invalid/{path}" if Person(path).is_url else f"‹{path}›"


def _json(content: dict[str, object]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()
