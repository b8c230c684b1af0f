"""After a crash: what journals and leases say of claimed steps, and what a person says of held ones. Both databases."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery.claims import Batch, LoadBook, claim_batch
from alongside.delivery.decisions import Wait
from alongside.delivery.desk import Desk
from alongside.delivery.journal import Journal, Started
from alongside.delivery.pending import list_held
from alongside.delivery.records import FIRST_BACKOFF, LONGEST_BACKOFF, Refused, backoff, put_off, record_refused
from alongside.delivery.recovery import FOREIGN, NOBODY_SAID, Recovered, recover, resolve_held
from alongside.delivery.schema import events, messages, steps
from alongside.delivery.store import Store
from alongside.delivery.transports.smtp_url import SmtpServer
from alongside.settings import Uncertain
from delivery.conftest import make_newcomers
from delivery.sending import DOMAIN, Post, Watched, make_settings
from mail_servers.hostile import HostileServer, running_hostile_server

WALL = datetime.now(UTC).replace(microsecond=0)


def claim(post: Post, token: str, *, leased_until: datetime = WALL + timedelta(minutes=10)) -> Batch:
    """Take every step, as a process does that dies then."""
    desk = Desk(post.community, post.settings, key=post.store.key)
    with post.store.writing() as connection:
        return claim_batch(
            connection,
            key=post.store.key,
            journeys=post.community.journeys,
            decide=partial(desk.decide, now=post.now),
            assign=partial(desk.assign, now=post.now),
            resolve=str,
            load_book=LoadBook(str),
            contacts={},
            now=post.now,
            leased_until=leased_until,
            token=token,
            limit=100,
        )


def settle(post: Post, uncertain: Uncertain = "resend", *, boot: str = "this", wall: datetime = WALL) -> Recovered:
    return recover(
        post.store, post.settings.journal_dir, domain=DOMAIN, uncertain=uncertain, now=post.now, wall=wall, boot=boot
    )


def leave_journal(post: Post, *, transport: str = "smtp") -> None:
    """Five steps: delivered, refused, begun, begun, never begun."""
    journal = Journal(post.settings.journal_dir, token="dead", transport=transport, boot="this")
    first, second, third, fourth, _ = (step["id"] for step in post.steps())
    for step in (first, second, third, fourth):
        journal.started(step, Started(member="ana", story="", language="en"))
    journal.delivered(first)
    journal.refused(second)
    journal.close(settled=False)


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    post = Post(store, make_settings(tmp_path))
    post.enroll(make_newcomers(5))
    return post


@pytest.mark.parametrize("uncertain", ["resend", "hold"])
def test_a_journal_settles_its_claims(post: Post, uncertain: Uncertain) -> None:
    claim(post, "dead")
    leave_journal(post)
    claimed_at = post.now
    post.now += timedelta(hours=1)
    found = settle(post, uncertain)
    hold = uncertain == "hold"
    assert found == Recovered(delivered=1, given_back=2, resent=0 if hold else 2, held=2 if hold else 0)
    states = [(step["state"], step["reason"], step["dated_at"]) for step in post.steps()]
    left = ("held" if hold else "planned", NOBODY_SAID, claimed_at)
    assert states[1:] == [("planned", "", None), left, left, ("planned", "", None)]
    assert states[0][0] == "sent"
    assert post.left_over() == []
    with post.store.reading() as connection:
        [row] = connection.execute(sa.select(messages)).mappings().all()
    assert f"<{row['message_id']}>" == post.identity(post.steps()[0]["id"])
    assert (row["member"], row["language"], row["transport"], row["sent_at"]) == ("ana", "en", "smtp", post.now)
    assert settle(post, uncertain) == Recovered()


def test_into_a_maildir_the_same_mail_again_is_no_second_one(post: Post) -> None:
    claim(post, "dead")
    leave_journal(post, transport="maildir")
    assert settle(post, "hold") == Recovered(delivered=1, given_back=2, resent=2)


def test_after_a_power_cut_all_of_it_is_uncertain(post: Post) -> None:
    claim(post, "dead")
    leave_journal(post)
    assert settle(post, "hold", boot="another") == Recovered(delivered=1, given_back=1, held=3)


@pytest.mark.parametrize("uncertain", ["resend", "hold"])
def test_claims_of_another_machine_wait_for_their_lease(post: Post, uncertain: Uncertain) -> None:
    claim(post, "elsewhere")
    assert settle(post, uncertain, wall=WALL + timedelta(minutes=9, seconds=59)) == Recovered()
    assert post.states() == {("claimed", ""): 5}
    found = settle(post, uncertain, wall=WALL + timedelta(minutes=10))
    assert found == (Recovered(held=5) if uncertain == "hold" else Recovered(resent=5))
    assert post.states() == {("held" if uncertain == "hold" else "planned", FOREIGN): 5}


def test_a_living_process_here_keeps_its_claims_however_slow_it_is(post: Post) -> None:
    claim(post, "alive", leased_until=WALL - timedelta(hours=1))
    journal = Journal(post.settings.journal_dir, token="alive", transport="smtp", boot="this")
    assert settle(post) == Recovered()
    assert post.states() == {("claimed", ""): 5}
    journal.close(settled=False)
    assert settle(post) == Recovered(given_back=5)


def test_a_journal_of_claims_that_others_took_over_says_nothing_of_them(post: Post) -> None:
    claim(post, "dead")
    leave_journal(post)
    with post.store.writing() as connection:
        connection.execute(sa.update(steps).values(claimed_by="another"))
    assert settle(post) == Recovered()
    assert post.states() == {("claimed", ""): 5}


@pytest.mark.parametrize("sent", [True, False])
def test_a_person_says_what_became_of_held_mails(post: Post, sent: bool) -> None:
    batch = claim(post, "dead")
    leave_journal(post)
    settle(post, "hold")
    post.now += timedelta(hours=2)
    with post.store.writing() as connection:
        held = list_held(connection)
        assert [(one.moment, one.reason) for one in held] == [("welcome", NOBODY_SAID)] * 2
        which = [one.step_id for one in held] + [99_999]
        assert resolve_held(connection, which, sent=sent, key=post.store.key, domain=DOMAIN, now=post.now) == 2
        assert resolve_held(connection, which, sent=sent, key=post.store.key, domain=DOMAIN, now=post.now) == 0
    if sent:
        assert post.states()["sent", ""] == 3
        assert post.recorded() == 3
    else:
        with running_hostile_server() as server:
            post.send(Watched(SmtpServer(host="localhost", port=server.port, tls="none")))
        assert len(server.counts) == 4
        dates = {mail.message_id: mail.content.split(b"Date: ")[1].split(b"\r\n")[0] for mail in server.accepted}
        first = batch.claims[0].dated_at.strftime("%H:%M:%S").encode()
        assert [first in dates[post.identity(number)] for number in which[:2]] == [True, True]


def test_who_lost_a_claim_changes_nothing_of_it(post: Post) -> None:
    """A machine slept over its lease, and wakes up with answers: a step that is another's, or was sent, stays so."""
    claim(post, "sleeper")
    sent, other, *_ = (step["id"] for step in post.steps())
    with post.store.writing() as connection:
        connection.execute(sa.update(steps).where(steps.c.id == sent).values(state="sent", claimed_by=""))
        connection.execute(sa.update(steps).where(steps.c.id == other).values(claimed_by="another"))
        before = connection.execute(sa.select(steps).where(steps.c.id.in_((sent, other))).order_by(steps.c.id)).all()
        wait = Wait(until=post.now + timedelta(hours=1), reason="451")
        put_off(connection, [(sent, wait), (other, wait)], token="sleeper", attempted=True)
        refused = [Refused(step_id=number, reason="550", mailbox_gone=False) for number in (sent, other)]
        record_refused(connection, post.store.key, refused, token="sleeper", resolve=str, now=post.now)
        after = connection.execute(sa.select(steps).where(steps.c.id.in_((sent, other))).order_by(steps.c.id)).all()
    assert after == before


