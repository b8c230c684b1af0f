"""The name server answers for its records and for no other name."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from mail_servers.dns import NameServer, running_name_server

pytestmark = pytest.mark.mail

KEY = "v=DKIM1; k=rsa; p=" + "A" * 400
A, MX, TXT = 1, 15, 16


@pytest.fixture(scope="module")
def server() -> Iterator[NameServer]:
    txt = {
        "community.example.org": ["v=spf1 ip4:192.0.2.1 -all", 'a "quoted", text'],
        "key._domainkey.community.example.org": [KEY],
    }
    mx = {"community.example.org": ["mx1.example.org", "mx2.example.org"]}
    with running_name_server(txt=txt, mx=mx, a={"mx1.example.org": "192.0.2.1"}) as running:
        yield running


def ask(server: NameServer, name: str, kind: int) -> bytes:
    """The reply as it comes (RFC 1035 section 4)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(5)
        connection.sendto(
            struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!x2H", kind, 1),
            (server.host, server.port),
        )
        return connection.recv(65_536)


@pytest.mark.parametrize(
    ("name", "kind", "answers", "part"),
    [
        ("community.example.org", TXT, 2, b"\x19v=spf1 ip4:192.0.2.1 -all"),
        ("community.example.org", TXT, 2, b'a "quoted", text'),
        ("key._domainkey.community.example.org", TXT, 1, b"\xff" + KEY[:255].encode() + bytes([len(KEY) - 255])),
        ("community.example.org", MX, 2, b"\x00\x14\x03mx2"),
        ("mx1.example.org", A, 1, bytes([192, 0, 2, 1])),
    ],
)
def test_answers(server: NameServer, name: str, kind: int, answers: int, part: bytes) -> None:
    reply = ask(server, name, kind)
    assert struct.unpack_from("!H", reply, 6) == (answers,)
    assert part in reply


def test_knows_no_other_name(server: NameServer) -> None:
    reply = ask(server, "_dmarc.community.example.org", TXT)
    assert reply[3] & 0x0F == 3  # NXDOMAIN
