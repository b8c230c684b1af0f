"""Automatic answers of many programs in many languages, beside what people write."""

from __future__ import annotations

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.automatic import is_automatic, is_autoreply
from delivery.inbound.letters import letter

HEADERS = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated"},
    {"Auto_Submitted": "auto-replied (vacation)"},
    {"Auto_Submitted": "Auto-Replied; owner-email=a@b"},
    {"Auto_Submitted": "auto-notified"},
    {"Return_Path": "<>"},
    {"Precedence": "bulk"},
    {"Precedence": "Junk"},
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": "Hello"},
    {"X_Autoresponder": "true"},
    {"X_Auto_Response_Suppress": "All", "Feedback_ID": "1:help-desk"},
    {"X_Auto_Response_Suppress": "DR, OOF, AutoReply", "subject": "We received your request"},
    {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"},
    {"X_FC_MachineGenerated": "true"},
    {"X_Vacation": "1"},
    {"sender": "MAILER-DAEMON@example.net"},
    {"sender": "No Reply <no-reply@example.net>"},
    {"sender": "donotreply@example.net"},
    {"Content_Type": "text/calendar; method=REPLY"},
    {"Content_Type": 'TEXT/CALENDAR; charset="utf-8"; method="reply"'},
    {"Content_Type": "multipart/report; report-type=disposition-notification; boundary=b"},
    {"Content_Type": "multipart/report; report-type=delivery-status; boundary=b"},
    {"Content_Type": "message/disposition-notification"},
]
SUBJECTS = [
    "Automatic reply: Welcome", "Auto-Reply: x", "AutoReply: x", "Auto: Out of office", "[Auto-Reply] x", "Auto Response",
    "Out of Office: Re: Welcome", "Out of the office", "OUT OF OFFICE", "Away from the office", "I am on annual leave",
    "Automatische Antwort: Willkommen", "Abwesenheitsnotiz", "Abwesenheit: x", "Abwesend: x", "Nicht im Büro",
    "Automatisch antwoord: x", "Afwezig: x", "Resposta automática: x", "Fora do escritório", "Respuesta automática: x",
    "Fuera de la oficina", "Réponse automatique : x", "Absence du bureau", "Risposta automatica: x", "Fuori sede",
    "Автоматический ответ: x", "Автоответ", "Автоматична відповідь: x", "Поза офісом", "Odpowiedź automatyczna: x",
    "Automatiskt svar: x", "Autosvar: x", "Frånvarande", "Automaattinen vastaus: x", "Otomatik yanıt: x", "自動応答: x",
    "自動返信: x", "不在通知", "自动回复: x", "自動回覆", "자동 회신: x", "부재중 알림", "رد تلقائي: x", "الرد التلقائي",
    "תשובה אוטומטית: x", "Automatická odpověď: x", "Automatikus válasz: x", "=?utf-8?q?R=C3=A9ponse_automatique?=",
]  # fmt: skip
PEOPLE: list[dict[str, str]] = [
    {},
    {"Auto_Submitted": "no"},
    {"Precedence": "normal"},
    {"Return_Path": "<joana@example.net>"},
    {"X_Autoreply": "no"},
    {"X_Auto_Response_Suppress": "All"},
    {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
    {"subject": "Re: Automatic reply: Welcome"},
    {"subject": "An automatic reply bothers me"},
    {"subject": "Re: Out of office hours?"},
    {"subject": "Automation at our office"},
    {"subject": "Autos and cycles"},
    {"subject": "Absences of the board"},
    {"sender": "reply@example.net"},
    {"sender": "noreplyanna@example.net"},
    {"Content_Type": "text/calendar; method=REQUEST"},
]


@pytest.mark.parametrize("headers", HEADERS)
def test_headers(headers: dict[str, str]) -> None:
    assert is_automatic(read_mail(letter(**headers)), None)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_subjects(subject: str) -> None:
    mail = read_mail(letter(subject=subject))
    assert is_automatic(mail, None)
    assert is_autoreply(mail)


@pytest.mark.parametrize("headers", PEOPLE)
def test_people(headers: dict[str, str]) -> None:
    assert not is_automatic(read_mail(letter(**headers)), "joana@example.net")


def test_the_null_sender() -> None:
    mail = read_mail(letter())
    assert is_automatic(mail, "")
    assert not is_automatic(mail, None)


@pytest.mark.parametrize(
    "text",
    [
        "out of office " * 9_000,
        "[ext] " * 20_000,
        "x is out of the " * 9_000,
        "[" * 99_999,
        "out" + " " * 99_999,
        "a-" * 50_000,
    ],
)
def test_hostile_mail(text: str) -> None:
    """Only beginnings are looked at; none of it is a mark."""
    assert not is_automatic(read_mail(letter(subject=f"x {text}")), "joana@example.net")
    assert not is_automatic(read_mail(letter(text, subject="Thank you for your message")), "joana@example.net")
    assert not is_automatic(
        read_mail(letter(**{"X_Loop": text, f"X_{text[:70].replace(' ', '_')}": "1"})), "joana@example.net"
    )
    assert not is_automatic(read_mail(letter(sender=f"{text}@example.net")), "joana@example.net")
