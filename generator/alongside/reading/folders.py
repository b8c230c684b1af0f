"""Which files below docs_dir are records, and which are ordinary pages and everything else."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Literal, NamedTuple

from alongside.problems import Position, Problem
from alongside.reading.people import language_of
from alongside.reading.settings_file import relative
from alongside.reading.slugs import slug_fault
from alongside.reading.walks import Walk
from alongside.settings import Settings

FileKind = Literal[
    "challenges",
    "member",
    "member-page",
    "story",
    "group",
    "meetup",
    "meetups",
    "page",
    "transcript",
    "document",
    "private",
]
PUBLISHED = frozenset(("page", "transcript", "document"))  # kinds that are no records, and lie in the site as they are
FOLDERS: dict[str, FileKind] = {"members": "member", "stories": "story", "groups": "group", "meetups": "meetup"}
_CHALLENGES = frozenset(("challenges.yml", "challenges.yaml"))
PLAIN_NAMES = frozenset(("index.md", "readme.md"))  # the folder's own page
_PRIVATE_NAMES = frozenset(("contacts.csv", "newcomers.csv"))
_ADDRESS_COLUMNS = frozenset(("email", "emails", "mail", "emailaddress", "mailaddress"))
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]")
_DATABASES = frozenset(("db", "sqlite", "sqlite3"))
# what editors, git and people leave beside a text: an older one, with all that was taken out since
_OLDER = re.compile(r".*\.(?:md|ya?ml|vtt)(?:~|\.(?:bak|orig|rej|old|tmp|save|swp|swo|\d{1,3}))|#.+#", re.IGNORECASE)
_ALMOST = frozenset((".markdown", ".mdown", ".mkdn", ".mkd", ".txt", ".html", ".htm"))


class FoundFile(NamedTuple):
    """A file of the content folder and what it is."""

    location: str  # as the system opens it
    path: str  # as problems name it
    docs_path: str  # below docs_dir, with "/"
    kind: FileKind
    mtime_ns: int
    size: int  # bytes; -1 for what is no regular file
    misnamed: bool = False  # read for its problems alone: its name can be no address

    @property
    def file(self) -> Path:
        """Its path."""
        return Path(self.location)


def find_files(settings: Settings, problems: list[Problem]) -> list[FoundFile]:
    """Every file below docs_dir by path; what a writer should know about their names goes to `problems`."""
    if not settings.docs_dir.is_dir():
        problems.append(
            Problem(
                position=Position(settings.config_file.name), code="missing-folder",
                message=f"There is no content folder {relative(settings.docs_dir, settings.root)}.",
                hint="Make it, or name another as `docs_dir` in mkdocs.yml.",
            )
        )  # fmt: skip
        return []
    prefix = relative(settings.docs_dir, settings.root)
    prefix = "" if prefix == "." else prefix + "/"
    names = dict(_ContentWalk(settings, problems, prefix).files(str(settings.docs_dir)))
    found = []
    for docs_path, entry in sorted(names.items()):
        path = prefix + docs_path
        kind = _kind(docs_path, names)
        misnamed = kind not in PUBLISHED and not _good_name(path, docs_path, problems)
        if kind == "document" and _is_private(docs_path, path, entry, problems):
            kind = "private"
        if kind == "document":
            _almost_record(docs_path, path, entry, problems)
        try:
            status = entry.stat()
            regular = stat.S_ISREG(status.st_mode)
            mtime_ns, size = (status.st_mtime_ns, status.st_size) if regular else (-1, -1)
        except OSError:
            mtime_ns = size = -1
        if size < 0 and kind in ("document", "transcript"):
            kind = "private"
            problems.append(_no_file(path))
        found.append(
            FoundFile(
                location=entry.path,
                path=path,
                docs_path=docs_path,
                kind=kind,
                mtime_ns=mtime_ns,
                size=size,
                misnamed=misnamed,
            )
        )
    return found


def _no_file(path: str) -> Problem:
    """What copying would wait for, or never come to the end of."""
    return Problem(
        position=Position(path), code="unreadable-file",
        message="This is a link to nothing, or no regular file. It is left out.",
        hint="Put the file itself there, or delete the link.",
    )  # fmt: skip


class _ContentWalk(Walk):
    """The files below docs_dir; dot files, journeys and the built site are left out."""

    def __init__(self, settings: Settings, problems: list[Problem], prefix: str) -> None:
        super().__init__({str(settings.journeys_dir), str(settings.site_dir), str(settings.build_dir)})
        self.problems = problems
        self.prefix = prefix

    def keeps(self, below: str, entry: os.DirEntry[str]) -> bool:
        return not entry.name.startswith(".") and _is_text(entry.name, self.prefix + below, self.problems)

    def opens(self, path: str, entry: os.DirEntry[str]) -> bool:
        return not _record_name(path) or entry.is_symlink()

    def failed(self, below: str, error: OSError) -> None:
        self.problems.append(
            Problem(
                position=Position(self.prefix + below.rstrip("/")), code="unreadable-file",
                message=f"This folder cannot be read ({error.strerror}).", hint="Check its permissions.",
            )
        )  # fmt: skip


def _record_name(docs_path: str) -> bool:
    """A folder called `x.md` among the records is a mistake to be named, no folder to be read."""
    folder, _, name = docs_path.rpartition("/")
    if folder == "meetups" and name.endswith((".yml", ".yaml")):
        return True
    return docs_path in _CHALLENGES or (folder in FOLDERS and name.endswith(".md"))


def _is_text(name: str, below: str, problems: list[Problem]) -> bool:
    """False, and a problem, for a file name that is no UTF-8."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        shown = name.encode("utf-8", "backslashreplace").decode()
        problems.append(
            Problem(
                position=Position(below + shown), code="bad-file-name", message="The file's name is no UTF-8.",
                hint="Rename it with letters, digits and -.",
            )
        )  # fmt: skip
        return False
    return True


