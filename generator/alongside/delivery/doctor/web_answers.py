"""One HTTP question, without following where it leads: enough to see who answers, and what time it is there."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from alongside import __version__
from alongside.delivery.doctor.certificates import trusting

LONGEST_BODY = 65_536


class WebError(Exception):
    """Nobody answered; the cause is chained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    date: str  # as the header says it
    body: bytes
    certificate: Any = field(default=None, repr=False)  # `SSLSocket.getpeercert()`; None without TLS
    tls: str | None = None  # "TLSv1.3"


def ask(address: str, *, timeout: float) -> Answer:
    """GET an address of `http:` or `https:`. Raises `WebError`."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    try:
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=trusting(None))
        else:
            connection = http.client.HTTPConnection(host, parts.port, timeout=timeout)
        try:
            return _exchange(connection, parts.path or "/")
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WebError(str(error)) from error


def _exchange(connection: http.client.HTTPConnection, path: str) -> Answer:
    connection.connect()
    secure = connection.sock if isinstance(connection.sock, ssl.SSLSocket) else None
    certificate, tls = (secure.getpeercert(), secure.version()) if secure is not None else (None, None)
    connection.request("GET", path, headers={"User-Agent": f"alongside-doctor/{__version__}"})
    response = connection.getresponse()
    return Answer(
        status=response.status,
        date=response.getheader("Date", ""),
        body=response.read(LONGEST_BODY),
        certificate=certificate,
        tls=tls,
    )
