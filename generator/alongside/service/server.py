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
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from alongside.problems import UsageError
from alongside.service.clock import told_defect
from alongside.service.core import Counts
from alongside.service.lines import Log
from alongside.service.proxies import is_among, neighbourhood

HEAD_SECONDS = 15.0  # how long a connection may wait for, or take to send, a request's head
LARGEST_HEAD = 16_384  # bytes
MOST_CONNECTIONS = 200  # for one more, the one that has been idle longest is closed; where none is idle, 503
MOST_OF_ONE = 50  # connections of one address that is no proxy of ours
ANSWER_SECONDS = 90.0  # from a request's head to the end of its answer: a busy store takes 30, a slow reader for ever
FLUSH_SECONDS = 10.0  # for the rest of an answer to leave, once its connection is to be closed
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


def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    stopping: threading.Event,
    log: Log,
    counts: Counts,
    proxies: Callable[[], Sequence[str]] = tuple,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests until `stopping` is set; then finish those under way.

    `proxies`: addresses and networks of which more than a few connections may come. `beat` is called ten times a
    second as long as the loop turns.
    """
    _hear_uvicorn(log, counts)
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=partial(PatientProtocol, proxies=proxies),  # type: ignore[arg-type]  # it is called as the class would be
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,  # tokens stand in paths
        proxy_headers=False,  # `proxies` reads them, by the settings of the moment
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=LAST_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )
    asyncio.run(_Server(config, stopping, beat).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Uvicorn, stopped by an event that others look at too, and ending without raising the signal again."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event, beat: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._beat = beat

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        self._beat()
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
    """HTTP/1.1 with bounds that uvicorn leaves to a proxy: on the time a head and an answer take, and on connections.

    Whoever opens connections and says nothing, or reads nothing, keeps nobody else out: the idle ones are closed as
    soon as somebody new comes, and those of one address are few.
    """

    _deadline: asyncio.TimerHandle | None = None
    _idle_since: float | None = None  # the loop's time; None: a request is under way

    def __init__(self, *args: Any, proxies: Callable[[], Sequence[str]] = tuple, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._proxies = proxies

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client is there."""
        super().connection_made(transport)
        self._expect_head()
        others = [each for each in self.connections if each is not self and isinstance(each, PatientProtocol)]
        if self._host and not is_among(self._host, self._proxies()):
            own = [each for each in others if neighbourhood(each._host) == neighbourhood(self._host)]
            if len(own) >= MOST_OF_ONE and not _close_idlest(own):
                transport.abort()
        if len(others) + 1 >= MOST_CONNECTIONS:
            _close_idlest(others)

    @property
    def _host(self) -> str:
        return self.client[0] if self.client is not None else ""

    def handle_events(self) -> None:
        """Something came; maybe a whole head."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and not self._is_answered:
            self._idle_since = None
            self._set_deadline(ANSWER_SECONDS, self.transport.abort)

    def on_response_complete(self) -> None:
        """The next request of the same client may come."""
        self._expect_head()
        super().on_response_complete()  # which may begin with the next request at once

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    @property
    def _is_answered(self) -> bool:
        return bool(getattr(self.cycle, "response_complete", True))

    def _expect_head(self) -> None:
        self._idle_since = self.loop.time()
        self._set_deadline(HEAD_SECONDS, self.close_soon)

    def _set_deadline(self, seconds: float, end: Callable[[], None]) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, end)

    def close_soon(self) -> None:
        """Close, and let what was written leave: not for ever, though, as somebody may not want to read it."""
        self._set_deadline(FLUSH_SECONDS, self.transport.abort)
        self.transport.close()


def _close_idlest(connections: Sequence[PatientProtocol]) -> bool:
    """Close the one that has been idle longest; whether there is one."""
    idle = [each for each in connections if each._idle_since is not None and not each.transport.is_closing()]
    if not idle:
        return False
    min(idle, key=lambda each: each._idle_since or 0.0).close_soon()
    return True


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
