"""What was read of groups outside of the files: a file that `alongside refresh` writes, and one that a team gives it.

The build asks nobody; this is how it learns that a chat room is alive. The file holds slugs, numbers that are rounded,
days and the invitations that stand in the groups' own files:

    groups:
      docs-berlin:
        read: 2026-11-26
        members: 120
        activity: week
        links:
        - url: "https://matrix.to/#/#docs-berlin:example.org"
          state: ok
          read: 2026-11-26

For platforms that tell nobody, a team's own script writes what it knows, and `refresh --groups FILE` takes it:

    docs-berlin: {members: 123, last_activity: 2026-11-25, read_at: 2026-11-26}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timezone
from os.path import lexists
from pathlib import Path
from typing import Any

from alongside.model.community import Community
from alongside.model.group_facts import FEWEST, GroupFacts, LinkFacts, Members, activity_of, rounded_members
from alongside.problems import Problem, did_you_mean
from alongside.reading.fields import (
    Defaults,
    Field,
    Parser,
    Schema,
    Sheet,
    Table,
    choice,
    converted,
    ended,
    list_of,
    mapping,
    read_fields,
    read_table,
    wrong_type,
)
from alongside.reading.files import Source, read_list
from alongside.reading.settings_file import relative
from alongside.reading.times import DATE, MOMENT, Moment
from alongside.reading.values import INVITATION, whole
from alongside.settings import Settings
from alongside.source.decoding import read_bytes
from alongside.source.yaml_nodes import Keys, Plain

_HEADER = """\
# Written by `alongside refresh`; the build only reads it. What groups' chat rooms told on that day (UTC): how many
# people are there, rounded and never fewer than five; when somebody last wrote; whether invitations still lead in.
# After 14 days nothing of it is shown any more.
"""
_MOST = 100_000_000  # people in one room; more is a slip


def _read_members(sheet: Sheet, keys: Keys, value: Plain) -> Members | None:
    if isinstance(value, str) and value.strip() == "few":
        return "few"
    count = _COUNT.read(sheet, keys, value)
    return rounded_members(count) if count is not None else None


_COUNT = whole(0, _MOST)
_MEMBERS = Parser(read=_read_members, schema={"anyOf": [{"const": "few"}, _COUNT.schema]})

LINK_FACTS = Table(
    kind="invitation",
    about="What an invitation answered.",
    fields=(
        Field(name="url", parser=INVITATION, required=True, about="As it stands in the group's `chat`."),
        Field(name="state", parser=choice(("ok", "dead", "unknown")), required=True, about="ok, dead or unknown."),
        Field(name="read", parser=DATE, required=True, about="The day it was asked."),
        Field(name="expires", parser=DATE, about="The last day on which it works, as its platform says."),
    ),
)
GROUP_FACTS = Table(
    kind="entry",
    about="What was read of one group.",
    fields=(
        Field(name="read", parser=DATE, about="The day of members and activity."),
        Field(name="members", parser=_MEMBERS, about=f"About how many people are there; few: fewer than {FEWEST}."),
        Field(
            name="activity",
            parser=choice(("today", "week", "month", "quiet")),
            about="When somebody last wrote, as of that day: today, week, month or quiet.",
        ),
        Field(
            name="links",
            parser=list_of(converted(mapping(LINK_FACTS), lambda _sheet, _keys, value: LinkFacts(**value))),
            default=(),
            about="What its invitations answered.",
        ),
    ),
)


def _by_slug(table: Table) -> Parser:
    """A mapping of slugs to what `table` says, as plain dicts; what cannot be read is left out."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, dict[str, Any]] | None:
        if not isinstance(value, dict):
            wrong_type(sheet, keys, value, "a set of `slug: {...}` entries")
            return None
        found = ((slug, read_table(sheet, table, plain, (*keys, slug))) for slug, plain in value.items() if plain)
        return {slug: fields for slug, fields in found if fields is not None}

    return Parser(read=read, schema=_slugs_schema(table))


def _slugs_schema(table: Table) -> Schema:
    return {"type": "object", "additionalProperties": table.schema}


FACTS_FILE = Table(
    kind="file of facts",
    about="What was read of groups. Written by `alongside refresh`.",
    fields=(Field(name="groups", parser=_by_slug(GROUP_FACTS), default={}, about="A group's slug, and its facts."),),
)


def group_facts_file(settings: Settings) -> Path:
    """Where it lies: beside `availability.yml`, which MkDocs does not publish."""
    return settings.docs_dir / ".alongside" / "groups.yml"


def group_facts_text(facts: Mapping[str, GroupFacts]) -> str:
    """The file as it is written, slugs in their order."""
    entries = "".join(_entry(slug, one) for slug, one in sorted(facts.items()) if one != GroupFacts())
    return f"{_HEADER}groups:\n{entries}" if entries else f"{_HEADER}groups: {{}}\n"


def _entry(slug: str, facts: GroupFacts) -> str:
    lines = [f"  {slug}:"]
    if facts.read is not None:
        lines.append(f"    read: {facts.read.isoformat()}")
    if facts.members is not None:
        lines.append(f"    members: {facts.members}")
    if facts.activity is not None:
        lines.append(f"    activity: {facts.activity}")
    if facts.links:
        lines.append("    links:")
    for link in facts.links:
        lines.append(f"    - url: {json.dumps(link.url, ensure_ascii=False)}")  # a JSON text is one of YAML
        lines.append(f"      state: {link.state}")
        lines.append(f"      read: {link.read.isoformat()}")
        if link.expires is not None:
            lines.append(f"      expires: {link.expires.isoformat()}")
    return "\n".join(lines) + "\n"


