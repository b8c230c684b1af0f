"""Rules between files: one `check_*` function each, problems out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from alongside.model.community import Community
from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Challenge, Member, MemberPage
from alongside.model.stories import Story
from alongside.problems import Position, Problem, did_you_mean
from alongside.reading.fields import Reference
from alongside.reading.folders import FoundFile
from alongside.reading.readings import Draft, Reading
from alongside.settings import Settings

WHERE = {
    "member": "Members stand in content/members.",
    "story": "Stories stand in content/stories.",
    "group": "Groups stand in content/groups.",
    "challenge": "Challenges stand in content/challenges.yml.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """All drafts by slug, sorted; challenges as authored."""

    challenges: dict[str, Draft] = field(default_factory=dict)
    members: dict[str, Draft] = field(default_factory=dict)
    stories: dict[str, Draft] = field(default_factory=dict)
    groups: dict[str, Draft] = field(default_factory=dict)
    meetups: dict[str, Draft] = field(default_factory=dict)

    @classmethod
    def collect(cls, readings: Mapping[str, tuple[FoundFile, Reading]], problems: list[Problem]) -> Drafts:
        """Drafts of all files; where two have one slug the first file's stays and the other is a problem."""
        by_kind: dict[type, dict[str, Draft]] = {kind: {} for kind in (Challenge, Member, Story, Group, Meetup)}
        for _, reading in readings.values():
            for draft in reading.drafts:
                record = draft.record
                if isinstance(record, MemberPage):
                    continue
                taken = by_kind[type(record)].setdefault(record.slug, draft)
                if taken is not draft:
                    problems.append(slug_collision(draft, taken))
        return cls(
            challenges=by_kind[Challenge],
            members=dict(sorted(by_kind[Member].items())),
            stories=dict(sorted(by_kind[Story].items())),
            groups=dict(sorted(by_kind[Group].items())),
            meetups=dict(sorted(by_kind[Meetup].items())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names that references may use."""

    member: frozenset[str]
    story: frozenset[str]
    group: frozenset[str]
    challenge: frozenset[str]
    aliases: Mapping[str, str]  # folded alias or title of a challenge -> its slug

    def of(self, kind: str) -> frozenset[str]:
        """The names of one kind."""
        names: frozenset[str] = getattr(self, kind)
        return names


def aliases(challenges: Mapping[str, Draft]) -> dict[str, str]:
    """Every other name of a challenge, without case, to its slug."""
    found: dict[str, str] = {}
    for slug, draft in challenges.items():
        assert isinstance(draft.record, Challenge)
        for name in (*draft.record.also, *(text for _, text in draft.record.title.versions)):
            found.setdefault(name.casefold(), slug)
    return found


def slug_collision(draft: Draft, taken: Draft) -> Problem:
    """Two records that would share an address."""
    record = draft.record
    assert not isinstance(record, MemberPage)
    return Problem(
        position=draft.record.position,
        code="slug-collision",
        message=f'The slug "{record.slug}" is taken by {taken.record.position}.',
        hint="Rename one of the two; in a list, write `slug:`.",
    )


def unknown_reference(item: Reference, path: str, known: Known) -> Problem:
    """A word for a record that there is not."""
    owner = known.aliases.get(item.name.casefold()) if item.kind == "challenge" else None
    hint = (
        f'Did you mean "{owner}"?' if owner is not None else did_you_mean(item.name[:100], sorted(known.of(item.kind)))
    )
    return Problem(
        position=Position(path, item.line, item.column),
        code=f"unknown-{item.kind}",
        message=f'There is no {item.kind} "{item.name[:80]}".',
        hint=f"{hint} {WHERE[item.kind]}".strip(),
    )


def story_without_teller(draft: Draft) -> Problem:
    """A story is somebody's; without a teller it is left out."""
    return Problem(
        position=draft.mark("members"),
        code="no-teller",
        message="Nobody known tells this story, so it is left out.",
        hint="Name at least one member in `members: [...]` by the name of their file.",
    )


def page_of_nobody(file: FoundFile, slug: str, members: Mapping[str, Member]) -> Problem:
    """`anna.pt.md` without `anna.md`."""
    near = did_you_mean(slug, sorted(members))
    return Problem(
        position=Position(file.path),
        code="translation-of-nothing",
        message=f'This is named as a page of the member "{slug}", whom there is not.',
        hint=near or f"Write members/{slug}.md, or rename this file.",
    )


def page_in_own_language(page: MemberPage, owner: Member) -> Problem:
    """`ana.pt.md` where Ana's own page is Portuguese."""
    return Problem(
        position=Position(page.position.path),
        code="translation-same-language",
        message=f'{owner.name}\'s own page is in "{page.language}" already.',
        hint="The first of `languages` is the one their own file is written in.",
    )


def check_all(
    community: Community,
    drafts: Drafts,
    readings: Mapping[str, tuple[FoundFile, Reading]],
    settings: Settings,
    *,
    today: date,
) -> list[Problem]:
    """Every rule between files."""
    return []
