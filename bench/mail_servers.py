"""Postfix's own pair for measuring: `smtp-sink` takes mail and forgets it, `smtp-source` sends as fast as it can."""

from __future__ import annotations

import os
import re
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
) -> float:
    """The seconds `smtp-source` takes to send so many mails over so many connections, which it keeps open."""
    counts = ["-m", str(messages), "-s", str(sessions), "-l", str(length_bytes)]
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