def read_group_facts(settings: Settings, community: Community) -> tuple[Mapping[str, GroupFacts], list[Problem]]:
    """What is known of each group, by its slug of today, and what is wrong with the file.

    As with `availability.yml`, nothing in it costs a build: what cannot be read is not known.
    """
    file = group_facts_file(settings)
    if not lexists(file):
        return {}, []
    source = Source(path=relative(file, settings.root), docs_path=file.name, defaults=Defaults())
    found: dict[str, GroupFacts] = {}
    sheet = _sheet(source, file)
    if sheet is not None:
        fields, _ = read_fields(sheet, FACTS_FILE, sheet.document.value)
        for written, entry in fields["groups"].items():
            slug = _known(sheet, ("groups", written), written, community)
            facts = _facts(sheet, ("groups", written), entry)
            if slug is not None and facts is not None:
                found[slug] = facts
    return found, [_warning(problem) for problem in source.problems]


def _sheet(source: Source, file: Path) -> Sheet | None:
    content = read_bytes(file, source.path)
    if isinstance(content, Problem):
        source.report(content)
        return None
    document = read_list(source, content, "file of facts")
    return source.sheet(document) if document is not None else None


def _known(sheet: Sheet, keys: Keys, written: str, community: Community) -> str | None:
    """The slug of today of a group, or a problem."""
    if written in community.groups:
        return written
    for slug, group in community.groups.items():
        if written in group.was:
            return slug
    hint = did_you_mean(written[:60], community.groups)
    sheet.report(keys, "unknown-group", f'There is no group "{written[:60]}".', hint, key=True)
    return None


def _facts(sheet: Sheet, keys: Keys, entry: Mapping[str, Any]) -> GroupFacts | None:
    """An entry as a record; what has no date cannot grow old, and is left out."""
    if entry["read"] is None and (entry["members"] is not None or entry["activity"] is not None):
        sheet.report(keys, "missing-key", '"read" is missing: nobody can tell how old this is.', key=True)
        return GroupFacts(links=entry["links"])
    return GroupFacts(**entry)


def _warning(problem: Problem) -> Problem:
    hint = f"{ended(problem.hint)} `alongside refresh` writes this file anew.".lstrip()
    return replace(problem, code="group-facts-file", hint=hint, severity="warning")


# --- what a team's own script wrote --------------------------------------------------------------------------------


def _read_day(sheet: Sheet, keys: Keys, value: Plain) -> date | None:
    """A day, or the day (UTC) of an instant: scripts write either."""
    moment: Moment | None = MOMENT.read(sheet, keys, value)
    if moment is None:
        return None
    when = moment.when
    if isinstance(when, datetime) and moment.offset is not None:
        return when.replace(tzinfo=timezone(moment.offset)).astimezone(UTC).date()
    return moment.day


_DAY = Parser(read=_read_day, schema=MOMENT.schema)

TEAM_FACTS = Table(
    kind="entry",
    about="What a team's own script knows of one group.",
    fields=(
        Field(name="members", parser=_COUNT, about="How many people are there; rounded before it is shown."),
        Field(name="last_activity", parser=_DAY, about="When somebody last wrote: a day, or an instant (ISO 8601)."),
        Field(name="read_at", parser=_DAY, required=True, about="When this was read: a day, or an instant."),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFacts:
    """A file that a team gave: facts by slug of today, and what is wrong with it."""

    facts: Mapping[str, GroupFacts]
    problems: tuple[Problem, ...]


def read_team_facts(file: Path, settings: Settings, community: Community, *, today: date) -> TeamFacts:
    """What a team's own script wrote, YAML or JSON: `slug: {members, last_activity, read_at}`.

    What cannot be read, lies ahead of today (UTC) or is too old to count is left out, each with a problem.
    """
    source = Source(path=relative(file.absolute(), settings.root), docs_path=file.name, defaults=Defaults())
    found: dict[str, GroupFacts] = {}
    sheet = _sheet(source, file)
    if sheet is not None:
        for written, fields in (_by_slug(TEAM_FACTS).read(sheet, (), sheet.document.value) or {}).items():
            slug = _known(sheet, (written,), written, community)
            facts = _team_facts(sheet, written, fields, today)
            if slug is not None and facts is not None:
                found[slug] = facts
    return TeamFacts(facts=found, problems=tuple(sorted(source.problems, key=lambda problem: problem.sort_key)))


def _team_facts(sheet: Sheet, written: str, fields: Mapping[str, Any], today: date) -> GroupFacts | None:
    read: date = fields["read_at"]
    last: date | None = fields["last_activity"]
    count: int | None = fields["members"]
    facts = GroupFacts(
        members=rounded_members(count) if count is not None else None,
        activity=activity_of(last, read=read) if last is not None else None,
        read=read,
    )
    if read > today:
        sheet.report((written, "read_at"), "date-ahead", f"{read} lies ahead.", "Write when it was read, in UTC.")
        return None
    if last is not None and last > read:
        sheet.report((written, "last_activity"), "date-ahead", f"{last} is later than read_at.", "Write both in UTC.")
        return None
    if facts.until is not None and facts.until < today:
        sheet.report(
            (written, "read_at"), "facts-old", f"This was read on {read}, which is too long ago to be shown.",
            "Let the script run before `alongside refresh`.", severity="warning",
        )  # fmt: skip
        return None
    return facts
