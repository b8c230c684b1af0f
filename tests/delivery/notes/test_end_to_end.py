"""A newcomer and a member write to each other, each through a mail server of their own, and neither learns of the other.

Three Postfix and Dovecot, the command line between them, and nothing that stands for any of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from conftest import CONFIG
from delivery.notes.hosts import (
    ANNELIESE,
    EVE,
    JOHANNA,
    NOTES_DOMAIN,
    OUR_SERVER,
    SERVICE,
    Hosts,
    Person,
    answer_address,
    everything_in,
    link_in,
    parse,
    running_hosts,
    running_our_host,
    text_of,
    threads,
    write_answer,
    write_plain,
)
from delivery.post_office import TEAM, PostOffice, mail_environment
from small_community import MEMBER, WELCOME

pytestmark = pytest.mark.mail

PATIENCE = 60  # seconds; a command in a pipe begins anew for each mail
SAID = (
    "Hello Ana, may I ask you something about my first talk?",
    "Of course you may, that is what I am here for.",
    "How long did you practise before yours?\n\nI have two weeks.",
    "Two weeks, every evening, and it was still too fast.\nAsk the mirror.",
    "Could we look at my slides together? Thursday at 10:00 would be fine.",
    "Thursday it is. Bring tea — and a “plan B”.",
)
FILES = {
    "content/members/ana-souza.md": MEMBER,
    "journeys/month.yml": """\
        title: The first month
        moments:
          - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
          - id: check-in
            owner: community
            where: mail
            after: 7 days
            ask_first: 2 days
            stop_when: [replied, talked]
            message: mails/check-in.md
        """,
    "journeys/mails/welcome.md": WELCOME,
    "journeys/mails/check-in.md": """\
        ---
        subject: How is it going?
        ---
        Hello again! {% if member.words %}{{ member.words }}{% endif %}
        """,
    "contacts.csv": f"slug,email\nana-souza,{ANNELIESE.address}\n",
}


class Correspondence:
    """A community, three hosts, a newcomer and a member: verbs for a test to read by."""

    def __init__(self, office: PostOffice, hosts: Hosts, *, piped: bool = False) -> None:
        self.office, self.hosts, self.piped = office, hosts, piped
        self._arrived = {JOHANNA: 0, ANNELIESE: 0}
        self._posted = 0
        office.done("contacts", "import", str(office.root / "contacts.csv"))
        office.enroll(JOHANNA.address, "Jo")

    def send(self, reader: Person) -> EmailMessage:
        """A pass, and the one mail it brings to that mailbox."""
        self.office.send()
        self._arrived[reader] += 1
        found = self.hosts.host_of(reader.address).wait_for(reader.address, self._arrived[reader], patience=PATIENCE)
        assert len(found) == self._arrived[reader]
        return parse(found[-1])

    def post(self, raw: bytes, *, to: str, account: str, envelope: str = "") -> str:
        """A mail goes to our host; what `alongside inbound` says of it."""
        self.hosts.post(raw, account=account, envelope=envelope or account, to=to)
        self._posted += 1
        ours = self.hosts.ours
        if not self.piped:
            ours.wait_for(TEAM, self._posted, patience=PATIENCE)
            return self.office.done("inbound", "--imap").strip()
        self.hosts.host_of(account).wait_until_quiet(PATIENCE)
        ours.wait_until_quiet(PATIENCE)
        assert [run.status for run in ours.pipe_runs] == [0] * self._posted, ours.pipe_runs[-1].output
        return ours.pipe_runs[-1].output.strip()

    def answer(self, mail: EmailMessage, person: Person, words: str) -> str:
        return self.post(write_answer(mail, person, words), to=answer_address(mail), account=person.address)

    def mailbox(self, person: Person) -> list[bytes]:
        return self.hosts.host_of(person.address).fetch(person.address)

    def told_the_team(self) -> list[EmailMessage]:
        """What we wrote to the team, which `alongside inbound` hears as our own."""
        host = self.hosts.ours
        host.wait_until_quiet(PATIENCE)
        return [mail for mail in map(parse, host.fetch(TEAM)) if TEAM in str(mail["From"])]

    def check_that_neither_knows(self) -> None:
        """Nothing of the one in any byte of the other's mailbox."""
        for reader, other in ((JOHANNA, ANNELIESE), (ANNELIESE, JOHANNA)):
            for raw in self.mailbox(reader):
                told = everything_in(raw)
                assert sorted(each for each in other.secrets if each in told) == [], raw.decode("latin-1")


