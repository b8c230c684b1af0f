"""The HTTP server around the application: uvicorn, with bounds on time and size, and an end that we order.

Meant to stand behind a proxy that speaks HTTPS, and safe without one in front.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from alongside.problems import UsageError
from alongside.service.clock import told_defect
from alongside.service.core import Counts
from alongside.service.lines import Log

HEAD_SECONDS = 15.0  # how long a connection may wait for, or take to send, a request's head
LARGEST_HEAD = 16_384  # bytes
MOST_CONNECTIONS = 200  # more are answered 503
LAST_SECONDS = 10  # for requests under way when the service stops


def listen(host: str, port: int) -> socket.socket:
    """A listening socket (port 0: any). Raises `UsageError` when the address cannot be had."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise UsageError(
            f"The service cannot listen on {host}, port {port}: {error.strerror or error}.",
            hint="Name another with --host and --port, or end what uses it.",
        ) from error


def serve(app: ASGIApp, listener: socket.socket, *, stopping: threading.Event, log: Log, counts: Counts) -> None:
    """Answer requests until `stopping` is set; then finish those under way."""
    _hear_uvicorn(log, counts)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,  # tokens stand in paths
        proxy_headers=False,  # nobody asks where a request comes from
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=LAST_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )
    asyncio.run(_Server(config, stopping).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Uvicorn, stopped by an event that others look at too, and ending without raising the signal again."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        self.should_exit = self.should_exit or self._stopping.is_set()
        return await super().on_tick(counter)

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """Uvicorn would take signals only from here on, and raise them again at the end."""
        return contextlib.nullcontext()


@contextlib.contextmanager
def signals_stop(stopping: threading.Event) -> Iterator[None]:
    """While open, the first SIGTERM or SIGINT sets `stopping`; the next one does what it always does.

    For the main thread alone.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop(*_: object) -> None:
        restore()
        stopping.set()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        restore()


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a bound on how long a request's head may take, which uvicorn leaves to a proxy."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client is there."""
        super().connection_made(transport)
        self._expect_head()

    def on_response_complete(self) -> None:
        """The next request of the same client may come."""
        super().on_response_complete()
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._close_when_idle)

    def _close_when_idle(self) -> None:
        """No request is being answered: the client sends none, or letter by letter."""
        if getattr(self.cycle, "response_complete", True):
            self.transport.close()


class _Heard(logging.Handler):
    """What uvicorn reports: clients' nonsense is counted, the rest becomes a line. It repeats no request."""

    def __init__(self, log: Log, counts: Counts) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self._counts = counts

    def emit(self, record: logging.LogRecord) -> None:
        """One report."""
        if record.levelno < logging.ERROR:
            self._counts.add("invalid")
        else:
            error = record.exc_info[1] if record.exc_info else None
            self._log("error", "http", told_defect(error) if error is not None else record.getMessage())


def _hear_uvicorn(log: Log, counts: Counts) -> None:
    logger = logging.getLogger("uvicorn.error")
    logger.handlers = [_Heard(log, counts)]
    logger.propagate = False
    logger.setLevel(logging.WARNING)
