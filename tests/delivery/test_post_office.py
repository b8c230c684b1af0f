"""The whole way, with the command line as real processes: enrolled, sent through Postfix to Dovecot, answered, heard."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import dkim
import icalendar
import mailparser
import pytest

from conftest import CONFIG
from delivery.post_office import JOANA, TEAM, PostOffice, mail_environment
from mail_servers.hostile import running_hostile_server
from mail_servers.mail_host import MailHost, running_mail_host
from mail_servers.no_pipelining import NoPipelining
from mail_servers.opensmtpd import OpenSmtpd
from small_community import BUSY_MEMBER, CAREFUL, CHECK_IN, WELCOME

pytestmark = pytest.mark.mail

MEETUP = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%d 18:30")

FILES = {
    "content/members/ana-souza.md": BUSY_MEMBER.replace("welcomes:", "challenges: [first-talk]\n    welcomes:"),
    "content/challenges.yml": "first-talk: {title: Giving a first talk}\n",
    "content/meetups/evening.md": f"""\
        ---
        title: An evening of talks
        starts: {MEETUP}
        timezone: Europe/Berlin
        duration: 2h
        online: true
        languages: [en]
        challenges: [first-talk]
        ---
        Talks.
        """,
    "journeys/month.yml": """\
        title: The first month
        moments:
          - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
          - {id: check-in, owner: community, where: mail, after: 7 days, stop_when: [replied, talked], message: mails/check-in.md}
          - {id: talks, owner: community, where: mail, from: team, after: 14 days, invite: true, message: mails/talks.md}
        """,
    "journeys/careful.yml": CAREFUL,
    "journeys/mails/welcome.md": WELCOME,
    "journeys/mails/check-in.md": CHECK_IN,
    "journeys/mails/talks.md": """\
        ---
        subject: Talks near you
        ---
        {% for meetup in meetups %}
        - {{ meetup.title }}
        {% endfor %}
        """,
}


@pytest.fixture
def write_office(write_community: Callable[..., Path]) -> Callable[..., PostOffice]:
    """A factory; `more` settings of the plugin, and files that differ."""

    def write(host: MailHost | None, environment: Mapping[str, str], *, more: str = "", **files: str) -> PostOffice:
        config = CONFIG + "".join(f"      {line}\n" for line in more.splitlines())
        return PostOffice(write_community({**FILES, "mkdocs.yml": config, **files}), environment, host)

    return write


@pytest.fixture
def office(write_office: Callable[..., PostOffice], mail_host: MailHost) -> PostOffice:
    for address in (TEAM, JOANA):
        mail_host.add_user(address)
    return write_office(mail_host, mail_environment(mail_host))


def only_header(mail: Any, name: str) -> str:
    [value] = mail.get_all(name)
    return str(value)


def test_every_header_and_part_of_a_journey(write_office: Callable[..., PostOffice], mail_host: MailHost) -> None:
    mail_host.add_user(JOANA)
    office = write_office(mail_host, mail_environment(mail_host), more='mail: {service: "https://s.example.org/"}')
    office.enroll(name="Joana Sílvia 山田")
    before = datetime.now(UTC).replace(microsecond=0)
    assert "1 mail sent" in office.send()
    [welcome] = office.mails()
    office.later(8)
    office.send()
    check_in = office.mails(count=2)[1]
    office.later(7)
    office.send()
    talks = office.mails(count=3)[2]
    for mail in (welcome, check_in, talks):
        check_headers(mail)
    assert before <= parsedate_to_datetime(only_header(welcome, "Date")) <= datetime.now(UTC)
    assert len({only_header(mail, "Message-ID") for mail in (welcome, check_in, talks)}) == 3
    assert only_header(welcome, "From") == f"Ana Souza via Test community <{TEAM}>"
    assert [welcome[name] for name in ("In-Reply-To", "References")] == [None, None]
    for later in (check_in, talks):
        assert (
            only_header(later, "In-Reply-To") == only_header(later, "References") == only_header(welcome, "Message-ID")
        )
    assert [only_header(mail, "Feedback-ID") for mail in (welcome, check_in, talks)] == [
        f"{moment}:month:sequence:alongside" for moment in ("welcome", "check-in", "talks")
    ]
    assert len({only_header(mail, "Return-Path") for mail in (welcome, check_in, talks)}) == 3
    assert len({only_header(mail, "List-Unsubscribe") for mail in (welcome, check_in, talks)}) == 1
    check_parts(mail_host.fetch(JOANA))


def check_headers(mail: Any) -> None:
    assert mail.defects == []
    assert [address.addr_spec for address in mail["From"].addresses] == [TEAM]
    assert only_header(mail, "To") == f"Joana Sílvia 山田 <{JOANA}>"
    assert only_header(mail, "Reply-To") == TEAM
    assert re.fullmatch(r"<[0-9a-f]{32}@community\.example\.org>", only_header(mail, "Message-ID"))
    assert only_header(mail, "List-Id") == "<month.community.example.org>"
    assert re.fullmatch(
        r"<mailto:community\+s-[0-9a-f]+@community\.example\.org\?subject=stop>,\s*"
        r"<https://s\.example\.org/stop/s-[0-9a-f]+>",
        only_header(mail, "List-Unsubscribe"),
    )
    assert only_header(mail, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert only_header(mail, "Auto-Submitted") == "auto-generated"
    assert only_header(mail, "Content-Language") == "en"
    assert only_header(mail, "MIME-Version") == "1.0"
    assert re.fullmatch(r"<community\+b-[0-9a-f]+@community\.example\.org>", only_header(mail, "Return-Path"))
    assert [mail[name] for name in ("Sender", "Cc", "Bcc")] == [None, None, None]


def check_parts(raws: list[bytes]) -> None:
    """By another parser than Python's own."""
    found = [mailparser.parse_from_bytes(raw) for raw in raws]
    assert [mail.subject for mail in found] == ["Welcome, Joana Sílvia 山田", "How is it going?", "Talks near you"]
    assert [mail.to for mail in found] == [[("Joana Sílvia 山田", JOANA)]] * 3
    words = ["Good that you are here.", "How is it going?", "An evening of talks"]
    for mail, said in zip(found, words, strict=True):
        (text,), (html,) = mail.text_plain, mail.text_html
        for part in (text, html):
            assert said in part
            assert "1 Test Street, Testville" in part
            assert "https://example.org/privacy" in part
            assert "https://s.example.org/stop/s-" in part
        assert "<img" not in html
    assert [len(mail.attachments) for mail in found] == [0, 0, 1]
    [attachment] = found[2].attachments
    assert attachment["mail_content_type"] == "text/calendar"
    payload = attachment["payload"]
    content = base64.b64decode(payload) if attachment["binary"] else payload.encode()
    [event] = icalendar.Calendar.from_ical(content).walk("VEVENT")
    assert event["SUMMARY"] == "An evening of talks"
    begins = datetime.strptime(MEETUP, "%Y-%m-%d %H:%M").strftime("%Y%m%dT%H%M00")  # noqa: DTZ007 - a wall time
    assert f"DTSTART;TZID=Europe/Berlin:{begins}".encode() in content


