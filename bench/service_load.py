"""Requests to a service from many connections at once, by `python -m bench.service_load`: a process of its own.

Every connection sends its next request when the answer to the one before is there. All are written out before the
clock starts, so that the service is measured and not this.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import statistics
import sys
import time
from collections.abc import Iterator

PLACES = ("Berlin, Germany", "Recife, Brazil", "Cairo, Egypt", "Kyoto, Japan", "Nairobi, Kenya", "Lyon, France")
LANGUAGES = (["en"], ["pt", "en"], ["ar"], ["es", "en"], ["ja"], ["uk", "en"])


def make_requests(count: int, path: str, secret: str, first: int) -> Iterator[bytes]:
    """So many newcomers, all different, each in a signed request of its own."""
    made_at = str(int(time.time()))
    for number in range(first, first + count):
        profile = {
            "email": f"newcomer{number}@example.net",
            "name": f"Ana {number}",
            "id": f"id-{number}",
            "place": PLACES[number % len(PLACES)],
            "languages": LANGUAGES[number % len(LANGUAGES)],
            "challenges": ["first-talk"],
            "basis": "contract",
        }
        body = json.dumps({"journey": "first-month", "newcomer": profile, "source": "sign-up"}).encode()
        signature = hmac.new(secret.encode(), made_at.encode() + b"." + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nAlongside-Signature: t={made_at},v1={signature}\r\n\r\n"
        )
        yield head.encode() + body


class Connection(asyncio.Protocol):
    """One client: a request, its answer, the next."""

    def __init__(self, requests: Iterator[bytes], took: list[float], done: asyncio.Event) -> None:
        self._requests = requests
        self._took = took
        self._done = done
        self._answer = b""
        self._sent_at = 0.0
        self.failures = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """A part of an answer."""
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]):
            return
        self._took.append(time.perf_counter() - self._sent_at)
        if not head.startswith((b"HTTP/1.1 201", b"HTTP/1.1 200")):
            self.failures += 1
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ended by us, or by the service in the middle."""
        if not self._done.is_set():
            self.failures += 1
            self._done.set()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._done.set()
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


async def load(port: int, requests: list[bytes], connections: int) -> dict[str, float]:
    """Seconds, and what the slowest hundredth of the requests took at least."""
    waiting, took = iter(requests), list[float]()
    loop = asyncio.get_running_loop()
    ends = [asyncio.Event() for _ in range(connections)]
    started = time.perf_counter()
    made = [
        await loop.create_connection(lambda end=end: Connection(waiting, took, end), "127.0.0.1", port)  # type: ignore[misc]
        for end in ends
    ]
    for end in ends:
        await end.wait()
    seconds = time.perf_counter() - started
    failures = sum(protocol.failures for _, protocol in made) + len(requests) - len(took)
    return {
        "seconds": seconds,
        "p99": statistics.quantiles(took, n=100)[98],
        "cpu": time.process_time(),
        "failures": failures,
    }


def main() -> None:
    """Print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--connections", type=int, required=True)
    arguments = parser.parse_args()
    requests = list(make_requests(arguments.count, arguments.path, arguments.secret, arguments.first))
    json.dump(asyncio.run(load(arguments.port, requests, arguments.connections)), sys.stdout)


if __name__ == "__main__":
    main()
