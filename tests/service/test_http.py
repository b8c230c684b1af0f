"""HTTP itself: what changes nothing, what is refused, and what a hostile client gets."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import random
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.types import ASGIApp, Message

from alongside.delivery.by_token import stop_enrollment
from alongside.delivery.members import own_word
from alongside.delivery.notes.choices import choose
from alongside.delivery.page_links import PageLink, make_page_token
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.schema import enrollments
from alongside.delivery.store import StoreError, open_store
from alongside.delivery.tokens import Choice
from alongside.service import core, server, stopping
from alongside.service.app import make_app
from alongside.service.core import Service
from alongside.service.home import Home

from .conftest import NOW, ONE_CLICK, URLENCODED, Running, make_home

CONNECTIONS = 8
# what follows links of a mail before anybody reads it
FOLLOWERS = (
    {"User-Agent": "Mozilla/5.0 (compatible; Barracuda Sentinel)", "Accept": "*/*"},
    {"User-Agent": "Mozilla/5.0 AppleWebKit/537.36 Chrome/142.0 Safari/537.36", "Sec-Purpose": "prefetch;prerender"},
    {"User-Agent": "SkypeUriPreview Preview/0.5", "Purpose": "preview"},
    {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Accept-Language": "de-DE,de;q=0.9"},
)


def links(service: Running) -> list[str]:
    """Every kind of link, in every state it can be in."""
    waiting = service.enroll("careful", email="waiting@example.net")
    active = service.enroll(email="active@example.net")
    stopped = service.enroll(email="stopped@example.net")
    with service.store.writing() as connection:
        stop_enrollment(connection, service.store.key, stopped, reason="test", now=NOW)
    numbers = (waiting, active, stopped, 999)
    paths = [f"/stop/{service.token('stop', number)}" for number in numbers]
    paths += [f"/confirm/{service.token('confirm', number)}" for number in numbers]
    paths += links_about_notes(service)
    paths += links_to_pages_of_ones_own(service, active)
    return [*paths, f"{paths[1]}?List-Unsubscribe=One-Click&stop=yes&all=yes", f"{paths[4]}?confirm=yes"]


def links_about_notes(service: Running) -> list[str]:
    """Those, too: open, decided, over and gone."""
    going, ended = service.converse("member", email="going@example.net"), service.converse("newcomer")
    open_step, answered, sent = (service.ask_ana(email=f"asked{number}@example.net") for number in range(3))
    with service.store.writing() as connection:
        community = service.home.community
        decide = partial(choose, connection, service.store.key, community=community, first_journey=None, now=NOW)
        decide("report", ended)
        decide("ask-away", answered)
    service.settle(sent, "sent")
    numbers: dict[Choice, tuple[int, ...]] = {
        "block": (going, ended, 999),
        "report": (going, ended, 999),
        "first": (service.write_first(), 999),
        "ask-send": (open_step, answered, sent, 999),
        "ask-skip": (open_step, sent),
        "ask-away": (open_step, answered, sent),
    }
    paths = [service.path(choice, number) for choice, all_of_it in numbers.items() for number in all_of_it]
    return [*paths, f"{paths[0]}?sure=yes", f"{service.path('ask-away', open_step)}?sure=yes&until=2026-12-01"]


def links_to_pages_of_ones_own(service: Running, enrollment: int) -> list[str]:
    """A newcomer's and a member's, what hangs on them, and the form for a note."""
    keys, good = RelayKeys(key=service.store.key), NOW.date()
    with service.store.writing() as connection:
        newcomer = connection.scalar(sa.select(enrollments.c.newcomer_id).where(enrollments.c.id == enrollment)) or 0
        ana = own_word(connection, "ana", resolve=str)
    me = f"/me/{make_page_token(PageLink(whose='newcomer', number=newcomer, good_until=good), keys)}"
    member = f"/member/{make_page_token(PageLink(whose='member', number=ana.number, good_until=good), keys)}"
    asked = [f"{me}?do=stop-all", f"{member}?ask=withdraw&sure=yes&do=withdraw"]
    forms = ["/note/ana?lang=pt"] if service.home.settings.note_form else []
    return [me, f"{me}/data.json", f"{me}/erase", member, f"{member}/data.json", *asked, *forms]


def requests(count: int, paths: list[str]) -> list[tuple[str, str]]:
    """(method, path) of so many; a quarter are HEAD, of each path some."""
    return [("HEAD" if number // len(paths) % 4 == 3 else "GET", paths[number % len(paths)]) for number in range(count)]


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_many_prefetches_change_nothing(tmp_path: Path, count: int) -> None:
    """Through the application in this process, where they take half as long as over connections.

    Those have a test of their own, with 500 and on both kinds of store.
    """
    store = open_store(tmp_path, {})
    service = Running(port=0, store=store, home=with_notes(make_home()))
    wanted = requests(count, links(service))
    before = service.dump()
    application = make_app(Service(store=store, home=lambda: service.home, now=lambda: NOW, log=lambda *_: None))
    assert asyncio.run(all_statuses(application, wanted)) == {200}
    assert service.dump() == before
    store.close()


def with_notes(home: Home) -> Home:
    """Where members can be written to."""
    return replace(home, settings=replace(home.settings, mail=replace(home.settings.mail, notes="notes@example.org")))


async def all_statuses(application: ASGIApp, wanted: list[tuple[str, str]]) -> set[int]:
    """What it answers to several clients at once."""
    shares = (wanted[number::CONNECTIONS] for number in range(CONNECTIONS))
    return set.union(*await asyncio.gather(*(statuses_of(application, share) for share in shares)))


async def statuses_of(application: ASGIApp, wanted: list[tuple[str, str]]) -> set[int]:
    """What the application answers to each, as a server would ask it."""
    chance = random.Random(1)
    statuses: set[int] = set()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        statuses.add(message.get("status", 200))

    for method, target in wanted:
        path, _, query = target.partition("?")
        headers = [(name.lower().encode(), text.encode()) for name, text in chance.choice(FOLLOWERS).items()]
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": path,
        }
        scope |= {"query_string": query.encode(), "headers": headers, "root_path": "", "server": ("localhost", 80)}
        await application(scope, receive, send)
    return statuses


def test_prefetches_over_connections_change_nothing(service: Running) -> None:
    wanted = requests(500, links(service))
    before = service.dump()
    with ThreadPoolExecutor(CONNECTIONS) as clients:
        shares = [wanted[number::CONNECTIONS] for number in range(CONNECTIONS)]
        seen = clients.map(fetch_all, [service.port] * CONNECTIONS, shares, range(CONNECTIONS))
        assert set.union(*seen) == {200}
    assert service.dump() == before


def fetch_all(port: int, wanted: list[tuple[str, str]], seed: int) -> set[int]:
    """One client's requests over one connection; the statuses it saw."""
    chance = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    statuses = set()
    for method, path in wanted:
        connection.request(method, path, headers=chance.choice(FOLLOWERS))
        response = connection.getresponse()
        response.read()
        statuses.add(response.status)
    connection.close()
    return statuses


