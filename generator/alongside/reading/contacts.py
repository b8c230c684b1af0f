"""Members' addresses as a team hands them over (CSV: slug, email), on their way to the store and nowhere else."""

from __future__ import annotations

from pathlib import Path

from alongside.model.community import Community
from alongside.problems import Problem, did_you_mean
from alongside.reading.fields import Defaults, Field, Sheet, Table, read_table
from alongside.reading.newcomers import ADDRESS
from alongside.reading.tables import read_rows
from alongside.reading.values import LINE
from alongside.settings import Settings

CONTACT = Table(
    kind="contact",
    about="A member's address.",
    fields=(
        Field(name="slug", parser=LINE, required=True, about="The name of the member's file."),
        Field(name="email", parser=ADDRESS, required=True, about="Their address."),
    ),
)


def read_contacts(
    path: Path, community: Community, settings: Settings
) -> tuple[tuple[tuple[str, str], ...], list[Problem]]:
    """(slug, address) of each row that names a member, and what is wrong with the others."""
    rows, problems = read_rows(path, str(path), tuple(CONTACT.by_name), needed=("slug", "email"))
    found: dict[str, str] = {}
    defaults = Defaults(language=settings.language, timezone=settings.timezone)
    for row in rows:
        sheet = Sheet(path=str(path), document=row, defaults=defaults, problems=problems)
        fields = read_table(sheet, CONTACT, row.value)
        if fields is None:
            continue
        slug = community.resolve_member(fields["slug"])
        if slug not in community.members:
            sheet.report(
                ("slug",), "unknown-member", f'There is no member "{slug[:60]}"; the row is left out.',
                did_you_mean(slug[:60], community.members) or "The slug is the name of their file in content/members.",
            )  # fmt: skip
        elif slug in found:
            sheet.report(
                ("slug",), "repeated-item", f'"{slug}" stands in an earlier row; this one is left out.',
                "Keep one row for each member.", severity="warning",
            )  # fmt: skip
        else:
            found[slug] = fields["email"]
    return tuple(found.items()), problems
