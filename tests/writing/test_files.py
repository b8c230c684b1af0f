"""Author files onto disks: all or none, never over what somebody wrote, whatever the disk can do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from alongside.problems import AlongsideError
from alongside.writing.files import write_files


@pytest.fixture(params=[0, errno.EPERM, errno.ENOTSUP], ids=["with hard links", "FAT", "a shared folder"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder; of the kind that knows no hard links, as the system says it."""

    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    if request.param:
        monkeypatch.setattr(os, "link", refuse)
    return tmp_path


def test_new_and_changed_files_are_there_and_nothing_else(folder: Path) -> None:
    (folder / "old.md").write_bytes(b"old")
    write_files({folder / "new.md": b"new", folder / "old.md": b"newer"}, {folder / "old.md": b"old"})
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == {"new.md": b"new", "old.md": b"newer"}


def test_nothing_is_written_over(folder: Path) -> None:
    for name, before in (("there.md", {}), ("link.md", {}), ("changed.md", {folder / "changed.md": b"as it was"})):
        (folder / "there.md").write_bytes(b"hers")
        (folder / "changed.md").write_bytes(b"hers")
        if not (folder / "link.md").is_symlink():
            (folder / "link.md").symlink_to("nowhere")
        with pytest.raises(AlongsideError, match="changed while this ran"):
            write_files({folder / "also.md": b"also", folder / name: b"ours"}, before)
        assert (folder / "there.md").read_bytes() == (folder / "changed.md").read_bytes() == b"hers"
        assert sorted(file.name for file in folder.iterdir()) == ["changed.md", "link.md", "there.md"]
