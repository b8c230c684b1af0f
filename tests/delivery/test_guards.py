"""What is looked at before mail leaves, and what is let go of: the clock, the law, and what is older than `mail: keep`."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alongside.delivery.clocks import ClockError, check_clock
from alongside.delivery.outgoing import UnlawfulError, check_lawful, choose_signer, choose_transport
from alongside.delivery.retention import sweep
from alongside.delivery.schema import enrollments, messages, newcomers, received, runs, steps
from alongside.delivery.store import Store
from alongside.delivery.transports.maildir import Maildir, file_name
from alongside.delivery.transports.sendmail import Sendmail
from alongside.delivery.transports.smtp import Smtp
from alongside.problems import UsageError
from alongside.settings import MailSettings, Organisation
from delivery.conftest import make_newcomers
from delivery.sending import NOW, Post, make_settings

LAWFUL = Organisation(name="Test", postal="1 Test Street", privacy="https://example.org/privacy")


@pytest.fixture
def post(store: Store, tmp_path: Path) -> Post:
    return Post(store, make_settings(tmp_path))


def ran(post: Post, real_at: datetime | None) -> None:
    row = {"at": NOW, "real_at": real_at, "sent": 0, "skipped": 0, "planned_again": 0, "failed": 0}
    with post.store.writing() as connection:
        connection.execute(sa.insert(runs), row)


def look(post: Post, wall: datetime, *, catch_up: bool = False) -> None:
    with post.store.reading() as connection:
        check_clock(connection, wall=wall, catch_up=catch_up)


def test_the_first_pass_believes_the_clock(post: Post) -> None:
    look(post, NOW)
    ran(post, None)  # a simulated one says nothing
    look(post, NOW - timedelta(days=300))


def test_a_clock_that_went_back_sends_nothing(post: Post) -> None:
    ran(post, NOW)
    look(post, NOW - timedelta(minutes=59))
    with pytest.raises(
        ClockError, match=r"stands at 2026-11-23 07:59 UTC, before the last pass at 2026-11-23 09:00 UTC"
    ):
        look(post, NOW - timedelta(minutes=61))
    look(post, NOW - timedelta(minutes=61), catch_up=True)


def test_a_clock_far_ahead_sends_nothing_that_would_be_lost(post: Post) -> None:
    ran(post, NOW)
    look(post, NOW + timedelta(days=400))  # nobody waits for anything
    post.enroll(make_newcomers(1))
    look(post, NOW + timedelta(days=30))
    with pytest.raises(ClockError, match=r"31 days before this machine's clock.*Nothing was sent\."):
        look(post, NOW + timedelta(days=31))
    look(post, NOW + timedelta(days=31), catch_up=True)


def test_what_waits_for_later_is_not_lost_by_a_quiet_month(post: Post) -> None:
    ran(post, NOW)
    post.enroll(make_newcomers(1))
    with post.store.writing() as connection:
        connection.execute(sa.update(steps).values(due_at=NOW + timedelta(days=60)))
    look(post, NOW + timedelta(days=61))


def fill(post: Post) -> None:
    """Two people who wrote about themselves and got their mail, one of them long ago; mail that came in."""
    people = [replace(newcomer, text="I am afraid of stages.") for newcomer in make_newcomers(2)]
    post.now = NOW - timedelta(days=200)
    post.enroll(people[:1])
    post.send(Maildir(post.settings.outbox_dir))
    post.now = NOW - timedelta(days=10)
    post.enroll(people[1:])
    post.send(Maildir(post.settings.outbox_dir))
    with post.store.writing() as connection:
        for number, days in enumerate((200, 10)):
            row = {"identity": str(number), "kind": "reply", "received_at": NOW - timedelta(days=days)}
            connection.execute(sa.insert(received), row)
    new = post.settings.outbox_dir / "new"
    with post.store.reading() as connection:
        sent = connection.execute(sa.select(messages.c.message_id, messages.c.sent_at)).all()
    for identity, at in sent:
        os.utime(new / file_name(identity), (at.timestamp(), at.timestamp()))


def held(post: Post) -> dict[str, list[Any]]:
    with post.store.reading() as connection:
        return {
            "subjects": list(connection.scalars(sa.select(messages.c.subject).order_by(messages.c.id))),
            "texts": ["text" in profile for profile in connection.scalars(sa.select(newcomers.c.profile).order_by(newcomers.c.id))],
            "received": list(connection.scalars(sa.select(received.c.identity).order_by(received.c.id))),
            "states": list(connection.scalars(sa.select(steps.c.state).order_by(steps.c.id))),
        }  # fmt: skip


def test_what_is_old_is_let_go(post: Post) -> None:
    fill(post)
    sweep(post.store, post.settings, wall=NOW)
    assert held(post) == {
        "subjects": ["", "Hello Newcomer 1"],
        "texts": [False, True],
        "received": ["1"],
        "states": ["sent", "sent"],
    }
    assert len(list((post.settings.outbox_dir / "new").iterdir())) == 1
    post.now = NOW
    assert post.send(Maildir(post.settings.outbox_dir)).outcomes == []  # and nothing is sent again


def test_it_is_done_once_a_day(post: Post) -> None:
    fill(post)
    sweep(post.store, post.settings, wall=NOW)
    before = held(post)
    with post.store.writing() as connection:
        connection.execute(sa.update(messages).values(subject="again"))
    sweep(post.store, post.settings, wall=NOW + timedelta(hours=1))
    assert held(post)["subjects"] == ["again", "again"]
    sweep(post.store, post.settings, wall=NOW + timedelta(days=1))
    assert held(post) == {**before, "subjects": ["", "again"]}


def test_who_still_waits_for_mail_is_still_known(post: Post) -> None:
    fill(post)
    with post.store.writing() as connection:
        connection.execute(sa.update(steps).values(state="planned", done_at=None))
    sweep(post.store, post.settings, wall=NOW)
    assert held(post)["texts"] == [True, True]


def test_who_never_confirms_is_forgotten(post: Post) -> None:
    post.now = NOW - timedelta(days=61)
    post.enroll(make_newcomers(4))
    with post.store.writing() as connection:
        numbers = list(connection.scalars(sa.select(enrollments.c.id).order_by(enrollments.c.id)))
        waits = sa.update(enrollments).values(state="awaiting confirmation")
        connection.execute(waits.where(enrollments.c.id.in_(numbers[:3])))
        connection.execute(waits.where(enrollments.c.id == numbers[1]).values(arm="treated"))
        connection.execute(waits.where(enrollments.c.id == numbers[2]).values(enrolled_at=NOW - timedelta(days=59)))
    sweep(post.store, post.settings, wall=NOW)
    with post.store.reading() as connection:
        assert list(connection.scalars(sa.select(enrollments.c.id).order_by(enrollments.c.id))) == numbers[1:]
        assert connection.scalar(sa.select(sa.func.count()).select_from(newcomers)) == 3


def test_forever_lets_nothing_go(post: Post) -> None:
    fill(post)
    before = held(post)
    sweep(post.store, replace(post.settings, mail=MailSettings(keep=None)), wall=NOW + timedelta(days=3000))
    assert held(post) == before
    assert len(list((post.settings.outbox_dir / "new").iterdir())) == 2


@pytest.mark.parametrize(
    ("organisation", "says"),
    [
        (Organisation(), "a postal address (organisation: postal) and a privacy notice (organisation: privacy)"),
        (replace(LAWFUL, postal=""), "without a postal address (organisation: postal). Nothing"),
        (replace(LAWFUL, privacy=""), "without a privacy notice (organisation: privacy). Nothing"),
    ],
)
def test_mail_says_who_it_is_from(tmp_path: Path, organisation: Organisation, says: str) -> None:
    with pytest.raises(UnlawfulError) as caught:
        check_lawful(replace(make_settings(tmp_path), organisation=organisation))
    assert says in caught.value.message
    assert caught.value.hint.startswith("Add it to mkdocs.yml")


def test_mail_comes_from_where_answers_can_go(tmp_path: Path) -> None:
    nowhere = replace(make_settings(tmp_path), organisation=LAWFUL, site_url="")
    with pytest.raises(UnlawfulError, match="community@localhost"):
        check_lawful(nowhere)
    check_lawful(replace(nowhere, mail=MailSettings(sender="team@example.org")))


def test_the_way_out(tmp_path: Path) -> None:
    settings = replace(make_settings(tmp_path), organisation=LAWFUL)
    smtp = {"ALONGSIDE_SMTP_URL": "smtps://ana:x@smtp.example.org?connections=7"}
    program = {"ALONGSIDE_SMTP_URL": "sendmail:/bin/true"}
    assert isinstance(choose_transport(settings, {}, simulated=False), Maildir)
    assert isinstance(choose_transport(settings, smtp, simulated=True), Maildir)
    chosen = choose_transport(settings, smtp, simulated=False)
    assert isinstance(chosen, Smtp)
    assert (chosen.lanes, chosen.hostname) == (7, "community.example.org")
    assert isinstance(choose_transport(settings, program, simulated=False), Sendmail)
    for environment in (smtp, program):
        with pytest.raises(UnlawfulError):
            choose_transport(make_settings(tmp_path), environment, simulated=False)
    choose_transport(make_settings(tmp_path), smtp, simulated=True)


def test_who_signs(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    assert choose_signer(settings, {}) is None
    assert choose_signer(settings, {"ALONGSIDE_DKIM_SELECTOR": "s1"}) is None  # the relay signs; `doctor` looks there
    (tmp_path / "key.pem").write_text("no key")
    for environment, says in (
        ({"ALONGSIDE_DKIM_KEY": str(tmp_path / "key.pem")}, "needs ALONGSIDE_DKIM_SELECTOR too"),
        ({"ALONGSIDE_DKIM_KEY": "/no/file", "ALONGSIDE_DKIM_SELECTOR": "s1"}, "cannot be read: No such file"),
        ({"ALONGSIDE_DKIM_KEY": str(tmp_path / "key.pem"), "ALONGSIDE_DKIM_SELECTOR": "s1"}, "no private key"),
    ):
        with pytest.raises(UsageError, match=says):
            choose_signer(settings, environment)


def test_a_real_pass_tells_the_clock(post: Post) -> None:
    post.wall = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    post.send(Maildir(post.settings.outbox_dir))
    with pytest.raises(ClockError):
        look(post, post.wall - timedelta(hours=2))
