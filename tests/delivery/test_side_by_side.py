"""One pass by several processes: each mail once, one report, and the first thing that went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from bench.mail_crashes import recording_sink
from bench.mail_people import NOW, Example, fill_store, load_example

from alongside.delivery.schema import runs
from alongside.delivery.side_by_side import send_side_by_side
from alongside.delivery.store import Store, open_store
from alongside.delivery.transports.envelopes import DeliveryError
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import parse_smtp_url
from alongside.delivery.worker import PassReport

from .conftest import make_world

MAILS, PROCESSES = 450, 3  # more than two batches


@pytest.fixture
def example(store: Store, tmp_path: Path) -> Example:
    found = load_example(tmp_path)
    fill_store(store, found, MAILS)
    return found


def send(store: Store, environment: dict[str, str], example: Example, port: int, **how: object) -> PassReport:
    root = example.settings.root
    server = parse_smtp_url(f"smtp://127.0.0.1:{port}?connections=6")
    return send_side_by_side(
        store,
        example.desk(store),
        make_world(root, NOW),
        open_store=lambda: open_store(root, environment),
        open_transport=Smtp(server, hostname="community.example.org").share,
        processes=PROCESSES,
        **how,  # type: ignore[arg-type]
    )


def test_each_mail_goes_out_once_and_all_is_told(
    store: Store, environment: dict[str, str], example: Example, tmp_path: Path
) -> None:
    heard: list[int] = []
    record = tmp_path / "accepted"
    with recording_sink(record) as port:
        report = send(store, environment, example, port, progress=heard.append)
    accepted = [line.split()[0] for line in record.read_text().splitlines()]
    assert len(accepted) == len(set(accepted)) == MAILS
    assert report.count("sent") == MAILS
    with store.reading() as connection:
        assert connection.execute(sa.select(runs.c.sent)).scalars().all() == [MAILS]
    assert list((tmp_path / "journal").iterdir()) == []


def test_a_server_that_is_not_there_is_told_once(store: Store, environment: dict[str, str], example: Example) -> None:
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1 takes no mail") as caught:
        send(store, environment, example, 1)
    assert "alongside doctor" in caught.value.hint


def test_a_share_has_a_connection_at_least() -> None:
    smtp = Smtp(parse_smtp_url("smtp://localhost?connections=4"), hostname="community.example.org")
    assert [smtp.share(of).lanes for of in (1, 2, 3, 8)] == [4, 2, 1, 1]
