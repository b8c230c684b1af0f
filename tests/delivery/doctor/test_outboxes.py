from __future__ import annotations

from pathlib import Path

import pytest

from alongside.delivery.doctor.outboxes import check_outbox
from delivery.doctor.looking import MakeSetup, told

SERVER = {"ALONGSIDE_SMTP_URL": "smtp://localhost"}


def test_no_outbox_yet(make_setup: MakeSetup) -> None:
    assert told(check_outbox(make_setup()), "outbox") == (
        "ok",
        "No server is named, so mail goes to outbox/, made by the first pass.",
    )
    assert told(check_outbox(make_setup(environment=SERVER)), "outbox") == (
        "skipped",
        "There is none, and none is needed: mail goes to the server.",
    )


@pytest.mark.parametrize(
    ("environment", "count", "state", "said"),
    [
        ({}, 0, "ok", "No server is named, so mail goes to outbox/; 0 mails wait there."),
        ({}, 1, "ok", "No server is named, so mail goes to outbox/; 1 mail waits there."),
        (
            SERVER,
            1,
            "warning",
            "1 mail in outbox/, from when no server was named. Nobody sends it. It counts as sent: look at it, then delete it.",
        ),
        (SERVER, 0, "ok", "Mail goes to the server; 0 mails wait there."),
        (
            SERVER,
            2,
            "warning",
            "2 mails in outbox/, from when no server was named. Nobody sends them. They count as sent: look at them, then "
            "delete them.",
        ),
    ],
)
def test_what_waits(
    tmp_path: Path, make_setup: MakeSetup, environment: dict[str, str], count: int, state: str, said: str
) -> None:
    for name in ("tmp", "new", "cur"):
        (tmp_path / "outbox" / name).mkdir(parents=True, mode=0o700)
    (tmp_path / "outbox").chmod(0o700)
    for number in range(count):
        (tmp_path / "outbox" / "new" / str(number)).touch()
    findings = list(check_outbox(make_setup(environment=environment)))
    assert told(findings, "outbox") == (state, said)
    assert told(findings, "outbox mode") == ("ok", "outbox is for its owner alone.")


def test_an_outbox_that_is_none(tmp_path: Path, make_setup: MakeSetup) -> None:
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox").chmod(0o755)
    findings = list(check_outbox(make_setup()))
    assert told(findings, "outbox mode") == (
        "error",
        "Other accounts of this machine can open outbox (mode 0755). chmod -R u=rwX,go= outbox",
    )
    assert told(findings, "outbox") == (
        "error",
        "outbox/ cannot be read: No such file or directory. A maildir has tmp/, new/ and cur/.",
    )


def test_where_nothing_can_be_made(make_setup: MakeSetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    assert told(check_outbox(make_setup()), "outbox") == (
        "error",
        f"outbox/ cannot be made here. Make {tmp_path.name}/ writable for this user.",
    )
    for name in ("tmp", "new", "cur"):
        (tmp_path / "outbox" / name).mkdir(parents=True)
    assert told(check_outbox(make_setup()), "outbox") == (
        "error",
        "outbox/ cannot be written. Make it writable for this user.",
    )
