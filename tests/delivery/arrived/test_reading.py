"""From bytes to words: each odd kind of mail has one outcome."""

from __future__ import annotations

import base64
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.delivery.arrived.html_texts import html_text
from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.arrived.reading import LONGEST_NOTE, LeftOut, NoteText, Trouble, read_note, unflow
from alongside.delivery.arrived.redaction import MARK
from delivery.arrived.forms import ADDRESS, addresses_in

OWN = ("joana@example.net",)


def read(raw: bytes) -> NoteText | Trouble:
    """With the own rules alone."""
    return read_note(read_mail(raw), own_addresses=OWN, trim=lambda _: None)


def text_of(raw: bytes) -> str:
    found = read(raw)
    assert isinstance(found, NoteText), found
    return found.text


def one_part(body: bytes, kind: str = "text/plain; charset=utf-8", encoding: str = "8bit") -> bytes:
    return f"From: j@x.example\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body


def parts(*given_parts: tuple[str, str], kind: str = "multipart/mixed") -> bytes:
    """(headers of a part from its type on, body) each."""
    pieces = "".join(f"--b\nContent-Type: {head}\n\n{body}\n" for head, body in given_parts)
    return f"From: j@x.example\nContent-Type: {kind}; boundary=b\n\n{pieces}--b--\n".encode()


GREEK, JAPANESE, CHINESE, RUSSIAN = (
    "Καλημέρα, τα λέμε την Τρίτη.",
    "火曜日に会いましょう。",
    "我们星期二见，好吗？",
    "Увидимся во вторник, ладно?",
)


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Até terça, João!", "utf-8"), ("Até terça, João!", "iso-8859-1"), ("Bis Dienstag – „gern“", "windows-1252"),
        ("Zażółć gęślą jaźń", "windows-1250"), ("Zażółć gęślą jaźń", "iso-8859-2"), (RUSSIAN, "koi8-r"), (RUSSIAN, "windows-1251"),
        ("Побачимось у вівторок, їжаче", "koi8-u"), (GREEK, "windows-1253"), ("Yarın görüşürüz, Işıl", "windows-1254"),
        ("נתראה ביום שלישי", "windows-1255"), ("نلتقي يوم الثلاثاء", "windows-1256"), ("Tiekamies otrdien, Ģirt", "windows-1257"),
        ("Hẹn gặp bạn", "utf-8"), (JAPANESE, "iso-2022-jp"), (JAPANESE, "shift_jis"), (JAPANESE, "euc-jp"), (CHINESE, "gb18030"),
        (CHINESE, "gb2312"), (CHINESE, "gbk"), ("我們星期二見", "big5"), ("화요일에 만나요", "euc-kr"), (GREEK, "utf-16"), (JAPANESE, "utf-16-be"),
        ("Até terça", "utf-7"), (RUSSIAN, "utf-32"), ("เจอกันวันอังคาร", "tis-620"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_charsets(text: str, charset: str, encoding: str) -> None:
    raw = text.encode(charset)
    body = base64.encodebytes(raw) if encoding == "base64" else "".join(f"={octet:02X}" for octet in raw).encode()
    assert text_of(one_part(body, f"text/plain; charset={charset}", encoding)) == text


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("Até terça".encode(), "us-ascii", "Até terça"),
        ("Até terça".encode(), "iso-8859-1", "Até terça"),
        ("Até terça".encode("latin-1"), "utf-8", "Até terça"),
        ("Até terça".encode(), "x-unknown", "Até terça"),
        ("Até terça".encode("latin-1"), "", "Até terça"),
        ("Bis Dienstag – gern".encode("cp1252"), "iso-8859-1", "Bis Dienstag – gern"),
    ],
)
def test_wrong_charsets(raw: bytes, charset: str, text: str) -> None:
    assert text_of(one_part(raw, f"text/plain; charset={charset}")) == text


