"""Author files onto the disk: all of them or none, and never over what somebody wrote in the meantime."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from alongside.problems import AlongsideError

_NO_LINKS = frozenset((errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK))


def write_files(contents: Mapping[Path, bytes], before: Mapping[Path, bytes | None]) -> None:
    """Make each file hold its content; who reads meanwhile sees the old one or the new. All of them, or none.

    `before` says what they hold now (None: they are not there). Raises `AlongsideError` where a file is there that
    was not, or holds something else than before.
    """
    staged: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for file, content in contents.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            staged[file] = file.with_name(f".{file.name}.{os.getpid()}.new")
            staged[file].write_bytes(content)
        for file in contents:
            _check_unchanged(file, before.get(file))
            if before.get(file) is not None and not os.access(file, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), file)  # whoever locked it meant it
        for file, temporary in staged.items():
            if before.get(file) is None:
                _put_new(temporary, file)
            else:
                shutil.copymode(file, temporary)
                temporary.replace(file)
            done.append(file)
    except (OSError, AlongsideError) as error:
        for file in done:
            _put_back(file, before.get(file))
        if isinstance(error, AlongsideError):
            raise
        raise AlongsideError(f"Nothing was written: {error.strerror} ({Path(error.filename or '').name}).") from error
    finally:
        for temporary in staged.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _put_new(temporary: Path, file: Path) -> None:
    """The file under its name, never over one that came in the meantime; with a copy where a disk has no hard links,
    as memory sticks and some folders shared with a container have none."""
    try:
        os.link(temporary, file)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with file.open("xb") as stream:
            stream.write(temporary.read_bytes())


def _check_unchanged(file: Path, before: bytes | None) -> None:
    now = file.read_bytes() if file.is_file() else None
    if now != before or (before is None and os.path.lexists(file)):
        raise AlongsideError(f"{file.name} changed while this ran; nothing was written.", hint="Run it again.")


def _put_back(file: Path, before: bytes | None) -> None:
    with contextlib.suppress(OSError):
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
