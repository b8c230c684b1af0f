"""What the service counts of itself, for Prometheus: requests, mails, passes. Parts of it count, `metrics` tells.

Labels hold words of ours alone: the template of a route and never a path, a kind, an outcome. What people send (a
method, a path) is counted under "other" where it is none of ours, so nobody makes figures grow, and none tells whose
they are.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alongside import __version__

OTHER = "other"
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST"))
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds, of a request
LONG = (0.1, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)  # seconds, of a pass


class Figures:
    """Those of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("alongside_build", "What runs", registry=registry).info(
            {"version": __version__, "python": platform.python_version()}
        )
        self._requests = Counter(
            "alongside_http_requests", "Requests answered", ("route", "method", "status"), registry=registry
        )
        self._durations = Histogram(
            "alongside_http_request_duration_seconds", "How long they took", ("route",), buckets=QUICK,
            registry=registry,
        )  # fmt: skip
        self._under_way = Gauge("alongside_http_requests_in_progress", "Requests under way", registry=registry)
        self._mails = Counter("alongside_mails", "Mails of journeys, by what became of them", ("outcome",),
                              registry=registry)  # fmt: skip
        self._letters = Counter("alongside_letters", "Notes passed on, and answers about them", ("outcome",),
                                registry=registry)  # fmt: skip
        self._inbound = Counter("alongside_inbound_mails", "Mails that came in, by what they were", ("kind",),
                                registry=registry)  # fmt: skip
        self._passes = Histogram("alongside_pass_duration_seconds", "How long work by the clock took", ("work",),
                                 buckets=LONG, registry=registry)  # fmt: skip
        self._failures = Counter("alongside_pass_failures", "Work by the clock that ended with an error", ("work",),
                                 registry=registry)  # fmt: skip

    def count_mails(self, outcomes: Mapping[str, int]) -> None:
        """What became of a pass's mails."""
        _add(self._mails, outcomes)

    def count_letters(self, outcomes: Mapping[str, int]) -> None:
        """What became of a pass's letters."""
        _add(self._letters, outcomes)

    def count_inbound(self, kinds: Mapping[str, int]) -> None:
        """What came in, and was heard for the first time."""
        _add(self._inbound, kinds)

    def end_pass(self, work: str, seconds: float, *, well: bool) -> None:
        """A piece of work by the clock is over. `work`: its name."""
        self._passes.labels(work).observe(seconds)
        failures = self._failures.labels(work)  # named from the first pass on, so that an alert can see it grow
        if not well:
            failures.inc()

    def begin_request(self) -> float:
        """One more is under way; what `end_request` wants."""
        self._under_way.inc()
        return time.perf_counter()

    def end_request(self, begun: float, *, route: str, method: str, status: int) -> None:
        """It is answered; `status` 0 when the client left before."""
        self._under_way.dec()
        known = method if method in METHODS else OTHER
        self._requests.labels(route, known, f"{status // 100}xx" if status else "none").inc()
        self._durations.labels(route).observe(time.perf_counter() - begun)


class Counted:
    """An application whose requests are counted; its routes say in `request.state.route` what they are."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app = app
        self._figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        state = scope.setdefault("state", {})
        status = 0

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = self._figures.begin_request()
        try:
            await self._app(scope, receive, send_seen)
        finally:
            self._figures.end_request(
                begun, route=state.get("route", OTHER), method=scope.get("method", ""), status=status
            )


def _add(counter: Counter, counts: Mapping[str, int]) -> None:
    for label, count in counts.items():
        if count:
            counter.labels(label).inc(count)
