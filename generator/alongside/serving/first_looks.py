"""The words of one record, seen before the community is linked anew.

Linking and listing ten thousand stories takes half a second, and what a writer changes most is words. So the new words
are put into the community as it was, and are looked at in the time of one page; the whole follows right after, and has
the last word.
"""

from __future__ import annotations

from dataclasses import fields, replace

from alongside.model.community import Community
from alongside.model.people import Member
from alongside.model.stories import Story
from alongside.reading.readings import Reading

# Fields by which no record is found, sorted or left out; the others decide where it stands.
_WORDS: dict[type, frozenset[str]] = {
    Story: frozenset(("title", "welcome", "body", "body_line", "source", "position")),
    Member: frozenset(("pages", "pronouns", "links", "position")),
}


def with_other_words(community: Community, reading: Reading) -> Community | None:
    """The community with what was read of a file in it; None where more than words may have changed."""
    if len(reading.drafts) != 1 or reading.problems:
        return None
    record = reading.drafts[0].record
    if isinstance(record, Story):
        before = community.stories.get(record.slug)
        if before is not None and _stands_where(before, record):
            return replace(community, stories={**community.stories, record.slug: record})
    if isinstance(record, Member):
        known = community.members.get(record.slug)
        if known is not None and _stands_where(known, record):
            # pages in other languages have files of their own
            pages = {**record.pages, **{code: page for code, page in known.pages.items() if code not in record.pages}}
            return replace(community, members={**community.members, record.slug: replace(record, pages=pages)})
    return None


def _stands_where(before: Story | Member, after: Story | Member) -> bool:
    """True when both stand on the same pages, in the same places."""
    words = _WORDS[type(after)]
    return type(before) is type(after) and all(
        getattr(before, field.name) == getattr(after, field.name) for field in fields(after) if field.name not in words
    )
