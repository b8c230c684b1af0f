"""Rooms of Matrix, invitations to Discord and all other links, asked of real servers on this machine."""

from __future__ import annotations

import gzip
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from http.server import BaseHTTPRequestHandler
from threading import Event, Lock
from typing import Any

import pytest

from alongside.delivery.fetching import Fetcher, Limits
from alongside.delivery.group_facts.chats import ChatReading
from alongside.delivery.group_facts.discord import parse_invite
from alongside.delivery.group_facts.matrix import Room, parse_room
from alongside.delivery.group_facts.rounds import read_chats
from delivery.web_servers import Answer, Handler, Names, WebServer, serving
from mail_servers.certificates import Authority, make_authority

HOSTS = ("home.test-site.net", "api.test-site.net", "old.test-site.net", "discord.com", "forum.test-site.net")
Serve = Callable[..., WebServer]
Read = Callable[..., dict[str, ChatReading]]

ROOM = "https://matrix.to/#/%23docs%3Ahome.test-site.net"
WELL_KNOWN = "/.well-known/matrix/client"
SUMMARY = "/_matrix/client/v1/room_summary/"
OLD_SUMMARY = "/_matrix/client/unstable/im.nheko.summary/rooms/{}/summary"
DIRECTORY = "/_matrix/client/v3/directory/room/"
DOCS = "%23docs%3Ahome.test-site.net"


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(status=status, body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def matrix_error(code: str, status: int = 404) -> Answer:
    return answer({"errcode": code, "error": "Some words"}, status)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Any:
    return authority.issue("web", ",".join(f"DNS:{host}" for host in HOSTS))


@pytest.fixture
def ports() -> dict[str, int]:
    return {}


@pytest.fixture
def serve(certificate: Any, ports: dict[str, int]) -> Iterator[Serve]:
    with ExitStack() as until_the_end:

        def start(host: str, answers: Mapping[str, Answer | Handler]) -> WebServer:
            running = until_the_end.enter_context(serving(answers, certificate))
            ports[host] = running.port
            return running

        yield start


@pytest.fixture
def read(authority: Authority, ports: dict[str, int]) -> Read:
    def run(*urls: str, seconds: float = 60, **limits: Any) -> dict[str, ChatReading]:
        fetcher = Fetcher(
            limits=Limits(internal=frozenset(HOSTS), **limits),
            resolve=Names({host: [("127.0.0.1", port)] for host, port in ports.items()}),
            trust=ssl.create_default_context(cafile=authority.file),
        )
        return dict(read_chats(urls, fetcher, seconds=seconds))

    return run


@pytest.mark.parametrize(
    ("url", "room"),
    [
        ("https://matrix.to/#/#docs:example.org", Room(name="#docs:example.org", server="example.org")),
        ("https://matrix.to/#/%23docs%3Aexample.org", Room(name="#docs:example.org", server="example.org")),
        ("https://matrix.to/#/#docs:example.org:8448", Room(name="#docs:example.org:8448", server="example.org:8448")),
        (
            "https://matrix.to/#/!id:example.org?via=a.example&via=b.example&via=<c>",
            Room(name="!id:example.org", server="a.example", via=("a.example", "b.example")),
        ),
        ("https://matrix.to/#/!id:example.org/$event", Room(name="!id:example.org", server="example.org")),
        ("https://matrix.to/#/!id?via=a.example", Room(name="!id", server="a.example", via=("a.example",))),
        ("matrix:r/docs:example.org", Room(name="#docs:example.org", server="example.org")),
        ("matrix:roomid/id:example.org?via=a.example", Room(name="!id:example.org", server="a.example", via=("a.example",))),
        ("https://matrix.to/#/@ana:example.org", None),
        ("https://matrix.to/#/!id", None),
        ("https://matrix.to/#/#docs:exa mple", None),
        ("https://matrix.to/#/#docs:evil.example/..", Room(name="#docs:evil.example", server="evil.example")),
        ("https://matrix.to/#/#docs:user@evil.example", None),
        ("https://matrix.to/", None),
        ("matrix:u/ana:example.org", None),
        ("https://example.org/#/#docs:example.org", None),
        ("https://[", None),
    ],
)  # fmt: skip
def test_which_room_an_invitation_means(url: str, room: Room | None) -> None:
    assert parse_room(url) == room


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://discord.gg/aBc-1", "aBc-1"),
        ("https://discord.com/invite/aBc/", "aBc"),
        ("https://www.discordapp.com/invite/aBc?event=1", "aBc"),
        ("https://discord.com/channels/1/2", ""),
        ("https://discord.gg/", ""),
        ("https://discord.gg/a/../../b", ""),
        ("https://discord.gg/é1", ""),
        ("https://discord.gg.example/aBc", ""),
        ("https://[", ""),
    ],
)
def test_which_code_an_invitation_has(url: str, code: str) -> None:
    assert parse_invite(url) == code


