"""The whole community: every record by its slug. Nothing changes it once it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from alongside.model.gatherings import Chat, Group, Meetup
from alongside.model.group_facts import GroupFacts
from alongside.model.journeys import Journey
from alongside.model.people import Challenge, Container, Member
from alongside.model.places import Place
from alongside.model.recordings import Recording, Transcript
from alongside.model.stamps import Stamps
from alongside.model.stories import Story


@dataclass(frozen=True, kw_only=True)
class Community:
    """All records that could be read, in the order of their slugs (challenges and journeys: as authored)."""

    name: str
    url: str = ""  # of the site, with a trailing slash; empty when unknown
    language: str = "en"
    timezone: str = "UTC"
    challenges: Mapping[str, Challenge] = field(default_factory=dict)
    members: Mapping[str, Member] = field(default_factory=dict)
    stories: Mapping[str, Story] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    meetups: Mapping[str, Meetup] = field(default_factory=dict)
    journeys: Mapping[str, Journey] = field(default_factory=dict)
    # a record's source path below docs_dir -> site path of its page: "stories/x.md" -> "stories/x/"
    files: Mapping[str, str] = field(default_factory=dict)
    # every other file below docs_dir, with "/": ordinary pages, images, recordings
    documents: frozenset[str] = frozenset()
    # of other files those that drafts alone show: they lie in previews, and in no site
    previewed: frozenset[str] = frozenset()
    # path below docs_dir of a sound file or film of a story -> what its head tells
    recordings: Mapping[str, Recording] = field(default_factory=dict)
    # path below docs_dir of a WebVTT file -> what is said
    transcripts: Mapping[str, Transcript] = field(default_factory=dict)
    # path below docs_dir of a picture -> its width and height in pixels, as it is shown
    pictures: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    # path below docs_dir of those of them that move, or may: GIF, and WebP and PNG of more than one picture
    moving: Mapping[str, bool] = field(default_factory=dict)
    # a member's slug -> the last day (UTC) on which they have as many newcomers as they offered to take on; known only
    # as of the last `alongside refresh`, so whoever sends mail counts in the store instead
    full_until: Mapping[str, date] = field(default_factory=dict)
    # a group's slug -> what was read of its chat rooms and invitations, as of the last `alongside refresh`
    group_facts: Mapping[str, GroupFacts] = field(default_factory=dict)
    # the name of a meetup's events (`stamps.event_names`) -> how often they were changed; as of the last `stamp`
    stamps: Mapping[str, Stamps] = field(default_factory=dict)
    # the same names -> meetups whose files are deleted, called off: calendars say so until they are long over
    deleted: Mapping[str, Meetup] = field(default_factory=dict)
    # path below the site's root -> name of each calendar that was published once; as of the last `stamp`
    calendars: Mapping[str, str] = field(default_factory=dict)

    def is_full(self, slug: str, day: date) -> bool:
        """True when that member was known to have no room left on `day`."""
        until = self.full_until.get(slug)
        return until is not None and day <= until

    def open_chats(self, group: Group, day: date) -> tuple[Chat, ...]:
        """The invitations of a group that still lead in on `day`, as far as anybody knows."""
        facts = self.group_facts.get(group.slug, GroupFacts())
        return tuple(
            chat
            for chat in group.chat
            if (chat.expires is None or chat.expires >= day)
            and not ((link := facts.link(chat.url)) is not None and link.is_closed(day))
        )

    @cached_property
    def _former_members(self) -> Mapping[str, str]:
        return _former(self.members)

    @cached_property
    def _former_stories(self) -> Mapping[str, str]:
        return _former(self.stories)

    def resolve_member(self, slug: str) -> str:
        """The slug of today of a member who was stored, met or linked to under an earlier one (`was`)."""
        return slug if slug in self.members else self._former_members.get(slug, slug)

    def resolve_story(self, slug: str) -> str:
        """The slug of today of a story that had another one before (`was`)."""
        return slug if slug in self.stories else self._former_stories.get(slug, slug)

    @cached_property
    def stories_of(self) -> Mapping[str, tuple[Story, ...]]:
        """Published stories of each member, newest first; translations stand beside their originals."""
        found: dict[str, list[Story]] = {}
        for story in self.stories.values():
            if story.status == "published":
                for member in story.members:
                    found.setdefault(member, []).append(story)
        return {
            slug: tuple(sorted(stories, key=lambda story: (-story.date.toordinal(), story.slug)))
            for slug, stories in found.items()
        }

    @cached_property
    def translations_of(self) -> Mapping[str, tuple[Story, ...]]:
        """For the slug of an original: its published translations, by language."""
        found: dict[str, list[Story]] = {}
        for story in self.stories.values():
            if story.translation_of and story.status == "published":
                found.setdefault(story.translation_of, []).append(story)
        return {slug: tuple(sorted(stories, key=lambda story: story.language)) for slug, stories in found.items()}

    @cached_property
    def meetups_of(self) -> Mapping[str, tuple[Meetup, ...]]:
        """Meetups of each group, by slug."""
        found: dict[str, list[Meetup]] = {}
        for meetup in self.meetups.values():
            if meetup.group:
                found.setdefault(meetup.group, []).append(meetup)
        return {slug: tuple(meetups) for slug, meetups in found.items()}

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Every place a published page can be made of, by slug: of groups and meetups, then of members."""
        found: dict[str, Place] = {}
        records: tuple[Group | Meetup | Member, ...] = (
            *self.groups.values(),
            *self.meetups.values(),
            *self.members.values(),
        )
        for record in records:
            if record.place is not None and record.place.slug:
                found.setdefault(record.place.slug, record.place)
        return dict(sorted(found.items()))

    def tellers(self, story: Story, container: Container, day: date) -> tuple[Member, ...]:
        """Who may be named as telling `story` in `container` on `day`; the first is its voice. May be empty."""
        members = (self.members[slug] for slug in story.members if slug in self.members)
        return tuple(member for member in members if member.allows(container, day))


def _former(records: Mapping[str, Member] | Mapping[str, Story]) -> Mapping[str, str]:
    """Slug of today by each former one."""
    return {old: slug for slug, record in records.items() for old in record.was}
