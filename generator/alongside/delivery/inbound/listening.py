"""Where the LMTP door is: a Unix socket that owner and group may use, or a port of this machine."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import os
import re
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from alongside.problems import UsageError

LOOPBACK = "127.0.0.1"
SOCKET_MODE = 0o660  # the mail server is of the group, or of the folder's
PROBE_SECONDS = 5
BACKLOG = 100  # connections that wait to be taken
_PLACE = re.compile(r"(?:(?P<host>[^:\[\]\s/]+|\[[0-9A-Fa-f:.]+\]):)?(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A Unix socket's path, or a host and a port (0: any)."""

    path: Path | None = None
    host: str = ""
    port: int = 0

    @property
    def is_far(self) -> bool:
        """Whether other machines may reach it."""
        if self.path is not None or self.host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return True

    def __str__(self) -> str:
        """As Postfix names it: `unix:/run/alongside/lmtp`, `inet:127.0.0.1:8024`."""
        if self.path is not None:
            return f"unix:{self.path}"
        return f"inet:[{self.host}]:{self.port}" if ":" in self.host else f"inet:{self.host}:{self.port}"


def parse_place(text: str) -> Place:
    """`unix:/path`, `HOST:PORT`, or `PORT` of this machine's loopback. Raises `UsageError`."""
    scheme, _, path = text.partition(":")
    if scheme == "unix" and path:
        return Place(path=Path(path).absolute())
    found = _PLACE.fullmatch(text)
    if found is None or int(found["port"]) > 65_535:
        raise UsageError(f'"{text}" is no place for LMTP.', hint="Write unix:/path/to/socket or HOST:PORT.")
    if int(found["port"]) == 25:
        raise UsageError("LMTP is not spoken on port 25.", hint="That is SMTP's (RFC 2033); name another.")
    return Place(host=(found["host"] or LOOPBACK).strip("[]"), port=int(found["port"]))


@contextlib.contextmanager
def listening(place: Place) -> Iterator[tuple[Place, socket.socket]]:
    """The place (with its port) and a listening socket there, until the block ends. Raises `UsageError`.

    A socket's file that a killed process left is replaced; one that somebody listens on is not.
    """
    try:
        listener = _bind_port(place) if place.path is None else _bind_file(place.path)
    except OSError as error:
        raise UsageError(
            f"The LMTP door cannot be opened at {place}: {error.strerror or error}.",
            hint="Name another with --lmtp, or end what uses it.",
        ) from error
    with listener:
        if place.path is None:
            yield replace(place, port=listener.getsockname()[1]), listener
            return
        made = place.path.stat().st_ino
        try:
            yield place, listener
        finally:
            _remove_file(place.path, made)  # before it is closed: nobody takes it for a killed one's


def _bind_port(place: Place) -> socket.socket:
    family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((place.host, place.port), family=family, backlog=BACKLOG)


def _bind_file(path: Path) -> socket.socket:
    """One process at a time looks whether somebody listens, so that none removes the file of another that begins."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        _remove_left_over(path)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(path))
            path.chmod(SOCKET_MODE)  # nobody can connect before it listens
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
        return listener
    finally:
        os.close(folder)


def _remove_left_over(path: Path) -> None:
    """Nothing is at `path` afterwards. Raises `UsageError` for what is no socket, and for one that is in use."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise UsageError(f"{path} is there, and is no socket.", hint="Name another path with --lmtp unix:PATH.")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except TimeoutError:
            pass  # its queue is full: somebody is there
    raise UsageError(
        f"Another process takes mail at {path}.", hint="End that one first, or name another path with --lmtp unix:PATH."
    )


def _remove_file(path: Path, made: int) -> None:
    """The socket's file, unless another is there by now; a number is given again only after its socket was closed."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_ino == made:
            path.unlink()
