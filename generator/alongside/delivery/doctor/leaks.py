"""Secrets, and private files where others could come upon them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from alongside.delivery.doctor.findings import Finding, Notebook
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.doctor.stores import OLDER, check_private, hurried, open_soon, read_revision
from alongside.delivery.schema import facts
from alongside.delivery.store import StoreError, store_exists, store_url

_NOTE = Notebook("secrets")
LEAST_LETTERS, LEAST_DIFFERENT = 16, 8
PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@'\"]*:[^/\s@'\"]+@", re.IGNORECASE)
NEW_SECRET = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"  # noqa: S105  a command


def check_secrets(setup: Setup) -> Iterator[Finding]:
    """ALONGSIDE_SECRET, passwords in the configuration, and private files in public places."""
    yield _check_secret(setup)
    yield from _check_configuration(setup)
    yield from _check_places(setup)


def _check_secret(setup: Setup) -> Finding:
    secret = setup.variable("ALONGSIDE_SECRET")
    inside = _key_is_inside(setup)
    if secret and inside:
        return _NOTE.warning(
            "key",
            "ALONGSIDE_SECRET is set, and the store does not use it: it was made without, its key lies inside.",
            "Take the variable away, or start a new store with it.",
        )
    if secret and (len(secret) < LEAST_LETTERS or len(set(secret)) < LEAST_DIFFERENT):
        if inside is None:
            return _NOTE.error("key", "ALONGSIDE_SECRET can be guessed.", f"Make one with: {NEW_SECRET}")
        return _NOTE.warning(
            "key",
            "ALONGSIDE_SECRET can be guessed: who has the store can then try addresses and make stop links.",
            "Keep the store closed. Changing the secret would lose who asked for no more mail.",
        )
    if secret:
        return _NOTE.ok("key", "It comes from ALONGSIDE_SECRET. Keep a copy: a store without it does not open.")
    where = "The store's key lies inside it" if inside else "The key of a new store will lie inside it"
    return _NOTE.ok(
        "key", f"{where}: who has a backup can make stop links of its newcomers. Guard backups as the store."
    )


def _key_is_inside(setup: Setup) -> bool | None:
    """Whether the store brings its own key; None where there is none to look into."""
    try:
        if not store_exists(setup.settings.root, setup.environment):
            return None
        if read_revision(store_url(setup.settings.root, hurried(setup))) in OLDER:
            return None
        store = open_soon(setup)
    except StoreError:
        return None
    try:
        with store.reading() as connection:
            return connection.scalar(select(facts.c.name).where(facts.c.name == "key")) is not None
    finally:
        store.close()


def _check_configuration(setup: Setup) -> Iterator[Finding]:
    """`scheme://name:password@host` in the file that is in git."""
    file = setup.settings.config_file
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    found = [number for number, line in enumerate(lines, 1) if PASSWORD.search(line)]
    if found:
        yield _NOTE.error(
            "passwords",
            f"{file.name} holds a password (line {', '.join(map(str, found))}).",
            "Set it in the environment instead, and change it: git remembers.",
        )
    else:
        yield _NOTE.ok("passwords", f"{file.name} holds none.")


def _check_places(setup: Setup) -> Iterator[Finding]:
    """Private files that a web server or a push would publish."""
    settings = setup.settings
    private = [path for path in _private_paths(setup) if path.exists()]
    published = [
        path
        for path in private
        if any(path.resolve().is_relative_to(f) for f in (settings.site_dir, settings.docs_dir))
    ]
    for path in published:
        yield _NOTE.error("place", f"{path.name} is in a folder that becomes the website.", "Move it out.")
    environment = settings.root / ".env"
    if environment.exists():
        yield check_private(_NOTE, ".env mode", environment)
    yield from _check_git(settings.root, private)


def _private_paths(setup: Setup) -> Iterator[Path]:
    settings = setup.settings
    try:
        url = store_url(settings.root, setup.environment)
        if url.get_backend_name() == "sqlite":
            yield Path(str(url.database))
    except StoreError:
        pass
    yield from (settings.root / ".env", settings.outbox_dir, settings.journal_dir)


def _check_git(root: Path, private: list[Path]) -> Iterator[Finding]:
    """What `git add .` would take along (gitignore(5)); a file that is tracked already is not ignored either."""
    git = shutil.which("git")
    if git is None or not private:
        yield _NOTE.skipped("git", "There is no git here." if git is None else "There is no private file yet.")
        return
    open_paths = []
    for path in private:
        asked = subprocess.run(
            [git, "-C", str(path.parent), "check-ignore", "-q", path.name], capture_output=True, timeout=10, check=False
        )
        if asked.returncode == 128 and path.parent == root:
            yield _NOTE.skipped("git", "The community is not in git.")
            return
        if asked.returncode == 1:
            open_paths.append(path)
    if open_paths:
        names = ", ".join(path.name for path in open_paths)
        yield _NOTE.error(
            "git",
            f"git would take {names} along, with people's data.",
            f"Write {'them' if len(open_paths) > 1 else 'it'} into .gitignore; if tracked already: git rm -r --cached",
        )
    else:
        yield _NOTE.ok("git", "It ignores all private files.")