def _kind(docs_path: str, names: dict[str, os.DirEntry[str]]) -> FileKind:
    folder, _, name = docs_path.rpartition("/")
    if docs_path in _CHALLENGES:
        return "challenges"
    if folder in FOLDERS and name.casefold() not in PLAIN_NAMES:
        if name.endswith(".md"):
            return _member_kind(folder, name, names) if folder == "members" else FOLDERS[folder]
        if folder == "meetups" and name.endswith((".yml", ".yaml")):
            return "meetups"
    return "page" if name.endswith(".md") else "transcript" if name.casefold().endswith(".vtt") else "document"


def _member_kind(folder: str, name: str, names: dict[str, os.DirEntry[str]]) -> FileKind:
    """`ana.pt.md` is a page of `ana.md`; without that file it is a member's own, or a translation of nothing."""
    pair = language_of(name.removesuffix(".md"))
    if pair is None:
        return "member"
    if f"{folder}/{pair[0]}.md" in names:
        return "member-page"
    return "member" if _starts_with_dashes(names[f"{folder}/{name}"].path) else "member-page"


def _starts_with_dashes(path: str) -> bool:
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return True
        with Path(path).open("rb") as stream:
            return stream.read(6).lstrip(b"\xef\xbb\xbf").startswith(b"---")
    except OSError:
        return True


def _good_name(path: str, docs_path: str, problems: list[Problem]) -> bool:
    name = docs_path.rsplit("/", 1)[-1]
    stem, _, extension = name.rpartition(".")
    fault, proposal = slug_fault(stem)
    if not fault:
        return True
    problems.append(
        Problem(
            position=Position(path), code="bad-file-name",
            message=f"The file's name becomes its address, and cannot: {fault}. It is left out.",
            hint=f"Rename it to {proposal}.{extension}",
        )
    )  # fmt: skip
    return False


def _is_private(docs_path: str, path: str, entry: os.DirEntry[str], problems: list[Problem]) -> bool:
    """True, and a problem, for a file with what is nobody's to read: whatever lies below docs_dir is published."""
    name = docs_path.rsplit("/", 1)[-1].casefold()
    extension = name.rpartition(".")[2]
    if name in _PRIVATE_NAMES or (extension in ("csv", "tsv") and _has_addresses(entry.path)):
        message = "Addresses would be published: everything in the content folder is."
    elif extension in _DATABASES:
        message = "A database would be published: everything in the content folder is."
    elif docs_path.partition("/")[0] in FOLDERS and _OLDER.fullmatch(name):
        problems.append(
            Problem(
                position=Position(path), code="older-copy", severity="warning",
                message="This looks like an older copy of a text. It is left out, or everybody could read it.",
                hint="Delete it; git keeps what was there before.",
            )
        )  # fmt: skip
        return True
    else:
        return False
    problems.append(
        Problem(
            position=Position(path), code="private-file", message=message,
            hint="Move it out of the content folder. Until then it is left out.",
        )
    )  # fmt: skip
    return True


def _has_addresses(path: str) -> bool:
    """True where the first line of a table names a column of addresses, or its beginning holds one."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return False
        with Path(path).open("rb") as stream:
            start = stream.read(8192)
    except OSError:
        return False
    text = start.replace(b"\0", b"").decode("utf-8", "replace")  # UTF-16 is letters between zeros
    if _ADDRESS.search(text):
        return True  # whatever its column is called, and in whatever language
    lines = text.splitlines()
    columns = re.split("[,;\t|]", next((line for line in lines if line.strip()), ""))
    return any(re.sub(r"[^a-z]", "", column.casefold()) in _ADDRESS_COLUMNS for column in columns)


def _almost_record(docs_path: str, path: str, entry: os.DirEntry[str], problems: list[Problem]) -> None:
    """A file among the records that looks like one and is none."""
    folder, _, name = docs_path.rpartition("/")
    stem, _, extension = name.rpartition(".")
    if folder.split("/")[0] not in FOLDERS or f".{extension.casefold()}" not in (*_ALMOST, ".md", ".yaml", ".yml"):
        return
    if extension in ("md", "yml", "yaml") or not _starts_with_dashes(entry.path):
        return
    kind = FOLDERS[folder.split("/")[0]]
    problems.append(
        Problem(
            position=Position(path), code="file-extension",
            message=f"This looks like a {kind}, and only files that end in .md are read.",
            hint=f"Rename it to {stem}.md",
        )
    )  # fmt: skip
