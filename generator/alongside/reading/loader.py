"""Folder to community: finds the files, reads those that changed, links the records, reports everything wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from stat import S_ISREG

from alongside.model.community import Community
from alongside.model.digests import Seal
from alongside.model.journeys import Journey
from alongside.model.stamps import Ledger
from alongside.problems import Problem
from alongside.processes import collector_off
from alongside.reading.availability import with_availability
from alongside.reading.cache import Digests, ReadingCache
from alongside.reading.calendars import read_calendars
from alongside.reading.checks import check_dead_chats
from alongside.reading.drawings import with_drawings
from alongside.reading.fields import Defaults
from alongside.reading.files import Source
from alongside.reading.folders import PLAIN_NAMES, FoundFile, find_files
from alongside.reading.gatherings import read_group, read_meetup, read_meetups
from alongside.reading.group_facts import read_group_facts
from alongside.reading.journeys import MailFile, group_mails, read_journey, read_mail
from alongside.reading.linking import link
from alongside.reading.pages import read_page
from alongside.reading.people import language_of, read_challenges, read_member, read_member_page
from alongside.reading.pictures import with_pictures
from alongside.reading.readings import Reading
from alongside.reading.recordings import with_recordings
from alongside.reading.settings_file import relative
from alongside.reading.shown_files import with_shown_files
from alongside.reading.stamps import read_ledger, with_stamps
from alongside.reading.stories import read_story
from alongside.reading.webvtt import read_transcript
from alongside.settings import Settings
from alongside.source.decoding import read_bytes

MAX_PROBLEMS_A_FILE = 100  # a file with more is broken in one way, and the first hundred show which
Progress = Callable[[int, int], None]  # (files read, files in all)
_NAMED = frozenset(("challenges", "story", "group", "meetup", "meetups", "page"))  # what they are, their names tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What could be read, and everything that is wrong."""

    community: Community
    problems: tuple[Problem, ...]  # sorted as a writer meets them
    ledger: Ledger  # of calendar events
    files: int = 0  # how many files were looked at
    fresh: int = 0  # how many of them had to be read, the cache knowing the others
    seals: tuple[Seal, ...] = ()  # of the records that are as their files say


def load_community(
    settings: Settings,
    *,
    today: date,
    cache: bool = True,
    progress: Progress | None = None,
    instead: Mapping[str, bytes] | None = None,
) -> Loaded:
    """Read everything below `docs_dir` and the journeys' folder. Never raises for what authors wrote.

    With `cache`, readings of unchanged files are taken from `build/cache` and kept there. `instead` holds what is read
    in place of what some files hold, by their paths as problems name them.
    """
    reader = Reader(settings, cache=cache)
    loaded = reader.load(today=today, instead=instead, progress=progress)
    reader.save()
    return loaded


