"""How the service and its store are, in figures: for Prometheus, and whoever it wakes.

GET  /metrics     with the token of ALONGSIDE_METRICS_TOKEN; without one set, for this machine alone

Who may not see them is told that nothing is here. A proxy on this machine looks like this machine, so a request that
came by one does not count as from here: it names who asked, keeps the path's prefix, asks by HTTP/1.0, or for a host
that is not this one.
"""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alongside.delivery.credentials import read_secret
from alongside.delivery.gauges import Gauges, read_gauges
from alongside.delivery.store import StoreError
from alongside.service.core import Service
from alongside.service.proxies import is_forwarded

TOKEN = "ALONGSIDE_METRICS_TOKEN"  # noqa: S105  the name of it
FRESH_SECONDS = 15.0  # the store is asked once in that time, however many ask us
LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))


class Metrics:
    """That one page."""

    def __init__(self, service: Service, environment: Mapping[str, str]) -> None:
        self._service = service
        self._environment = environment
        self._threads = anyio.CapacityLimiter(1)  # a store that hangs must not take the threads of others
        self._registry = service.figures.registry
        self._registry.register(StoreFigures(service))

    def routes(self) -> Sequence[Route]:
        """Its."""
        return (self._service.route("/metrics", self.metrics, "GET"),)

    async def metrics(self, request: Request) -> Response:
        """`/metrics`: Prometheus' text format 0.0.4."""
        if not self._may_see(request):
            raise HTTPException(404)
        text = await anyio.to_thread.run_sync(generate_latest, self._registry, limiter=self._threads)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def _may_see(self, request: Request) -> bool:
        token = read_secret(self._environment, TOKEN).strip()
        if not token:
            return _is_from_here(request)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def _is_from_here(request: Request) -> bool:
    """Whether a program of this machine asks, and no proxy for somebody else."""
    peer = request.scope["state"].get("peer")
    return (
        peer is not None
        and _is_loopback(peer[0])
        and not is_forwarded(request.scope)
        and request.scope["http_version"] == "1.1"
        and request.scope["state"].get("prefix", "") == ""
        and _host_of(request) in LOCAL
    )


def _host_of(request: Request) -> str:
    """The host that is asked for, without its port; empty where none is named."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


class StoreFigures(Collector):
    """The store's, read when somebody asks."""

    def __init__(self, service: Service, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._gauges: Gauges | None = None

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: the registry would read the store for the names."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """All of them; of a store that does not answer only that it does not."""
        gauges = self._fresh()
        yield _gauge("alongside_store_up", "Whether the store answers", int(gauges is not None))
        if gauges is not None:
            yield from self._told(gauges)

    def _fresh(self) -> Gauges | None:
        with self._lock:
            if self._monotonic() - self._read_at >= FRESH_SECONDS:
                try:
                    with self._service.store.reading() as connection:
                        self._gauges = read_gauges(connection, now=self._service.now())
                except StoreError:
                    self._gauges = None
                self._read_at = self._monotonic()
            return self._gauges

    def _told(self, found: Gauges) -> Iterator[GaugeMetricFamily]:
        now = self._service.now()
        overdue = (now - found.overdue_since).total_seconds() if found.overdue_since is not None else 0
        yield _gauge("alongside_mails_due", "Mails whose time has come", found.due)
        yield _gauge("alongside_mails_overdue_seconds", "How long the first of them waits that nothing keeps back",
                     max(0, overdue))  # fmt: skip
        yield _by("alongside_steps", "Mails of journeys, by state", ("state",), found.steps)
        yield _by("alongside_stored_letters", "Notes passed on and answers about them, by state", ("state",),
                  found.letters)  # fmt: skip
        yield _by("alongside_enrollments", "Newcomers on journeys, by state", ("state",), found.enrollments)
        yield _by("alongside_conversations", "Newcomers and members who write to each other, by state", ("state",),
                  found.conversations)  # fmt: skip
        yield _by("alongside_notes", "Notes, by who wrote them and state", ("side", "state"), found.notes)
        yield _gauge("alongside_first_notes", "Notes of strangers that wait for a confirmation", found.first_notes)
        yield _gauge("alongside_store_size_bytes", "The store's size", found.size_bytes)
        for name, what, instant in (
            ("pass", "When mail was last looked at, by whichever machine", found.last_pass),
            ("backup", "When the newest backup was made", found.last_backup),
        ):
            if instant is not None:
                yield _gauge(f"alongside_last_{name}_timestamp_seconds", what, instant.timestamp())


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)


def _by(
    name: str, what: str, labels: Sequence[str], counts: Mapping[str, int] | Mapping[tuple[str, str], int]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=labels)
    for key, count in sorted(counts.items(), key=str):
        family.add_metric([key] if isinstance(key, str) else key, count)
    return family
