"""Who asks, behind a proxy: `request.client` and the scheme as a proxy of the settings says, and nobody else.

A proxy adds the address it was asked from at the right end of `X-Forwarded-For`; whatever stands left of that, anybody
may have written. So the last address that is no proxy of ours is the client. From a peer that is none of
`service: proxies`, the header is not looked at.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

FORWARDING = frozenset((b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-real-ip", b"via"))


class BehindProxies:
    """The application, with the client and the scheme put right; follows the settings when they change."""

    def __init__(self, app: ASGIApp, proxies: Callable[[], Sequence[str]]) -> None:
        """`proxies`: addresses and networks, as they are now."""
        self._app = app
        self._proxies = proxies
        self._known: tuple[str, ...] = ()
        self._reading = self._reader(())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI 3)."""
        known = tuple(self._proxies())
        if known != self._known:
            self._known, self._reading = known, self._reader(known)
        peer = scope.get("client")
        # What the kernel says stays known: who may see figures is asked by it, see `metrics`.
        await self._reading({**scope, "state": {**scope.get("state", {}), "peer": peer}}, receive, send)

    def _reader(self, known: Sequence[str]) -> ASGIApp:
        """Uvicorn's reading of the headers; a client that is no address is left to be the peer."""

        async def with_address(scope: Scope, receive: Receive, send: Send) -> None:
            client = scope.get("client")
            if client is not None and client != scope["state"]["peer"] and not _is_address(client[0]):
                scope["client"] = scope["state"]["peer"]
            await self._app(scope, receive, send)

        # "*" would mean everybody; the settings do not take it, and here it is one more name that nobody has
        trusted = [each for each in known if each != "*"]
        return cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, with_address), trusted))


def is_forwarded(scope: Scope) -> bool:
    """Whether the request came by a proxy, as far as it says so."""
    return not FORWARDING.isdisjoint(name for name, _ in scope["headers"])


def is_among(host: str, proxies: Sequence[str]) -> bool:
    """Whether an address is one of those addresses and networks."""
    if not _is_address(host):
        return False
    address = ipaddress.ip_address(host)
    return any(address in _network(each) for each in proxies)


def neighbourhood(host: str) -> str:
    """What one client may have addresses of at will: an IPv4 address, or in IPv6 a network (`2001:db8:1:2::/64`).

    An IPv4 address that is written as an IPv6 one (RFC 4291 section 2.5.5.2) is the IPv4 one. What is no address stays
    as it is.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])  # without the zone of a link-local one
    except ValueError:
        return host[:100]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped is not None else str(ipaddress.ip_network((address, 64), strict=False))


@lru_cache(maxsize=64)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
