"""What members said since their files were written, and who is full: a file that `alongside refresh` writes.

The build knows nothing of the store; this is how it learns who has room, who took their consent back, and who wants
other than their file says. The file holds slugs, dates and numbers, and nothing of any newcomer:

    full_until:
      ana-souza: 2026-12-03
    withdrawn: [karim-haddad]
    welcomes:
      mei-tanaka: 2
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date
from os.path import lexists
from pathlib import Path
from typing import Any, TypeVar

from alongside.model.community import Community
from alongside.model.people import Member
from alongside.problems import Position, Problem, did_you_mean
from alongside.reading.fields import Defaults, Field, Parser, Sheet, Table, ended, list_of, read_fields, wrong_type
from alongside.reading.files import Source, read_list
from alongside.reading.settings_file import relative
from alongside.reading.times import DATE
from alongside.reading.values import OWN_SLUG, whole
from alongside.settings import Settings
from alongside.source.decoding import read_bytes
from alongside.source.yaml_nodes import Keys, Plain

T = TypeVar("T")
_HEADER = """\
# Written by `alongside refresh`; the build only reads it. These members took on as many newcomers this week as they
# offered to, up to and including that day (UTC). So long no page and no embed sends anybody to them.
"""
_WITHDRAWN = (
    "# They took their consent back by their own page: no page and no embed shows them, whatever their files say.\n"
)
_WELCOMES = "# So many newcomers a week they want, as they said by their own page.\n"


def _by_slug(item: Parser, form: str) -> Parser:
    """A set of lines, each a slug and what `item` reads."""

    def read(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, object] | None:
        if not isinstance(value, dict):
            wrong_type(sheet, keys, value, f"a set of `{form}` lines")
            return None
        read = ((slug, item.read(sheet, (*keys, slug), text)) for slug, text in value.items() if text is not None)
        return {slug: found for slug, found in read if found is not None}

    return Parser(read=read, schema={"type": "object", "additionalProperties": item.schema})


AVAILABILITY = Table(
    kind="availability",
    about="Who has no room this week, and what members said of themselves. Written by `alongside refresh`.",
    fields=(
        Field(
            name="full_until",
            parser=_by_slug(DATE, "slug: date"),
            default={},
            about="A member's slug, and the last day on which they are full.",
        ),
        Field(
            name="withdrawn",
            parser=list_of(OWN_SLUG),
            default=(),
            about="Slugs of members who took their consent back.",
        ),
        Field(
            name="welcomes",
            parser=_by_slug(whole(0, 1000), "slug: number"),
            default={},
            about="A member's slug, and how many newcomers a week they want.",
        ),
    ),
)


def availability_file(settings: Settings) -> Path:
    """Where it lies: in a folder below docs_dir that holds no records, and that MkDocs does not publish."""
    return settings.docs_dir / ".alongside" / "availability.yml"


def availability_text(
    full_until: Mapping[str, date], *, withdrawn: Collection[str] = (), welcomes: Mapping[str, int] | None = None
) -> str:
    """The file as it is written, slugs in their order."""
    lines = "".join(f"  {slug}: {day.isoformat()}\n" for slug, day in sorted(full_until.items()))
    text = f"{_HEADER}full_until:\n{lines}" if lines else f"{_HEADER}full_until: {{}}\n"
    if withdrawn:
        text += f"{_WITHDRAWN}withdrawn:\n" + "".join(f"  - {slug}\n" for slug in sorted(withdrawn))
    if welcomes:
        text += f"{_WELCOMES}welcomes:\n" + "".join(f"  {slug}: {n}\n" for slug, n in sorted(welcomes.items()))
    return text


def with_availability(settings: Settings, community: Community) -> tuple[Community, list[Problem]]:
    """The community with what the file says, by members' slugs of today; and what is wrong with the file.

    Nobody wrote it by hand, so nothing in it costs a build: whoever it cannot be read of counts as having room, as
    without the file.
    """
    file = availability_file(settings)
    if not lexists(file):
        return community, []
    source = Source(path=relative(file, settings.root), docs_path=file.name, defaults=Defaults())
    content = read_bytes(file, source.path)
    if isinstance(content, Problem):
        source.report(content)
    elif (document := read_list(source, content, "availability")) is not None:
        sheet = source.sheet(document)
        fields, _ = read_fields(sheet, AVAILABILITY, document.value)
        community, told = _applied(community, sheet, fields)
        return community, [*map(_warning, source.problems), *told]
    return community, [_warning(problem) for problem in source.problems]


def _applied(community: Community, sheet: Sheet, fields: Mapping[str, Any]) -> tuple[Community, list[Problem]]:
    full_until: dict[str, date] = {}
    for slug, day in _known(community, sheet, "full_until", fields["full_until"]):
        full_until[slug] = max(day, full_until.get(slug, day))
    withdrawn = {slug for slug, _ in _known(community, sheet, "withdrawn", dict.fromkeys(fields["withdrawn"]))}
    welcomes = dict(_known(community, sheet, "welcomes", fields["welcomes"]))
    changed = {
        slug: community.members[slug].as_told(withdrawn=slug in withdrawn, welcomes=welcomes.get(slug))
        for slug in sorted(withdrawn | welcomes.keys())
    }
    if not changed and not full_until:
        return community, []
    told = [_withdrawn(member) for member in changed.values() if member.withdrawn and member.consent is not None]
    return replace(community, members={**community.members, **changed}, full_until=full_until), told


def _known(community: Community, sheet: Sheet, key: str, written: Mapping[str, T]) -> Iterator[tuple[str, T]]:
    """(slug of today, value) of the members there are; the others are told."""
    for number, (slug, value) in enumerate(written.items()):
        today = community.resolve_member(slug)
        if today in community.members:
            yield today, value
        else:
            in_list = key == "withdrawn"
            sheet.report(
                (key, number) if in_list else (key, slug), "unknown-member", f'There is no member "{slug[:60]}".',
                did_you_mean(slug[:60], community.members), key=not in_list,
            )  # fmt: skip


def _withdrawn(member: Member) -> Problem:
    return Problem(
        position=Position(member.position.path),
        code="consent-withdrawn",
        message=f"{member.name} took their consent back, and the file still holds one.",
        hint="Take `consent:` out of it. Until they confirm it by their page, nobody is sent to them.",
        severity="warning",
    )


def _warning(problem: Problem) -> Problem:
    hint = f"{ended(problem.hint)} `alongside refresh` writes this file anew.".lstrip()
    return replace(problem, code="availability-file", hint=hint, severity="warning")
