"""The one HTTP client for addresses that authors wrote: what it brings, where it never goes, and what it cuts off."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest

from alongside import __version__
from alongside.delivery.fetching import Fetched, Fetcher, FetchError, Limits, may_connect
from delivery.web_servers import Answer, Names, WebServer, serving
from mail_servers.certificates import Authority, make_authority

HOST = "chat.example.org"
INSIDE = frozenset((HOST, "other.example.org", "127.0.0.1", "::1", "localhost"))
LARGE = 40_000
ENDED = Event()  # lets handlers go that wait for nothing


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


def _drip(request: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, an octet at a time."""
    request.send_response(200)
    request.end_headers()
    try:
        while not ENDED.wait(0.05):
            request.wfile.write(b" ")
            request.wfile.flush()
    except OSError:
        pass


def _endless(request: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, as fast as it is read."""
    request.send_response(200)
    request.end_headers()
    try:
        while not ENDED.is_set():
            request.wfile.write(b" " * 8192)
    except OSError:
        pass


def _broken(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    request.wfile.write(b"half")
    request.close_connection = True


def _garbage(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"\x00\xffno HTTP at all\r\n\r\n")
    request.close_connection = True


ANSWERS: dict[str, Any] = {
    "/": Answer(body=b"hello", headers={"Content-Type": "Text/Plain; charset=utf-8", "Set-Cookie": "seen=1"}),
    "/gone": Answer(status=410, body=b"gone"),
    "/moved": Answer(status=301, headers={"Location": "/"}),
    "/twice": Answer(status=302, headers={"Location": "/moved"}),
    "/thrice": Answer(status=307, headers={"Location": "/twice"}),
    "/four": Answer(status=308, headers={"Location": "/thrice"}),
    "/loop": Answer(status=302, headers={"Location": "/loop"}),
    "/to-private": Answer(status=302, headers={"Location": "https://10.0.0.1/"}),
    "/to-metadata": Answer(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
    "/to-name": Answer(status=302, headers={"Location": "//rebound.test-site.net/"}),
    "/to-file": Answer(status=302, headers={"Location": "file:///etc/passwd"}),
    "/to-password": Answer(status=302, headers={"Location": f"https://user:secret@{HOST}/"}),
    "/to-nothing": Answer(status=302, headers={"Location": "https://[::1"}),
    "/packed": Answer(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"}),
    "/deflated": Answer(body=zlib.compress(b"hello"), headers={"Content-Encoding": "deflate"}),
    "/bomb": Answer(body=gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}),
    "/half-packed": Answer(body=gzip.compress(b"hello")[:-9], headers={"Content-Encoding": "gzip"}),
    "/not-packed": Answer(body=b"hello", headers={"Content-Encoding": "gzip"}),
    "/brotli": Answer(body=b"hello", headers={"Content-Encoding": "br"}),
    "/exact": Answer(body=b"x" * LARGE),
    "/large": Answer(body=b"x" * (LARGE + 1)),
    "/drip": _drip,
    "/endless": _endless,
    "/broken": _broken,
    "/garbage": _garbage,
}


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[WebServer]:
    with serving(ANSWERS, authority.issue("web", f"DNS:{HOST},IP:127.0.0.1")) as running:
        yield running
        ENDED.set()


@pytest.fixture
def names(server: WebServer) -> Names:
    here = ("127.0.0.1", server.port)
    return Names({HOST: [here], "other.example.org": [here], "rebound.test-site.net": [here], "127.0.0.1": [here]})


@pytest.fixture
def fetcher(authority: Authority, names: Names) -> Fetcher:
    return Fetcher(
        site_url="https://community.example.org/",
        limits=Limits(octets=LARGE, internal=INSIDE, seconds=20),
        resolve=names,
        trust=ssl.create_default_context(cafile=authority.file),
    )


def fetch(fetcher: Fetcher, path: str, **how: Any) -> Fetched:
    url = f"https://{HOST}{path}" if path[:1] == "/" != path[1:2] else path
    return asyncio.run(fetcher.fetch(url, **how))


def test_what_it_brings_and_what_it_says_of_itself(fetcher: Fetcher, server: WebServer, names: Names) -> None:
    server.asked.clear()
    found = fetch(fetcher, "/thrice#part", accept="text/plain")
    assert found == Fetched(url=f"https://{HOST}/", status=200, media_type="text/plain", body=b"hello")
    assert server.lines == ["GET /thrice", "GET /twice", "GET /moved", "GET /"]
    assert names.asked == [HOST] * 4  # each address is looked up once, and connected to as it was checked
    for asked in server.asked:
        assert (asked.headers["Host"], asked.name) == (HOST, HOST)
        assert asked.headers["User-Agent"] == f"Alongside/{__version__} (+https://community.example.org/)"
        assert asked.headers.keys() == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    fetch(fetcher, "/")
    assert "Cookie" not in server.asked[-1].headers
    assert fetch(fetcher, "/gone").status == 410
    assert fetch(fetcher, "/", method="HEAD").body == b""
    assert fetch(fetcher, "/endless", body=False).status == 200
    for path in ("/packed", "/deflated"):
        assert fetch(fetcher, path).body == b"hello"
    assert len(fetch(fetcher, "/exact").body) == LARGE


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/four", "It leads on more than 3 times."),
        ("/loop", "It leads on more than 3 times."),
        ("/to-private", "Nobody knows the host 10.0.0.1."),
        ("/to-metadata", "It is an address of http:, and only https: is asked."),
        ("/to-name", "rebound.test-site.net is no public address."),
        ("/to-file", "It names no host."),
        ("/to-password", "It holds a user name or a password."),
        ("/to-nothing", "It is no address."),
        ("/bomb", "It is larger than 39 kB."),
        ("/half-packed", "It cannot be unpacked: its end is missing."),
        ("/not-packed", "It cannot be unpacked."),
        ("/brotli", "It is compressed in a way that nobody asked for."),
        ("/large", "It is larger than 39 kB."),
        ("/endless", "It is larger than 39 kB."),
        ("/broken", "The connection broke in the middle of the answer."),
        ("/garbage", f"{HOST} answers in no way that could be read."),
        ("https://other.example.org/", "The certificate of other.example.org is not trusted"),
        ("https://nobody.example-site.net/", "Nobody knows the host nobody.example-site.net."),
        ("https://www.example.org/", "www.example.org is a name for examples."),
        ("https://chat.EXAMPLE./", "chat.example is a name for examples."),
        ("http://public-site.net/", "It is an address of http:, and only https: is asked."),
        ("https://public-site.net:8448/", "It has the port 8448, and only 443 is asked."),
        ("https://user@public-site.net/", "It holds a user name or a password."),
        ("file:///etc/passwd", "It names no host."),
        ("gopher://public-site.net/", "It is an address of gopher:, and only https: is asked."),
        ("https:///", "It names no host."),
        ("https://a\nb/", "It is no address."),
        ("//public-site.net/", "It is an address of no:, and only https: is asked."),
        ("", "It names no host."),
        ("https://[::1/", "It is no address."),
    ],
)
def test_what_it_does_not_bring(fetcher: Fetcher, path: str, why: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(fetcher, path)
    assert caught.value.message.startswith(why)


def test_slow_answers_end(authority: Authority, names: Names) -> None:
    hurried = Fetcher(
        limits=Limits(seconds=0.5, internal=INSIDE),
        resolve=names,
        trust=ssl.create_default_context(cafile=authority.file),
    )
    with pytest.raises(FetchError, match=r"It took longer than 0\.5 seconds\."):
        fetch(hurried, "/drip")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[::7f00:1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
    ],
)
def test_it_goes_to_no_address_of_this_network(url: str) -> None:
    """With the real resolver, which reads 2130706433 as 127.0.0.1."""
    with pytest.raises(FetchError, match=r"is no public address\.$|^Nobody knows the host"):
        fetch(Fetcher(), url)


def test_a_host_within_may_be_named(server: WebServer, authority: Authority) -> None:
    trust = ssl.create_default_context(cafile=authority.file)
    inside = Fetcher(limits=Limits(internal=frozenset(("127.0.0.1",))), trust=trust)
    assert fetch(inside, f"https://127.0.0.1:{server.port}/").body == b"hello"
    with serving({"/": Answer(body=b"plain")}) as plain:
        assert fetch(inside, f"http://127.0.0.1:{plain.port}/").body == b"plain"
        with pytest.raises(FetchError, match="only 443"):
            fetch(Fetcher(), f"https://127.0.0.1:{plain.port}/")
        with pytest.raises(FetchError, match="does not speak TLS"):
            fetch(inside, f"https://127.0.0.1:{plain.port}/")
    with pytest.raises(FetchError, match="cannot be reached"):
        fetch(inside, f"http://127.0.0.1:{plain.port}/")


def test_nothing_of_the_environment_counts(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert fetch(fetcher, "/").body == b"hello"


def test_the_next_of_several_addresses(authority: Authority, server: WebServer) -> None:
    with serving({}) as gone:
        pass
    names = Names({HOST: [("127.0.0.1", gone.port), ("127.0.0.1", server.port)]})
    trust = ssl.create_default_context(cafile=authority.file)
    assert fetch(Fetcher(limits=Limits(internal=INSIDE), resolve=names, trust=trust), "/").body == b"hello"


@pytest.mark.parametrize(
    ("address", "outside", "inside"),
    [
        ("9.9.9.9", True, True),
        ("2620:fe::fe", True, True),
        ("64:ff9b::909:909", True, True),
        ("::ffff:9.9.9.9", True, True),
        ("10.0.0.1", False, True),
        ("172.16.0.1", False, True),
        ("192.168.1.1", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fd12:3456::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("64:ff9b::a00:1", False, True),
        ("100.64.1.1", False, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("fd00:ec2::254", False, False),
        ("100.100.100.200", False, False),
        ("fe80::1", False, False),
        ("fe80::1%eth0", False, False),
        ("0.0.0.0", False, False),
        ("::", False, False),
        ("224.0.0.251", False, False),
        ("ff02::1", False, False),
        ("2002:7f00:1::", False, True),
        ("2001::1", False, True),
        ("255.255.255.255", False, True),
        ("::7f00:1", False, True),
        ("chat.example.org", False, False),
        ("", False, False),
    ],
)
def test_where_it_may_go(address: str, outside: bool, inside: bool) -> None:
    assert (may_connect(address), may_connect(address, inside=True)) == (outside, inside)
