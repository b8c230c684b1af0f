"""Passes against servers that break off, lie, stall and refuse: no mail is lost, and none arrives twice for nothing.

A mail may arrive twice only when its connection broke after its last byte and before the answer, and not even then with
`uncertain: hold`. Between passes the clock is moved to when something is due again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alongside.delivery.store import Store, open_store
from alongside.delivery.transports import smtp
from alongside.delivery.transports.envelopes import DeliveryError
from alongside.delivery.transports.smtp_url import SmtpServer, parse_smtp_url
from alongside.delivery.worker import BLOCKED_IN_A_ROW
from alongside.settings import Uncertain
from delivery.conftest import make_newcomers
from delivery.sending import Post, Watched, make_settings
from mail_servers.certificates import Authority
from mail_servers.faults import FAULTS, Drop, Endless, Never, Phase, Rule, Say, Script, greylist, tls_faults
from mail_servers.hostile import HostileServer, running_hostile_server
from mail_servers.servers import own_folder
from stores import put_store

SECRET = "hunter2-and-more"
LYING = {"421 4.3.2 Shutting down at accepted"}  # it says no and keeps the mail: nobody can tell that from a true no
FOR_GOOD = {name for name in FAULTS if name.startswith("550")}
SILENT = {name for name, rule in FAULTS.items() if isinstance(rule.do, Never | Endless)}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of seconds are for servers that are on the other side of the world."""
    monkeypatch.setattr(smtp, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(smtp, "LAST_ANSWER", 1)


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder in memory: hundreds of passes sync their files."""
    with own_folder("sender") as folder:
        yield folder


@pytest.fixture
def sqlite(root: Path) -> Iterator[Store]:
    put_store(root)
    store = open_store(root, {})
    yield store
    store.close()


def reach(server: HostileServer, **fields: object) -> Watched:
    values = {"tls": "none", "connections": 2, "timeout_seconds": 30.0, **fields}
    return Watched(SmtpServer(host="localhost", port=server.port, **values))  # type: ignore[arg-type]


def patience(fault: str) -> float:
    """Seconds for an answer: a slow machine must not look like a silent server, unless one is waited for."""
    return 0.25 if fault in SILENT else 30.0


def check_nothing_is_lost(post: Post, server: HostileServer, transport: Watched, uncertain: Uncertain) -> None:
    """Every mail was accepted, refused or held; and accepted once more at most as often as it was uncertain."""
    assert server.lost(post.ids("sent")) == set()
    assert post.recorded() == len(post.ids("sent"))
    assert set(server.counts) & post.ids("failed") <= set(transport.uncertain)  # taken unheard, and refused later
    for identity, count in server.counts.items():
        assert count <= 1 + (transport.uncertain[identity] if uncertain == "resend" else 0)
    assert post.ids("held") == (set(transport.uncertain) if uncertain == "hold" else set())


def check_is_clear(text: str) -> None:
    assert SECRET not in text
    assert "@example.net" not in text.replace("…@example.net", "")
    assert text.isprintable()
    assert len(text) < 400


def each_once(names: Iterable[str], ways: tuple[Any, Any]) -> list[Any]:
    """Every fault in one of two ways by turns; the other way is a longer run (`make soak`)."""
    return [
        pytest.param(name, way, marks=() if (number + place) % 2 else pytest.mark.soak)
        for number, name in enumerate(sorted(names))
        for place, way in enumerate(ways)
    ]


@pytest.mark.parametrize(("name", "uncertain"), each_once(set(FAULTS) - LYING, ("resend", "hold")))
def test_a_fault_that_passes(sqlite: Store, root: Path, name: str, uncertain: Uncertain) -> None:
    post = Post(sqlite, make_settings(root, uncertain=uncertain))
    post.enroll(make_newcomers(5))
    with running_hostile_server(Script(rules=(replace(FAULTS[name], times=3),))) as server:
        transport = reach(server, timeout_seconds=patience(name))
        post.send_until_done(transport)
        check_nothing_is_lost(post, server, transport, uncertain)
    kinds = {step["state"] for step in post.steps()}
    assert kinds <= {"sent", "failed", "held"}
    assert ("failed" in kinds) == (name in FOR_GOOD)
    for step in post.steps():
        check_is_clear(step["reason"])
        assert bool(step["reason"]) == (step["state"] != "sent")


@pytest.mark.parametrize(("name", "pipelining"), each_once(FAULTS, (True, False)))
def test_a_fault_that_stays(sqlite: Store, root: Path, name: str, pipelining: bool) -> None:
    post = Post(sqlite, make_settings(root, uncertain="hold"))
    post.enroll(make_newcomers(2))
    with running_hostile_server(Script(rules=(FAULTS[name],), pipelining=pipelining)) as server:
        transport = reach(server, timeout_seconds=patience(name))
        error = post.try_to_send(transport)
    if error is not None:
        check_is_clear(str(error))
        assert "localhost takes no mail" in error.message
        assert post.states() == {("planned", ""): 2}
    else:
        assert ("planned", "") not in post.states()
    assert post.left_over() == []
    check_nothing_is_lost(post, server, transport, "hold") if name not in LYING else None
    for step in post.steps():
        check_is_clear(step["reason"])
        if step["state"] == "planned" and step["reason"]:
            assert step["due_at"] > post.now
            assert step["attempts"] == 1


@pytest.mark.parametrize("uncertain", ["resend", "hold"])
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 20))])
def test_everything_at_once(sqlite: Store, root: Path, seed: int, uncertain: Uncertain) -> None:
    rules = [replace(FAULTS[name], chance=0.01) for name in sorted(set(FAULTS) - LYING - SILENT)]
    post = Post(sqlite, make_settings(root, uncertain=uncertain))
    post.enroll(make_newcomers(200))
    with running_hostile_server(Script(rules=tuple(rules), seed=seed)) as server:
        transport = reach(server, connections=4, messages=7)
        post.send_until_done(transport, passes=400)
        check_nothing_is_lost(post, server, transport, uncertain)
    assert len(post.ids("sent", "failed", "held")) == 200
    assert len(post.ids("sent")) > 100
    assert transport.uncertain


def test_greylisting_is_waited_for(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(4))
    with running_hostile_server(Script(rules=(greylist(3),))) as server:
        transport = reach(server)
        report = post.send(transport)
        assert [outcome.kind for outcome in report.outcomes] == ["later"] * 4
        assert post.states() == {("planned", "450 4.2.0 Greylisted, come back later"): 4}
        for step in post.steps():
            assert timedelta(minutes=4) <= step["due_at"] - post.now <= timedelta(minutes=6)
        started = post.now
        post.send_until_done(transport)
    assert post.states() == {("sent", ""): 4}
    assert timedelta(minutes=25) < post.now - started < timedelta(minutes=60)  # 5, 10 and 20
    assert server.duplicates == {}


def test_who_is_refused_for_ever_expires(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(2))
    with running_hostile_server(Script(rules=(FAULTS["451 4.3.0 Try again later at rcpt"],))) as server:
        for _ in range(10):
            post.send(reach(server))
            post.now += timedelta(hours=8)  # longer than any pause
        assert [(step["state"], step["attempts"]) for step in post.steps()] == [("planned", 10)] * 2
        assert max(step["due_at"] for step in post.steps()) < post.now
        post.now += timedelta(days=12)
        post.send(reach(server))
    assert post.states() == {("skipped", "expired"): 2}


@pytest.mark.parametrize(
    ("said", "gone"),
    [("550 5.1.1 User unknown", True), ("550 No such user here", True), ("552 5.3.4 Too big for this user", False)],
)
def test_a_refusal_for_good_ends_the_step_and_a_missing_mailbox_all_mail(
    sqlite: Store, root: Path, said: str, gone: bool
) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(3))
    rule = Rule(at=Phase.RCPT, do=Say(said), recipient="newcomer1@*")
    with running_hostile_server(Script(rules=(rule,))) as server:
        report = post.send(reach(server))
    assert report.count("refused") == 1
    assert post.states() == {("sent", ""): 2, ("failed", said): 1}
    assert post.suppressed() == gone
    (failed,) = (step for step in post.steps() if step["state"] == "failed")
    assert post.address_of(failed["id"]) == "newcomer1@example.net"


def test_a_server_that_wants_nothing_of_ours_ends_the_pass(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(60))
    with running_hostile_server(Script(rules=(FAULTS["554 5.7.1 Not from you at rcpt"],))) as server:
        error = post.try_to_send(reach(server))
    assert error is not None
    assert error.message == f"The server refused {BLOCKED_IN_A_ROW} mails in a row: 554 5.7.1 Not from you."
    check_is_clear(str(error))
    assert post.left_over() == []
    states = post.states()
    assert states["planned", ""] > 30  # never tried
    assert states["planned", "the server takes no such mail: 554 5.7.1 Not from you"] >= BLOCKED_IN_A_ROW
    assert post.suppressed() == 0
    with running_hostile_server() as server:
        post.now += timedelta(hours=7)
        post.send(reach(server))
    assert post.states() == {("sent", ""): 60}
    assert len(server.counts) == 60


@pytest.mark.parametrize("fault", ["550 5.1.1 User unknown at rcpt", "drop at rcpt", "never at accepted"])
def test_one_bad_address_stops_nobody_else(sqlite: Store, root: Path, fault: str) -> None:
    post = Post(sqlite, make_settings(root, uncertain="hold"))
    post.enroll(make_newcomers(20))
    with running_hostile_server(Script(rules=(replace(FAULTS[fault], recipient="newcomer7@*"),))) as server:
        post.send(reach(server, connections=1, timeout_seconds=3.0 if fault in SILENT else 30.0))
    assert len(post.ids("sent")) == 19
    assert len(server.counts) == 19 + (fault == "never at accepted")


def test_a_server_with_few_connections_gets_its_mail(sqlite: Store, root: Path) -> None:
    """The first two connections work; to others it says 421, as providers do to those who come with too many."""
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(60))
    rule = Rule(at=Phase.CONNECT, do=Say("421 4.7.0 Too many connections"), skip=2)
    with running_hostile_server(Script(rules=(rule,))) as server:
        post.send(reach(server, connections=4))
    assert post.states() == {("sent", ""): 60}
    assert server.duplicates == {}


def test_a_server_that_only_knows_helo(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(3))
    with running_hostile_server(Script(knows_ehlo=False, pipelining=False)) as server:
        post.send(reach(server))
    assert len(server.counts) == 3
    assert not server.record.hurries


def test_the_second_copy_of_an_uncertain_mail_is_the_first(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(3))
    with running_hostile_server(Script(rules=(Rule(at=Phase.ACCEPTED, do=Drop(), times=3),))) as server:
        transport = reach(server, connections=1)
        assert [outcome.kind for outcome in post.send(transport).outcomes] == ["later"] * 3
        post.send_until_done(transport)
    assert post.states() == {("sent", ""): 3}
    assert set(server.counts.values()) == {2}
    copies: dict[str, set[bytes]] = {}
    for mail in server.accepted:
        copies.setdefault(mail.message_id, set()).add(mail.content)
    assert [len(contents) for contents in copies.values()] == [1, 1, 1]


@pytest.mark.parametrize("pipelining", [True, False])
def test_nothing_is_said_before_it_may_be(sqlite: Store, root: Path, pipelining: bool) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(30))
    rule = Rule(at=Phase.RCPT, do=Say("550 5.1.1 Unknown"), recipient="newcomer?5@*")
    with running_hostile_server(Script(pipelining=pipelining, rules=(rule,))) as server:
        post.send(reach(server))
    assert len(server.counts) == 28
    assert server.duplicates == {}
    assert not server.record.hurries


def test_connections_are_kept_and_left_after_so_many_mails(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(20))
    with running_hostile_server() as server:
        post.send(reach(server, connections=1, messages=8))
    assert [mail.connection for mail in server.accepted] == [0] * 8 + [1] * 8 + [2] * 4
    assert [line for _, line in server.record.commands].count("QUIT") == 3


def test_a_mail_is_not_offered_to_a_server_that_announced_it_cannot_take_it(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    beyond = [
        replace(newcomer, email=f"jürgen{number}@example.net") for number, newcomer in enumerate(make_newcomers(2))
    ]
    post.enroll(beyond)
    with running_hostile_server(Script(smtputf8=False)) as server:
        post.send(reach(server))
    assert post.states() == {("failed", "the mail server takes no addresses beyond ASCII (SMTPUTF8)"): 2}
    assert post.suppressed() == 0
    post.plan_again()
    with running_hostile_server(Script(size=500)) as server:
        post.send(reach(server))
    assert post.states() == {("failed", "the mail is larger than the server takes (500 octets)"): 2}
    assert not server.accepted
    post.plan_again()
    with running_hostile_server() as server:
        post.send(reach(server))
    assert {mail.recipients for mail in server.accepted} == {("jürgen0@example.net",), ("jürgen1@example.net",)}


TLS_ERRORS = {
    "self-signed": "The certificate of localhost does not fit: self-signed certificate",
    "wrong host": "The certificate of localhost does not fit: Hostname mismatch",
    "expired": "The certificate of localhost does not fit: certificate has expired",
    "454": "localhost takes no mail: 454 4.7.0 TLS not available",
    "no TLS after 220": "localhost takes no mail: ",
    "drop at starttls": "localhost takes no mail: ",
}


@pytest.mark.parametrize("name", sorted(TLS_ERRORS))
def test_nothing_goes_to_a_server_that_cannot_be_trusted(
    sqlite: Store, root: Path, authority: Authority, name: str
) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(3))
    script = replace(tls_faults(authority)[name], passwords={"ana": SECRET})
    with running_hostile_server(script) as server:
        url = f"smtp://ana:{SECRET}@localhost:{server.port}?ca={authority.file}&timeout=30"
        with pytest.raises(DeliveryError) as caught:
            post.send(Watched(parse_smtp_url(url)))
    assert caught.value.message.startswith(TLS_ERRORS[name])
    check_is_clear(str(caught.value))
    assert post.states() == {("planned", ""): 3}
    assert post.left_over() == []
    assert not [line for _, line in server.record.commands if line.startswith(("AUTH", "MAIL"))]


def test_a_server_without_tls_gets_no_password(sqlite: Store, root: Path) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(1))
    with running_hostile_server(Script(passwords={"ana": SECRET})) as server:
        error = post.try_to_send(Watched(parse_smtp_url(f"smtp://ana:{SECRET}@localhost:{server.port}?timeout=30")))
    assert error is not None
    assert error.message.startswith("localhost takes no mail: ")
    assert not [line for _, line in server.record.commands if line.startswith(("AUTH", "MAIL"))]


@pytest.mark.parametrize("implicit", [True, False])
def test_a_wrong_password_is_told_without_it(sqlite: Store, root: Path, authority: Authority, implicit: bool) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(3))
    script = Script(passwords={"ana": "right"}, tls=authority.issue("fitting"), implicit_tls=implicit)
    scheme = "smtps" if implicit else "smtp"
    with running_hostile_server(script) as server:
        options = f"localhost:{server.port}?ca={authority.file}&timeout=30"
        with pytest.raises(DeliveryError) as caught:
            post.send(Watched(parse_smtp_url(f"{scheme}://ana:{SECRET}@{options}")))
        assert caught.value.message == "localhost refused the login: 535 5.7.8 Authentication failed."
        check_is_clear(str(caught.value))
        assert post.states() == {("planned", ""): 3}
        assert post.left_over() == []
        post.send(Watched(parse_smtp_url(f"{scheme}://ana:right@{options}")))
    assert len(server.counts) == 3


def test_a_login_refused_for_the_moment_is_tried_again(sqlite: Store, root: Path, authority: Authority) -> None:
    post = Post(sqlite, make_settings(root))
    post.enroll(make_newcomers(3))
    rule = Rule(at=Phase.AUTH, do=Say("454 4.7.0 Temporary authentication failure"), times=2)
    script = Script(passwords={"ana": SECRET}, tls=authority.issue("fitting"), rules=(rule,))
    with running_hostile_server(script) as server:
        url = f"smtp://ana:{SECRET}@localhost:{server.port}?ca={authority.file}&timeout=30"
        post.send(Watched(parse_smtp_url(url)))
    assert len(server.counts) == 3