def test_without_a_service_stop_is_a_mail(office: PostOffice) -> None:
    office.enroll()
    office.send()
    [mail] = office.mails()
    assert re.fullmatch(r"<mailto:community\+s-[0-9a-f]+@[a-z.]+\?subject=stop>", only_header(mail, "List-Unsubscribe"))
    assert mail["List-Unsubscribe-Post"] is None
    assert "mailto:community+s-" in mail.get_body(("plain",)).get_content()


def test_a_signature_that_verifies_and_covers_both_list_headers(
    write_office: Callable[..., PostOffice], mail_host: MailHost, tmp_path: Path
) -> None:
    mail_host.add_user(JOANA)
    key_file = tmp_path / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", key_file, "2048"], check=True, capture_output=True)
    shown = subprocess.run(
        ["openssl", "rsa", "-in", key_file, "-pubout", "-outform", "DER"], check=True, capture_output=True
    )
    signing = {"ALONGSIDE_DKIM_KEY": str(key_file), "ALONGSIDE_DKIM_SELECTOR": "s1"}
    environment = {**mail_environment(mail_host), **signing}
    office = write_office(mail_host, environment, more='mail: {service: "https://s.example.org/"}')
    office.enroll(name="Joana Sílvia 山田")
    office.send()
    [raw] = mail_host.wait_for(JOANA)
    asked: list[bytes] = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return b"v=DKIM1; k=rsa; p=" + base64.b64encode(shown.stdout)

    assert dkim.verify(raw, dnsfunc=look_up)
    assert asked == [b"s1._domainkey.community.example.org."]
    signature = str(message_from_bytes(raw)["DKIM-Signature"])
    covered = {name.strip() for name in signature.partition("h=")[2].partition(";")[0].lower().split(":")}
    assert {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post", "message-id", "date"} <= covered
    for old, new in ((b"List-Unsubscribe-Post: ", b"List-Unsubscribe-Post: x"), (b"Subject: ", b"Subject: x")):
        assert not dkim.verify(raw.replace(old, new), dnsfunc=look_up)


def test_an_address_beyond_ascii(office: PostOffice) -> None:
    assert office.host is not None
    office.host.add_user("jürgen@example.net")
    office.enroll("jürgen@example.net", "Jürgen")
    office.send()
    [raw] = office.host.wait_for("jürgen@example.net")
    assert "<jürgen@example.net>".encode() in raw.partition(b"\r\n\r\n")[0]


def test_a_bounce_is_heard_and_ends_their_mail(office: PostOffice) -> None:
    """Postfix bounces to the VERP address: for a mailbox that LMTP refuses, and for a full one."""
    assert office.host is not None
    gone, full = office.host.refusing, office.host.full
    for address in (gone, full):
        office.enroll(address, "Ana")
    assert "2 mails sent" in office.send()
    said = office.hear(2)
    assert "2 bounces" in said
    assert "Bounces: 1 hard, 1 soft." in said
    assert office.steps(gone)["check-in"] == ("skipped", "stopped")
    assert office.steps(full)["check-in"] == ("planned", "")
    office.later(8)
    assert "1 mail sent" in office.send()


@pytest.mark.parametrize("address", ["nobody@example.net", pytest.param("ana@bücher.example", marks=pytest.mark.soak)])
def test_an_unknown_mailbox_is_suppressed_at_once(office: PostOffice, address: str) -> None:
    office.enroll(address, "Nobody")
    told = office.send()
    assert "refused for good: 5" in told
    assert address.partition("@")[0] + "@" not in told
    normal = address.replace("bücher", "xn--bcher-kva")
    assert office.steps(normal)["welcome"][0] == "failed"
    assert office.steps(normal)["check-in"] == ("skipped", "stopped")


@pytest.mark.parametrize("way", ["answer", "button"])
def test_who_says_stop_gets_nothing_more(office: PostOffice, way: str) -> None:
    office.enroll()
    office.send()
    [welcome] = office.mails()
    if way == "answer":
        office.answer(welcome, "Stop")
    else:
        found = re.search(r"<mailto:([^?>]+)\?subject=stop>", str(welcome["List-Unsubscribe"]))
        assert found is not None
        office.answer(welcome, "", to=found[1])
    assert "1 stop request" in office.hear()
    assert office.hear() == "No mail.\n"
    assert office.steps()["check-in"] == ("skipped", "stopped")
    office.later(8)
    assert "0 mails sent" in office.send()
    assert len(office.mails()) == 1


def test_who_answers_gets_no_check_in_but_the_rest(office: PostOffice) -> None:
    office.enroll()
    office.send()
    [welcome] = office.mails()
    office.answer(welcome, "Thank you, that helped!")
    assert "1 answer" in office.hear()
    office.later(8)
    office.send()
    assert office.steps()["check-in"] == ("skipped", "replied")
    office.later(7)
    office.send()
    assert [str(mail["Subject"]) for mail in office.mails(count=2)] == ["Welcome, Joana", "Talks near you"]


@pytest.mark.soak
def test_a_vacation_note_stops_nothing(office: PostOffice) -> None:
    office.enroll()
    office.send()
    [welcome] = office.mails()
    note = EmailMessage()
    note["From"], note["To"] = JOANA, str(welcome["Return-Path"]).strip("<>")
    note["Subject"], note["Auto-Submitted"] = "Out of office", "auto-replied"
    note["In-Reply-To"] = str(welcome["Message-ID"])
    note.set_content("I am away.\n")
    office.post(note, "")
    assert "1 automatic answer" in office.hear()
    office.later(8)
    assert "1 mail sent" in office.send()


def test_asked_before_the_first_mail(office: PostOffice) -> None:
    office.enroll(journey="careful")
    assert "1 mail sent" in office.send()
    [question] = office.mails()
    assert question["List-Id"] is None
    found = re.search(
        r"mailto:(community\+c-[0-9a-f]+@[a-z.]+)\?subject=confirm", question.get_body(("plain",)).get_content()
    )
    assert found is not None
    assert "0 mails sent" in office.send()
    office.answer(question, "Yes", to=found[1])
    assert "1 confirmation" in office.hear()
    assert "1 mail sent" in office.send()
    assert str(office.mails(count=2)[1]["Subject"]) == "Welcome, Joana"


def test_through_the_mail_servers_pipe(write_office: Callable[..., PostOffice]) -> None:
    """Postfix gives what comes to the team's address to `alongside inbound`; no mailbox and no IMAP."""
    command = [str(Path(sys.executable).parent / "alongside"), "inbound", "-f", "{config}"]
    command += ["--recipient", "${original_recipient}", "--sender", "${sender}"]
    office = write_office(None, {"ALONGSIDE_SECRET": "a secret of tests"})
    pipe = {TEAM: [word.replace("{config}", str(office.config)) for word in command]}
    with running_mail_host(pipe_to=pipe, pipe_environment=office.environment) as host:
        office.host = host
        office.environment["ALONGSIDE_SMTP_URL"] = f"{host.smtp_url}?ca={host.ca_file}"
        for address in (JOANA, "bea@example.net"):
            host.add_user(address)
        for address in (JOANA, "bea@example.net", host.refusing):
            office.enroll(address, "Ana")
        assert "3 mails sent" in office.send()
        office.answer(office.mails()[0], "Stop")
        office.answer(office.mails("bea@example.net")[0], "Thanks!", sender="bea@example.net")
        host.wait_until_quiet(patience=60)  # each mail is a command that begins anew
        runs = host.pipe_runs
    assert sorted((run.status, run.output.strip()) for run in runs) == [
        (0, "1 mail: 1 answer."),
        (0, "1 mail: 1 bounce.\nBounces: 1 hard."),
        (0, "1 mail: 1 stop request."),
    ]
    assert office.steps()["check-in"] == ("skipped", "stopped")
    assert office.steps(host.refusing)["check-in"] == ("skipped", "stopped")
    assert office.steps("bea@example.net")["check-in"] == ("planned", "")


def test_a_simulated_clock_never_meets_a_server(office: PostOffice) -> None:
    office.enroll()
    for far in (timedelta(days=-1), timedelta(hours=2), timedelta(days=8)):
        instant = (datetime.now(UTC) + far).strftime("%Y-%m-%dT%H:%MZ")
        assert "sent to outbox/" in office.done("send", "--now", instant)
    assert office.host is not None
    office.host.wait_until_quiet()
    assert office.host.fetch(JOANA) == []
    assert len(list((office.root / "outbox" / "new").iterdir())) == 2


@pytest.mark.parametrize(
    ("left_out", "says"),
    [
        ('postal: "1 Test Street, Testville", ', "a postal address"),
        (', privacy: "https://example.org/privacy"', "a privacy notice"),
    ],
)
def test_mail_does_not_leave_without_what_the_law_asks_for(office: PostOffice, left_out: str, says: str) -> None:
    office.enroll()
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace(left_out, ""), encoding="utf-8")
    assert office.config.read_text(encoding="utf-8") != text
    result = office.run("send")
    assert result.returncode == 1
    assert f"Mail does not leave without {says}" in result.stderr
    assert "Nothing was sent." in result.stderr
    assert office.host is not None
    assert office.host.fetch(JOANA) == []
    office.config.write_text(text, encoding="utf-8")
    assert "1 mail sent" in office.send()


