"""What can go wrong with a note, and what happens then: the rows of the handbook's table that no other test shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.header import Header
from pathlib import Path

import pytest
import sqlalchemy as sa

from alongside.delivery import people
from alongside.delivery.contacts import import_contacts
from alongside.delivery.notes.care import forget_notes, reopen
from alongside.delivery.notes.conversations import MOST_A_DAY
from alongside.delivery.notes.letters import LEASE, TRIES, claim_letter
from alongside.delivery.notes.machines import MOST_ALIKE
from alongside.delivery.notes.post import send_letters
from alongside.delivery.notes.relaying import MOST_FIRST_NOTES
from alongside.delivery.notes.writing import KEEP_FIRST_NOTES, office_of
from alongside.delivery.relay_addresses import GOOD_FOR, STEADY, change_key
from alongside.delivery.schema import absences, contacts, first_notes, letters, notes, suppressions
from alongside.delivery.store import Store
from alongside.delivery.tokens import make_token
from alongside.delivery.transports.envelopes import OutOfReachError
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import SmtpServer
from alongside.model.people import Consent, Member
from alongside.rendering.mails.envelope import tagged_address
from delivery.inbound.letters import report
from delivery.notes.village import ANA, BEA, JO, MAILBOX, Mail, Village, reply
from mail_servers.faults import Phase, Rule, Say, Script
from mail_servers.hostile import running_hostile_server

DAY = timedelta(days=1)
ASKED = "Hello Ana, may I ask you something?"
ANSWERED = "Of course you may, that is what I am here for."
STRANGER = "eve@stranger.example.com"


@pytest.fixture
def village(store: Store, tmp_path: Path) -> Village:
    return Village(store, tmp_path)


ON_THE_PAGE_ALONE = Consent(since=date(2026, 1, 1), containers=frozenset({"page"}))


def welcome(village: Village) -> Mail:
    village.enroll()
    (mail,) = village.send()
    return mail


def note(village: Village) -> tuple[Mail, Mail]:
    """(the welcome, Jo's answer to it as Ana got it)."""
    mail = welcome(village)
    assert jo(village, mail, ASKED) == "note"
    (passed,) = village.send()
    return mail, passed


def jo(village: Village, mail: Mail, text: str, **headers: str) -> str:
    """Jo answers; as what it was heard."""
    return village.answer(mail, f"Jo <{JO}>", text, **headers).kind


def ana(village: Village, mail: Mail, text: str, **headers: str) -> str:
    return village.answer(mail, f"Ana <{ANA}>", text, **headers).kind


def asked(village: Village) -> tuple[Mail, Mail]:
    """(the welcome, the question to Ana before the check-in)."""
    mail = welcome(village)
    (question,) = village.send(after=5 * DAY)
    return mail, question


def press(village: Village, address: str, sender: str) -> str:
    """Send the mail of a mailto link."""
    return village.hear(
        f"From: {sender}\nTo: {address}\nSubject: x\nMessage-ID: <{address}>\n\n".encode(), sender=sender
    ).kind


def first_note(village: Village, text: str = "May I ask you, Ana?", *, to: str = "ana", sender: str = STRANGER) -> str:
    identity = len(village.rows(first_notes)) + len(text)
    raw = f"From: Eve <{sender}>\nTo: community+{to}@community.example.org\nMessage-ID: <{identity}@z>\n\n{text}\n"
    return village.hear(raw.encode(), sender=sender).kind


def letter_address(village: Village, kind: str = "note") -> str:
    """Where a bounce of the last letter of that kind goes."""
    number = max(row["id"] for row in village.rows(letters) if row["kind"] == kind)
    return tagged_address(MAILBOX, make_token("letter", number, village.store.key))


def of_ana(village: Village, **fields: object) -> None:
    """Ana's file changes."""
    member: Member = replace(village.community.members["ana"], **fields)  # type: ignore[arg-type]
    village.community = replace(village.community, members={**village.community.members, "ana": member})


def returned(village: Village) -> str:
    """Why the last note was not passed on, as its writer is told."""
    (mail,) = village.send()
    assert mail.message["Subject"] == "Your note was not passed on"
    assert mail.message["Auto-Submitted"] != "no"
    return mail.text


# --- machines ---


@pytest.mark.parametrize(("headers", "text", "envelope"), [
    ({"Auto_Submitted": "auto-replied"}, "I am away.", JO),
    ({}, "I am away.", ""),
    ({"Precedence": "bulk"}, "I am away.", JO),
    ({"X_Autoreply": "yes"}, "I am away.", JO),
    ({"Content-Type": "text/calendar; method=REPLY"}, "BEGIN:VCALENDAR", JO),
    ({"Content-Type": "multipart/report; report-type=disposition-notification; boundary=b"}, "--b\n\nRead.\n--b--", JO),
], ids=["auto-submitted", "null-sender", "precedence", "x-autoreply", "calendar", "receipt"])  # fmt: skip
def test_what_machines_write_is_no_note(village: Village, headers: dict[str, str], text: str, envelope: str) -> None:
    mail = welcome(village)
    more = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    raw = f"From: Jo <{JO}>\nTo: {mail.answer_to}\nSubject: Re: Hello\nMessage-ID: <1@z>\n{more}\n{text}\n"
    assert village.hear(raw.encode(), sender=envelope).kind in ("automatic", "foreign")
    assert (village.notes(), village.send()) == ([], [])
    assert "replied" not in village.events()


@pytest.mark.parametrize(
    "subject", ["Out of office", "Automatische Antwort: Hello", "自動返信: Hello", "رد تلقائي: Hello"]
)
def test_vacation_subjects_are_no_notes(village: Village, subject: str) -> None:
    mail = welcome(village)
    raw = f"From: Jo <{JO}>\nTo: {mail.answer_to}\nSubject: {subject}\nMessage-ID: <1@z>\n\nI am away.\n"
    assert village.hear(raw.encode(), sender=JO).kind == "automatic"
    assert village.send() == []


def test_a_robots_address_writes_no_notes(village: Village) -> None:
    mail = welcome(village)
    raw = f"From: noreply@example.net\nTo: {mail.answer_to}\nMessage-ID: <1@z>\n\nYour ticket is 7.\n"
    assert village.hear(raw.encode(), sender="noreply@example.net").kind == "automatic"


def test_our_own_note_that_comes_home_is_not_passed_on(village: Village) -> None:
    _, passed = note(village)
    assert village.hear(passed.raw, sender=ANA, recipient=passed.answer_to).kind == "own"
    assert village.send() == []


def test_the_same_words_again_are_passed_on_once(village: Village) -> None:
    mail = welcome(village)
    said = "I am not at my desk. Your mail will be read next week."
    assert [jo(village, mail, said) for _ in range(5)] == ["note", *["automatic"] * 4]
    assert len(village.send()) == 1


def test_a_machine_that_counts_is_noticed(village: Village) -> None:
    mail = welcome(village)
    kinds = [jo(village, mail, f"Ticket {n} was opened at 10:{n:02} for your request.") for n in range(MOST_ALIKE + 3)]
    assert kinds.count("note") <= MOST_ALIKE
    assert kinds[-1] == "automatic"


def test_two_machines_that_answer_each_other_come_to_an_end(village: Village) -> None:
    mail = welcome(village)
    jo(village, mail, ASKED)
    sent, waiting = 0, village.send()
    for _ in range(40):
        if not waiting:
            break
        sent += len(waiting)
        for letter in waiting:
            who = jo if letter.message["To"].addresses[0].addr_spec == JO else ana
            who(village, letter, "Thank you for your mail. We have received it and will look at it soon.")
        waiting = village.send(after=timedelta(minutes=1))
    assert waiting == []
    assert sent <= 6


def test_more_notes_than_a_person_writes_in_a_day_are_held(village: Village) -> None:
    mail = welcome(village)
    texts = [chr(97 + n % 26) * 3 + chr(97 + n // 26) * 2 for n in range(MOST_A_DAY + 2)]
    kinds = [jo(village, mail, f"{text} {text}") for text in texts]
    assert kinds == ["note"] * MOST_A_DAY + ["held"] * 2
    alerts = [each for each in village.send() if each.message["To"].addresses[0].addr_spec == MAILBOX]
    assert len(alerts) == 1
    village.now += DAY
    assert jo(village, mail, "Good morning, Ana.") == "note"


# --- what comes back ---


def test_a_note_to_a_mailbox_that_is_gone_ends_their_mail(village: Village) -> None:
    _, passed = note(village)
    ana(village, passed, ANSWERED)
    village.send()
    raw = report(to=letter_address(village), recipient=JO)
    assert village.hear(raw, sender="").kind == "bounce"
    assert [row["reason"] for row in village.rows(suppressions)] == ["bounced"]
    assert ana(village, passed, "Are you still there, Jo?") == "returned"
    assert "nobody at the other end" in returned(village)


def test_a_note_that_the_member_cannot_get_tells_the_team(village: Village) -> None:
    mail, _ = note(village)
    raw = report(to=letter_address(village), recipient=ANA)
    assert village.hear(raw, sender="").kind == "bounce"
    (alert,) = village.send()
    assert "contacts import" in alert.text
    assert ANA not in alert.text
    assert jo(village, mail, "Are you still there, Ana?") == "returned"
    assert "nobody at the other end" in returned(village)


def test_a_full_mailbox_changes_nothing(village: Village) -> None:
    mail, _ = note(village)
    raw = report("failed", "5.2.2", "smtp; 552 5.2.2 Mailbox full", to=letter_address(village), recipient=ANA)
    assert village.hear(raw, sender="").kind == "bounce"
    assert village.send() == []
    assert jo(village, mail, "And another question, Ana.") == "note"


def test_somebody_elses_bounce_is_nobodys(village: Village) -> None:
    mail, _ = note(village)
    assert village.hear(report(to=mail.answer_to, recipient="x@y.example"), sender="").kind == "foreign"
    assert (village.rows(suppressions), village.send()) == ([], [])


@pytest.mark.parametrize("newcomer", [True, False])
def test_who_calls_a_note_spam_gets_no_more(village: Village, newcomer: bool) -> None:
    mail, passed = note(village)
    if newcomer:
        ana(village, passed, ANSWERED)
        (passed,) = village.send()
    raw = (
        "From: abuse@provider.example\nTo: community@community.example.org\nMessage-ID: <arf@p>\n"
        'Content-Type: multipart/report; report-type="feedback-report"; boundary=b\n\n'
        "--b\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
        "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: X/1\nVersion: 1\n"
        f"Original-Mail-From: <{letter_address(village)}>\n\n"
        f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {passed.message['Message-ID']}\n\nHello.\n--b--\n"
    )
    assert village.hear(raw.encode(), sender="abuse@provider.example").kind == "complaint"
    if newcomer:
        assert [row["reason"] for row in village.rows(suppressions)] == ["complaint"]
        assert ana(village, passed, "Jo?") != "note"
    else:
        assert village.rows(contacts)[0]["bounced_at"] is not None
        assert jo(village, mail, "And another question, Ana.") == "returned"


@pytest.fixture
def refusing(request: pytest.FixtureRequest) -> Iterator[Smtp]:
    """A real server that answers every recipient in the same way."""
    script = Script(rules=(Rule(at=Phase.RCPT, do=Say(request.param)),))
    with running_hostile_server(script) as server:
        yield Smtp(
            SmtpServer(host="localhost", port=server.port, tls="none", connections=1, timeout_seconds=30.0),
            hostname="community.example.org",
        )


@pytest.mark.parametrize("refusing", ["550 5.1.1 User unknown"], indirect=True)
def test_a_server_that_knows_no_such_mailbox(village: Village, refusing: Smtp) -> None:
    jo(village, welcome(village), ASKED)
    counts = send_letters(village.store, office_of(village.desk()), refusing, village.world())
    assert counts["refused"] >= 1
    assert ("note", "member", "failed") in village.letters()
    assert village.rows(contacts)[0]["bounced_at"] is not None


@pytest.mark.parametrize("refusing", ["451 4.7.1 Come again later"], indirect=True)
def test_a_server_that_says_later_is_asked_again_and_not_for_ever(village: Village, refusing: Smtp) -> None:
    jo(village, welcome(village), ASKED)
    for _ in range(TRIES):
        send_letters(village.store, office_of(village.desk()), refusing, village.world())
        village.now += DAY
    assert village.letters() == [("note", "member", "failed")]
    assert village.rows(contacts)[0]["bounced_at"] is None


def test_a_server_out_of_reach_loses_nothing(village: Village) -> None:
    jo(village, welcome(village), ASKED)
    nobody = Smtp(
        SmtpServer(host="localhost", port=1, tls="none", connections=1, timeout_seconds=5.0), hostname="example.org"
    )
    with pytest.raises(OutOfReachError):
        send_letters(village.store, office_of(village.desk()), nobody, village.world())
    assert village.letters() == [("note", "member", "planned")]
    (passed,) = village.send(after=timedelta(hours=1))
    assert ASKED in passed.text


# --- addresses ---


def test_an_address_is_good_for_half_a_year(village: Village) -> None:
    mail = welcome(village)
    village.now += GOOD_FOR
    assert jo(village, mail, ASKED) == "note"
    village.send()
    village.now += STEADY * DAY
    assert jo(village, mail, "And one more question, Ana.") == "returned"
    assert "no longer in use" in returned(village)


def test_a_garbled_address_is_the_teams(village: Village) -> None:
    mail = welcome(village)
    local, _, domain = mail.answer_to.partition("@")
    garbled = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"
    raw = reply(mail, f"Jo <{JO}>", ASKED).replace(mail.answer_to.encode(), garbled.encode())
    assert village.hear(raw, sender=JO).kind == "reply"
    assert village.send() == []


def test_capitals_do_not_matter(village: Village) -> None:
    mail = welcome(village)
    raw = reply(mail, f"Jo <{JO}>", ASKED).replace(mail.answer_to.encode(), mail.answer_to.upper().encode())
    assert village.hear(raw, sender=JO.upper()).kind == "note"


def test_a_changed_key_loses_no_mail_under_way(village: Village) -> None:
    mail = welcome(village)
    for kind in ("note", "reply"):
        with village.store.writing() as connection:
            change_key(connection)
        assert jo(village, mail, f"{ASKED} {kind}") == kind


# --- who wrote ---


def test_another_name_in_from_does_not_help(village: Village) -> None:
    mail = welcome(village)
    assert village.answer(mail, f"Jo <{JO}>", "Send me money.", envelope=STRANGER).kind == "held"
    assert village.answer(mail, f"Jo <{JO}>", "Send me money, please do.", envelope=None).kind == "held"


def verdict(domain: str, finding: str, server: str = "mx.community.example.org") -> dict[str, str]:
    return {"Authentication_Results": f"{server}; dmarc={finding} header.from={domain}"}


def test_results_that_anybody_can_write_are_not_believed(village: Village) -> None:
    mail = welcome(village)
    raw = reply(mail, f"Jo <{JO}>", "Send me money.", **verdict("newcomer.example.net", "pass", "mx.stranger.example"))
    assert village.hear(raw, sender=STRANGER, authserv="mx.community.example.org").kind == "held"
    raw = reply(mail, f"Jo <{JO}>", "Send me more money.", **verdict("newcomer.example.net", "pass"))
    assert village.hear(raw, sender=STRANGER).kind == "held"  # the setting names no server


def test_what_our_own_server_found_counts(village: Village) -> None:
    mail = welcome(village)
    through_a_list = reply(mail, f"Jo <{JO}>", ASKED, **verdict("newcomer.example.net", "pass"))
    assert (
        village.hear(through_a_list, sender="bounces@sender.example", authserv="mx.community.example.org").kind
        == "note"
    )
    forged = reply(mail, f"Jo <{JO}>", "Send me money.", **verdict("newcomer.example.net", "fail"))
    assert village.hear(forged, sender=JO, authserv="mx.community.example.org").kind == "held"


def test_senders_that_carry_a_tag_are_themselves(village: Village) -> None:
    assert village.answer(welcome(village), f"Jo <{JO}>", ASKED, envelope=f"prvs=1234abcdef={JO}").kind == "note"


# --- people ---


def test_a_member_without_an_address_is_answered_through_the_team(village: Village) -> None:
    with village.store.writing() as connection:
        connection.execute(sa.delete(contacts))
    mail = welcome(village)
    assert mail.answer_to == MAILBOX
    assert jo(village, mail, ASKED) == "reply"
    assert village.send() == []
    assert village.send(after=5 * DAY) == []  # and nobody can be asked


def test_a_member_who_left_gets_no_note(village: Village) -> None:
    mail = welcome(village)
    rest = {slug: member for slug, member in village.community.members.items() if slug != "ana"}
    village.community = replace(village.community, members=rest)
    assert jo(village, mail, ASKED) == "returned"
    assert village.notes() == []


def test_consent_that_ended_begins_no_conversation(village: Village) -> None:
    mail = welcome(village)
    consent = village.community.members["ana"].consent
    assert consent is not None
    of_ana(village, consent=replace(consent, containers=frozenset({"page"})))
    assert jo(village, mail, ASKED) == "returned"
    assert jo(village, mail, "And once more, are you there?") == "returned"
    assert village.notes() == []


def test_a_conversation_that_began_outlives_the_consent_to_begin_one(village: Village) -> None:
    mail, _ = note(village)
    of_ana(village, consent=ON_THE_PAGE_ALONE)
    assert jo(village, mail, "Thank you, and one more question.") == "note"


def test_a_newcomer_who_stopped_gets_no_note(village: Village) -> None:
    mail, passed = note(village)
    assert jo(village, mail, "STOP") == "stop"
    assert ana(village, passed, ANSWERED) == "returned"
    assert JO.encode() not in village.send()[0].raw


def test_a_newcomer_who_was_erased_gets_no_note(village: Village) -> None:
    _, passed = note(village)
    with village.store.writing() as connection:
        people.erase(connection, village.store.key, JO)
    assert ana(village, passed, ANSWERED) == "unknown"
    assert (village.notes(), village.letters()) == ([], [])
    assert village.send() == []


def test_a_member_who_says_stop_ends_that_conversation_alone(village: Village) -> None:
    mail, passed = note(village)
    assert ana(village, passed, "STOP") == "stop"
    assert jo(village, mail, "Are you there?") == "returned"
    assert village.rows(suppressions) == []
    assert village.rows(contacts)[0]["bounced_at"] is None


def test_a_report_closes_it_and_calls_the_team(village: Village) -> None:
    mail, passed = note(village)
    assert press(village, passed.link("report"), ANA) == "choice"
    (alert,) = village.send()
    assert "notes reported" in alert.text
    assert ASKED not in alert.text
    assert jo(village, mail, "Are you there?") == "returned"


def test_addresses_stay_void_when_a_conversation_goes_on(village: Village) -> None:
    mail, passed = note(village)
    assert ana(village, passed, ANSWERED) == "note"
    (answer,) = village.send()
    press(village, answer.link("block"), JO)
    with village.store.writing() as connection:
        assert reopen(connection, village.conversation()["id"])
    assert ana(village, passed, "Hello again, Jo.") == "returned"
    village.send()
    assert jo(village, mail, "I pressed the wrong line, sorry.") == "note"  # the welcome's address is the step's
    (again,) = village.send()
    assert ana(village, again, "No harm done.") == "note"


def test_what_was_blocked_a_moment_ago_does_not_go_out(village: Village) -> None:
    mail, passed = note(village)
    assert jo(village, mail, "And one more thing, Ana.") == "note"
    press(village, passed.link("block"), ANA)
    assert village.send() == []
    assert village.letters()[-1] == ("note", "member", "skipped")


def test_who_stopped_a_moment_ago_gets_no_note(village: Village) -> None:
    mail, passed = note(village)
    assert ana(village, passed, ANSWERED) == "note"
    jo(village, mail, "stop")
    assert village.send() == []


# --- first notes ---


def test_a_first_note_to_nobody_is_not_answered(village: Village) -> None:
    assert first_note(village, to="nobody-of-ours") == "unknown"
    assert (village.rows(first_notes), village.send()) == ([], [])


def test_a_first_note_to_a_member_who_takes_no_mail(village: Village) -> None:
    of_ana(village, consent=ON_THE_PAGE_ALONE)
    assert first_note(village) == "returned"
    assert "nobody at the other end" in returned(village)


def test_a_first_note_confirmed_twice_is_passed_on_once(village: Village) -> None:
    assert first_note(village) == "first note"
    (confirm,) = village.send()
    for number in range(2):
        raw = f"From: {STRANGER}\nTo: {confirm.link('first')}\nMessage-ID: <{number}@c>\n\n"
        assert village.hear(raw.encode(), sender=STRANGER).kind == "choice"
    assert village.notes() == [("newcomer", "passed on")]
    assert len([mail for mail in village.send() if "May I ask you, Ana?" in mail.text]) == 1


def test_a_first_note_nobody_confirms_is_forgotten(village: Village) -> None:
    first_note(village)
    (confirm,) = village.send()
    with village.store.writing() as connection:
        forget_notes(connection, keep=90 * DAY, now=village.now + KEEP_FIRST_NOTES + DAY)
    assert village.rows(first_notes) == []
    press(village, confirm.link("first"), STRANGER)
    assert (village.notes(), village.send()) == ([], [])


def test_first_notes_of_one_stranger_are_few(village: Village) -> None:
    kinds = [first_note(village, f"Question{'?' * n}") for n in range(MOST_FIRST_NOTES + 2)]
    assert kinds == ["first note"] * MOST_FIRST_NOTES + ["unknown"] * 2


def test_a_first_note_of_who_wants_no_mail_is_not_answered(village: Village) -> None:
    assert first_note(village, "STOP") == "stop"
    assert first_note(village) == "unknown"
    assert village.send() == []


def test_a_first_note_in_a_newcomers_name_asks_the_newcomer(village: Village) -> None:
    welcome(village)
    raw = f"From: Jo <{JO}>\nTo: community+ana@community.example.org\nMessage-ID: <1@z>\n\nSend me money.\n"
    assert village.hear(raw.encode(), sender=STRANGER).kind == "first note"
    (confirm,) = village.send()
    assert confirm.message["To"].addresses[0].addr_spec == JO
    assert "Send me money" not in confirm.text


# --- what is written ---


def mime(mail: Mail, body: bytes, content_type: str, sender: str = JO) -> bytes:
    return (
        f"From: Jo <{sender}>\nTo: {mail.answer_to}\nSubject: Re: Hello\nMessage-ID: <mime@z>\nMIME-Version: 1.0\n"
        f"Content-Type: {content_type}\n\n"
    ).encode() + body


QUOTE = b"On Tue, Nov 24, 2026 at 10:59 AM Ana wrote:\n> Hello Jo,\n> welcome.\n"
PDF = b"--b\nContent-Type: application/pdf; name=cv.pdf\nContent-Disposition: attachment; filename=cv.pdf\n\n%PDF-1.4\n"
TNEF = (
    b"--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\neJ8+IgAA\n--b--\n"
)


@pytest.mark.parametrize(("body", "content_type", "told"), [
    (b"\n", "text/plain", "no words"),
    (QUOTE, "text/plain", "quoted mail"),
    (b"All the words I know. " * 4_000, "text/plain", "too long"),
    (b"\xff\xfe" + "Hello Ana".encode("utf-16-le"), "text/plain; charset=utf-8", "could not be read"),
    (b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--\n", "multipart/encrypted; boundary=b", "encrypted"),
    (PDF + b"--b--\n", "multipart/mixed; boundary=b", "nothing but files"),
    (TNEF, "multipart/mixed; boundary=b", "could not be read"),
], ids=["empty", "quote", "long", "charset", "encrypted", "files", "winmail"])  # fmt: skip
def test_what_cannot_be_passed_on_is_told(village: Village, body: bytes, content_type: str, told: str) -> None:
    mail = welcome(village)
    village.now += timedelta(hours=1)  # within a minute it is a machine that answers with nothing
    assert village.hear(mime(mail, body, content_type), sender=JO).kind == "returned"
    assert told in returned(village)
    assert village.notes() == []
    assert "replied" not in village.events()


def test_words_pass_and_files_do_not(village: Village) -> None:
    mail = welcome(village)
    body = b"--b\nContent-Type: text/plain\n\nHere is my talk, Ana.\n" + PDF + b"--b--\n"
    assert village.hear(mime(mail, body, "multipart/mixed; boundary=b"), sender=JO).kind == "note"
    by_reader = {each.message["To"].addresses[0].addr_spec: each for each in village.send()}
    assert "Here is my talk, Ana." in by_reader[ANA].text
    assert b"PDF" not in by_reader[ANA].raw
    assert "without files and pictures" in by_reader[JO].text


@pytest.mark.parametrize(("body", "content_type"), [
    (b"Hello\0 Ana, \0may I ask you?\0\n", "text/plain"),
    (b"Hello Ana, may I ask you?\n\n-- \n" + b"x" * 3_000_000, "text/plain"),
    (b"".join(b"--%d\nContent-Type: multipart/mixed; boundary=%d\n\n" % (n, n + 1) for n in range(300)),
     "multipart/mixed; boundary=0"),
    (b"Hello Ana, may I ask you?\n", "text/plain; charset=no-such-charset"),
], ids=["nul", "huge", "nested", "unknown charset"])  # fmt: skip
def test_mail_made_to_hurt_is_heard_once(village: Village, body: bytes, content_type: str) -> None:
    raw = mime(welcome(village), body, content_type)
    assert village.hear(raw, sender=JO).kind in ("note", "returned")
    assert village.hear(raw, sender=JO).again
    for mail in village.send():
        assert b"\0" not in mail.raw
        assert len(mail.raw) < 100_000


@pytest.mark.parametrize("written", [
    JO, JO.upper(), JO.replace("@", " [at] "), JO.replace("@", "%40"), JO.replace("@", "&#64;"), JO.replace("@", "＠"),
    JO.replace("@", "\u200b@"), f"<mailto:{JO}>",
])  # fmt: skip
def test_no_spelling_of_an_address_passes(village: Village, written: str) -> None:
    assert jo(village, welcome(village), f"Write to me at {written} if you like, Ana.") == "note"
    passed = next(each for each in village.send() if each.message["To"].addresses[0].addr_spec == ANA)
    assert "if you like, Ana." in passed.text
    assert "lindqvist" not in passed.text.lower()


def test_a_name_that_is_an_address_is_not_shown(village: Village) -> None:
    village.enroll(name=JO)
    (mail,) = village.send()
    jo(village, mail, ASKED, Subject=str(Header(f"{JO} says", "utf-8")))
    (passed,) = village.send()
    assert JO.encode() not in passed.raw
    assert "lindqvist" not in str(passed.message["From"]).lower()
    assert "lindqvist" not in str(passed.message["Subject"]).lower()


# --- the question before a check-in ---


def test_an_answer_after_the_check_in_is_a_note_all_the_same(village: Village) -> None:
    _, question = asked(village)
    village.send(after=2 * DAY)
    assert village.steps()["check-in"][0] == "sent"
    assert ana(village, question, "I am late, but how did it go, Jo?") == "note"
    (passed,) = village.send()
    assert passed.message["To"].addresses[0].addr_spec == JO
    assert village.steps()["check-in"][0] == "sent"


def test_two_answers_are_two_notes_and_no_check_in(village: Village) -> None:
    _, question = asked(village)
    assert ana(village, question, "Dear Jo, did the talk go well?") == "note"
    assert ana(village, question, "And one thing I forgot: breathe.") == "note"
    assert len(village.send()) == 2
    assert village.send(after=3 * DAY) == []


@pytest.mark.parametrize("kind", ["ask-send", "ask-away", "ask-skip"])
def test_a_link_does_not_undo_what_they_wrote(village: Village, kind: str) -> None:
    _, question = asked(village)
    ana(village, question, "Dear Jo, did the talk go well?")
    village.send()
    press(village, question.link(kind), ANA)
    assert village.send(after=3 * DAY) == []
    assert village.steps()["check-in"] == ("skipped", "the member wrote it")


def test_a_link_after_the_check_in_changes_nothing(village: Village) -> None:
    _, question = asked(village)
    village.send(after=2 * DAY)
    assert press(village, question.link("ask-skip"), ANA) == "choice"
    assert village.steps()["check-in"][0] == "sent"


def away(mail: Mail, sender: str) -> bytes:
    return (
        f"From: {sender}\nTo: {mail.answer_to}\nSubject: Out of office\nMessage-ID: <away@z>\n"
        "Auto-Submitted: auto-replied\n\nI am out of the office and will be back on 7 December 2026.\n"
    ).encode()


def test_a_member_who_is_away_is_asked_for_nothing(village: Village) -> None:
    _, passed = note(village)
    assert village.hear(away(passed, ANA), sender="").kind == "automatic"
    assert [row["member"] for row in village.rows(absences)] == ["ana"]
    village.enroll("second@newcomer.example.net", name="Second")
    assert "Ana" not in "".join(mail.text for mail in village.send())


def test_a_newcomer_who_is_away_gets_their_mail_later(village: Village) -> None:
    mail = welcome(village)
    assert village.hear(away(mail, JO), sender="").kind == "automatic"
    assert village.steps()["check-in"] == ("planned", "away")
    assert village.send(after=8 * DAY) == []


# --- machines of ours ---


@pytest.mark.parametrize(("uncertain", "state"), [("resend", "planned"), ("hold", "held")])
def test_killed_while_a_note_is_on_its_way(store: Store, tmp_path: Path, uncertain: str, state: str) -> None:
    village = Village(store, tmp_path, uncertain=uncertain)
    jo(village, welcome(village), ASKED)
    world = village.world()
    with store.writing() as connection:
        assert claim_letter(connection, token="killed", now=village.now, wall=world.wall() - LEASE * 2) is not None
    nobody = Smtp(
        SmtpServer(host="localhost", port=1, tls="none", connections=1, timeout_seconds=5.0), hostname="x.org"
    )
    if state == "planned":
        with pytest.raises(OutOfReachError):
            send_letters(store, office_of(village.desk()), nobody, world)
    else:
        send_letters(store, office_of(village.desk()), nobody, world)
    assert village.letters() == [("note", "member", state)]


def test_words_are_deleted_in_time_and_not_sent_after_that(village: Village) -> None:
    jo(village, welcome(village), ASKED)
    with village.store.writing() as connection:
        forget_notes(connection, keep=90 * DAY, now=village.now + 91 * DAY)
    assert [row["sealed"] for row in village.rows(notes)] == [None]
    assert village.send() == []
    assert village.letters() == [("note", "member", "skipped")]


def test_what_is_held_too_long_is_dropped(village: Village) -> None:
    village.answer(welcome(village), f"Jo <{JO}>", "Send me money.", envelope=STRANGER)
    with village.store.writing() as connection:
        forget_notes(connection, keep=90 * DAY, now=village.now + 91 * DAY)
    assert village.notes() == [("newcomer", "dropped")]


def test_words_lie_encrypted(village: Village) -> None:
    jo(village, welcome(village), ASKED)
    (row,) = village.rows(notes)
    assert ASKED.encode() not in bytes(row["sealed"])
    assert ASKED.split()[2] not in f"{row['digest']} {row['shape']}"


def test_a_domain_of_its_own(store: Store, tmp_path: Path) -> None:
    village = Village(store, tmp_path, notes="@notes.example.org")
    mail = welcome(village)
    assert mail.answer_to.startswith("r-")
    assert mail.answer_to.endswith("@notes.example.org")
    assert jo(village, mail, ASKED) == "note"


def test_another_member_is_reached_by_their_own_address(store: Store, tmp_path: Path) -> None:
    village = Village(store, tmp_path)
    with store.writing() as connection:
        import_contacts(connection, [("bea", BEA)], resolve=str, now=village.now)
    welcome(village)
    raw = f"From: Jo <{JO}>\nTo: community+bea@community.example.org\nMessage-ID: <1@z>\n\nHello Bea, we never met.\n"
    assert village.hear(raw.encode(), sender=JO).kind == "note"
    (passed,) = village.send()
    assert passed.message["To"].addresses[0].addr_spec == BEA
