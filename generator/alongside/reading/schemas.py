"""JSON Schemas (draft 07) of what authors write, made from the same tables that reading uses.

Of all drafts that one is read by the most programs, and nothing here needs more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alongside.reading.fields import Table
from alongside.reading.gatherings import GROUP, MEETUP, MEETUP_ITEM
from alongside.reading.journeys import JOURNEY, MAIL
from alongside.reading.newcomers import PROFILE
from alongside.reading.people import CHALLENGES_FILE, MEMBER
from alongside.reading.settings_file import SETTINGS
from alongside.reading.stories import STORY

DRAFT = "http://json-schema.org/draft-07/schema#"
TABLES: Mapping[str, Table] = {
    "member": MEMBER,
    "story": STORY,
    "group": GROUP,
    "meetup": MEETUP,
    "journey": JOURNEY,
    "mail": MAIL,
    "newcomer": PROFILE,
    "settings": SETTINGS,
}
KINDS = ("member", "story", "group", "meetup", "meetups", "challenges", "journey", "mail", "newcomer", "settings")
# Which files each kind is, for editors that choose a schema by file name.
FILES: Mapping[str, str] = {
    "member": "content/members/*.md",
    "story": "content/stories/*.md",
    "group": "content/groups/*.md",
    "meetup": "content/meetups/*.md",
    "meetups": "content/meetups/*.yml",
    "challenges": "content/challenges.yml",
    "journey": "journeys/*.yml",
    "mail": "journeys/mails/*.md",
    "newcomer": "",
    "settings": "",
}


def render_schema(kind: str) -> dict[str, Any]:
    """The schema of one of `KINDS`; of front matter, where the kind is a Markdown file."""
    if kind == "meetups":
        body: dict[str, Any] = {"type": "array", "items": MEETUP_ITEM.schema}
    elif kind == "challenges":
        body = dict(CHALLENGES_FILE.schema)
    else:
        body = TABLES[kind].schema
    return {"$schema": DRAFT, "title": f"Alongside: {kind}", **body}
