"""aiosmtpd: a second server without PIPELINING, which needs nothing of Debian; in a thread, keeping a Maildir."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

from mail_servers.maildirs import Maildir
from mail_servers.servers import LOOPBACK, free_ports, own_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPipelining:
    """A running server."""

    port: int
    store: Maildir
    host: str = LOOPBACK

    @property
    def smtp_url(self) -> str:
        return f"smtp://{self.host}:{self.port}"


@contextmanager
def running_without_pipelining() -> Iterator[NoPipelining]:
    """A server that takes every mail, until the block ends."""
    with own_folder("store") as folder:
        store = folder / "store"
        [port] = free_ports(1)
        controller = Controller(Mailbox(store), hostname=LOOPBACK, port=port, enable_SMTPUTF8=True)
        controller.start()
        try:
            yield NoPipelining(port=port, store=Maildir(store))
        finally:
            controller.stop()
