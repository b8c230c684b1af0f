"""Disks of a few megabytes, to be filled or made read-only, where this user may make one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def only_as_root() -> None:
    """Leave the test out where nothing can be mounted."""
    if os.getuid() != 0:
        pytest.skip("Only root can mount a small disk: run the tests as root, in a container for instance.")


@contextmanager
def mounted(folder: Path, *, megabytes: int = 4) -> Iterator[Path]:
    """A disk at `folder`, which must be there."""
    only_as_root()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Meanwhile nothing can be written to the disk at `folder`."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


@contextmanager
def filled(folder: Path, *, free_kilobytes: int) -> Iterator[None]:
    """Meanwhile the disk at `folder` has no more room than that."""
    filler = folder / "filler"
    room = os.statvfs(folder)
    filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - free_kilobytes * 1024)))
    try:
        yield
    finally:
        filler.unlink()
