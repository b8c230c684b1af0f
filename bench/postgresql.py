"""A throw-away PostgreSQL server: its own folder and socket, no port, nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_postgresql(*, folder: str = "/tmp", durable: bool = False) -> Iterator[str]:
    """The server's URL with `{database}` to fill in (there is `postgres`). Not `durable`: it waits for no disk."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path(shutil.which("initdb") or "initdb").parent]
    account = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
    place = Path(tempfile.mkdtemp(prefix="alongside-postgresql-", dir=folder))
    if account is not None:
        shutil.chown(place, account)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, user=account, cwd=place, stdout=subprocess.DEVNULL, timeout=60)

    data = str(place / "data")
    run(str(found[-1] / "initdb"), "-D", data, "-A", "trust", "-U", "alongside", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{place}' -c shared_buffers=16MB"
    options += "" if durable else " -c fsync=off"
    control = str(found[-1] / "pg_ctl")
    run(control, "-D", data, "-o", options, "-l", str(place / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://alongside@/{{database}}?host={place}"
    finally:
        run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(place)
