"""The site's search: Pagefind's index of record pages, beside a site that is built.

A step of its own, after the build: an index takes longer than all pages together, and is made as a whole. So it is kept
in the cache under a digest of what it was made of, and linked into `site/`; the same records are not indexed again.
MkDocs empties the folder on every build, so an index never outlives the pages, and the people, it leads to.

Pagefind is asked as its own Node.js package asks it: a process that reads and answers base64 of JSON, apart by commas.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any

from alongside.problems import AlongsideError
from alongside.processes import collector_off
from alongside.rendering.pages.search_records import SearchRecord, search_language, search_records
from alongside.rendering.tracking import Site

FOLDER = "pagefind"  # of the site
# What comes with every index and no page of ours loads: ready-made interfaces.
_UNUSED = ("*-ui.*", "pagefind-highlight.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What the step did."""

    records: int
    files: int
    size: int  # bytes of all files
    fresh: bool  # False: the index was there already


@collector_off()
def index_site(site: Site, site_dir: Path, cache_dir: Path) -> Indexed:
    """Bring the index of `site` into `site_dir`, where the pages are. The jobs were listed (`list_jobs`).

    Raises `AlongsideError` where a page is missing there, or Pagefind is, or it fails.
    """
    records, language = tuple(search_records(site)), search_language(site)
    missing = [record.path for record in records if not (site_dir / record.path / "index.html").is_file()]
    if missing:
        raise AlongsideError(
            f"{site_dir} has no {missing[0]}: it is not the site of these files.", hint="First: alongside build"
        )
    program, version = _pagefind()
    name = blake2b(str(site_dir.resolve()).encode(), digest_size=8).hexdigest()
    kept = cache_dir / f"search-{name}"
    digest = _digest(records, language, version)
    fresh = not (kept / digest).is_file()
    if fresh:
        _make(records, language, program, kept, digest)
    files = [path for path in (kept / FOLDER).rglob("*") if path.is_file()]
    _link(kept / FOLDER, site_dir / FOLDER)
    return Indexed(records=len(records), files=len(files), size=sum(path.stat().st_size for path in files), fresh=fresh)


def _digest(records: Iterable[SearchRecord], language: str, version: str) -> str:
    digest = blake2b(f"{version} {language} {_UNUSED}".encode(), digest_size=16)
    for record in records:
        digest.update(repr(record).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _pagefind() -> tuple[str, str]:
    """(the program, its version)."""
    try:
        from pagefind_bin import get_executable
    except ImportError as error:
        raise AlongsideError(
            "Pagefind is not installed, which makes the search.", hint='pip install "alongside[search]"'
        ) from error
    return str(get_executable()), metadata.version("pagefind-bin")


def _make(records: Sequence[SearchRecord], language: str, program: str, kept: Path, digest: str) -> None:
    """A new index in the cache, in place of the old one once it is whole."""
    new = kept.with_name(f"{kept.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    asked = [_ask(record, language) for record in records]
    requests = [
        {"type": "NewIndex", "config": {}},
        *asked,
        {"type": "WriteFiles", "index_id": 0, "output_path": str((new / FOLDER).absolute())},
    ]
    for answer in _answers(program, requests):
        if answer["type"] == "Error":
            raise AlongsideError(f"Pagefind failed: {answer.get('message')}")
    for pattern in _UNUSED:
        for path in (new / FOLDER).glob(pattern):
            path.unlink()
    (new / digest).touch()
    shutil.rmtree(kept, ignore_errors=True)
    new.rename(kept)


def _ask(record: SearchRecord, language: str) -> dict[str, Any]:
    fields = asdict(record)
    path, text = fields.pop("path"), fields.pop("text")
    return {
        "type": "AddRecord", "index_id": 0, "url": path, "content": text, "language": language, "sort": None, **fields
    }  # fmt: skip


def _answers(program: str, requests: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The answer to each request, in any order. The program ends when its input does, so that stays open till then."""
    with subprocess.Popen([program, "--service"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asking = threading.Thread(target=_write, args=(process, requests), daemon=True)
        asking.start()
        rest, answered = b"", 0
        try:
            while answered < len(requests):
                read = os.read(process.stdout.fileno(), 1 << 16)
                if not read:
                    raise AlongsideError("Pagefind ended before it was done.")
                *whole, rest = (rest + read).split(b",")
                for answer in whole:
                    answered += 1
                    yield json.loads(base64.b64decode(answer))["payload"]
        finally:
            if answered < len(requests):
                process.kill()
            asking.join()
            with contextlib.suppress(OSError):
                process.stdin.close()


def _write(process: subprocess.Popen[bytes], requests: Sequence[Mapping[str, Any]]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it ended; whoever reads says so
        for number, request in enumerate(requests, start=1):
            message = json.dumps({"message_id": number, "payload": request}).encode()
            process.stdin.write(base64.b64encode(message) + b",")
        process.stdin.flush()


def _link(source: Path, target: Path) -> None:
    """Make `target` hold what `source` does, at the cost of names alone where the file system can."""
    entry = "pagefind-entry.json"
    if (target / entry).is_file() and (target / entry).samefile(source / entry):
        return
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        shutil.copytree(source, new, copy_function=os.link)
    except (OSError, shutil.Error):  # another disk, or none that can
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(source, new)
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)