# --- the small ones ---


def test_healthz(service: Running) -> None:
    answer = service.ask("GET", "/healthz")
    assert answer.status == 200
    assert json.loads(answer.body).keys() == {"ok", "version"}
    assert service.ask("HEAD", "/healthz").status == 200


def test_robots(service: Running) -> None:
    assert service.ask("GET", "/robots.txt").body == "User-agent: *\nDisallow: /\n"


def test_head_is_get_without_a_body(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    get, head = service.ask("GET", path), service.ask("HEAD", path)
    assert (head.status, head.body) == (200, "")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/", "/stop", "/stop/", "/stop/a/b", "/favicon.ico", "/confirm"])
def test_everything_else_is_not_here(service: Running, path: str) -> None:
    assert service.ask("GET", path).status == 404
    assert service.ask("POST", path, ONE_CLICK).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods(service: Running, method: str) -> None:
    number = service.enroll()
    before = service.dump()
    answer = service.ask(method, f"/stop/{service.token('stop', number)}")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert service.dump() == before


def test_options_tells_the_methods(service: Running) -> None:
    answer = service.ask("OPTIONS", f"/stop/{service.token('stop', service.enroll())}")
    assert (answer.status, answer.body) == (204, "")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert service.states() == ["active"]


def test_every_answer_is_guarded(service: Running) -> None:
    token = service.token("stop", service.enroll())
    answers = [
        service.ask("GET", f"/stop/{token}"),
        service.post(f"/stop/{token}", ONE_CLICK),
        service.post(f"/stop/{token}", b"x" * 10_000),
        service.ask("GET", "/nowhere"),
        service.ask("PUT", f"/stop/{token}"),
        service.ask("OPTIONS", f"/stop/{token}"),
        service.ask("GET", "/healthz"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "form-action 'self'; frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert not {"set-cookie", "server"} & set(answer.headers)


# --- hostile ---


@pytest.mark.parametrize(
    "token",
    [
        "s-",
        "s",
        "x-mfzwizltoq2gk43uorqxi",
        "s-mfzwizltoq2gk43uorqxi",
        "s-%00%00",
        "s-" + "a" * 8192,
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cwindows",
        "s-%0d%0aSet-Cookie:%20a=b",
        "s-%F0%9F%92%A9",
        "s-%ff%fe",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "s-{{7*7}}",
        "s-a'%20OR%201=1--",
    ],
)
def test_a_token_that_is_none(service: Running, token: str) -> None:
    before = service.dump()
    for answer in (service.ask("GET", f"/stop/{token}"), service.post(f"/stop/{token}", ONE_CLICK)):
        assert answer.status == 404
        assert "<script" not in answer.body
        assert "set-cookie" not in answer.headers
    assert service.dump() == before


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"x" * 5_000, URLENCODED, 413),
        (b"List-Unsubscribe=One-Click&x=" + b"y" * 5_000, URLENCODED, 413),
        (ONE_CLICK, "text/plain", 415),
        (ONE_CLICK, "application/json", 415),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json", 415),
        (ONE_CLICK, "multipart/form-data", 400),
        (ONE_CLICK, "multipart/form-data; boundary=", 400),
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b", 400),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nOne-Click\r\n--b--", "multipart/form-data; boundary=b", 400),
        (b"--b\r\n" * 500, "multipart/form-data; boundary=b", 400),
        (b"\xff\xfe\x00" * 100, "multipart/form-data; boundary=\xe9", 400),
        (b"&".join(b"a=b" for _ in range(500)), URLENCODED, 400),
        (b"\xff\xfe%ff%fe=%00", URLENCODED, 400),
        (b"%", URLENCODED, 400),
        (b"=", URLENCODED + "; charset=utf-7", 400),
    ],
)
def test_a_body_that_is_none_of_ours(service: Running, body: bytes, content_type: str, status: int) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    before = service.dump()
    assert service.post(path, body, content_type).status == status
    assert service.dump() == before
    assert service.lines == []


