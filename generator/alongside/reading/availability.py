"""Which members have as many newcomers as they offered to take on: a file that `alongside refresh` writes.

The build knows nothing of the store; this is how it learns who has room. The file holds slugs and dates, and nothing
of any newcomer:

    full_until:
      ana-souza: 2026-12-03
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from os.path import lexists
from pathlib import Path

from alongside.model.community import Community
from alongside.problems import Problem, did_you_mean
from alongside.reading.fields import Defaults, Field, Parser, Sheet, Table, ended, read_fields, wrong_type
from alongside.reading.files import Source, read_list
from alongside.reading.settings_file import relative
from alongside.reading.times import DATE
from alongside.settings import Settings
from alongside.source.decoding import read_bytes
from alongside.source.yaml_nodes import Keys, Plain

_HEADER = """\
# Written by `alongside refresh`; the build only reads it. These members took on as many newcomers this week as they
# offered to, up to and including that day (UTC). So long no page and no embed sends anybody to them.
"""


def _read_days(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, date] | None:
    if not isinstance(value, dict):
        wrong_type(sheet, keys, value, "a set of `slug: date` lines")
        return None
    days = ((slug, DATE.read(sheet, (*keys, slug), text)) for slug, text in value.items() if text is not None)
    return {slug: day for slug, day in days if day is not None}


AVAILABILITY = Table(
    kind="availability",
    about="Which members have no room this week. Written by `alongside refresh`.",
    fields=(
        Field(
            name="full_until",
            parser=Parser(
                read=_read_days,
                schema={"type": "object", "additionalProperties": DATE.schema},
            ),
            default={},
            about="A member's slug, and the last day on which they are full.",
        ),
    ),
)


def availability_file(settings: Settings) -> Path:
    """Where it lies: in a folder below docs_dir that holds no records, and that MkDocs does not publish."""
    return settings.docs_dir / ".alongside" / "availability.yml"


def availability_text(full_until: Mapping[str, date]) -> str:
    """The file as it is written, slugs in their order."""
    lines = "".join(f"  {slug}: {day.isoformat()}\n" for slug, day in sorted(full_until.items()))
    return f"{_HEADER}full_until:\n{lines}" if lines else f"{_HEADER}full_until: {{}}\n"


def read_availability(settings: Settings, community: Community) -> tuple[Mapping[str, date], list[Problem]]:
    """The last day on which each member is full, by their slug of today, and what is wrong with the file.

    Nobody wrote it by hand, so nothing in it costs a build: whoever it cannot be read of counts as having room, as
    without the file.
    """
    file = availability_file(settings)
    if not lexists(file):
        return {}, []
    source = Source(path=relative(file, settings.root), docs_path=file.name, defaults=Defaults())
    content = read_bytes(file, source.path)
    found: dict[str, date] = {}
    if isinstance(content, Problem):
        source.report(content)
    elif (document := read_list(source, content, "availability")) is not None:
        sheet = source.sheet(document)
        fields, _ = read_fields(sheet, AVAILABILITY, document.value)
        for written, day in fields["full_until"].items():
            slug = community.resolve_member(written)
            if slug in community.members:
                found[slug] = max(day, found.get(slug, day))
            else:
                sheet.report(
                    ("full_until", written), "unknown-member", f'There is no member "{written[:60]}".',
                    did_you_mean(written[:60], community.members), key=True,
                )  # fmt: skip
    return found, [_warning(problem) for problem in source.problems]


def _warning(problem: Problem) -> Problem:
    hint = f"{ended(problem.hint)} `alongside refresh` writes this file anew.".lstrip()
    return replace(problem, code="availability-file", hint=hint, severity="warning")