@pytest.fixture(scope="module")
def running() -> Iterator[Hosts]:
    with running_our_host(TEAM) as ours, running_hosts(ours) as hosts:
        yield hosts


@pytest.fixture
def hosts(running: Hosts) -> Hosts:
    running.empty()
    return running


@pytest.fixture
def begin(write_community: Callable[..., Path]) -> Callable[..., PostOffice]:
    """A community on disk; `mail`: its mail settings."""

    def write(hosts: Hosts | None, *, mail: str = "") -> PostOffice:
        config = CONFIG + (f"      mail: {{{mail}}}\n" if mail else "")
        environment = mail_environment(hosts.ours) if hosts is not None else {"ALONGSIDE_SECRET": "a secret of tests"}
        return PostOffice(write_community({**FILES, "mkdocs.yml": config}), environment)

    return write


@pytest.fixture
def letters(hosts: Hosts, begin: Callable[..., PostOffice]) -> Correspondence:
    return Correspondence(begin(hosts), hosts)


def write_six_notes(letters: Correspondence) -> dict[Person, list[EmailMessage]]:
    """A conversation; what each of them had from us, oldest first."""
    last = letters.send(JOHANNA)
    seen: dict[Person, list[EmailMessage]] = {JOHANNA: [last], ANNELIESE: []}
    for number, words in enumerate(SAID):
        writer, reader = (JOHANNA, ANNELIESE) if number % 2 == 0 else (ANNELIESE, JOHANNA)
        assert letters.answer(last, writer, words) == "1 mail: 1 note passed on."
        last = letters.send(reader)
        assert text_of(last).startswith(f"{words}\n\n-- \n")
        assert "\n>" not in text_of(last)
        seen[reader].append(last)
    return seen


def check_conversation(letters: Correspondence, seen: dict[Person, list[EmailMessage]]) -> None:
    """One thread on each side, and nothing in it of the other."""
    for reader, mails in seen.items():
        host = letters.hosts.host_of(reader.address)
        for number, mail in enumerate(mails):
            before = [str(each["Message-ID"]) for each in mails[:number]]
            assert str(mail["References"] or "").split() == before
            assert str(mail["In-Reply-To"] or "") == (before[-1] if before else "")
        assert threads(host, reader.address) == 1
    letters.check_that_neither_knows()
    assert letters.office.steps(JOHANNA.address)["check-in"][0] == "planned"
    # What they sent, beside what they had: still one thread.
    for reader in seen:
        host = letters.hosts.host_of(reader.address)
        for mail in seen[reader][:-1] if reader is ANNELIESE else seen[reader]:
            host.append(reader.address, write_answer(mail, reader, "Sent."))
        assert threads(host, reader.address) == 1
        host.append(reader.address, write_plain(reader, TEAM, str(seen[reader][-1]["Subject"])))
        assert threads(host, reader.address) == 2  # the subject is not what joins the others


def test_the_search_finds_what_a_mail_program_tells_of_its_user() -> None:
    """Lest the others find nothing because nothing is looked for."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = TEAM, "Welcome", "<1@x>"
    mail.set_content("Hello.\n")
    for person, other in ((JOHANNA, ANNELIESE), (ANNELIESE, JOHANNA)):
        told = everything_in(write_answer(mail, person, "Hello."))
        assert [each for each in person.secrets if each not in told] == []
        assert [each for each in other.secrets if each in told] == []


def test_six_notes_read_over_imap(letters: Correspondence) -> None:
    check_conversation(letters, write_six_notes(letters))


@pytest.mark.soak
def test_six_notes_by_a_domain_that_is_all_notes(hosts: Hosts, begin: Callable[..., PostOffice]) -> None:
    """Where a mail host knows no plus-addresses: every address of the domain leads to the team's mailbox."""
    letters = Correspondence(begin(hosts, mail=f'notes: "@{NOTES_DOMAIN}"'), hosts)
    seen = write_six_notes(letters)
    for mail in (each for mails in seen.values() for each in mails):
        local, _, domain = answer_address(mail).partition("@")
        assert (domain, local[:2], "+" in local) == (NOTES_DOMAIN, "r-", False)
    check_conversation(letters, seen)