def test_leases_are_renewed_while_it_is_slow(post: Post) -> None:
    """Every look at the wall clock is four minutes later: five mails take longer than one lease."""
    looks: list[datetime] = []

    def wall() -> datetime:
        looks.append(WALL + timedelta(minutes=4) * len(looks))
        return looks[-1]

    with running_hostile_server() as server:
        post.send(Watched(SmtpServer(host="localhost", port=server.port, tls="none", connections=1)), wall=wall)
    assert looks[-1] - looks[0] > timedelta(minutes=20)
    assert post.states() == {("sent", ""): 5}
    assert server.duplicates == {}


def test_what_another_took_over_while_the_machine_slept_is_left_to_it(post: Post) -> None:
    """After the second mail the wall clock jumps by an hour, and the last two steps are another machine's."""
    taken: list[int] = []
    servers: list[HostileServer] = []

    def wall() -> datetime:
        if len(servers[0].accepted) >= 2 and not taken:
            taken.extend(step["id"] for step in post.steps()[3:])
            with post.store.writing() as connection:
                connection.execute(sa.update(steps).where(steps.c.id.in_(taken)).values(claimed_by="another"))
        return WALL + timedelta(hours=1 if taken else 0)

    with running_hostile_server() as server:
        servers.append(server)
        post.send(Watched(SmtpServer(host="localhost", port=server.port, tls="none", connections=1)), wall=wall)
    assert len(server.counts) == 3
    assert [step["state"] for step in post.steps()] == ["sent"] * 3 + ["claimed"] * 2
    assert {step["claimed_by"] for step in post.steps()[3:]} == {"another"}


