"""Questions to the DNS, and the four ways they end: records, no such records, no such name, no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import dns.exception
import dns.rdatatype
import dns.resolver

from alongside.problems import UsageError

Ending = Literal["found", "empty", "no name", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a question gave."""

    ending: Ending
    texts: tuple[str, ...] = ()  # TXT: each record's strings joined (RFC 7208 section 3.3); others: as zone files write
    why: str = ""  # of `failed`: "SERVFAIL", "no answer in time"

    @property
    def is_void(self) -> bool:
        """An answer with nothing in it (RFC 7208 section 4.6.4: void lookup)."""
        return self.ending in ("empty", "no name")


Lookup = Callable[[str, str], Records]  # (name, "TXT") -> records


def make_resolver(text: str, *, timeout: float) -> dns.resolver.Resolver:
    """The system's resolver, or that of `ALONGSIDE_DNS` (`127.0.0.1:5353`, `[::1]:53`). Raises `UsageError`."""
    if not text:
        try:
            resolver = dns.resolver.Resolver()
        except dns.exception.DNSException as error:
            raise UsageError(
                "This machine names no DNS server.", hint="Name one: ALONGSIDE_DNS=9.9.9.9, or use --offline."
            ) from error
    else:
        host, port = _host_and_port(text)
        resolver = dns.resolver.Resolver(configure=False)
        try:
            resolver.nameservers = [host]
        except ValueError as error:
            raise UsageError(
                "ALONGSIDE_DNS names no IP address.", hint="Write ALONGSIDE_DNS=127.0.0.1:5353."
            ) from error
        resolver.port = port
    resolver.lifetime = timeout
    resolver.timeout = timeout / 3
    return resolver


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text, "53"
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise UsageError("ALONGSIDE_DNS names no port.", hint="Write ALONGSIDE_DNS=127.0.0.1:5353.")
    return host.strip("[]"), int(port)


def make_lookup(resolver: dns.resolver.Resolver) -> Lookup:
    """Questions to that resolver, each asked once."""
    known: dict[tuple[str, str], Records] = {}

    def lookup(name: str, kind: str) -> Records:
        key = (name.rstrip(".").lower(), kind)
        if key not in known:
            known[key] = _ask(resolver, *key)
        return known[key]

    return lookup


def _ask(resolver: dns.resolver.Resolver, name: str, kind: str) -> Records:
    try:
        answer = resolver.resolve(f"{name}.", kind, search=False)
    except dns.resolver.NXDOMAIN:
        return Records(ending="no name")
    except dns.resolver.NoAnswer:
        return Records(ending="empty")
    except dns.resolver.LifetimeTimeout:
        return Records(ending="failed", why="no answer in time")
    except dns.resolver.NoNameservers as error:
        said = str(error)
        codes = [code for code in ("SERVFAIL", "REFUSED", "FORMERR", "NOTIMP") if code in said]
        return Records(ending="failed", why=codes[0] if codes else "no usable answer")
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        return Records(ending="failed", why=type(error).__name__)
    return Records(ending="found", texts=tuple(_text(record) for record in answer))


def _text(record: object) -> str:
    strings = getattr(record, "strings", None)  # TXT alone has them: up to 255 octets each
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return str(record)
