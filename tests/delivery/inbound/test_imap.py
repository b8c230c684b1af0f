"""A mailbox of a real Dovecot, read without a trace."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from alongside.delivery.arrived.mails import LONGEST
from alongside.delivery.inbound import imap
from alongside.delivery.inbound.imap import ImapAccount, ImapError, Progress, parse_imap_url, poll
from alongside.delivery.store import Store, open_store
from alongside.problems import UsageError
from delivery.inbound.letters import letter
from mail_servers.mail_host import MailHost

MAILBOX = "community@community.example.org"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("imaps://ana%40x.example:p%2Fw%20d@mail.x.example/", ("mail.x.example", 993, "ana@x.example", "p/w d", "INBOX", "tls", "")),
        ("imaps://a:b@h:1993/Lists/Welcome%20mail?ca=/etc/ca.pem", ("h", 1993, "a", "b", "Lists/Welcome mail", "tls", "/etc/ca.pem")),
        ("imap://a:b@h", ("h", 143, "a", "b", "INBOX", "starttls", "")),
        ("imap://a:b@127.0.0.1", ("127.0.0.1", 143, "a", "b", "INBOX", "none", "")),
        ("imap://a:b@[::1]:1143", ("::1", 1143, "a", "b", "INBOX", "none", "")),
        ("imap://a:b@localhost?ca=x.pem", ("localhost", 143, "a", "b", "INBOX", "starttls", "x.pem")),
    ],
)  # fmt: skip
def test_urls(url: str, told: tuple[object, ...]) -> None:
    account = parse_imap_url(url)
    found = (account.host, account.port, account.user, account.password, account.folder, account.security)
    assert (*found, account.ca_file) == told
    assert "p/w d" not in repr(account)


@pytest.mark.parametrize(
    "url", ["", "imaps://", "smtp://a:b@h", "imaps://a@h", "imaps://a:b@h:x", "imaps://[", "imaps://a:b@h?x=y"]
)
def test_urls_that_are_none(url: str) -> None:
    with pytest.raises(UsageError, match="ALONGSIDE_IMAP_URL"):
        parse_imap_url(url)


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Store:
    return open_store(tmp_path, {})


def account_of(
    host: MailHost, *, scheme: str = "imaps", password: str = "", folder: str = "INBOX", ca: bool = True
) -> ImapAccount:
    port = host.imaps_port if scheme == "imaps" else host.imap_port
    login = f"{quote(MAILBOX, safe='')}:{quote(password or host.password, safe='')}"
    return parse_imap_url(f"{scheme}://{login}@{host.host}:{port}/{folder}" + (f"?ca={host.ca_file}" if ca else ""))


class Ears:
    """What was heard, by its Message-ID."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.sizes: list[int] = []

    def __call__(self, raw: bytes) -> None:
        self.heard.append(raw.partition(b"Message-ID: <")[2].partition(b"@")[0].decode())
        self.sizes.append(len(raw))


@pytest.mark.mail
class TestDovecot:
    @pytest.fixture(autouse=True)
    def _mailbox(self, mail_host: MailHost) -> None:
        mail_host.add_user(MAILBOX)

    def fill(self, host: MailHost, *names: str, body: str = "Hello.\n") -> None:
        for name in names:
            host.append(MAILBOX, letter(body, Message_ID=f"<{name}@x>"))

    @pytest.mark.parametrize(("scheme", "ca"), [("imaps", True), ("imap", True), ("imap", False)])
    def test_each_mail_once(self, mail_host: MailHost, sqlite_store: Store, scheme: str, ca: bool) -> None:
        account, ears = account_of(mail_host, scheme=scheme, ca=ca), Ears()
        poll(sqlite_store, account, hear=ears)  # an empty mailbox
        assert ears.heard == []
        self.fill(mail_host, "a", "b")
        poll(sqlite_store, account, hear=ears)
        poll(sqlite_store, account, hear=ears)
        self.fill(mail_host, "c")
        poll(sqlite_store, account, hear=ears)
        assert ears.heard == ["a", "b", "c"]

    def test_no_trace(self, mail_host: MailHost, sqlite_store: Store) -> None:
        self.fill(mail_host, "a", "b")
        poll(sqlite_store, account_of(mail_host), hear=Ears())
        with mail_host.connect(MAILBOX) as session:
            session.select("INBOX", readonly=True)
            flags = session.fetch("1:*", "(FLAGS)")[1]
        assert len(flags) == 2
        assert not any(b"\\Seen" in line for line in flags if isinstance(line, bytes))

    def test_mails_that_people_read_or_took_away(self, mail_host: MailHost, sqlite_store: Store) -> None:
        ears = Ears()
        self.fill(mail_host, "a", "b", "c")
        with mail_host.connect(MAILBOX) as session:
            session.select("INBOX")
            session.store("1", "+FLAGS", "\\Seen")
            session.store("2", "+FLAGS", "\\Deleted")
            session.expunge()
        poll(sqlite_store, account_of(mail_host), hear=ears)
        assert ears.heard == ["a", "c"]

    def test_an_interruption(self, mail_host: MailHost, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(imap, "BATCH", 2)
        self.fill(mail_host, "a", "b", "c", "d", "e")
        ears, steps = Ears(), list[Progress]()

        def stumble(raw: bytes) -> None:
            ears(raw)
            if len(ears.heard) == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            poll(sqlite_store, account_of(mail_host), hear=stumble)
        poll(sqlite_store, account_of(mail_host), hear=ears, progress=steps.append)
        assert ears.heard == ["a", "b", "c", "d", "c", "d", "e"]
        assert steps == [Progress(2, 3), Progress(3, 3)]

    def test_a_mailbox_made_anew(self, mail_host: MailHost, sqlite_store: Store) -> None:
        ears = Ears()
        for names in (("a", "b"), ("c",)):
            with mail_host.connect(MAILBOX) as session:
                session.create("Answers")
                for name in names:
                    session.append("Answers", "", "", letter(Message_ID=f"<{name}@x>"))
            poll(sqlite_store, account_of(mail_host, folder="Answers"), hear=ears)
            with mail_host.connect(MAILBOX) as session:
                session.delete("Answers")
        assert ears.heard == ["a", "b", "c"]

    def test_a_long_mail(self, mail_host: MailHost, sqlite_store: Store) -> None:
        ears = Ears()
        self.fill(mail_host, "long", body=("x" * 70 + "\n") * 50_000)
        poll(sqlite_store, account_of(mail_host), hear=ears)
        assert ears.sizes == [LONGEST]

    def test_what_cannot_be_read(self, mail_host: MailHost, sqlite_store: Store) -> None:
        for account, message in (
            (account_of(mail_host, password="wrong"), "refused the login"),
            (account_of(mail_host, password="größer"), "refused the login"),
            (account_of(mail_host, folder="Nowhere"), "has no folder of that name"),
            (account_of(mail_host, ca=False), "cannot be trusted"),
        ):
            with pytest.raises(ImapError, match=message) as caught:
                poll(sqlite_store, account, hear=Ears())
            assert account.password not in str(caught.value)
            assert MAILBOX not in str(caught.value)
