"""Each kind of mail, and what hearing it does to the store."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alongside.delivery import people
from alongside.delivery.contacts import import_contacts
from alongside.delivery.inbound import Heard, hearing
from alongside.delivery.members import list_words
from alongside.delivery.schema import received, steps
from delivery.inbound.letters import BRUNO, JOANA, MAILBOX, NOW, STRANGER, Office, letter, report


def test_an_answer_is_a_reply(office: Office) -> None:
    raw = letter("Thank you!\n", In_Reply_To=f"<{office.sent_id()}>", Message_ID="<1@example.net>")
    assert office.hear(raw) == Heard(kind="reply", newcomer_id=office.newcomer(), journey="month")
    assert office.events() == [("replied", "month")]
    bounced, answered = office.message()
    assert bounced is None
    assert answered is not None
    assert office.message(BRUNO) == (None, None)


def test_the_first_answer_counts(office: Office) -> None:
    for number in range(2):
        raw = letter(In_Reply_To=f"<{office.sent_id()}>", Message_ID=f"<{number}@example.net>")
        assert office.hear(raw, after=timedelta(days=number)).kind == "reply"
    answered = office.message()[1]
    assert answered is not None
    assert answered.day == 24


WHO_IS_MEANT = [
    ({}, "reply"),  # from a newcomer's address, answering nothing
    ({"sender": STRANGER}, "unknown"),
    ({"sender": STRANGER, "References": "<other@x> <{id}>"}, "reply"),  # forwarded, and answered by somebody else
    ({"sender": STRANGER, "In_Reply_To": "<other@x>"}, "unknown"),
    ({"sender": '"joana@example.net" <stranger@example.com>'}, "unknown"),  # a name that looks like an address
    ({"sender": "JOANA@EXAMPLE.NET"}, "reply"),
    ({"sender": "=?utf-8?q?Joana?= <joana@example.net>"}, "reply"),
    ({"sender": f"The team <{MAILBOX}>"}, "own"),
    ({"sender": "community+tag@EXAMPLE.org"}, "own"),
    ({"Message_ID": "<{id}>"}, "own"),  # a mail of ours that was redirected to us
    ({"Auto_Submitted": "auto-replied", "In_Reply_To": "<{id}>"}, "automatic"),
    ({"subject": "Automatic reply: Hello", "In_Reply_To": "<{id}>"}, "automatic"),
]


def test_who_is_meant(office: Office) -> None:
    replies = 0
    for headers, kind in WHO_IS_MEANT:
        filled = {name: value.format(id=office.sent_id()) for name, value in headers.items()}
        assert office.hear(letter(**filled)).kind == kind, headers
        replies += kind == "reply"
        assert len(office.events()) == replies, headers


def test_heard_twice_counts_once(office: Office) -> None:
    raws = [
        letter(Message_ID="<1@example.net>"),
        letter("No Message-ID.\n"),
        letter(to=office.address("stop", BRUNO), Message_ID="<2@example.net>"),
        report("failed", "5.2.2", to=office.address("bounce")),
    ]
    first = [office.hear(raw) for raw in raws]
    held = office.everything()
    again = [office.hear(raw, after=timedelta(days=3)) for raw in raws]
    assert [heard.kind for heard in first] == ["reply", "reply", "stop", "bounce"]
    assert [(heard.kind, heard.again) for heard in again] == [(heard.kind, True) for heard in first]
    assert office.everything() == held


def test_line_ends_do_not_make_it_another_mail(office: Office) -> None:
    raw = letter("No Message-ID.\n")
    assert not office.hear(raw).again
    assert office.hear(raw.replace(b"\n", b"\r\n")).again


def test_two_doors_at_once(office: Office) -> None:
    raw = letter(Message_ID="<1@example.net>")
    heard: list[Heard] = []
    threads = [threading.Thread(target=lambda: heard.append(office.hear(raw))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.again for each in heard) == [False, True, True, True]
    assert office.events() == [("replied", "")]


def test_nothing_is_heard_when_its_effect_fails(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    raw = letter()
    monkeypatch.setattr(hearing, "record_answer", fail)
    with pytest.raises(OSError, match="no space left"):
        office.hear(raw)
    monkeypatch.undo()
    assert not office.hear(raw).again
    assert office.events() == [("replied", "")]


class TestBounces:
    @pytest.mark.parametrize(
        ("status", "detail", "suppressed", "event"),
        [
            ("5.1.1", "hard 5.1.1", [("", "bounced")], ("bounced", "5.1.1")),
            ("5.7.1", "soft 5.7.1", [], ("soft bounce", "5.7.1")),
        ],
    )
    def test_a_failure(
        self, office: Office, status: str, detail: str, suppressed: list[object], event: tuple[str, str]
    ) -> None:
        raw = report("failed", status, "", to="noted-in-the-envelope@example.org")
        heard = office.hear(raw, recipient=office.address("bounce"), sender="")
        assert heard == Heard(kind="bounce", newcomer_id=office.newcomer(), journey="month", detail=detail)
        assert office.suppressed() == suppressed
        assert office.events()[0] == event
        assert office.message()[0] is not None
        assert office.message(BRUNO)[0] is None

    @pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
    def test_no_failure(self, office: Office, action: str) -> None:
        heard = office.hear(report(action, "4.4.1", "", to=office.address("bounce")))
        assert (heard.kind, heard.detail.split()[0]) == ("bounce", "delayed" if action == "delayed" else "delivered")
        assert (office.suppressed(), office.events(), office.message()) == ([], [], (None, None))

    def test_a_hard_one_stops_every_journey(self, office: Office) -> None:
        office.hear(report(to=office.address("bounce")))
        assert set(office.states().values()) == {"stopped"}
        assert "stopped" not in office.states(BRUNO).values()

    def test_three_soft_ones_on_different_days(self, office: Office) -> None:
        for number, day in enumerate((0, 0, 1, 40, 45, 69)):
            raw = report("failed", "5.2.2", "", to=office.address("bounce"), id_=f"<{number}@mx>")
            office.hear(raw, after=timedelta(days=day))
            # The sixth is the third within 30 days; two of one day count once.
            assert bool(office.suppressed()) == (number == 5), number
        assert office.events()[-3:] == [("soft bounce", "5.2.2"), ("bounced", "5.2.2"), ("stopped", "")]

    def test_the_recipient_in_the_headers(self, office: Office) -> None:
        for header in ("Delivered-To", "X-Original-To", "Envelope-To"):
            line = f"{header}: {office.address('bounce').upper()}\nSubject:".encode()
            raw = report(to="undisclosed-recipients:;", id_=f"<{header}@mx>").replace(b"Subject:", line, 1)
            assert office.hear(raw).detail == "hard 5.1.1", header

    @pytest.mark.parametrize("to", [MAILBOX, "community+b-aaaaaaaaaaaaaaaaaaaaaaaaaa@example.org"])
    def test_without_a_token_of_ours_it_is_foreign(self, office: Office, to: str) -> None:
        assert office.hear(report(to=to), sender="").kind == "foreign"
        assert office.suppressed() == []

    def test_of_a_person_who_was_erased(self, office: Office) -> None:
        to = office.address("bounce")
        with office.store.writing() as connection:
            people.erase(connection, office.store.key, JOANA)
        assert office.hear(report(to=to)) == Heard(kind="bounce", detail="hard 5.1.1")
        assert office.suppressed() == []

    def test_of_one_of_a_forwards_targets(self, office: Office) -> None:
        two = report("delivered", "2.1.5", "", to=office.address("bounce"), recipient="a@example.net").replace(
            b"--b\nContent-Type: text/rfc822-headers",
            b"Final-Recipient: rfc822; b@example.net\nAction: failed\nStatus: 5.1.1\n\n"
            b"--b\nContent-Type: text/rfc822-headers",
        )
        assert office.hear(two).detail == "delivered 2.1.5"
        assert (
            office.hear(two.replace(b"b@example.net", JOANA.encode()).replace(b"<bounce", b"<2")).detail == "hard 5.1.1"
        )

    def test_what_else_comes_there(self, office: Office) -> None:
        for headers, kind in (
            ({"subject": "Out of office: Hello", "Auto_Submitted": "auto-replied"}, "automatic"),
            ({"subject": "Abwesenheitsnotiz"}, "automatic"),
            ({"Auto_Submitted": "auto-replied"}, "automatic"),
            ({"subject": "Re: Hello"}, "reply"),  # some people's programs answer the envelope
            ({"sender": STRANGER}, "reply"),
        ):
            raw = letter("I am away; my mailbox is unavailable until Monday.\n", **headers)
            assert office.hear(raw, recipient=office.address("bounce")).kind == kind, headers
        assert office.suppressed() == []


class TestStopping:
    @pytest.mark.parametrize(
        ("sender", "headers"), [(JOANA, {}), (STRANGER, {"Auto_Submitted": "auto-generated", "Message_ID": "<1@x>"})]
    )
    def test_the_address_of_a_journey(self, office: Office, sender: str, headers: dict[str, str]) -> None:
        heard = office.hear(letter("", sender=sender, to=office.address("stop"), subject="stop", **headers))
        assert heard == Heard(kind="stop", newcomer_id=office.newcomer(), journey="month")
        assert office.suppressed() == [("month", "asked by mail")]
        assert office.states() == {"month": "stopped", "year": "active", "careful": "awaiting confirmation"}

    def test_a_machine_there_stops_nothing(self, office: Office) -> None:
        vacation = letter(subject="Out of office", Auto_Submitted="auto-replied")
        assert office.hear(vacation, recipient=office.address("stop")).kind == "automatic"
        assert office.hear(report(to=MAILBOX), recipient=office.address("stop")).kind == "foreign"
        assert office.suppressed() == []

    @pytest.mark.parametrize(
        ("headers", "subject", "text"),
        [
            ({}, "STOP", ""),
            ({}, "Re: Hello", "Stop.\n\n> Hello\n"),
            ({"sender": STRANGER, "In_Reply_To": "<{id}>"}, "Re: Hello", "\nOn Monday Ana wrote:\n> Hello\n\nstop\n"),
        ],
    )
    def test_a_word_stops_all(self, office: Office, headers: dict[str, str], subject: str, text: str) -> None:
        filled = {name: value.format(id=office.sent_id()) for name, value in headers.items()}
        heard = office.hear(letter(text, subject=subject, **filled))
        assert (heard.kind, heard.newcomer_id, heard.detail) == ("stop", office.newcomer(), "all")
        assert office.suppressed() == [("", "asked by mail")]
        assert set(office.states().values()) == {"stopped"}

    def test_who_answers_a_forwarded_mail_stops_their_own(self, office: Office) -> None:
        office.hear(letter(sender=BRUNO, subject="stop", In_Reply_To=f"<{office.sent_id()}>"))
        assert set(office.states(BRUNO).values()) == {"stopped"}
        assert office.states()["month"] == "active"

    def test_somebody_we_never_wrote_to(self, office: Office) -> None:
        heard = office.hear(letter(sender=STRANGER, subject="Unsubscribe"))
        assert heard == Heard(kind="stop", detail="all")
        assert office.suppressed() == [("", "asked by mail")]
        with office.store.reading() as connection:
            assert people.export(connection, office.store.key, STRANGER)["suppressions"]

    def test_a_member_stops_the_monthly_word(self, office: Office) -> None:
        address, resolve = "ana@members.example.org", office.community.resolve_member
        with office.store.writing() as connection:
            import_contacts(connection, [("ana", address)], resolve=resolve, now=NOW)
        forged = letter("Stop\n", sender=address, subject="Re: Whom you helped")
        assert office.hear(forged, sender=STRANGER).kind == "unknown"
        heard = office.hear(letter("Please stop.\n", sender=address, subject="Re: Whom you helped"), sender=address)
        assert heard == Heard(kind="stop", detail="monthly word")
        with office.store.reading() as connection:
            assert [(word, own.monthly) for word, own in list_words(connection, resolve=resolve).items()] == [
                ("ana", False)
            ]
        assert office.suppressed() == []

    def test_what_stops_nothing(self, office: Office) -> None:
        for raw in (
            letter("Stop\n", sender=STRANGER),  # only the subject counts
            letter(sender=STRANGER, subject="stop", to="others@example.org"),
            letter(subject="stop", Auto_Submitted="auto-replied"),
            letter("Please stop by the booth on Friday.\n"),
            letter("> stop\n\nWhat does this mean?\n"),
            letter(subject="Non-stop talks"),
        ):
            assert office.hear(raw).kind != "stop", raw
        assert office.suppressed() == []


class TestConfirming:
    def test_a_mail_to_the_address(self, office: Office) -> None:
        heard = office.hear(letter("", to=office.address("confirm", journey="careful"), subject="confirm"))
        assert heard == Heard(kind="confirm", newcomer_id=office.newcomer(), journey="careful")
        assert office.states()["careful"] == "active"
        assert office.events() == [("confirmed", "careful")]
        number = office.step(JOANA, "careful")
        with office.store.reading() as connection:
            assert connection.scalar(sa.select(steps.c.state).where(steps.c.id == number)) == "planned"

    def test_a_machine_confirms_nothing(self, office: Office) -> None:
        cases: list[tuple[dict[str, str], str | None]] = [
            ({"Auto_Submitted": "auto-replied"}, None),
            ({"subject": "Automatic reply: confirm"}, None),
            ({"Precedence": "bulk"}, None),
            ({"Message_ID": "<1@x>"}, ""),
            ({"Message_ID": "<2@x>"}, "MAILER-DAEMON"),  # as Postfix's pipe writes the null sender
        ]
        for headers, sender in cases:
            raw = letter(to=office.address("confirm", journey="careful"), **headers)
            assert office.hear(raw, sender=sender).kind == "automatic", headers
        assert office.states()["careful"] == "awaiting confirmation"

    def test_a_made_up_address_confirms_nothing(self, office: Office) -> None:
        to = office.address("confirm", journey="careful")[:-14] + "aa@example.org"
        assert office.hear(letter(to=to, sender=STRANGER)).kind == "unknown"
        assert office.states()["careful"] == "awaiting confirmation"


class TestComplaints:
    def complaint(self, original: str, kind: str = "abuse", fields: str = "") -> bytes:
        """As a mailbox provider sends it (RFC 5965 appendix B)."""
        return letter(
            "--b\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
            f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: X/1\nVersion: 1\n{fields}\n"
            f"--b\nContent-Type: message/rfc822\n\n{original}\n\nHello.\n--b--\n",
            sender="abuse@provider.example",
            Content_Type='multipart/report; report-type="feedback-report"; boundary=b',
        )

    def test_about_a_mail_of_ours(self, office: Office) -> None:
        heard = office.hear(self.complaint(f"Message-ID: <{office.sent_id()}>\nTo: redacted@provider.example"))
        assert (heard.kind, heard.newcomer_id) == ("complaint", office.newcomer())
        assert office.suppressed() == [("", "complaint")]

    def test_about_the_address_it_came_from(self, office: Office) -> None:
        fields = f"Original-Mail-From: <{office.address('bounce')}>\n"
        assert office.hear(self.complaint("Subject: x", fields=fields)).newcomer_id == office.newcomer()

    @pytest.mark.parametrize(("original", "kind", "heard"), [
        ("Message-ID: <else@example.com>", "abuse", "foreign"),
        ("Message-ID: <{id}>", "not-spam", "automatic"),
    ])  # fmt: skip
    def test_about_something_else(self, office: Office, original: str, kind: str, heard: str) -> None:
        assert office.hear(self.complaint(original.format(id=office.sent_id()), kind)).kind == heard
        assert office.suppressed() == []


def test_no_text_and_no_address_is_kept(office: Office) -> None:
    office.hear(letter("Dear secret,\n", sender=STRANGER, subject="Secret"))
    with office.store.reading() as connection:
        row = connection.execute(sa.select(received)).one()
    kept = " ".join(str(value) for value in row)
    assert "ecret" not in kept
    assert "stranger" not in kept
