"""Commands of ours as real processes that begin at once.

Whatever `alongside send` does, it imports for a second first, and the tests start hundreds. So each worker has one
process that has imported everything, and forks for each command (`command_nursery.py`). A fork has a number, an
environment, a folder, pipes and limits of its own, runs `main()` as the installed script does, can be killed, and ends
as the script would. That the script itself starts, for each command with nothing but its own imports, the tests of the
handbook show, where the first page that calls a command runs it.
"""

from __future__ import annotations

import atexit
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

_NURSERY = Path(__file__).with_name("command_nursery.py")
_CLIENT = Path(__file__).with_name("command_client.py")


class Command:
    """`alongside *words` since it was started; of `subprocess.Popen`, what tests of commands need.

    `environment` is added to ours without its ALONGSIDE_ variables. `largest_file`: the octets a file of it may have.
    A site that it builds knows few places (`few_places.py`), or `all_places`.
    """

    def __init__(
        self,
        *words: str,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        largest_file: int | None = None,
        all_places: bool = False,
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ALONGSIDE_")}
        order: dict[str, object] = {"words": words, "cwd": str(cwd or Path.cwd()), "all_places": all_places}
        order["environment"] = {**kept, **(environment or {})}
        if largest_file is not None:
            order["largest_file"] = largest_file
        self.words = words
        self.returncode: int | None = None  # negative: the signal that ended it
        self.lines: list[str] = []  # of stderr, so far
        self._output: list[str] = []
        (to_read, to_give), (output, to_print), (errors, to_complain) = os.pipe(), os.pipe(), os.pipe()
        given = (to_read, to_print, to_complain)
        self._control = socket.socket(socket.AF_UNIX)
        self._control.connect(str(orders()))
        socket.send_fds(self._control, [b"+"], given)
        for end in given:
            os.close(end)
        self._control.sendall(json.dumps(order).encode())
        self._control.shutdown(socket.SHUT_WR)
        self._answers = self._control.makefile()
        self.pid = int(self._answers.readline())
        self._readers = [
            threading.Thread(target=_read, args=pair, daemon=True)
            for pair in ((output, self._output), (errors, self.lines))
        ]
        for reader in self._readers:
            reader.start()
        with suppress(BrokenPipeError), os.fdopen(to_give, "wb") as stream:
            stream.write(stdin)
        self._end = threading.Thread(target=self._wait, daemon=True)
        self._end.start()

    def _wait(self) -> None:
        self.returncode = int(self._answers.readline())
        self._answers.close()
        self._control.close()

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        return self.returncode

    def wait(self, timeout: float = 120) -> int:
        """Its exit code, when it has ended."""
        self._end.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.words, timeout)
        return self.returncode

    def communicate(self, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Wait for its end, and for all it printed."""
        code = self.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
        return subprocess.CompletedProcess(self.words, code, "".join(self._output), "".join(self.lines))

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)


def run_command(*words: str, **how: object) -> subprocess.CompletedProcess[str]:
    """As `Command`, to its end."""
    return Command(*words, **how).communicate()  # type: ignore[arg-type]  # as it takes them


def in_shells() -> str:
    """What a shell script says in place of `alongside`."""
    return shlex.join((sys.executable, "-IS", str(_CLIENT), str(orders())))


def _read(end: int, lines: list[str]) -> None:
    with os.fdopen(end, encoding="utf-8") as stream:
        lines.extend(iter(stream.readline, ""))


@cache
def orders() -> Path:
    """The socket that takes orders; the process behind it ends with us."""
    folder = Path(tempfile.mkdtemp(prefix="alongside-commands-"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "orders"))
        listener.listen(64)
        command = [sys.executable, str(_NURSERY), str(listener.fileno())]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()])

    def end() -> None:
        process.communicate(timeout=20)
        shutil.rmtree(folder)

    atexit.register(end)
    return folder / "orders"