def test_a_refusal_for_good_is_written_down_once(post: Post) -> None:
    claim(post, "alive")
    number = post.steps()[0]["id"]
    for _ in range(2):
        with post.store.writing() as connection:
            gone = [Refused(step_id=number, reason="550 5.1.1 unknown", mailbox_gone=True)]
            record_refused(connection, post.store.key, gone, token="alive", resolve=str, now=post.now)
    with post.store.reading() as connection:
        bounced = connection.scalar(sa.select(sa.func.count()).select_from(events).where(events.c.kind == "bounced"))
    assert bounced == 1
    assert post.suppressed() == 1
    assert post.states()["failed", "550 5.1.1 unknown"] == 1


def test_pauses_grow_and_differ() -> None:
    chance = random.Random(1)
    for attempts in range(1, 40):
        right = min(FIRST_BACKOFF * 2 ** (attempts - 1), LONGEST_BACKOFF)
        waits = {backoff(attempts, chance) for _ in range(50)}
        assert len(waits) > 10
        assert right * 0.8 <= min(waits) <= right <= max(waits) <= right * 1.2


@pytest.mark.parametrize("rates", [{"rate": 100.0}, {"domain_rates": {"example.net": 100.0}}])
def test_a_rate_is_kept_without_bursts(store: Store, tmp_path: Path, rates: dict[str, object]) -> None:
    post = Post(store, make_settings(tmp_path, **rates))
    post.enroll(make_newcomers(30))
    with running_hostile_server() as server:
        post.send(Watched(SmtpServer(host="localhost", port=server.port, tls="none")))
    assert post.states() == {("sent", ""): 30}
    took = max(mail.after_seconds for mail in server.accepted) - min(mail.after_seconds for mail in server.accepted)
    assert took > 0.2  # 29 pauses of 10 ms, however quick the machine is


def test_what_would_wait_for_long_is_planned_again(store: Store, tmp_path: Path) -> None:
    post = Post(store, make_settings(tmp_path, domain_rates={"example.net": 1 / 60}))
    post.enroll(make_newcomers(10))
    with running_hostile_server() as server:
        report = post.send(Watched(SmtpServer(host="localhost", port=server.port, tls="none")))
    assert (report.count("sent"), report.count("waits")) == (1, 9)
    assert post.states()["planned", "to keep the pace"] == 9
    due = sorted(step["due_at"] for step in post.steps() if step["state"] == "planned")
    assert len(set(due)) == 9  # not all at once
    assert due[-1] - due[0] >= timedelta(minutes=7)