@pytest.mark.soak
def test_a_wrong_password_is_told_and_costs_nothing(office: PostOffice) -> None:
    assert office.host is not None
    office.enroll()
    wrong = office.environment["ALONGSIDE_SMTP_URL"].replace(office.host.password, "hunter2")
    result = office.run("send", ALONGSIDE_SMTP_URL=wrong)
    assert result.returncode == 1
    assert "refused the login: 535 5.7.8" in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
    assert "1 mail sent" in office.send()
    assert len(office.mails()) == 1


@pytest.mark.soak
def test_a_domain_beyond_ascii_is_written_in_ascii_to_the_server(write_office: Callable[..., PostOffice]) -> None:
    office = write_office(None, {"ALONGSIDE_SECRET": "a secret of tests"})
    office.enroll("ana@bücher.example")
    with running_hostile_server() as server:
        office.send(ALONGSIDE_SMTP_URL=server.smtp_url)
    [mail] = server.accepted
    assert mail.recipients == ("ana@xn--bcher-kva.example",)
    assert b"<ana@xn--bcher-kva.example>" in mail.content


@pytest.fixture
def thirty(write_office: Callable[..., PostOffice]) -> PostOffice:
    office = write_office(None, {"ALONGSIDE_SECRET": "a secret of tests"})
    rows = "".join(f"newcomer{number}@example.net,Newcomer {number},consent\n" for number in range(30))
    (office.root / "newcomers.csv").write_text(f"email,name,basis\n{rows}", encoding="utf-8")
    office.done("enroll", "month", "--csv", str(office.root / "newcomers.csv"))
    return office


def test_servers_without_pipelining(thirty: PostOffice, without_pipelining: OpenSmtpd | NoPipelining) -> None:
    assert "30 mails sent" in thirty.send(ALONGSIDE_SMTP_URL=without_pipelining.smtp_url)
    counts = without_pipelining.store.wait_for(30)
    assert len(counts) == 30
    assert set(counts.values()) == {1}
    assert "0 mails sent" in thirty.send(ALONGSIDE_SMTP_URL=without_pipelining.smtp_url)
