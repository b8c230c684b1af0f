"""What is wrong with author files, put right where nobody has to decide anything.

A repair changes a few characters where they stand: comments, the order of keys, line ends and a byte order mark stay.
Most repairs write what a problem holds as its `proposal`; others only put into quotes, or take away, what was in the
way of reading. Before one is kept, the whole community is read as it would be then: the file must say the same less
the problem, and nothing else may be wrong for it. What trust hangs on (consent, status, time away, welcomes) is for
people to repair.

    status: publised            left to a person: it says whether a story is shown
    topisc: [bread]             topics: [bread]
    date: 4 May 2026            date: 2026-05-04
    subject: {{ member.name }}  subject: "{{ member.name }}"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alongside.problems import Problem
from alongside.source.decoding import decode
from alongside.writing.edits import Edit, Page, apply_edits
from alongside.writing.remedies import means_the_same, propose_edits

MOST_PASSES = 12  # a repair may bring to light what was hidden behind it
# Nothing of a file, or of its front matter, is read where one of these is; so what else is wrong shows afterwards.
_UNREADABLE = re.compile(r"yaml-|front-matter-|more-problems$")
_NUMBERS = re.compile(r":\d+")

Load = Callable[[Mapping[str, bytes]], Sequence[Problem]]  # with contents instead of what files hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What puts one problem right."""

    problem: Problem
    edits: tuple[Edit, ...]  # of the decoded text, in order


@dataclass(slots=True, kw_only=True)
class Repaired:
    """What files would hold, and what would be right then. Nothing is written yet."""

    before: dict[str, bytes] = field(default_factory=dict)  # by path, as problems name it
    contents: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)  # those that are gone


def repair_files(load: Load, read: Callable[[str], bytes | None]) -> Repaired:
    """Every repair that can be made. `read` gives a file's bytes by its path, None for one that is not ours to change.

    Done again with what it gives, it changes nothing more: the last pass found nothing to take.
    """
    found = Repaired()
    problems = list(load({}))
    for _ in range(MOST_PASSES):
        contents: dict[str, bytes] = {}
        candidates: list[Repair] = []
        for path in sorted({problem.position.path for problem in problems}):
            content = found.contents.get(path) or read(path)
            if content is None:
                continue
            contents[path] = content
            here = [problem for problem in problems if problem.position.path == path]
            candidates += propose_repairs(content, here)
        if not candidates:
            break
        trial = _Trial(load=load, contents=contents, settled=found.contents, before=problems)
        trial.take(candidates)
        for path, content in trial.changed().items():
            found.before.setdefault(path, contents[path])
            found.contents[path] = content
        found.problems += [repair.problem for repair in trial.taken]
        problems = trial.after
        if not trial.taken:
            break
    return found


@dataclass(slots=True, kw_only=True)
class _Trial:
    """Repairs, tried together and, where they bring something new, in halves."""

    load: Load
    contents: Mapping[str, bytes]
    settled: Mapping[str, bytes]  # by earlier passes
    before: list[Problem]
    taken: list[Repair] = field(default_factory=list)
    after: list[Problem] = field(default_factory=list)

    def take(self, repairs: Sequence[Repair]) -> None:
        """Keep of `repairs` what brings nothing new."""
        self.after = self.after or self.before
        tried = [*self.taken, *repairs]
        after = list(self.load({**self.settled, **self._applied(tried)}))
        if not self._is_worse(tried, after):
            self.taken, self.after = tried, after
        elif len(repairs) > 1:
            self.take(repairs[: len(repairs) // 2])
            self.take(repairs[len(repairs) // 2 :])

    def changed(self) -> dict[str, bytes]:
        """What the files hold that were repaired."""
        return self._applied(self.taken)

    def _applied(self, repairs: Sequence[Repair]) -> dict[str, bytes]:
        by_path: dict[str, list[Edit]] = {}
        for repair in repairs:
            by_path.setdefault(repair.problem.position.path, []).extend(repair.edits)
        return {path: apply_edits(self.contents[path], edits) for path, edits in by_path.items()}

    def _is_worse(self, repairs: Sequence[Repair], after: Sequence[Problem]) -> bool:
        """Whether a problem stays that should be gone, or a repair brings one.

        What nobody could read may have faults of its own, elsewhere in the file. And what is read now may be worth a
        warning: of its length, say.
        """
        old, new = Counter(map(_known_by, self.before)), Counter(map(_known_by, after))
        wanted = Counter(_known_by(repair.problem) for repair in repairs)
        if any(new[key] > old[key] - count for key, count in wanted.items()):
            return True
        made = new - old
        unread = {problem.position.path for problem in self.before if _UNREADABLE.match(problem.code)}
        paths = {repair.problem.position.path for repair in repairs}
        lines = {(repair.problem.position.path, repair.problem.position.line) for repair in repairs}

        def is_brought(problem: Problem) -> bool:
            path, line = problem.position.path, problem.position.line
            if path not in paths or (problem.severity == "error" and path not in unread):
                return True
            return problem.severity == "error" and (path, line) in lines

        return any(made[_known_by(problem)] and is_brought(problem) for problem in after)


def _known_by(problem: Problem) -> tuple[str, str, str]:
    """What makes two problems the same one. Lines move, but not those of YAML that cannot be read."""
    line = f"{problem.position.line}: " if problem.code.startswith("yaml-") else ""
    return (problem.position.path, problem.code, line + _NUMBERS.sub("", problem.message))


def propose_repairs(content: bytes, problems: Sequence[Problem]) -> list[Repair]:
    """What would put problems of one file right; of two that touch each other the first."""
    text = decode(content, "")
    if isinstance(text, Problem):
        return []
    page = Page.of(text, problems[0].position.path)
    found: list[Repair] = []
    end = 0
    for problem in sorted(problems, key=lambda problem: problem.sort_key):
        edits = tuple(sorted(propose_edits(page, problem)))
        if not edits or edits[0].start < end or not means_the_same(page, edits, problem):
            continue
        found.append(Repair(problem=problem, edits=edits))
        end = edits[-1].end
    return found
