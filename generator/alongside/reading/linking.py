"""Drafts to a community: every word for another record is resolved, or reported and left out.

Files were read one by one; here they meet. A draft whose references all exist is taken as it is, so a good community
of ten thousand stories costs a look-up for each reference and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeVar

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.journeys import Journey
from alongside.model.people import Challenge, Member, MemberPage
from alongside.model.stories import Story
from alongside.problems import Problem
from alongside.reading import checks
from alongside.reading.folders import PUBLISHED, FoundFile
from alongside.reading.people import language_of
from alongside.reading.readings import Draft
from alongside.settings import Settings

Linked = TypeVar("Linked", Member, Story, Group, Meetup)


def link(
    settings: Settings,
    readings: checks.Readings,
    found: Iterable[FoundFile],
    journeys: Mapping[str, Journey],
    *,
    today: date,
) -> tuple[Community, list[Problem]]:
    """The community of all drafts, and every problem of the files and between them."""
    problems = [problem for _, reading in readings.values() for problem in reading.problems]
    drafts = checks.Drafts.collect(readings, problems)
    members = _with_pages(drafts, readings, problems)
    known = checks.Known(
        member=frozenset(members),
        story=frozenset(drafts.stories),
        group=frozenset(drafts.groups),
        challenge=frozenset(drafts.challenges),
        aliases=checks.aliases(drafts.challenges),
        readings=readings,
    )
    problems.extend(checks.check_left_out(drafts, readings, known))
    files = _pages_of(readings, members)
    community = Community(
        name=settings.site_name,
        url=settings.site_url,
        language=settings.language,
        timezone=settings.timezone,
        challenges={slug: _challenge(draft) for slug, draft in drafts.challenges.items()},
        members={slug: _linked(members[slug], draft, known, problems) for slug, draft in drafts.members.items()},
        stories=_stories(drafts, known, problems),
        groups={
            slug: _linked(draft.record, draft, known, problems)
            for slug, draft in drafts.groups.items()
            if isinstance(draft.record, Group)
        },
        meetups=_meetups(drafts, known, settings, problems),
        journeys=journeys,
        files=files,
        transcripts={path: one.transcript for path, (_, one) in readings.items() if one.transcript is not None},
        documents=frozenset(file.docs_path for file in found if file.kind in PUBLISHED),
    )
    if not drafts.challenges and checks.has_broken_challenges(readings):
        problems = [problem for problem in problems if problem.code != "unknown-challenge"]
    problems.extend(checks.check_all(community, drafts, readings, settings, today=today))
    return community, problems


def _challenge(draft: Draft) -> Challenge:
    assert isinstance(draft.record, Challenge)
    return draft.record


def _with_pages(drafts: checks.Drafts, readings: checks.Readings, problems: list[Problem]) -> dict[str, Member]:
    """Members with their pages in other languages."""
    members: dict[str, Member] = {}
    for slug, draft in drafts.members.items():
        assert isinstance(draft.record, Member)
        members[slug] = draft.record
    for file, reading in readings.values():
        if file.kind != "member-page":
            continue
        pair = language_of(file.docs_path.rsplit("/", 1)[-1].removesuffix(".md"))
        assert pair is not None
        owner = members.get(pair[0])
        if owner is None:
            problems.append(checks.page_of_nobody(file, pair[0], members))
            continue
        for draft in reading.drafts:
            page = draft.record
            assert isinstance(page, MemberPage)
            if page.language in owner.pages:
                problems.append(checks.page_in_own_language(page, owner))
            else:
                members[pair[0]] = owner = replace(owner, pages={**owner.pages, page.language: page})
    return members


def _pages_of(readings: checks.Readings, members: Mapping[str, Member]) -> dict[str, str]:
    """Each record file's page, by source path below docs_dir."""
    files: dict[str, str] = {}
    for docs_path, (file, reading) in readings.items():
        if file.kind == "member-page":
            pair = language_of(docs_path.rsplit("/", 1)[-1].removesuffix(".md"))
            if pair is not None and pair[0] in members and reading.drafts:
                files[docs_path] = f"members/{pair[0]}/{pair[1].lower()}/"
        elif file.kind in ("member", "story", "group", "meetup"):
            for draft in reading.drafts:
                record = draft.record
                assert isinstance(record, Member | Story | Group | Meetup)
                files[docs_path] = record.path
    return files


def _linked(record: Linked, draft: Draft, known: checks.Known, problems: list[Problem]) -> Linked:
    """The record without the references that lead nowhere."""
    missing = [item for item in draft.references if item.name not in known.of(item.kind)]
    if not missing:
        return record
    for item in missing:
        problems.append(checks.unknown_reference(item, record.position.path, known))
    gone = {(item.field, item.name) for item in missing}
    changed: dict[str, object] = {}
    for field in {item.field for item in missing}:
        value = getattr(record, field)
        if isinstance(value, tuple):
            changed[field] = tuple(name for name in value if (field, name) not in gone)
        else:
            changed[field] = ""
    return replace(record, **changed)  # type: ignore[arg-type]


def _stories(drafts: checks.Drafts, known: checks.Known, problems: list[Problem]) -> dict[str, Story]:
    found: dict[str, Story] = {}
    wrong: set[str] = set()
    for slug, draft in drafts.stories.items():
        assert isinstance(draft.record, Story)
        story = _linked(draft.record, draft, known, problems)
        if story.members:
            found[slug] = story
        else:
            problems.append(checks.story_without_teller(draft))
    for slug, story in found.items():
        if story.translation_of:
            problem = checks.check_translation(story, found, drafts.stories[slug])
            if problem is not None:
                problems.append(problem)
                wrong.add(slug)
    return {slug: replace(story, translation_of="") if slug in wrong else story for slug, story in found.items()}


def _meetups(
    drafts: checks.Drafts, known: checks.Known, settings: Settings, problems: list[Problem]
) -> dict[str, Meetup]:
    """Meetups in their zone: their own, the place's, the group's or the community's."""
    found: dict[str, Meetup] = {}
    for slug, draft in drafts.meetups.items():
        assert isinstance(draft.record, Meetup)
        meetup = _linked(draft.record, draft, known, problems)
        if not meetup.timezone:
            group = drafts.groups[meetup.group].record if meetup.group else None
            zone = group.timezone if isinstance(group, Group) else None
            meetup = replace(meetup, timezone=zone or settings.timezone)
        found[slug] = meetup
    return found
