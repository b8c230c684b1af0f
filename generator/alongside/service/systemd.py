"""What systemd and the service tell each other: sockets handed over, "ready", "reloading", "stopping", "still alive".

A few datagrams (sd_notify(3)) and two numbers of the environment (sd_listen_fds(3)). Under anything else than systemd
the variables are not set, and nothing of this happens.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping

FIRST_SOCKET = 3  # SD_LISTEN_FDS_START


class Supervisor:
    """Who started the service and wants to hear how it is; where nobody does, nothing is said."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises nothing: words that do not arrive stop no mail."""
        self._address = environment.get("NOTIFY_SOCKET", "")
        microseconds = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self.watchdog_seconds = int(microseconds) / 1e6 if ours and microseconds.isdigit() else 0.0  # 0: none

    def ready(self) -> None:
        """It answers; also after reloading."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """It reads its settings again; `ready` follows. The instant is what `Type=notify-reload` asks for."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """It takes nothing on any more, and ends what it has in hand."""
        self._tell("STOPPING=1")

    def alive(self) -> None:
        """It is not stuck."""
        self._tell("WATCHDOG=1")

    def _tell(self, words: str) -> None:
        if not self._address:
            return
        # "@" stands for the zero byte of Linux's abstract names
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.setblocking(False)  # who does not listen must not stop us
            door.sendto(words.encode(), address)


def handed_socket(environment: Mapping[str, str]) -> socket.socket | None:
    """The first listening socket that systemd opened for this process; None for none.

    It stays open while the service is started again, so that who comes then waits instead of being refused.
    """
    if environment.get("LISTEN_PID") != str(os.getpid()) or environment.get("LISTEN_FDS", "0") in ("", "0"):
        return None
    os.set_inheritable(FIRST_SOCKET, False)
    return socket.socket(fileno=FIRST_SOCKET)
