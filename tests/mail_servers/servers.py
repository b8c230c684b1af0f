"""Starting and stopping a server: free ports, a short folder that other accounts can enter, a log to show on failure."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.mail_servers import fast_folder

LOOPBACK = "127.0.0.1"
_PREFIX = "alongside-run-"  # short, for the sake of Unix sockets
_PORTS = range(15_000, 32_000)  # below the ports that Linux gives to clients


# A watch beside the server kills both, and all their children, when we are gone and the pipe from us has closed.
_WITH_WATCH = 'exec 3<&0; (read -r _; kill -KILL 0) <&3 & exec "$@" </dev/null 3<&-'


class ServerError(Exception):
    """A server did not start, or did not do in time what was waited for; the text ends with its log."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and that no other run of tests is given while this process lives."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().choice(_PORTS)
        if _is_free(port) and _reserve(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return not _fails(probe.bind, (LOOPBACK, port))


def _reserve(port: int) -> bool:
    """Hold the same port of another address, which tells the other workers; the system forgets it when we end."""
    holder = socket.socket()
    if _fails(holder.bind, ("127.0.0.2", port)):
        holder.close()
        return False
    holder.detach()
    return True


def _fails(bind: Callable[[tuple[str, int]], None], address: tuple[str, int]) -> bool:
    try:
        bind(address)
    except OSError:
        return True
    return False


@contextmanager
def own_folder(name: str) -> Iterator[Path]:
    """A new folder that every account may enter, with a path short enough for Unix sockets; removed afterwards.

    In memory where there is room: mail servers sync every file, and a busy disk makes that seconds.
    """
    place = Path(fast_folder() or "/tmp")
    _remove_left_over(place)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-{name}-", dir=place))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_left_over(place: Path) -> None:
    """Folders of test runs that were killed: memory is too dear to leave them there."""
    for folder in place.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: Sequence[str], *, log: Path, ports: Sequence[int], patience: float = 20) -> Iterator[None]:
    """Run a server in the foreground until the block ends; begin when all its ports answer.

    It dies with us even when we are killed. Raises `ServerError` with the log when it ends before it answers.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            ["sh", "-c", _WITH_WATCH, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: process.poll() is not None or all(map(_answers, ports)), patience, f"{command[0]} to answer", log
        )
        if process.poll() is not None:
            raise ServerError(f"{command[0]} ended with {process.returncode}:\n{read_log(log)}")
        yield
    finally:
        _stop(process)


def wait_until(is_so: Callable[[], object], patience: float, what: str, log: Path | None = None) -> None:
    """Look every few milliseconds; `ServerError` after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise ServerError(f"waited {patience:g} s in vain for {what}\n{read_log(log)}")
        time.sleep(0.01)


def read_log(log: Path | None) -> str:
    """The last lines of a log; nothing where there is none."""
    lines = log.read_text(errors="replace").splitlines() if log is not None and log.exists() else []
    return "\n".join(lines[-40:])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    """With all its children at once: a farewell from each to each takes seconds."""
    assert process.stdin is not None
    os.killpg(process.pid, signal.SIGTERM)  # there still is the watch, at least
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
