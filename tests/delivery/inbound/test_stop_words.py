"""One word that stops mail, in many languages; and sentences that hold one."""

from __future__ import annotations

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.stop_words import is_stop, subject_stops, text_stops
from delivery.inbound.letters import letter

STOPS = [
    "stop", "STOP", "Stop.", "  stop!!! ", "“Stop”", "*stop*", "Re: stop", "RE: Re: STOP", "AW: Stopp", "Re[2]: stop",
    "unsubscribe", "Unsubscribe me", "please unsubscribe", "Remove me.", "opt-out", "stop 🛑",
    "abmelden", "Bitte abmelden!", "Stopp", "parar", "Cancelar inscrição", "cancelar inscricao", "baja", "Darse de baja",
    "cancelar suscripción", "se désabonner", "Se desabonner", "Arrêter", "désinscription", "إلغاء الاشتراك", "توقف",
    "配信停止", "停止", "退会", "配信停止。", "відписатися", "Стоп", "відп: стоп", "отписаться", "退订", "수신거부",
    "ｓｔｏｐ", "Uitschrijven", "avregistrera",
]  # fmt: skip
NO_STOPS = [
    "", "...", "Re:", "stop by our booth", "Don't stop!", "non-stop", "stop?  no", "When do the mails stop", "bus stop",
    "Please stop sending me the digest, the welcome is fine", "remove the link", "I unsubscribed yesterday", "stopwatch",
    "baja california", "care: stop worrying", "are: stop", "não pare de escrever", "Stop " * 20,
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_stops(text: str) -> None:
    assert is_stop(text)
    assert subject_stops(read_mail(letter(subject=text)))


@pytest.mark.parametrize("text", NO_STOPS)
def test_sentences(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("Stop\n", True),
        ("\n\n  STOP.  \n\n-- \nJoana\n", True),
        ("> Hello\n> there\n\nstop\n", True),
        ("On Monday, Ana wrote:\n> Hello\nstop\n", True),
        ("Hello,\nstop\n", False),
        ("> stop\n", False),
        ("", False),
    ],
)
def test_first_line(text: str, stops: bool) -> None:
    assert text_stops(read_mail(letter(text))) == stops


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("<html><head><style>p {}</style></head><body><p>Stop</p><blockquote>Hello</blockquote></body></html>", {}),
        ("<div>stop<br></div><div class=\"gmail_quote\">On Monday Ana wrote: Hello</div>", {}),
        ("<p>d&eacute;sabonner</p>", {}),
        ("PHA+c3RvcDwvcD4=\n", {"Content_Transfer_Encoding": "base64"}),
        ("<p>=73top</p>", {"Content_Transfer_Encoding": "quoted-printable"}),
    ],
)  # fmt: skip
def test_html(body: str, headers: dict[str, str]) -> None:
    assert text_stops(read_mail(letter(body, Content_Type="text/html; charset=utf-8", **headers)))


@pytest.mark.parametrize(
    ("word", "charset"),
    [
        ("停止", "iso-2022-jp"),
        ("стоп", "koi8-r"),
        ("стоп", "windows-1251"),
        ("arrêter", "latin-1"),
        ("توقف", "windows-1256"),
    ],
)
def test_charsets(word: str, charset: str) -> None:
    head = f"From: a@example.net\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert text_stops(read_mail(head + word.encode(charset)))