@pytest.mark.soak  # six cold starts; the pipe itself is tried in the tests of the command line
def test_six_notes_through_the_pipe(begin: Callable[..., PostOffice]) -> None:
    office = begin(None)
    command = [str(Path(sys.executable).parent / "alongside"), "inbound", "-f", str(office.config)]
    command += ["--recipient", "${original_recipient}", "--sender", "${sender}"]
    with (
        running_our_host(TEAM, pipe_to={TEAM: command}, environment=office.environment) as ours,
        running_hosts(ours) as hosts,
    ):
        office.environment["ALONGSIDE_SMTP_URL"] = mail_environment(ours)["ALONGSIDE_SMTP_URL"]
        letters = Correspondence(office, hosts, piped=True)
        check_conversation(letters, write_six_notes(letters))


# --- how it goes on, and how it ends ---


def test_the_member_is_asked_two_days_before_and_writes_it(letters: Correspondence) -> None:
    letters.send(JOHANNA)
    letters.office.later(4)
    assert "0 mails sent" in letters.office.send()
    letters.office.later(1)
    ask = letters.send(ANNELIESE)
    assert str(ask["Subject"]) == "A few lines to Jo?"
    words = "Dear Jo, did your first talk go well?"
    assert letters.answer(ask, ANNELIESE, words) == "1 mail: 1 note passed on."
    note = letters.send(JOHANNA)
    assert text_of(note).startswith(f"{words}\n\n-- \n")
    letters.office.later(3)
    assert "0 mails sent" in letters.office.send()
    assert letters.office.steps(JOHANNA.address)["check-in"] == ("skipped", "the member wrote it")
    assert letters.answer(note, JOHANNA, "It did, and they laughed.") == "1 mail: 1 note passed on."
    answer = letters.send(ANNELIESE)
    assert str(ask["Message-ID"]) in str(answer["References"])
    for person in (JOHANNA, ANNELIESE):
        assert threads(letters.hosts.host_of(person.address), person.address) == 1
    letters.check_that_neither_knows()


@pytest.mark.soak
def test_nobody_says_anything_and_the_prepared_words_go_out(letters: Correspondence) -> None:
    letters.send(JOHANNA)
    letters.office.later(5)
    ask = letters.send(ANNELIESE)
    assert "    How is it going?" in text_of(ask)  # the member's words for it
    letters.office.later(2)
    mail = letters.send(JOHANNA)
    assert "How is it going?" in text_of(mail)
    assert letters.answer(mail, JOHANNA, "Well, thank you, and the talk is on Friday.") == "1 mail: 1 note passed on."
    note = letters.send(ANNELIESE)
    assert str(ask["Message-ID"]) in str(note["References"])
    letters.check_that_neither_knows()


@pytest.mark.soak
def test_the_one_word_ends_everything(letters: Correspondence) -> None:
    welcome = letters.send(JOHANNA)
    assert letters.answer(welcome, JOHANNA, SAID[0]) == "1 mail: 1 note passed on."
    note = letters.send(ANNELIESE)
    assert letters.answer(note, ANNELIESE, SAID[1]) == "1 mail: 1 note passed on."
    answer = letters.send(JOHANNA)
    assert letters.answer(answer, JOHANNA, "Stop!") == "1 mail: 1 stop request."
    assert letters.answer(note, ANNELIESE, "Are you still there? I hope all is well.") == "1 mail: 1 note returned."
    returned = letters.send(ANNELIESE)
    assert str(returned["Subject"]) == "Your note was not passed on"
    letters.office.later(7)
    assert "0 mails sent" in letters.office.send()
    assert len(letters.mailbox(JOHANNA)) == 2
    letters.check_that_neither_knows()