def test_utf_16_that_is_not_encoded_is_unreadable() -> None:
    assert read(one_part(GREEK.encode("utf-16"), "text/plain; charset=us-ascii")) == Trouble("unreadable")


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("See\0 you\x1b[31m\x07 soon", "See you[31m soon"),
        ("one\x0btwo\x0cthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("pay \u202e001\u202c now", "pay 001 now"),
        ("a\u200bb\ufeffc\u00add", "abcd"),
        ("می\u200cخواهم 👩\u200d💻", "می\u200cخواهم 👩\u200d💻"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("👍", "👍"),
    ],
)
def test_controls(text: str, passed: str) -> None:
    assert text_of(one_part(text.encode())) == passed


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "empty"),
        (one_part(b""), "empty"),
        (one_part(b" \n\t\n...\n"), "empty"),
        (one_part("\u200b\u2060\n".encode()), "empty"),
        (one_part(b"> Shall we?\n> Ana\n"), "only a quote"),
        (one_part(b"On Mon, 23 Nov 2026 at 10:00, Ana <a@x.example> wrote:\n> Shall we?\n"), "only a quote"),
        (one_part(b"Sent from my iPhone\n\nOn Mon, 23 Nov 2026 at 10:00, Ana <a@x.example> wrote:\n> Hi\n"), "only a quote"),
        (one_part(b"word " * 5000), "too long"),
        (one_part(b"a" * 20_001), "too long"),
        (one_part(b"Buy now. " * 100_000), "too long"),
        (one_part(b"AAAA", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "base64"), "encrypted"),
        (one_part(b"AAAA", "application/x-pkcs7-mime; smime-type=signed-data", "base64"), "encrypted"),
        (parts(("application/pgp-encrypted", "Version: 1"), ("application/octet-stream", "x"), kind="multipart/encrypted"), "encrypted"),
        (one_part(b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n=abcd\n-----END PGP MESSAGE-----\n"), "encrypted"),
        (parts(("application/ms-tnef; name=winmail.dat", "x")), "unreadable"),
        (one_part(b"x", "application/ms-tnef; name=winmail.dat"), "unreadable"),
        (parts(("application/octet-stream; name=WINMAIL.DAT", "x"), ("text/plain", "")), "unreadable"),
        (b"Content-Type: multipart/mixed\n\n--b\n\nHello\n--b--\n", "unreadable"),
        (parts(("image/jpeg; name=a.jpg", "x"), ("text/plain", "")), "only attachments"),
        (parts(("text/plain\nContent-Disposition: attachment; filename=a.txt", "A file, no note."), ("text/plain", "")), "only attachments"),
        (one_part(b"BEGIN:VCARD\nFN:Ana\nEND:VCARD\n", "text/vcard"), "only attachments"),
        (one_part(b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "text/calendar; method=REQUEST"), "only attachments"),
        (one_part(b"Subject: x\n\nHello", "message/rfc822"), "only attachments"),
        (one_part(b"begin 644 a.jpg\n#86)C\n`\nend\n"), "only attachments"),
        (one_part(b"=ybegin line=128 size=3 name=a.jpg\nabc\n=yend size=3\n"), "only attachments"),
        (one_part(b"<p style='display:none'>Hello</p>", "text/html"), "empty"),
    ],
)  # fmt: skip
def test_troubles(raw: bytes, kind: str) -> None:
    found = read(raw)
    assert isinstance(found, Trouble)
    assert found.kind == kind


WORDS = ("text/plain; charset=utf-8", "See you on Friday.")


@pytest.mark.parametrize(
    ("raw", "left_out"),
    [
        (one_part(b"See you on Friday."), ()),
        (parts(WORDS, ("application/pdf; name=cv.pdf", "x")), ("attachment",)),
        (parts(WORDS, ("image/jpeg\nContent-Disposition: inline; filename=IMG_1.jpg\nContent-Transfer-Encoding: base64", "RXhpZgAA")), ("picture",)),
        (parts(WORDS, ("text/vcard; name=ana.vcf", f"BEGIN:VCARD\nEMAIL:{ADDRESS}\nEND:VCARD")), ("contact",)),
        (parts(WORDS, ("text/calendar; method=REQUEST", f"BEGIN:VCALENDAR\nORGANIZER:mailto:{ADDRESS}")), ("invitation",)),
        (parts(WORDS, ("message/rfc822", f"From: {ADDRESS}\nSubject: x\n\nHello from {ADDRESS}")), ("forwarded mail",)),
        (parts(WORDS, ("application/ms-tnef; name=winmail.dat", "x")), ("attachment",)),
        (parts(WORDS, ("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----"), kind="multipart/signed"), ()),
        (parts(WORDS, ("application/pkcs7-signature; name=smime.p7s", "MIIF"), kind="multipart/signed"), ()),
        (parts(WORDS, ("application/pgp-keys; name=key.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----")), ()),
        (parts(WORDS, ("text/plain\nContent-Disposition: inline; filename=log.txt", f"mail to={ADDRESS}")), ("attachment",)),
        (parts(WORDS, ("text/html", f"<p>See you on Friday. <a href='mailto:{ADDRESS}'>A</a></p>"), kind="multipart/alternative"), ()),
        (one_part(b"See you on Friday.\n\nbegin 644 a.jpg\n#86)C\n`\nend\n"), ("attachment",)),
        (one_part(b"See you on Friday.\n=ybegin line=128 size=3 name=a.jpg\nabc\n=yend size=3\n"), ("attachment",)),
        (one_part(f"See you on Friday.\n\nBEGIN:VCARD\nFN:Ana\nEMAIL:{ADDRESS}\nEND:VCARD\n".encode()), ("contact",)),
        (one_part(b"See you on Friday.\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQEN\n-----END PGP PUBLIC KEY BLOCK-----\n"), ()),
        (one_part(b"See you on Friday.\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n"), ("encrypted part",)),
        (one_part(
            b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSee you on Friday.\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n"
            b"-----END PGP SIGNATURE-----\n"), ()),
        (one_part(b"<html><head><style>p{}</style><title>x</title></head><body><p>See you on&nbsp;Friday.<!-- x --></p></body>", "text/html"), ()),
        (parts(("text/plain", " \n"), ("text/html", "<p>See you on Friday.</p>"), kind="multipart/alternative"), ()),
        (one_part(b"U2VlIHlvdSBvbiBGcmlkYXku", encoding="base64"), ()),
        (one_part(b"See you on=20=\nFriday.=\n", encoding="quoted-printable"), ()),
        (one_part(b"See you \non Friday.", "text/plain; format=flowed"), ()),
        (one_part(b"See you o \nn Friday.", "text/plain; format=flowed; delsp=yes"), ()),
    ],
)  # fmt: skip
def test_words_pass_and_nothing_else(raw: bytes, left_out: tuple[LeftOut, ...]) -> None:
    assert read(raw) == NoteText("See you on Friday.", left_out)


