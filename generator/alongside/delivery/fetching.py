"""The one way to an address that an author wrote: an HTTP client that nobody can send where it must not go.

Who writes `content/` may be anybody with a pull request, and what fetches runs inside somebody's network. So a name is
resolved here, each address is checked, and the connection is made to the very address that was checked: there is no
second look-up that could answer otherwise (DNS rebinding). TLS and `Host` keep the name. Every redirect is a new
address and takes the same way. Nothing of the environment counts (proxies, netrc), no cookie is kept, and time and
size have limits, that of what comes out of compression included.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import httpx

from alongside import __version__
from alongside.problems import AlongsideError

Resolve = Callable[[str, int], Awaitable[Sequence[tuple[str, int]]]]  # (host, port) -> addresses, and ports there
Method = Literal["GET", "HEAD"]

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_CONNECT_SECONDS = 5.0  # to one of several addresses
# Names that lead nowhere, or to nobody's chat (RFC 2606, RFC 6761): content that explains itself is full of them.
_EXAMPLES = ("example", "invalid", "test", "example.com", "example.net", "example.org")
# What a cloud tells its machines of themselves, passwords included; the IPv4 one is link-local, as all others are.
_METADATA = frozenset((ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")))
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # all that was ever given out (RFC 4291, section 2.4)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # an IPv4 address in its last 32 bits (RFC 6052)
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")  # may lead to any IPv4 address (RFC 3056, RFC 7526)


class FetchError(AlongsideError):
    """Nothing came that could be used; the message says why in one sentence. A cause is chained where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a fetch may go."""

    seconds: float = 10.0  # for all of it: names, redirects, the last octet
    octets: int = 262_144  # of the body, uncompressed
    redirects: int = 3
    plain: bool = False  # http: is asked as well, which anybody on the way can read and change
    # Hosts that may lie within one's own network, speak http and have any port. Lower case; named by whoever runs this.
    internal: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came back in the end."""

    url: str  # after all redirects
    status: int
    media_type: str  # "application/json", lower case; empty where it is not said
    body: bytes  # uncompressed; empty where it was not asked for


async def resolve_name(host: str, port: int) -> Sequence[tuple[str, int]]:
    """What the system knows of a name, each address once, in its order. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((str(address[0]), int(address[1])) for *_, address in found))


class Fetcher:
    """Fetches public addresses, within limits. May be asked several things at a time; it keeps nothing between them."""

    def __init__(
        self,
        *,
        site_url: str = "",
        limits: Limits = Limits(),
        resolve: Resolve = resolve_name,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`site_url`: of the community, which says who asks. `trust`: None for the system's authorities."""
        known = f" (+{site_url})" if site_url.isascii() and site_url.isprintable() and site_url else ""
        self._agent = f"Alongside/{__version__}{known}"
        self._limits = limits
        self._resolve = resolve
        self._trust = trust or ssl.create_default_context()

    def is_example(self, host: str) -> bool:
        """True for a name out of somebody's documentation, which is never asked."""
        name = host.lower().rstrip(".")
        return name not in self._limits.internal and any(name == one or name.endswith(f".{one}") for one in _EXAMPLES)

    async def fetch(self, url: str, *, method: Method = "GET", accept: str = "*/*", body: bool = True) -> Fetched:
        """The answer at an address of `https:`, whatever its status. `body`: False where its status is enough.

        Raises `FetchError` for an address that is not asked, and for an answer that is too slow, too large or none.
        """
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._follow(url, method, accept, body)
        except TimeoutError as error:
            raise FetchError(f"It took longer than {self._limits.seconds:g} seconds.") from error

    async def _follow(self, url: str, method: Method, accept: str, body: bool) -> Fetched:
        address = _parse(url)
        for _ in range(self._limits.redirects + 1):
            async with self._answer(address, method, accept) as response:
                target = response.headers.get("Location", "")
                if response.status_code not in _REDIRECTS or not target:
                    return await self._read(address, response, body and method != "HEAD")
            address = _parse(target, base=address)
        raise FetchError(f"It leads on more than {self._limits.redirects} times.")

    @asynccontextmanager
    async def _answer(self, address: httpx.URL, method: Method, accept: str) -> AsyncIterator[httpx.Response]:
        """The head of an answer, from the first of the host's addresses that can be reached."""
        host = address.raw_host.decode("ascii").rstrip(".")
        port = self._port(address, host)
        headers = {
            "Host": address.netloc.decode("ascii"),
            "User-Agent": self._agent,
            "Accept": accept,
            "Accept-Encoding": "gzip",
            "Connection": "close",
        }
        timeout = {"connect": _CONNECT_SECONDS, "read": None, "write": None, "pool": None}
        failure: Exception | None = None
        for there, its_port in await self._addresses(host, port):
            request = httpx.Request(
                method,
                address.copy_with(host=there, port=its_port),
                headers=headers,
                extensions={"sni_hostname": host, "timeout": timeout},
            )
            # The transport alone, for one request: it knows no redirects, no cookies and no passwords.
            async with httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False) as transport:
                try:
                    response = await transport.handle_async_request(request)
                except httpx.TransportError as error:
                    failure = error
                    if isinstance(_root(error), ssl.SSLError):
                        break  # another address would have to show the same certificate
                    continue
                response.request = request
                try:
                    yield response
                finally:
                    await response.aclose()
                return
        raise FetchError(_why(host, failure)) from failure

    def _port(self, address: httpx.URL, host: str) -> int:
        """The port of an address that may be asked. Raises `FetchError`."""
        inside = host in self._limits.internal
        if address.scheme not in _PORTS or (address.scheme == "http" and not (inside or self._limits.plain)):
            raise FetchError(f"It is an address of {address.scheme or 'no'}:, and only https: is asked.")
        if address.userinfo:
            raise FetchError("It holds a user name or a password.")
        if self.is_example(host):
            raise FetchError(f"{host} is a name for examples.")
        port = address.port or _PORTS[address.scheme]
        if port not in _PORTS.values() and not inside:
            raise FetchError(f"It has the port {port}, and only {'80 and ' if self._limits.plain else ''}443 is asked.")
        return port

    async def _addresses(self, host: str, port: int) -> list[tuple[str, int]]:
        """Where a host is, as far as one may go there. Raises `FetchError`."""
        try:
            found = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchError(f"Nobody knows the host {host[:80]}.") from error
        inside = host in self._limits.internal
        allowed = [(there, its_port) for there, its_port in found if may_connect(there, inside=inside)]
        if not allowed:
            raise FetchError(f"{host[:80]} is no public address.")
        return allowed

    async def _read(self, address: httpx.URL, response: httpx.Response, whole: bool) -> Fetched:
        """A whole answer, or as much as it takes to know that it is too large."""
        try:
            body = await self._body(response) if whole else b""
        except httpx.HTTPError as error:
            raise FetchError("The connection broke in the middle of the answer.") from error
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Fetched(url=str(address), status=response.status_code, media_type=media_type, body=body)

    async def _body(self, response: httpx.Response) -> bytes:
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip", "deflate", ""):
            raise FetchError("It is compressed in a way that nobody asked for.")
        chunks = response.aiter_raw()
        most = self._limits.octets
        body = await (_plain(chunks, most) if coding in ("identity", "") else _unpacked(chunks, most))
        if len(body) > most:
            raise FetchError(f"It is larger than {most // 1024:,} kB.")
        return body