class Reader:
    """Reads one community as often as it is asked to, and keeps the readings of files that did not change."""

    def __init__(self, settings: Settings, *, cache: bool = True) -> None:
        self.settings = settings
        self._cache = cache
        self._defaults = Defaults(language=settings.language, timezone=settings.timezone, teams=tuple(settings.teams))
        self._store = ReadingCache(settings.cache_dir if cache else None, self._defaults)
        self._found: dict[str, FoundFile] = {}  # by path below docs_dir, as the last walk met them
        self._misnamed: tuple[Problem, ...] = ()  # what that walk said about names

    @collector_off()
    def load(
        self,
        *,
        today: date,
        touched: Collection[str] | None = None,
        instead: Mapping[str, bytes] | None = None,
        progress: Progress | None = None,
    ) -> Loaded:
        """The community as its files are now. Never raises for what authors wrote.

        `touched`: paths below docs_dir of the only files of it that changed since the last time; None: nobody knows.
        `instead`: as `load_community` takes it.
        """
        settings, defaults, store = self.settings, self._defaults, self._store
        instead = instead or {}
        found = self._find(touched)
        problems = [*self._misnamed]
        records = [file for file in found if file.kind not in ("document", "private")]
        others = len(found) - len(records)
        known = store.fresh
        read = store.readings(
            records,
            lambda file, content: _read(file, content, defaults),
            (lambda count: progress(others + count, len(found))) if progress is not None else None,
        )
        readings = {
            file.docs_path: _taken(
                file, _read(file, instead[file.path], defaults) if file.path in instead else read[file.docs_path]
            )
            for file in records
        }
        journeys, journey_files = _read_journeys(settings, defaults, problems, instead)
        community, linked = link(settings, readings, found, journeys, today=today)
        community, unheard = with_recordings(settings, community, readings, found, cache=self._cache)
        community, told = with_availability(settings, community)
        community, unused = with_shown_files(community, readings, found, _settings_text(settings), today=today)
        group_facts, unread_facts = read_group_facts(settings, community)
        dead = check_dead_chats(community, group_facts, today=today)
        ledger, damaged = read_ledger(settings)
        community, unclear = with_stamps(settings, community, ledger)
        calendars, unread_calendars = read_calendars(settings)
        community, placed = with_pictures(settings, community, readings, found, cache=self._cache)
        community, acting = with_drawings(settings, community, readings, found, cache=self._cache)
        problems.extend(
            (
                *linked,
                *unheard,
                *placed,
                *acting,
                *told,
                *unused,
                *unread_facts,
                *dead,
                *damaged,
                *unclear,
                *unread_calendars,
            )
        )
        return Loaded(
            community=replace(community, group_facts=group_facts, calendars=calendars),
            ledger=ledger,
            problems=tuple(sorted(_limited(problems), key=lambda problem: problem.sort_key)),
            files=len(found) + journey_files,
            fresh=store.fresh - known + journey_files,
            seals=tuple(store.seals()),
        )

    def peek(self, path: str) -> Reading | None:
        """What one file below docs_dir says now, not linked with the others; None where only `load` can tell."""
        file = _looked_at_again(self._found.get(path))
        if file is None or file.misnamed:
            return None
        self._store.forget((path,))
        return self._store.readings([file], lambda file, content: _read(file, content, self._defaults))[path]

    def read_again(self, path: str) -> tuple[Reading, Digests | None] | None:
        """What a story's file says now, and its digests; None where it is gone. What is known of others holds."""
        file = self.settings.docs_dir / path
        place = relative(file, self.settings.root)
        found = _looked_at_again(FoundFile(str(file), place, path, "story", -1, -1))
        if found is None:
            return None
        reading = self._store.read_again(found, lambda file, content: _read(file, content, self._defaults))
        return reading, self._store.digests(path)

    def known_reading(self, path: str) -> Reading:
        """As the cache has it, touched or not. Raises what it likes when that is damaged."""
        return self._store.reading(path)

    def known_digests(self, path: str) -> Digests | None:
        """Of the only record of a file and of its outline, as the cache has them, touched or not."""
        return self._store.digests(path)

    def is_page(self, path: str) -> bool:
        """True for a file below docs_dir that lies in the site: an ordinary page, a picture, captions."""
        file = self._found.get(path)
        return file is not None and file.kind in ("page", "document", "transcript", "private")

    def save(self) -> None:
        """Keep the readings for the next process, where there is a cache."""
        self._store.save()

    def _find(self, touched: Collection[str] | None) -> list[FoundFile]:
        """Every file; where only the words of some can have changed, without a walk."""
        again = None if touched is None else [_looked_at_again(self._found.get(path)) for path in touched]
        if again is None or None in again:
            problems: list[Problem] = []
            self._found = {file.docs_path: file for file in find_files(self.settings, problems)}
            self._misnamed = tuple(problems)
        else:
            self._found.update((file.docs_path, file) for file in again if file is not None)
        self._store.forget(touched or ())
        return [*self._found.values()]


def _looked_at_again(file: FoundFile | None) -> FoundFile | None:
    """The file as it is now; None where what it is depends on more than its name, or it is gone."""
    if file is None or not (file.kind in _NAMED or (file.kind == "member" and file.docs_path.count(".") == 1)):
        return None
    try:
        status = file.file.stat()
    except OSError:
        return None
    return file._replace(mtime_ns=status.st_mtime_ns, size=status.st_size) if S_ISREG(status.st_mode) else None


def _taken(file: FoundFile, reading: Reading) -> tuple[FoundFile, Reading]:
    """What is linked with the others: of a misnamed file only its links and problems, never its record."""
    if not file.misnamed:
        return file, reading
    references = tuple(item for draft in reading.drafts for item in draft.references)
    return file._replace(kind="document"), replace(reading, drafts=(), references=reading.references + references)


def _read(file: FoundFile, content: bytes | Problem, defaults: Defaults) -> Reading:
    """One file of the content folder. A pure function of the file's bytes, its name and the defaults."""
    if isinstance(content, Problem):
        return Reading(problems=(content,))
    return read_content(file.kind, file.path, file.docs_path, content, defaults)