def test_soft_break_within_an_address() -> None:
    raw = one_part(b"I am ana.souza7@lisb=\non-mail.example now", encoding="quoted-printable")
    assert read(raw) == NoteText(f"I am {MARK} now", ("address",))


def test_longest() -> None:
    assert text_of(one_part(b"a" * LONGEST_NOTE)) == "a" * LONGEST_NOTE
    quoted = one_part(b"Yes!\n\nOn Mon, 23 Nov 2026 at 10:00, Ana wrote:\n" + b"> and so on\n" * 10_000)
    assert text_of(quoted) == "Yes!"
    cyrillic = one_part(base64.encodebytes(("Да, конечно. " * 1500).encode()), encoding="base64")
    assert len(text_of(cyrillic)) == 13 * 1500 - 1


@pytest.mark.parametrize(
    ("flowed", "delete_space", "text"),
    [
        ("one \ntwo\nthree", False, "one two\nthree"),
        ("one \ntwo", True, "onetwo"),
        ("> one \n> two\nmine", False, "> one two\nmine"),
        ("> one \nmine", False, "> one \nmine"),
        (" From here\n > no quote", False, "From here\n> no quote"),
        ("mine\n-- \nAna", False, "mine\n-- \nAna"),
        (">> two \n>> deep", False, ">> two deep"),
    ],
)
def test_unflow(flowed: str, delete_space: bool, text: str) -> None:
    assert unflow(flowed, delete_space=delete_space) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b<br>c</div>", "a\nb\nc"),
        ("<p>a</p><blockquote>b<blockquote>c</blockquote></blockquote><p>d</p>", "a\n\n> b\n>\n>> c\n>\n\nd"),
        ('<blockquote style="margin:0 0 0 40px;border:none;padding:0px">mine</blockquote>', "mine"),
        ("a<span style='display: none'>b<span>c</span></span>d<i hidden>e</i>", "ad"),
        ("a<script>var b = '<p>'</script>c<style>d</style>", "ac"),
        ("a<!--[if mso]>b<![endif]-->c", "ac"),
        ("1 &lt; 2 &amp; &#8364; <3", "1 < 2 & € <3"),
        ("<a title='>'>x</a>", "x"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("no tags", "no tags"),
        ("a<b", "a<b"),
    ],
)
def test_html(html: str, text: str) -> None:
    assert html_text(html).strip() == text


@pytest.mark.parametrize(
    "piece", ["<", "<a '", "<a '>", "<blockquote>", "<blockquote><br>", "<style>", "<!--", "<p hidden>", "&", '<p style="', "</", "<pre>\n"]
)  # fmt: skip
def test_html_made_to_hurt(piece: str) -> None:
    assert isinstance(html_text(piece * 50_000), str)


_PIECES = [
    b"Content-Type: ", b"multipart/mixed; boundary=b", b"\n--b\n", b"\n--b--\n", b"message/rfc822", b"\n\n", b"\n", b"From: ", b"charset=",
    b"utf-16", b"utf-7", b"text/html", b"text/plain", b"; format=flowed", b"Content-Transfer-Encoding: base64\n", b"> ", b"<blockquote>",
    b"On Mon, 23 Nov 2026 at 10:00, Ana <a@x.example> wrote:\n", b"-- \n", b"-----BEGIN PGP MESSAGE-----\n", b"begin 644 a\n", b"\xff", b"\0",
    b"ana@example.org", b"ana%40example.org", b"&#64;", b"hello", b"Sent from my iPhone\n", b"application/pkcs7-mime", b"image/png",
]  # fmt: skip


@settings(max_examples=300)
@given(st.binary(max_size=300) | st.lists(st.sampled_from(_PIECES) | st.binary(max_size=4), max_size=40).map(b"".join))
def test_any_mail(raw: bytes) -> None:
    for whole in (raw, b"From: j@x.example\n\n" + raw):
        found = read(whole)
        if isinstance(found, NoteText):
            assert found.text.strip()
            assert not addresses_in(found.text)


def test_a_mail_of_the_standard_library() -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["Subject"] = "j@x.example", "Re: Hello"
    message.set_content("Sim, às 10:00 CET!\n", cte="base64")
    message.add_alternative(f"<p>Sim, às 10:00 CET!</p><a href='mailto:{ADDRESS}'>eu</a>", subtype="html")
    message.add_attachment(b"\xff\xd8Exif", maintype="image", subtype="jpeg", filename="IMG_2.jpg")
    assert read(message.as_bytes()) == NoteText("Sim, às 10:00 CET!", ("picture",))