def test_a_room_of_matrix(serve: Serve, read: Read) -> None:
    home = serve(
        "home.test-site.net", {WELL_KNOWN: answer({"m.homeserver": {"base_url": "https://api.test-site.net/"}})}
    )
    api = serve(
        "api.test-site.net",
        {
            f"{SUMMARY}{DOCS}": answer({"num_joined_members": 123, "join_rule": "public", "room_id": "!x"}),
            f"{SUMMARY}%21id%3Ahome.test-site.net?via=home.test-site.net": answer(
                {"room_id": "!id", "num_joined_members": 3}
            ),
        },
    )
    other = "https://matrix.to/#/!id:home.test-site.net?via=home.test-site.net"
    found = read(ROOM, other)
    assert found == {ROOM: ChatReading(state="ok", members=123), other: ChatReading(state="ok", members=3)}
    assert home.lines == [f"GET {WELL_KNOWN}"]  # once for both
    assert len(api.asked) == 2


def test_an_older_server_without_a_site(serve: Serve, read: Read) -> None:
    server = serve(
        "home.test-site.net",
        {
            f"{SUMMARY}{DOCS}": matrix_error("M_UNRECOGNIZED"),
            OLD_SUMMARY.format(DOCS): answer({"room_id": "!x", "num_joined_members": 7, "join_rule": "knock"}),
        },
    )
    assert read(ROOM) == {ROOM: ChatReading(state="ok", members=7)}
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("answers", "state", "why"),
    [
        ({f"{SUMMARY}{DOCS}": matrix_error("M_NOT_FOUND"), f"{DIRECTORY}{DOCS}": matrix_error("M_NOT_FOUND")}, "dead", ""),
        ({f"{SUMMARY}{DOCS}": matrix_error("M_NOT_FOUND"), f"{DIRECTORY}{DOCS}": answer({"room_id": "!x"})}, "unknown", "That room is closed"),
        ({f"{SUMMARY}{DOCS}": matrix_error("M_NOT_FOUND")}, "unknown", "It answered 404."),
        ({}, "unknown", "It answered 404."),
        ({f"{SUMMARY}{DOCS}": matrix_error("M_LIMIT_EXCEEDED", 429)}, "unknown", "Too many requests"),
        ({f"{SUMMARY}{DOCS}": matrix_error("M_FORBIDDEN", 403)}, "unknown", "It answered 403."),
        ({f"{SUMMARY}{DOCS}": Answer(status=500, body=b"<h1>Oh</h1>")}, "unknown", "It answered 500."),
        ({f"{SUMMARY}{DOCS}": Answer(body=b"<h1>Welcome</h1>")}, "unknown", "Its answer cannot be read."),
        ({f"{SUMMARY}{DOCS}": Answer(body=b"[" * 100_000)}, "unknown", "Its answer cannot be read."),
        ({f"{SUMMARY}{DOCS}": Answer(body=b"\xff\xfe\x00")}, "unknown", "Its answer cannot be read."),
        ({f"{SUMMARY}{DOCS}": answer(["room_id"])}, "unknown", "Its answer cannot be read."),
        ({f"{SUMMARY}{DOCS}": answer({"room_id": "!x", "join_rule": "invite"})}, "unknown", "One joins that room"),
        ({f"{SUMMARY}{DOCS}": Answer(body=b" " * 300_000)}, "unknown", "It is larger than 256 kB."),
        (
            {f"{SUMMARY}{DOCS}": Answer(body=gzip.compress(b" " * 9_000_000), headers={"Content-Encoding": "gzip"})},
            "unknown", "It is larger than 256 kB.",
        ),
        ({f"{SUMMARY}{DOCS}": Answer(status=302, headers={"Location": "https://10.0.0.1/"})}, "unknown", "Nobody knows the host"),
        ({WELL_KNOWN: answer({"m.homeserver": {"base_url": "https://127.0.0.1"}})}, "unknown", "Nobody knows the host"),
        ({WELL_KNOWN: answer({"m.homeserver": {"base_url": "file:///etc"}})}, "unknown", "It names no host."),
        ({WELL_KNOWN: answer({"m.homeserver": ["x"]})}, "unknown", "It answered 404."),
    ],
)  # fmt: skip
def test_a_room_of_which_little_is_known(
    serve: Serve, read: Read, answers: dict[str, Answer], state: str, why: str
) -> None:
    serve("home.test-site.net", answers)
    found = read(ROOM)[ROOM]
    assert (found.state, found.members) == (state, None)
    assert found.why.startswith(why)
    assert bool(found.why) == bool(why)