@contextlib.contextmanager
def raw(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


def answered(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    content = b""
    with contextlib.suppress(ConnectionError):
        while chunk := connection.recv(65536):
            content += chunk
    return content


def test_an_endless_body_is_cut_off(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    with raw(service.port) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 50_000_000:
                connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                sent += 4096
        assert answered(connection)[:12] in (b"HTTP/1.1 413", b"")
    assert sent < 20_000_000  # what kernels hold of it
    assert service.states() == ["active"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 400_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 20_000,
    ],
)
def test_what_is_no_http(service: Running, head: bytes) -> None:
    with raw(service.port) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(head + b"\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
        assert answered(connection)[:12] in (b"HTTP/1.1 400", b"")
    assert service.ask("GET", "/healthz").status == 200
    assert service.lines == []


def test_a_path_above_the_root(service: Running) -> None:
    with raw(service.port) as connection:
        connection.sendall(b"GET /stop/../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert answered(connection).startswith(b"HTTP/1.1 404")


def test_a_slow_head_is_not_waited_for(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    with raw(service.port) as connection:
        begun = time.monotonic()
        with contextlib.suppress(ConnectionError):
            for letter in b"GET / HTTP/1.1\r\nHost: " + b"x" * 100:
                connection.sendall(bytes([letter]))
                time.sleep(0.05)
        assert answered(connection) == b""
        assert time.monotonic() - begun < 8
    assert service.ask("GET", "/healthz").status == 200


def test_a_slow_body_is_not_waited_for(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "BODY_SECONDS", 0.3)
    path = f"/stop/{service.token('stop', service.enroll())}"
    with raw(service.port) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nList-Uns".encode())
        assert answered(connection).startswith(b"HTTP/1.1 408")
    assert service.states() == ["active"]


def test_who_leaves_in_the_middle_is_no_failure(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    with raw(service.port) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nList-Uns".encode())
    time.sleep(0.2)
    assert service.ask("GET", "/healthz").status == 200
    assert service.states() == ["active"]
    assert service.lines == []


def test_a_store_that_is_gone(service: Running) -> None:
    """A page says to come back, a health check says no, and a mail client hears that it may ask again."""
    path = f"/stop/{service.token('stop', service.enroll())}"

    def refuse(*_: object, **__: object) -> None:
        raise StoreError("The store is busy, says joana@example.net.", hint="Wait.")

    service.store.engine.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(service.store), "reading", refuse)
        patch.setattr(type(service.store), "writing", refuse)
        answer = service.post(path, ONE_CLICK)
        assert (answer.status, answer.headers["retry-after"]) == (503, "60")
        assert "Please try again in a minute" in answer.body
        health = service.ask("GET", "/healthz")
        assert (health.status, json.loads(health.body)["ok"]) == (503, False)
    (number,) = re.findall("tell us this number: ([0-9a-f]{8})<", answer.body)
    assert service.lines == [f"error http The store is busy, says j…@example.net. Wait. (number {number})"]
    assert service.post(path, ONE_CLICK).status == 200


def test_a_defect_is_one_line_without_values(service: Running) -> None:
    path = f"/stop/{service.token('stop', service.enroll())}"
    with pytest.MonkeyPatch.context() as patch:
        empty: dict[str, int] = {}
        patch.setattr(stopping, "stop_enrollment", lambda *_, **__: empty["joana@example.net"])
        assert service.post(path, ONE_CLICK).status == 500
    (line,) = service.lines
    assert line.startswith("error http KeyError at ")
    assert "joana" not in line
