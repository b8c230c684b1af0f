"""Set-ups to look at, and a DNS server on a socket of its own."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from alongside.delivery.doctor.setups import Setup
from alongside.settings import MailSettings, Organisation, Settings
from delivery.doctor.looking import NOW, MakeSetup, NameServer


@pytest.fixture
def make_setup(tmp_path: Path) -> MakeSetup:
    """A factory: a set-up in an empty folder, with all that the law asks for."""

    def make(*, environment: Mapping[str, str] | None = None, mail: MailSettings | None = None, now: datetime = NOW,
             simulated: bool = False, timeout: float = 2, **settings: object) -> Setup:  # fmt: skip
        values: dict[str, object] = {
            "site_url": "https://example.org/",
            "organisation": Organisation(name="Us", postal="1 Street, Town", privacy="https://example.org/privacy"),
            "teams": {"community": "Community team"},
            "mail": mail or MailSettings(),
            **settings,
        }
        (tmp_path / "mkdocs.yml").touch()
        return Setup(
            settings=Settings(
                config_file=tmp_path / "mkdocs.yml",
                root=tmp_path,
                docs_dir=tmp_path / "content",
                site_dir=tmp_path / "site",
                journeys_dir=tmp_path / "journeys",
                site_name="Us",
                **values,  # type: ignore[arg-type]
            ),
            environment=environment or {},
            now=now,
            simulated=simulated,
            timeout=timeout,
        )

    return make


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """It listens on a free UDP port."""
    zone = NameServer()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            found = zone.answer(wire)
            if found is not None:
                socket.sendto(found, self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        zone.address = f"127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield zone
        server.shutdown()
