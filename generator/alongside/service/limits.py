"""How often somebody may ask something of the service: counted in memory, and forgotten.

Who asks is known by a keyed hash alone, made with another key every day: nothing that is kept here, or left over in
memory from yesterday, can be tied to an address. Each process counts for itself and begins anew with each day (UTC).
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import date, datetime

from starlette.requests import Request

from alongside.service.proxies import neighbourhood

MOST_KEPT = 20_000  # of those who asked lately: who asked the longest ago is forgotten first


class Limits:
    """Who did what how often. For any number of threads."""

    def __init__(self, key: bytes, now: Callable[[], datetime]) -> None:
        """`key`: the store's."""
        self._key = key
        self._now = now
        self._lock = threading.Lock()
        self._day = date.min
        self._key_of_day = b""
        self._times: OrderedDict[bytes, deque[float]] = OrderedDict()  # the longest ago first

    def allow(self, what: str, who: str, most: int, seconds: int) -> bool:
        """Whether `who` may do `what` once more: fewer than `most` times in so many seconds (at most a day) before.

        True counts as done; what is refused does not count, so who waits that long may.
        """
        now = self._now()
        with self._lock:
            self._begin(now.date())
            hashed = self._hash(what, who, seconds)
            times = self._times.setdefault(hashed, deque())
            self._times.move_to_end(hashed)
            while times and times[0] <= now.timestamp() - seconds:
                times.popleft()
            if len(self._times) > MOST_KEPT:
                self._times.popitem(last=False)
            if len(times) >= most:
                return False
            times.append(now.timestamp())
            return True

    def _begin(self, day: date) -> None:
        """With a new day there is a new key, and nobody is known by it."""
        if day != self._day:
            self._day = day
            self._key_of_day = hmac.new(self._key, f"limits {day}".encode(), hashlib.sha256).digest()
            self._times.clear()

    def _hash(self, what: str, who: str, seconds: int) -> bytes:
        told = f"{what}\0{seconds}\0{who}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(told, key=self._key_of_day, digest_size=16).digest()


def client_of(request: Request) -> str:
    """Who asks, as `Limits` counts: an IPv4 address, or the network of an IPv6 one (`2001:db8:1:2::/64`).

    It is the connection's other end, or whom a proxy of the settings names: the server around us sees to that. Empty
    where there is none (a socket of the machine), so all of those count as one.
    """
    return neighbourhood(request.client.host if request.client is not None else "")
