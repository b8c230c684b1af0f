"""Where the LMTP door is, and what stands in its way."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from alongside.delivery.inbound.listening import Place, listening, parse_place
from alongside.problems import UsageError
from mail_servers.servers import free_ports


@pytest.mark.parametrize(
    ("text", "place", "shown", "is_far"),
    [
        ("unix:/run/a/lmtp", Place(path=Path("/run/a/lmtp")), "unix:/run/a/lmtp", False),
        ("127.0.0.1:8024", Place(host="127.0.0.1", port=8024), "inet:127.0.0.1:8024", False),
        ("8024", Place(host="127.0.0.1", port=8024), "inet:127.0.0.1:8024", False),
        ("localhost:0", Place(host="localhost", port=0), "inet:localhost:0", False),
        ("[::1]:24", Place(host="::1", port=24), "inet:[::1]:24", False),
        ("[::]:24", Place(host="::", port=24), "inet:[::]:24", True),
        ("0.0.0.0:24", Place(host="0.0.0.0", port=24), "inet:0.0.0.0:24", True),
        ("mx.example.org:24", Place(host="mx.example.org", port=24), "inet:mx.example.org:24", True),
    ],
)
def test_places(text: str, place: Place, shown: str, is_far: bool) -> None:
    found = parse_place(text)
    assert (found, str(found), found.is_far) == (place, shown, is_far)


@pytest.mark.parametrize(
    "text", ["", "unix:", "/run/lmtp", "host:", "host:70000", "::1:24", "a b:24", "127.0.0.1:25", "h:2\n"]
)
def test_places_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        parse_place(text)


def test_a_socket_is_open_to_owner_and_group_while_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with listening(Place(path=path)) as (place, listener), socket.socket(socket.AF_UNIX) as client:
        assert place.path == path
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        client.connect(str(path))
        listener.accept()[0].close()
    assert not path.exists()


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    assert path.exists()
    with listening(Place(path=path)), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


@pytest.mark.parametrize("waiting", [0, 3])
def test_one_that_is_used_is_not_replaced(tmp_path: Path, waiting: int) -> None:
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as used:
        used.bind(str(path))
        used.listen(waiting)
        with pytest.raises(UsageError, match="Another process takes mail at"), listening(Place(path=path)):
            pass
        assert path.exists()


def test_a_file_that_is_no_socket_stays(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    path.write_text("mine")
    with pytest.raises(UsageError, match="is no socket"), listening(Place(path=path)):
        pass
    assert path.read_text() == "mine"


def test_what_another_put_there_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with listening(Place(path=path)):
        path.unlink()
        path.write_text("theirs")
    assert path.read_text() == "theirs"


def test_places_that_cannot_be_had(tmp_path: Path) -> None:
    [port] = free_ports(1)
    places = [
        Place(path=tmp_path / "nowhere" / "lmtp"),
        Place(path=tmp_path / ("long" * 40)),
        Place(host="192.0.2.1", port=port),
        Place(host="nowhere.invalid", port=port),
    ]
    for place in places:
        with pytest.raises(UsageError, match="cannot be opened at"), listening(place):
            pass
    with listening(Place(host="127.0.0.1", port=0)) as (place, _):
        assert place.port > 0
        with pytest.raises(UsageError, match="cannot be opened at"), listening(place):
            pass