async def _plain(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """All octets, or a few more than `most`."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > most:
            break
    return bytes(body)


async def _unpacked(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """As `_plain`, of gzip or zlib (RFC 1952, RFC 1950); never more than one octet over `most` is unpacked."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # either, as its header says
    body = bytearray()
    try:
        async for chunk in chunks:
            body += unpacker.decompress(chunk, most + 1 - len(body))
            if len(body) > most or unpacker.eof:
                return bytes(body)
    except zlib.error as error:
        raise FetchError("It cannot be unpacked.") from error
    raise FetchError("It cannot be unpacked: its end is missing.")


def _parse(url: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """An address, or one that is written as seen from another. Raises `FetchError`."""
    try:
        address = base.join(url) if base is not None else httpx.URL(url)
        if not address.raw_host:
            raise FetchError("It names no host.")
        return address.copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise FetchError("It is no address.") from error


def may_connect(address: str, *, inside: bool = False) -> bool:
    """True where an address (as text) belongs to the public internet; `inside`: or to a network of one's own.

    What leads into this machine, its neighbours or its cloud is refused in each way there is to write it: private,
    loopback, shared (CGNAT), link-local, multicast and reserved addresses; and IPv6 ones with such an IPv4 one in them.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return may_connect(str(found.ipv4_mapped), inside=inside)
        if found in _NAT64:
            return may_connect(str(ipaddress.IPv4Address(found.packed[-4:])), inside=inside)
        if found.scope_id is not None:
            return False
    if found.is_link_local or found.is_multicast or found.is_unspecified or found in _METADATA:
        return False
    if inside:
        return True
    if isinstance(found, ipaddress.IPv6Address) and (found not in _GLOBAL_UNICAST or found in _SIX_TO_FOUR):
        return False
    return found.is_global and not found.is_reserved


def _root(error: BaseException) -> BaseException:
    """The first of the causes of an error."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _why(host: str, failure: Exception | None) -> str:
    cause = _root(failure) if failure is not None else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The certificate of {host} is not trusted ({cause.verify_message.rstrip('.')})."
    if isinstance(cause, ssl.SSLError):
        return f"{host} does not speak TLS as we do."
    if isinstance(failure, httpx.ConnectError | httpx.ConnectTimeout):
        return f"{host} cannot be reached."
    return f"{host} answers in no way that could be read."
