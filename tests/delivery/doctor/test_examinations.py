from __future__ import annotations

import socket
import threading
import time
from contextlib import closing, suppress

import pytest

from alongside.delivery.doctor import examinations
from alongside.delivery.doctor.examinations import examine
from alongside.delivery.doctor.findings import AREAS
from delivery.doctor.looking import NOW, MakeSetup, NameServer, told


def test_all_areas_in_order(make_setup: MakeSetup, name_server: NameServer) -> None:
    setup = make_setup(environment={"ALONGSIDE_DNS": name_server.address}, site_url="")
    heard: list[list[str]] = []
    findings = examine(setup, wall=lambda: NOW, progress=lambda running: heard.append(list(running)))
    areas = list(dict.fromkeys(finding.area for finding in findings))
    assert areas == list(AREAS)
    assert heard[0] == list(AREAS)
    assert len(heard[-1]) == 1


def test_offline_asks_nobody(make_setup: MakeSetup, name_server: NameServer) -> None:
    setup = make_setup(environment={"ALONGSIDE_DNS": name_server.address, "ALONGSIDE_SMTP_URL": "smtp://localhost"})
    findings = examine(setup, wall=lambda: NOW, offline=True)
    assert [f.message for f in findings if f.what == "network"] == [
        "Mail out (SMTP): not asked, because of --offline.",
        "Answers in (IMAP): not asked, because of --offline.",
        "DNS of the mail's domain: not asked, because of --offline.",
        "Service (HTTPS): not asked, because of --offline.",
    ]
    assert name_server.asked == []


def test_one_area_alone(make_setup: MakeSetup) -> None:
    assert {finding.area for finding in examine(make_setup(), wall=lambda: NOW, areas=["outbox"])} == {"outbox"}


@pytest.mark.parametrize(
    ("environment", "state"), [({}, "warning"), ({"ALONGSIDE_SMTP_URL": "smtp://localhost"}, "error")]
)
def test_dns_matters_once_mail_leaves(
    make_setup: MakeSetup, name_server: NameServer, environment: dict[str, str], state: str
) -> None:
    setup = make_setup(environment={"ALONGSIDE_DNS": name_server.address, **environment})
    assert told(examine(setup, wall=lambda: NOW, areas=["dns"]), "domain")[0] == state


def test_a_wrong_resolver(make_setup: MakeSetup) -> None:
    findings = examine(make_setup(environment={"ALONGSIDE_DNS": "x"}), wall=lambda: NOW, areas=["dns"])
    assert told(findings, "resolver") == (
        "error",
        "ALONGSIDE_DNS names no IP address. Write ALONGSIDE_DNS=127.0.0.1:5353.",
    )


def test_a_server_that_drips_is_left_there(make_setup: MakeSetup) -> None:
    """Each byte comes in time, the line never ends."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):  # the doctor has left
                for _ in range(40):
                    connection.sendall(b"2")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        began = time.monotonic()
        setup = make_setup(environment={"ALONGSIDE_SMTP_URL": url}, timeout=0.1)
        findings = examine(setup, wall=lambda: NOW, areas=["smtp", "outbox"])
    assert told(findings, "time") == (
        "error",
        "It took too long, and was left there. Look at that server's log.",
    )
    assert told(findings, "outbox")[0] == "skipped"
    assert time.monotonic() - began < 1.5


def test_a_broken_check_hides_nothing(make_setup: MakeSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> object:
        raise KeyError("rui@example.net")

    monkeypatch.setattr(examinations, "check_outbox", broken)
    findings = examine(make_setup(), wall=lambda: NOW, areas=["outbox", "secrets"])
    assert told(findings, "check") == (
        "error",
        "This could not be looked at (KeyError). Please report it; what was wrong may stand in the other areas.",
    )
    assert told(findings, "passwords")[0] == "ok"
