"""What reading one file gives: records still to be linked, and what was wrong.

A reading is a pure function of the file's bytes, its path and the community's defaults, so it can be kept under its
content's hash. Whatever needs another file (does that member exist?) waits in `references` and `links`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from alongside.model.gatherings import Group, Meetup
from alongside.model.people import Challenge, Member, MemberPage
from alongside.model.recordings import Transcript
from alongside.model.stories import Story
from alongside.problems import Position, Problem
from alongside.reading.fields import Reference

Record = Member | MemberPage | Story | Group | Meetup | Challenge


class Link(NamedTuple):
    """A relative link, image or recording of a record or an ordinary page."""

    href: str  # as authored
    target: str  # the path below docs_dir that it means
    line: int
    column: int


class Mark(NamedTuple):
    """A place in a file that a later check may want to point at."""

    name: str  # "starts", "date", "consent", ...
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record before it is linked with the others."""

    record: Record
    references: tuple[Reference, ...] = ()
    marks: tuple[Mark, ...] = ()

    def mark(self, name: str) -> Position:
        """Where `name` stands, else where the record starts."""
        path = self.record.position.path
        for mark in self.marks:
            if mark.name == name:
                return Position(path, mark.line, mark.column)
        return self.record.position


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file, read."""

    drafts: tuple[Draft, ...] = ()
    links: tuple[Link, ...] = ()
    references: tuple[Reference, ...] = ()  # of records that are left out, to be checked all the same
    transcript: Transcript | None = None  # of a WebVTT file without a fault
    moments: tuple[Mark, ...] = ()  # `<alongside-moment>` tags of an ordinary page; the name is the moment's
    media_names: frozenset[str] = frozenset()  # of pictures and recordings that stand anywhere in an ordinary page
    problems: tuple[Problem, ...] = ()