def read_content(kind: str, path: str, docs_path: str, content: bytes, defaults: Defaults) -> Reading:
    """The reading of one file's bytes; `kind` as `folders` tells it."""
    source = Source(path=path, docs_path=docs_path, defaults=defaults)
    if kind == "member-page":
        pair = language_of(source.slug)
        assert pair is not None
        return read_member_page(source, content, pair[1])
    readers: dict[str, Callable[[Source, bytes], Reading]] = {
        "challenges": read_challenges,
        "member": read_member,
        "story": read_story,
        "group": read_group,
        "meetup": read_meetup,
        "meetups": read_meetups,
        "page": read_page,
        "transcript": read_transcript,
    }
    return readers[kind](source, content)


def _settings_text(settings: Settings) -> str:
    """The configuration as it is written; empty where it cannot be read, which its own problem tells."""
    content = read_bytes(settings.config_file, settings.config_file.name)
    return "" if isinstance(content, Problem) else content.decode("utf-8", "replace")


def _limited(problems: list[Problem]) -> Iterator[Problem]:
    """Sorted, each once, at most a hundred of one file; that there are more is told in its last place."""
    counts: dict[str, int] = {}
    last: dict[str, Problem] = {}
    for problem in sorted(set(problems), key=lambda problem: (*problem.sort_key, problem.message)):
        path = problem.position.path
        counts[path] = counts.get(path, 0) + 1
        if counts[path] <= MAX_PROBLEMS_A_FILE:
            last[path] = problem
            yield problem
    for path, count in counts.items():
        if count > MAX_PROBLEMS_A_FILE:
            yield Problem(
                position=last[path].position,
                code="more-problems",
                message=f"{count - MAX_PROBLEMS_A_FILE} more problems of this file are not shown.",
                hint="Mend these first; most often they have one cause.",
            )


def _read_journeys(
    settings: Settings, defaults: Defaults, problems: list[Problem], instead: Mapping[str, bytes]
) -> tuple[dict[str, Journey], int]:
    """Every journey by slug, in the order of their names."""
    files, mails = _journey_files(settings.journeys_dir)
    read: list[MailFile] = []
    for file in mails:
        source, content = _open(file, settings, defaults, problems, instead)
        stem = source.docs_path.removesuffix(".md")
        pair = language_of(stem)
        translation = pair is not None and (settings.journeys_dir / f"{pair[0]}.md") in mails
        language = pair[1] if pair is not None and translation else defaults.language
        mail = read_mail(source, content, language) if content is not None else None
        problems.extend(source.problems)
        if mail is not None:
            read.append(mail)
    grouped, wrong = group_mails(read, defaults.language)
    problems.extend(wrong)
    journeys: dict[str, Journey] = {}
    for file in files:
        source, content = _open(file, settings, defaults, problems, instead)
        journey = read_journey(source, content, grouped) if content is not None else None
        problems.extend(source.problems)
        if journey is not None and journey.slug in journeys:
            problems.append(_same_journey(journey, journeys))
        elif journey is not None:
            journeys[journey.slug] = journey
    return journeys, len(files) + len(mails)


def _same_journey(journey: Journey, known: Mapping[str, Journey]) -> Problem:
    return Problem(
        position=journey.position,
        code="slug-collision",
        message=f'There are two journeys called "{journey.slug}".',
        hint=f"The other is {known[journey.slug].position.path}; rename one of them.",
    )


def _journey_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """(journeys, mails) below the folder; mails stand in any folder below it."""
    if not folder.is_dir():
        return [], []
    files = sorted(
        path for path in folder.rglob("*") if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    journeys = [path for path in files if path.suffix in (".yml", ".yaml") and path.parent == folder]
    mails = [path for path in files if path.suffix == ".md" and path.name.casefold() not in PLAIN_NAMES]
    return journeys, mails


def _open(
    file: Path, settings: Settings, defaults: Defaults, problems: list[Problem], instead: Mapping[str, bytes]
) -> tuple[Source, bytes | None]:
    path = relative(file, settings.root)
    source = Source(path=path, docs_path=file.relative_to(settings.journeys_dir).as_posix(), defaults=defaults)
    content = instead[path] if path in instead else read_bytes(file, path)
    if isinstance(content, Problem):
        problems.append(content)
        return source, None
    return source, content
