"""The service under load and `kill -9`; `make bench AREA=service` does it for a minute."""

from __future__ import annotations

from pathlib import Path

from bench.service_crashes import kill_service


def test_what_was_acknowledged_is_there_and_once(environment: dict[str, str], tmp_path: Path) -> None:
    url = environment["ALONGSIDE_DATABASE_URL"]
    found = kill_service(tmp_path, url=url, seconds=1.5, kills=2, clients=4, seed=1)
    assert not found.refused
    assert (found.lost, found.torn, found.doubled) == (0, 0, 0)
    assert found.enrolled > 0
    assert found.stopped > 0
