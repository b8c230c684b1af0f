"""Entries as files: one Markdown file a meetup, or items of one list; what is there already is found by its UID.

What an import wrote of each event is kept as a digest in `.alongside/imported.yml`. So it is known later who changed
what: a file changes when the calendar did and no writer has; where both have, the writer's stays and is told. A
meetup that a writer deleted does not come back. Nothing is written before all of it is known to be readable, and then
all of it or nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from itertools import chain, count
from pathlib import Path
from typing import Literal

from alongside.importing.meetups import Entry, Imported, Notice, Progress
from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.stamps import event_names
from alongside.planning.occurrences import final_day
from alongside.problems import AlongsideError, Problem, UsageError
from alongside.reading.fields import Defaults
from alongside.reading.folders import PLAIN_NAMES
from alongside.reading.loader import read_content
from alongside.reading.readings import Reading
from alongside.reading.settings_file import relative
from alongside.reading.slugs import slugify
from alongside.rendering.feeds.calendars import series_uid
from alongside.rendering.feeds.listing import feed_authority
from alongside.settings import Settings
from alongside.source.decoding import MAX_BYTES, decode, read_bytes
from alongside.source.yaml_nodes import read_yaml
from alongside.writing.yaml_texts import mapping_lines, markdown_file, quoted

Action = Literal["new", "changed", "unchanged", "kept"]  # kept: changed in the calendar and by a writer

_HEADER = """\
# Written by `alongside import`: a digest of what it wrote of each event (by UID), so that it sees what a writer changed
# or deleted since. Delete a line to let the import write that meetup again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where meetups go."""

    settings: Settings
    folder: Path  # of the meetups; a file of its own for each
    list_file: Path | None = None  # in that folder: new ones become items of it instead

    @property
    def ledger(self) -> Path:
        """What was imported: beside the other facts of the content, or in a folder that is none of it."""
        inside = self.folder.is_relative_to(self.settings.docs_dir)
        return (self.settings.docs_dir if inside else self.folder) / ".alongside" / "imported.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one meetup."""

    entry: Entry
    path: str  # as problems name it
    action: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A meetup that is there: a file, or some lines of a list."""

    file: Path
    text: str  # "\n" line ends
    meetup: Meetup
    item: int | None = None  # its number in a list


@dataclass(slots=True, kw_only=True)
class Plan:
    """What an import would write."""

    outcomes: list[Outcome] = field(default_factory=list)
    contents: dict[Path, bytes] = field(default_factory=dict)  # files that change, the ledger last
    before: dict[Path, bytes | None] = field(default_factory=dict)  # what they hold now; None: they are not there


def plan_files(
    imported: Imported, target: Target, community: Community, *, since: date, progress: Progress | None = None
) -> Plan:
    """What becomes of each entry; what cannot be said, and what is over by `since`, is added to `imported`.

    Raises `AlongsideError` for a ledger or list that cannot be read.
    """
    planner = _Planner(target=target, community=community, imported=imported, since=since)
    planner.look()
    for number, entry in enumerate(sorted(imported.entries, key=lambda entry: (entry.day, entry.uid))):
        if progress is not None:
            progress(number, len(imported.entries))
        planner.take(entry)
    planner.finish()
    return planner.plan


@dataclass(slots=True, kw_only=True)
class _Planner:
    target: Target
    community: Community
    imported: Imported
    since: date
    plan: Plan = field(default_factory=Plan)
    pieces: dict[str, Piece] = field(default_factory=dict)
    lists: dict[Path, list[str]] = field(default_factory=dict)  # what stands before the items, and each item
    ledger: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)  # UIDs of meetups that were written here, and of deleted ones
    # slugs; a file called after the folder's own page would take the place of the list of meetups
    taken: set[str] = field(default_factory=lambda: {name.removesuffix(".md") for name in PLAIN_NAMES})

    @property
    def defaults(self) -> Defaults:
        settings = self.target.settings
        return Defaults(language=settings.language, timezone=settings.timezone, teams=tuple(settings.teams))

    def look(self) -> None:
        """What is there."""
        target = self.target
        self.ledger = _read_ledger(target.ledger, relative(target.ledger, target.settings.root))
        for meetup in self.community.meetups.values():
            self.taken |= {meetup.slug, *meetup.was}
        authority = feed_authority(target.settings)
        names = {name: self.community.meetups[slug] for slug, name in event_names(self.community.meetups).items()}
        for name, meetup in {**self.community.deleted, **names}.items():
            if not meetup.uid:
                self.own[f"{name}@{authority}"] = meetup.slug
        if target.list_file is not None:
            self.lists[target.list_file] = []
        for file in sorted(target.folder.glob("*")) if target.folder.is_dir() else []:
            if file.suffix in (".md", ".yml", ".yaml") and not file.name.startswith("."):
                self.taken.add(file.stem)
                self._look_into(file)

    def _look_into(self, file: Path) -> None:
        """Find the meetups of one file that have a UID; a list keeps its lines, to be put back."""
        path = relative(file, self.target.settings.root)
        content = read_bytes(file, path)
        wanted = file == self.target.list_file
        if isinstance(content, Problem):
            if wanted:
                raise UsageError(str(content))
            return
        if not wanted and b"uid" not in content:
            return
        text = decode(content, path)
        if isinstance(text, Problem):
            if wanted:
                raise UsageError(str(text))
            return
        markdown = file.suffix == ".md"
        reading = self._read(file.name, content, "meetup" if markdown else "meetups")
        found = [draft.record for draft in reading.drafts if isinstance(draft.record, Meetup)]
        self.plan.before[file] = content
        items = [] if markdown else _items(text, path)
        if items is None or (not markdown and len(items) - 1 != len(found)):
            if wanted and text.strip():
                raise UsageError(
                    f"{path} is no list that meetups can be added to.",
                    hint="Name a new file, or see: alongside check",
                )
            return
        if not markdown:
            self.lists[file] = items
        for number, meetup in enumerate(found):
            if meetup.uid:
                own = text if markdown else items[number + 1]
                self.pieces[meetup.uid] = Piece(
                    file=file, text=own, meetup=meetup, item=None if markdown else number + 1
                )

    def _read(self, name: str, content: bytes, kind: str) -> Reading:
        return read_content(kind, f"content/meetups/{name}", f"meetups/{name}", content, self.defaults)

    def take(self, entry: Entry) -> None:
        """Decide on one entry."""
        piece = self.pieces.get(entry.uid)
        if piece is None and (here := self.own.get(series_uid(entry.uid))) is not None:
            self._tell(
                entry, f'It is the meetup "{here}" of this site, and was left alone.', "Edit it where it stands."
            )
            return
        slug = piece.meetup.slug if piece is not None else self._slug(entry)
        in_list = piece.item is not None if piece is not None else self.target.list_file is not None
        text = item_text(entry, slug) if in_list else file_text(entry)
        meetup = self._readable(entry, slug, file_text(entry))
        if meetup is None:
            return
        final = final_day(replace(meetup, timezone=meetup.timezone or self.target.settings.timezone))
        if final is not None and final < self.since:
            self.imported.over += 1
            return
        known = self.ledger.get(entry.uid)
        if piece is None:
            if known is not None:
                ledger = relative(self.target.ledger, self.target.settings.root)
                self._tell(
                    entry,
                    "It was imported before and then deleted, so it does not come back.",
                    f"Delete its line in {ledger} to have it again.",
                )
                return
            self._add(entry, slug, text)
        else:
            self._update(entry, piece, text, meetup, known)

    def _add(self, entry: Entry, slug: str, text: str) -> None:
        file = self.target.list_file or self.target.folder / f"{slug}.md"
        self.taken.add(slug)
        if self.target.list_file is not None:
            self.lists[file] = [*(self.lists[file] or [""]), text]
        else:
            self.plan.contents[file] = text.encode()
            self.plan.before[file] = None
        self._settle(entry, file, "new", text)

    def _update(self, entry: Entry, piece: Piece, text: str, meetup: Meetup, known: str | None) -> None:
        if digest(piece.text) == digest(text):
            self._settle(entry, piece.file, "unchanged", text)
        elif known == digest(piece.text):
            if piece.item is None:
                self.plan.contents[piece.file] = text.encode()
            else:
                self.lists[piece.file][piece.item] = text
            self._settle(entry, piece.file, "changed", text)
        elif known == digest(text):
            self._settle(entry, piece.file, "unchanged", text)
        else:
            differing = [
                item.name
                for item in fields(Meetup)
                if item.compare and getattr(piece.meetup, item.name) != getattr(meetup, item.name)
            ]
            names = ", ".join(name for name in differing if name != "slug") or "the text"
            self._tell(
                entry,
                "It changed in the calendar, and a writer changed the file; the file was left as it is.",
                f"They differ in: {names}.",
            )
            self._settle(entry, piece.file, "kept", "")

    def _settle(self, entry: Entry, file: Path, action: Action, text: str) -> None:
        if text:
            self.ledger[entry.uid] = digest(text)
        path = relative(file, self.target.settings.root)
        self.plan.outcomes.append(Outcome(entry=entry, path=path, action=action))

    def _tell(self, entry: Entry, message: str, hint: str = "", *, left_out: bool = False) -> None:
        self.imported.notices.append(
            Notice(uid=entry.uid, title=entry.title, message=message, hint=hint, left_out=left_out)
        )

    def _slug(self, entry: Entry) -> str:
        """A name that no meetup has or had: of the title, then with the day, then with a number."""
        base = slugify(entry.title)
        names = chain((base, f"{base}-{entry.day}"), (f"{base}-{entry.day}-{number}" for number in count(2)))
        return next(name for name in names if name not in self.taken)

    def _readable(self, entry: Entry, slug: str, text: str) -> Meetup | None:
        """The meetup as `alongside check` would read it; None, and told, where it would find an error."""
        reading = self._read(f"{slug}.md", text.encode(), "meetup")
        wrong = next((problem for problem in reading.problems if problem.severity == "error"), None)
        if wrong is not None or not reading.drafts:
            message, hint = (wrong.message, wrong.hint) if wrong is not None else ("It cannot be said.", "")
            self._tell(entry, message, hint, left_out=True)
            return None
        record = reading.drafts[0].record
        assert isinstance(record, Meetup)
        return record

    def finish(self) -> None:
        """Put the lists together, and the ledger."""
        plan = self.plan
        for uid, piece in self.pieces.items():
            if uid in self.imported.private:
                path = relative(piece.file, self.target.settings.root)
                self.imported.notices.append(
                    Notice(
                        uid=uid,
                        title=piece.meetup.title.text(self.target.settings.language),
                        message=f"It is private in the calendar by now, and {path} still tells everybody.",
                        hint="Delete it there, unless it is for everybody.",
                        left_out=True,
                    )
                )
        for file, parts in self.lists.items():
            content = "".join(part if part.endswith("\n") or not part else f"{part}\n" for part in parts).encode()
            before = plan.before.setdefault(file, None)
            if len(content) > MAX_BYTES:
                raise UsageError(
                    f"{file.name} would be larger than {MAX_BYTES // 1_000_000} MB.",
                    hint="Import without --list: a file for each meetup.",
                )
            same = before is not None and decode(before, "") == content.decode()
            if content and not same:
                plan.contents[file] = content
        text = _HEADER + "".join(f"{quoted(uid)}: {known}\n" for uid, known in sorted(self.ledger.items()))
        file = self.target.ledger
        plan.before[file] = file.read_bytes() if file.is_file() else None
        if self.ledger and plan.before[file] != text.encode():
            plan.contents[file] = text.encode()


def digest(text: str) -> str:
    """What tells one text from another; white space at its end does not count."""
    return hashlib.sha256(text.rstrip().encode()).hexdigest()[:16]


def _read_ledger(file: Path, path: str) -> dict[str, str]:
    if not file.exists():
        return {}
    content = read_bytes(file, path)
    text = content if isinstance(content, Problem) else decode(content, path)
    if isinstance(text, str):
        document, problems = read_yaml(text, path)
        value = document.value if document is not None else None
        if value is None and not problems:
            return {}
        if isinstance(value, dict) and not problems and all(isinstance(known, str) for known in value.values()):
            return value
    raise AlongsideError(f"{path} cannot be read.", hint="Take an older state of it from git.")


def _items(text: str, path: str) -> list[str] | None:
    """The lines of a list: those before its first item, and those of each; None for no list of `- ` lines."""
    document, problems = read_yaml(text, path)
    if document is None or problems or not isinstance(document.value, list):
        return None
    starts = [document.position((number,)).line - 1 for number in range(len(document.value))]
    lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")]
    if any(not lines[start].lstrip().startswith("- ") for start in starts) or len(set(starts)) < len(starts):
        return None
    if any(lines[start].startswith(" ") for start in starts):
        return None  # all items stand at the margin, or new ones would not fit
    ends = [*starts, len(lines)]
    return [
        "".join(lines[: ends[0]]),
        *("".join(lines[start:end]) for start, end in zip(starts, ends[1:], strict=True)),
    ]


def file_text(entry: Entry) -> str:
    """A Markdown file: front matter and text."""
    return markdown_file(entry.fields, entry.body)


def item_text(entry: Entry, slug: str) -> str:
    """An item of a list in YAML."""
    lines = list(mapping_lines({"title": entry.fields["title"], "slug": slug, **entry.fields}))
    body = entry.body.strip()
    if body:
        lines += ["description: |", *(f"  {line}".rstrip() for line in body.split("\n"))]
    return "".join(f"{'- ' if not number else '  '}{line}".rstrip() + "\n" for number, line in enumerate(lines))


def counted(outcomes: Sequence[Outcome]) -> dict[Action, int]:
    """How many meetups became what."""
    actions: tuple[Action, ...] = ("new", "changed", "unchanged", "kept")
    return {action: sum(outcome.action == action for outcome in outcomes) for action in actions}
