"""Connections: who asks behind a proxy, what is read of odd HTTP, and that nobody keeps everybody else out."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from starlette.types import Receive, Scope, Send

from alongside.delivery.store import Store, open_store
from alongside.service import server
from alongside.service.core import Counts
from alongside.service.proxies import BehindProxies, is_among, neighbourhood
from alongside.service.server import listen, serve
from alongside.settings import ServiceSettings

from .conftest import ONE_CLICK, URLENCODED, Running, make_home, running

LARGE = b"x" * 40_000_000  # more than kernels hold between two of their own


@contextlib.contextmanager
def asking(port: int, *, receive_buffer: int = 0) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", port))
        yield connection


def say(port: int, *words: bytes) -> bytes:
    """All that comes back until the other side closes."""
    with asking(port) as connection:
        for word in words:
            connection.sendall(word)
        return heard(connection)


def heard(connection: socket.socket) -> bytes:
    content = b""
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65536):
            content += chunk
    return content


def is_closed(connection: socket.socket) -> bool:
    """Without waiting."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


# --- who asks ---


async def say_who(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that tells who it thinks is asking."""
    if scope["path"] == "/large":
        body = LARGE
    else:
        client = scope["client"]
        body = f"{client[0]} {scope['scheme']} {scope['state']['peer'][0]}".encode()
    headers = [(b"connection", b"close"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def telling(proxies: Sequence[str] = ()) -> Iterator[int]:
    """The server around that application; its port."""
    with listen("127.0.0.1", 0) as listener:
        stopping = threading.Event()
        thread = threading.Thread(
            target=serve,
            args=(BehindProxies(say_who, lambda: proxies), listener),
            kwargs={"stopping": stopping, "log": lambda *_: None, "counts": Counts(), "proxies": lambda: proxies},
        )
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopping.set()
            thread.join(30)


def who(port: int, *headers: str) -> str:
    lines = "".join(f"{header}\r\n" for header in headers)
    return say(port, f"GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode()).partition(b"\r\n\r\n")[2].decode()


def test_only_a_proxy_of_the_settings_is_believed() -> None:
    with telling(["192.0.2.0/24"]) as port:
        for spoofed in ("127.0.0.1", "203.0.113.9", "192.0.2.1, 203.0.113.9"):
            assert who(port, f"X-Forwarded-For: {spoofed}", "X-Forwarded-Proto: https") == "127.0.0.1 http 127.0.0.1"
    with telling(["127.0.0.1", "192.0.2.0/24"]) as port:
        https = "X-Forwarded-Proto: https"
        for header, client in (
            ("203.0.113.9", "203.0.113.9"),
            ("10.0.0.1, 203.0.113.9", "203.0.113.9"),  # the first one was written by who asked
            ("127.0.0.1, 203.0.113.9, 192.0.2.7", "203.0.113.9"),  # two proxies of ours
            ("203.0.113.9, 192.0.2.7, 192.0.2.8", "203.0.113.9"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("203.0.113.9, unknown", "127.0.0.1"),
            ("203.0.113.9, <script>", "127.0.0.1"),
            ("x" * 9000, "127.0.0.1"),
            ("", "127.0.0.1"),
        ):
            assert who(port, f"X-Forwarded-For: {header}", https) == f"{client} https 127.0.0.1", header
        lines = ("X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 203.0.113.9")
        assert who(port, *lines, "X-Forwarded-Proto: gopher") == "203.0.113.9 http 127.0.0.1"


def test_who_is_a_proxy() -> None:
    assert is_among("10.1.2.3", ("127.0.0.1", "10.0.0.0/8"))
    assert is_among("::1", ("::1",))
    assert not is_among("10.1.2.3", ("127.0.0.1",))
    assert not is_among("unknown", ("0.0.0.0/0",))
    assert neighbourhood("2001:db8:1:2:3::4") == neighbourhood("2001:db8:1:2::9") != neighbourhood("2001:db8:1:3::4")
    assert neighbourhood("203.0.113.9") == neighbourhood("::ffff:203.0.113.9") == "203.0.113.9"


# --- odd HTTP ---


def test_a_pipeline_is_answered_in_order(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    last = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    post = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {URLENCODED}\r\nContent-Length: {len(ONE_CLICK)}\r\n\r\n"
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    content = say(service.port, first + post.encode() + ONE_CLICK + last)
    assert [int(part[1:4]) for part in content.split(b"HTTP/1.1")[1:]] == [200, 200, 404]
    assert service.states() == ["stopped"]


def test_who_asks_first_whether_to_go_on(service: Running) -> None:
    """Expect: 100-continue (RFC 9110 section 10.1.1), with a body that is taken and one that is not."""
    path = f"/stop/{service.token('stop', service.enroll())}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {URLENCODED}\r\nExpect: 100-continue\r\n"
    with asking(service.port) as connection:
        connection.sendall(f"{head}Connection: close\r\nContent-Length: {len(ONE_CLICK)}\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        connection.sendall(ONE_CLICK)
        assert heard(connection).startswith(b"HTTP/1.1 200")
    assert say(service.port, f"{head}Content-Length: 5000000\r\n\r\n".encode()).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (b"GET http://example.org/healthz HTTP/1.1\r\nHost: example.org\r\n\r\n", 200),
        (b"GET HTTPS://example.org/alongside/healthz?x=1 HTTP/1.1\r\nHost: example.org\r\n\r\n", 200),
        (b"GET http://example.org HTTP/1.1\r\nHost: example.org\r\n\r\n", 404),
        (b"GET gopher://example.org/healthz HTTP/1.1\r\nHost: example.org\r\n\r\n", 404),
        (b"GET //example.org/healthz HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: <script>@%00\r\n\r\n", 200),  # nobody asks for it
        (b"GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", 505),
        (b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n", 404),
        (b"TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200),
        # what one reads as the end of a body, another as the next request
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 200),  # a folded line is one line
        (b"GET /healthz HTTP/1.1\nHost: x\n\n", 200),
    ],
)
def test_odd_requests(odd: Running, request_: bytes, status: int) -> None:
    with asking(odd.port) as connection:
        connection.sendall(request_)
        answer = connection.recv(65536)
    # h11 knows no status but 400 for what it cannot read; 501 would be the better word
    assert int(answer[9:12]) == (400 if status == 501 else status), answer
    assert odd.lines == []


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all of those: none of them changes anything."""
    store = open_store(tmp_path_factory.mktemp("odd"), {})
    with running(store, make_home("alongside/")) as found:
        yield found
    store.close()


def test_what_is_framed_twice_ends_the_connection(odd: Running) -> None:
    """What follows would be somebody else's request, as a proxy that counts the other way sees it."""
    smuggled = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /stop/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n0\r\n\r\n"
    content = say(odd.port, head % (5 + len(smuggled)) + smuggled)
    assert content.count(b"HTTP/1.1 ") == 1
    assert content.startswith(b"HTTP/1.1 400")


def test_huge_chunk_extensions(odd: Running) -> None:
    head = b"POST /stop/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    content = b""
    with asking(odd.port) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(head + b"1;" + b"y" * 200_000 + b"\r\n")
        content = heard(connection)
    assert content[:12] in (b"HTTP/1.1 404", b"HTTP/1.1 413", b"HTTP/1.1 400", b"")
    assert odd.ask("GET", "/healthz").status == 200


# --- nobody keeps everybody else out ---


def test_idle_connections_make_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than there may be, silent or in the middle of a head: who comes next is answered all the same."""
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
    with running(store, make_home()) as service, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(asking(service.port)) for _ in range(30)]
        for connection in idle[::2]:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for _ in range(30):
            assert service.ask("GET", "/healthz").status == 200
        wait_until(lambda: sum(map(is_closed, idle)) >= 10)
        assert is_closed(idle[0])


def test_one_address_has_few_connections(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no proxy of ours stands between: the ones it left idle go, and what it asks over them is answered."""
    monkeypatch.setattr(server, "MOST_OF_ONE", 5)
    home = make_home()
    with_proxies = replace(home, settings=replace(home.settings, service=ServiceSettings(proxies=())))
    with running(store, with_proxies) as service, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(asking(service.port)) for _ in range(12)]
        wait_until(lambda: sum(map(is_closed, idle)) == 7)
        assert service.ask("GET", "/healthz").status == 200
    with running(store, home) as service, contextlib.ExitStack() as stack:  # this machine is a proxy by default
        idle = [stack.enter_context(asking(service.port)) for _ in range(12)]
        assert service.ask("GET", "/healthz").status == 200
        assert not any(map(is_closed, idle))


def test_who_reads_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large answer to somebody who takes none of it, and many pipelined questions without an ear for the answers."""
    for name in ("HEAD_SECONDS", "ANSWER_SECONDS", "FLUSH_SECONDS"):
        monkeypatch.setattr(server, name, 0.3)
    with telling() as port, asking(port, receive_buffer=4096) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(2)
        assert len(heard(connection)) < len(LARGE)


def test_a_slow_pipeline_is_not_waited_for(odd: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_SECONDS", "ANSWER_SECONDS", "FLUSH_SECONDS"):
        monkeypatch.setattr(server, name, 0.3)
    with asking(odd.port, receive_buffer=4096) as connection, contextlib.suppress(OSError):
        connection.settimeout(3)
        while True:  # until nothing of it is taken any more, or the other side is gone
            connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
    assert odd.ask("GET", "/healthz").status == 200
