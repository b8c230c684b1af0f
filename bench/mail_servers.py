"""Postfix's own pair for measuring: `smtp-sink` takes mail and forgets it, `smtp-source` sends as fast as it can."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.harness import BenchError

_LOOPBACK = "127.0.0.1"
_COUNTER = re.compile(rb"mesg=(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A running `smtp-sink`."""

    port: int
    log: Path
    host: str = _LOOPBACK

    @property
    def smtp_url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def count(self) -> int:
        """Mails taken so far."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 1000))
            counters = _COUNTER.findall(log.read())
        return int(counters[-1]) if counters else 0


@contextmanager
def running_sink(*, pipelining: bool = True, connections: int = 256, counts: bool = True) -> Iterator[Sink]:
    """A sink until the block ends; further connections than `connections` wait. It speaks no TLS.

    Counting costs it some percent of its speed.
    """
    with tempfile.TemporaryDirectory(prefix="alongside-sink-") as folder:
        log = Path(folder) / "log"
        port = _free_port()
        options = ["-m", str(connections), *(["-c"] if counts else []), *([] if pipelining else ["-p"])]
        options += ["-u", "nobody"] if os.getuid() == 0 else []
        with log.open("ab") as output:
            command = ["/usr/sbin/smtp-sink", *options, f"{_LOOPBACK}:{port}", "1024"]
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait_for(port, process, log)
            yield Sink(port=port, log=log)
        finally:
            process.terminate()
            process.wait(10)


def time_smtp_source(
    port: int,
    *,
    messages: int,
    sessions: int = 1,
    length_bytes: int = 4000,
    sender: str = "source@example.org",
    recipient: str = "sink@example.net",
    different: bool = False,
) -> float:
    """The seconds `smtp-source` takes to send so many mails over so many connections, which it keeps open.

    `different`: each to a recipient of its own, without which Postfix looks up none but the first.
    """
    counts = ["-m", str(messages), "-s", str(sessions), "-l", str(length_bytes), *(["-N"] if different else [])]
    command = ["/usr/sbin/smtp-source", "-d", *counts, "-f", sender, "-t", recipient, f"{_LOOPBACK}:{port}"]
    started = time.perf_counter()
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BenchError(f"smtp-source: {result.stderr.strip()}")
    return time.perf_counter() - started


def _free_port() -> int:
    with socket.create_server((_LOOPBACK, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((_LOOPBACK, port)) == 0:
                return
        time.sleep(0.01)
    raise BenchError(f"smtp-sink does not answer: {log.read_text(errors='replace').strip()}")


_POSTFIX_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mx.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
default_transport = discard:
relay_transport = discard:
disable_dns_lookups = yes
smtputf8_enable = yes
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
"""
_POSTFIX_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
# name: (owner, group, mode), as Postfix's own `post-install` makes them
_POSTFIX_QUEUE = {
    **dict.fromkeys(("active", "bounce", "corrupt", "defer", "deferred", "flush"), ("postfix", "root", 0o700)),
    **dict.fromkeys(("hold", "incoming", "private", "saved", "trace"), ("postfix", "root", 0o700)),
    "maildrop": ("postfix", "postdrop", 0o730),
    "public": ("postfix", "postdrop", 0o710),
    "pid": ("root", "root", 0o755),
}


def make_postfix_folders(folder: Path) -> None:
    """`data` and `queue` below a folder, new or empty, with the owners that Postfix insists on. It needs root."""
    (folder / "data").mkdir(parents=True)
    shutil.chown(folder / "data", "postfix")
    for name, (owner, group, mode) in _POSTFIX_QUEUE.items():
        path = folder / "queue" / name
        path.mkdir(parents=True)
        path.chmod(mode)
        shutil.chown(path, owner, group)


def fast_folder() -> str | None:
    """A folder in memory, so that the disk is not what is measured; None: the usual one for temporary files.

    It has room, and programs in it can be run.
    """
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return None
    return str(memory) if shutil.disk_usage(memory).free > 2**31 else None


@contextmanager
def running_postfix() -> Iterator[int]:
    """A real Postfix on a port of its own, until the block ends: it queues each mail on the disk, then discards it."""
    if os.getuid() != 0:
        raise BenchError("Postfix wants to be started by root")
    folder = Path(tempfile.mkdtemp(prefix="alongside-postfix-", dir=fast_folder()))
    folder.chmod(0o755)
    port = _free_port()
    try:
        make_postfix_folders(folder)
        (folder / "main.cf").write_text(_POSTFIX_MAIN.format(folder=folder))
        (folder / "master.cf").write_text(_POSTFIX_SERVICES.format(port=port))
        log = folder / "log"
        log.touch()
        with (folder / "output").open("ab") as output:
            process = subprocess.Popen(
                ["/usr/lib/postfix/sbin/master", "-c", str(folder), "-s"], stdout=output, stderr=output
            )
        try:
            _wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