@pytest.mark.parametrize("count", [True, -1, 1.5, "9", None, 10**30, [1], "<b>9</b>"])
def test_what_is_no_number(serve: Serve, read: Read, count: object) -> None:
    serve("home.test-site.net", {f"{SUMMARY}{DOCS}": answer({"room_id": "!x", "num_joined_members": count})})
    assert read(ROOM) == {ROOM: ChatReading(state="ok", members=None)}


def test_invitations_to_discord(serve: Serve, read: Read) -> None:
    query = "?with_counts=true&with_expiration=true"

    def invite(code: str, **said: Any) -> dict[str, Answer]:
        return {f"/api/v10/invites/{code}{query}": answer({"code": code, **said})}

    server = serve(
        "discord.com",
        {
            **invite(
                "good",
                approximate_member_count=4321,
                approximate_presence_count=9,
                expires_at="2026-12-01T00:00:00+00:00",
            ),
            **invite("ever", approximate_member_count=12, expires_at=None),
            **invite("odd", approximate_member_count=True, expires_at="0001-01-01T00:00:00+14:00"),
            f"/api/v10/invites/dead{query}": answer({"message": "Unknown Invite", "code": 10006}, 404),
            f"/api/v10/invites/html{query}": Answer(status=404, body=b"<html>"),
            f"/api/v10/invites/slow{query}": answer({"message": "You are being rate limited."}, 429),
        },
    )
    codes = ("good", "ever", "odd", "dead", "html", "slow", "late")
    found = list(read(*(f"https://discord.gg/{code}" for code in codes)).values())
    assert found[:4] == [
        ChatReading(state="ok", members=4321, expires=date(2026, 11, 30)),
        ChatReading(state="ok", members=12),
        ChatReading(state="ok"),
        ChatReading(state="dead"),
    ]
    assert [(one.state, one.why) for one in found[4:]] == [
        ("unknown", "It answered 404."),
        ("unknown", "Too many requests; it wants to be asked later."),
        ("unknown", "Its server wants to be asked later."),
    ]
    assert len(server.asked) == len(codes) - 1


def test_other_links(serve: Serve, read: Read) -> None:
    def no_head(request: BaseHTTPRequestHandler) -> None:
        body = b"hello"
        request.send_response(200 if request.command == "GET" else 405)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(body)

    server = serve(
        "forum.test-site.net",
        {
            "/": Answer(body=b"x" * 500_000),
            "/get": no_head,
            "/moved": Answer(status=301, headers={"Location": "/"}),
            "/gone": Answer(status=410),
            "/closed": Answer(status=403),
            "/ill": Answer(status=503),
        },
    )
    paths = {
        "/": "ok", "/get": "ok", "/moved": "ok", "/gone": "dead", "/none": "dead", "/closed": "unknown", "/ill": "unknown",
    }  # fmt: skip
    urls = [f"https://forum.test-site.net{path}" for path in paths]
    never = [
        "irc://irc.libera.chat/docs",
        "xmpp:docs@chat.example?join",
        "https://chat.example.org/x",
        ROOM.replace("home.test-site.net", "example.org"),
    ]
    found = read(*urls, *never)
    assert [(url, one.state) for url, one in found.items()] == list(zip(urls, paths.values(), strict=True))
    assert server.lines[:4] == ["HEAD /", "HEAD /get", "GET /get", "HEAD /moved"]
    unknown = read("https://forum.test-site.net/ill", "http://127.0.0.2/", "https://nowhere.test-site.net/")
    assert [one.why for one in unknown.values()] == [
        "It answered 503.",
        "It is an address of http:, and only https: is asked.",
        "Nobody knows the host nowhere.test-site.net.",
    ]


def test_gently_and_not_for_ever(serve: Serve, read: Read) -> None:
    """One question at a time to a host; and what hangs does so until the round is over, and no longer."""
    lock, ended = Lock(), Event()
    overlaps: list[str] = []

    def alone(request: BaseHTTPRequestHandler) -> None:
        if not lock.acquire(blocking=False):
            overlaps.append(request.path)
            return
        request.send_response(200)
        request.end_headers()
        request.close_connection = True
        lock.release()

    def hang(_request: BaseHTTPRequestHandler) -> None:
        ended.wait(60)

    serve("forum.test-site.net", {f"/{number}": alone for number in range(8)})
    serve("old.test-site.net", {"/hang": hang, "/never": Answer()})
    urls = [f"https://forum.test-site.net/{number}" for number in range(8)]
    hanging = ["https://old.test-site.net/hang", "https://old.test-site.net/never"]
    assert [one.state for one in read(*urls).values()] == ["ok"] * 8
    found = read(*hanging, seconds=0.3)
    ended.set()
    assert [found[url].why for url in hanging] == ["There was no time left to ask."] * 2
    assert overlaps == []