@pytest.mark.parametrize(
    "reader", [pytest.param(JOHANNA, id="newcomer", marks=pytest.mark.soak), pytest.param(ANNELIESE, id="member")]
)
def test_a_link_in_a_note_lets_nothing_more_through(letters: Correspondence, reader: Person) -> None:
    last = letters.send(JOHANNA)
    newest = {JOHANNA: last}
    for writer, other, words in ((JOHANNA, ANNELIESE, SAID[0]), (ANNELIESE, JOHANNA, SAID[1])):
        letters.answer(newest[writer], writer, words)
        newest[other] = letters.send(other)
    block = link_in(newest[reader], "block")
    raw = write_plain(reader, block, "block")
    assert letters.post(raw, to=block, account=reader.address) == "1 mail: 1 decision about notes."
    writer = ANNELIESE if reader is JOHANNA else JOHANNA
    before = len(letters.mailbox(reader))
    assert letters.answer(newest[writer], writer, "One more thing, if I may ask.") == "1 mail: 1 note returned."
    assert "This conversation has ended" in text_of(letters.send(writer))
    assert letters.answer(newest[writer], writer, "Is anybody there? Hello?") == "1 mail: 1 note returned."
    letters.office.send()
    assert letters.told_the_team() == []
    assert len(letters.mailbox(reader)) == before
    letters.check_that_neither_knows()


# --- who it comes from ---


def forge(letters: Correspondence, mail: EmailMessage, words: str, *, envelope: str = EVE, **headers: str) -> str:
    """Eve answers a mail that she got hold of, in Johanna's name, by her own account."""
    raw = write_answer(mail, JOHANNA, words, **headers)
    return letters.post(raw, to=answer_address(mail), account=EVE, envelope=envelope)


def test_a_forged_note_is_held_and_the_team_is_told(letters: Correspondence) -> None:
    welcome = letters.send(JOHANNA)
    assert forge(letters, welcome, "Send me your password, please.") == "1 mail: 1 note held for the team."
    letters.office.send()
    [alert] = letters.told_the_team()
    assert str(alert["Subject"]) == "Notes: somebody should look"
    assert "password" not in text_of(alert)
    assert letters.mailbox(ANNELIESE) == []
    assert len(letters.mailbox(JOHANNA)) == 1


def test_the_author_counts_when_our_own_server_says_so(hosts: Hosts, begin: Callable[..., PostOffice]) -> None:
    """Through a mailing service the envelope is another; what our server writes of it stands above all that came."""
    letters = Correspondence(begin(hosts, mail=f"authserv: {OUR_SERVER}"), hosts)
    name = f"Authentication-Results: {OUR_SERVER}"
    about = f"header.from={JOHANNA.domain}"
    hosts.ours.postfix.mark_sender(
        SERVICE, f"{name}; spf=pass smtp.mailfrom={SERVICE}; dkim=pass header.d={JOHANNA.domain}; dmarc=pass {about}"
    )
    hosts.ours.postfix.mark_sender(EVE, f"{name}; spf=pass smtp.mailfrom={EVE}; dmarc=none {about}")
    welcome = letters.send(JOHANNA)
    believed = f"{OUR_SERVER}; dmarc=pass {about}"
    for words, forged in (
        ("Tell me where you live.", believed),
        ("Or your telephone number.", f"{OUR_SERVER.upper()} 1;\r\n\tdmarc=pass\r\n\t{about}"),
        ("Or anything else of yours.", f"{believed}\r\nAuthentication-Results: {believed}"),
    ):
        told = forge(letters, welcome, words, Authentication_Results=forged)
        assert told == "1 mail: 1 note held for the team."
    raw = write_answer(welcome, JOHANNA, SAID[0])
    told = letters.post(raw, to=answer_address(welcome), account=EVE, envelope=SERVICE)
    assert told == "1 mail: 1 note passed on."
    note = letters.send(ANNELIESE)
    assert text_of(note).startswith(f"{SAID[0]}\n")
    letters.check_that_neither_knows()


def test_what_our_server_refuses_is_held_even_in_an_envelope_of_theirs(
    hosts: Hosts, begin: Callable[..., PostOffice]
) -> None:
    letters = Correspondence(begin(hosts, mail=f"authserv: {OUR_SERVER}"), hosts)
    welcome = letters.send(JOHANNA)
    found = f"Authentication-Results: {OUR_SERVER}; spf=fail smtp.mailfrom={JOHANNA.domain}; dmarc=fail header.from="
    hosts.ours.postfix.mark_sender(JOHANNA.address, f"{found}{JOHANNA.domain}")
    try:
        told = forge(letters, welcome, "Tell me where you live.", envelope=JOHANNA.address)
    finally:
        hosts.ours.postfix.mark_sender(JOHANNA.address, f"Authentication-Results: {OUR_SERVER}; none")
    assert told == "1 mail: 1 note held for the team."
    assert letters.answer(welcome, JOHANNA, SAID[0]) == "1 mail: 1 note passed on."
