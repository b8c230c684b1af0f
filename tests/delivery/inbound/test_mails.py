"""Reading what strangers send: odd mail of real programs, and mail made to hurt."""

from __future__ import annotations

import email
import email.policy
import random
import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alongside.delivery.arrived.mails import (
    DEEPEST,
    LONGEST,
    LONGEST_TEXT,
    MOST_PARTS,
    decode_text,
    decode_words,
    find_address,
    find_ids,
    read_mail,
)
from alongside.delivery.arrived.texts import top_text
from alongside.delivery.inbound.findings import Reception, look_at
from alongside.delivery.relay_addresses import RelayKeys
from alongside.delivery.tokens import make_token
from alongside.rendering.mails.envelope import tagged_address
from delivery.conftest import make_community

KEY = b"k" * 32
BOUNCES = tagged_address("community@example.org", make_token("bounce", 1, KEY))
HEAD = f"From: a@example.net\nTo: {BOUNCES}\nReturn-Path: <>\nMessage-ID: <1@x>\n".encode()


def look(raw: bytes) -> bool:
    """Whether it could be read; it never raises."""
    reception = Reception(mailbox="community@example.org", community=make_community())
    keys, today = RelayKeys(key=KEY), date(2026, 11, 23)
    return look_at(raw, recipient="", sender=None, reception=reception, keys=keys, today=today).readable


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        (b"", ()),
        (b"\n\n", ()),
        (b"Subject: a\n b\n\tc\n\nx: y", (("subject", "a b c"),)),
        (b"From someone Mon Jan 1\nSubject: a\n\n", (("subject", "a"),)),
        (b"Subject : a\n\n", (("subject", "a"),)),
        (b" starts: with a space\nSubject: a\n\n", (("subject", "a"),)),
        (b"Subject: a\nno header at all\nTo: b\n\n", (("subject", "a"),)),
        (b"Subject: caf\xc3\xa9\nTo: caf\xe9\n\n", (("subject", "café"), ("to", "café"))),
        (b"Subject: a\0b\x1b[31m\n\n", (("subject", "ab[31m"),)),
        (b"Subject:\nSUBJECT: twice\n\n", (("subject", ""), ("subject", "twice"))),
    ],
)
def test_headers(raw: bytes, fields: tuple[tuple[str, str], ...]) -> None:
    for end in (b"\n", b"\r\n", b"\r"):
        assert read_mail(raw.replace(b"\n", end)).headers.fields == fields


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("Ana <ana@Example.org>", "ana@example.org"),
        ('"bo@x.example" <ana@example.org>', "ana@example.org"),
        ("ana@example.org (Ana <bo@x.example>)", "ana@example.org"),
        ("ana@example.org, bo@x.example", "ana@example.org"),
        ("<>", ""),
        ("Ana", ""),
        ("<not an address>", ""),
        ('"' * 5000, ""),
    ],
)
def test_from(value: str, address: str) -> None:
    assert find_address(value) == address


def test_message_ids() -> None:
    assert find_ids("<a@b> <c@d>\t<e@f>") == ["a@b", "c@d", "e@f"]
    assert find_ids("a@b") == ["a@b"]
    assert find_ids("Your message of Monday") == []
    mail = read_mail(b"In-Reply-To: <c>\nReferences: <a> <b> <c>\n\n")
    assert mail.answers == ("c", "b", "a")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("=?utf-8?b?0JLQsNGI0LUg0YHQvtC+0LHRidC10L3QuNC1INC90LUg0LTQvtGB0YLQsNCy0LvQ?= =?utf-8?b?tdC90L4=?=", "Ваше сообщение не доставлено"),
        ("=?iso-2022-jp?b?GyRCRGQ7XxsoQg==?=", "停止"),
        ("=?no-such-charset?q?a?=", "a"),
        ("=?utf-8?b?!!!?=", ""),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("a =?utf-8*en?q?b?= c", "a b c"),
    ],
)  # fmt: skip
def test_encoded_words(value: str, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    "charset", ["", "x-unknown", "zlib", "rot13", "base64", "punycode", "idna", "undefined", "unicode_escape", "\0", "ä", "a" * 999]
)  # fmt: skip
def test_charsets_that_are_none(charset: str) -> None:
    assert decode_text(b"abc", charset) == "abc"


def test_parts_as_the_standard_library_sees_them() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=\"a b\"\n\npreamble\n--a b\nContent-Type: multipart/alternative;\n boundary=ab"
        b"\n\n--ab\n\nplain\n--ab\nContent-Type: text/html\n\n<p>\n--ab--\n\n--a b \nContent-Type: message/rfc822\n\nSubject: x\n\n"
        b"--a b--\nepilogue\n"
    )  # fmt: skip
    leaves = list(email.message_from_bytes(raw, policy=email.policy.default).walk())
    assert [part.type for part in read_mail(raw).parts] == ["text/plain", "text/html", "message/rfc822"]
    assert {part.get_content_type() for part in leaves} >= {"text/plain", "text/html", "message/rfc822"}
    assert top_text(read_mail(raw)) == "plain"


def test_bounds() -> None:
    parts = read_mail(HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000).parts
    assert len(parts) == MOST_PARTS
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(50_000))
    assert read_mail(nested).parts[0].type == "multipart/mixed"
    assert DEEPEST < 50
    assert len(read_mail(HEAD + b"\n" + b"x" * 30_000_000).raw) == LONGEST
    assert len(top_text(read_mail(HEAD + b"\n" + b"x" * 500_000))) == LONGEST_TEXT


MADE_TO_HURT = [
    HEAD + b"\n" + b"x\n" * 15_000_000,
    HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(50_000)),
    HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n\nx\n" * 50_000,
    HEAD + b"Content-Type: message/rfc822\n\n" * 50_000,
    b"Subject: " + b"x" * 1_000_000 + b"\n" + HEAD + b"\nhi",
    b"Subject: x\n" + b" y\n" * 300_000 + HEAD + b"\nhi",
    b"X-A: b\n" * 200_000 + HEAD + b"\n",
    HEAD + b"References: " + b"<a@b>" * 200_000 + b"\n\n",
    HEAD + b"Content-Type: multipart/mixed" + b';a="' * 300_000 + b"\n\n",
    b"From: " + b'"\\' * 400_000 + b"\n\n",
    b"From: " + b"(" * 800_000 + b"\n\n",
    b"To: " + b"@" * 800_000 + b"\n\n",
    HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\n\n",
    HEAD + b"\n" + b"\n" * 4_000,
    HEAD + b"\n" + b" \n" * 400_000,
    HEAD + b"\n" + b"user " * 200_000,
    HEAD + b"\n" + b"5.1." * 200_000,
    HEAD + b"\n" + b"-" * 1_000_000,
    HEAD + b"Content-Type: text/html\n\n" + b"<style" * 100_000,
    HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"abc-" * 200_000,
    HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=AAA" * 200_000,
    HEAD + b"Date: Never\nDate: Sun, 99 Foo 0000\n\n",
    b"\0" * 1_000_000,
    random.Random(1).randbytes(1_000_000),
]


@pytest.mark.parametrize("raw", MADE_TO_HURT, ids=range(len(MADE_TO_HURT)))
def test_made_to_hurt(raw: bytes) -> None:
    assert look(raw)


_PIECES = [
    b"Content-Type: ", b"multipart/mixed; boundary=b", b"multipart/report; report-type=delivery-status; boundary=b", b"\n--b\n",
    b"\n--b--\n", b"message/delivery-status", b"message/feedback-report", b"message/rfc822", b"\n\n", b"\n", b"\r", b"From: ",
    b"Subject: ", b"=?utf-8?b?", b"?=", b"<", b">", b'"', b"(", b"charset=", b"utf-8", b"koi8-r", b"Action: failed\n",
    b"Status: 5.1.1\n", b"Final-Recipient: rfc822; ", b"a@b.example", b"\0", b"\xff", b"stop", b": ", b"; ", b"text/html",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"Auto-Submitted: ",
]  # fmt: skip


@settings(max_examples=300)
@given(st.binary(max_size=400) | st.lists(st.sampled_from(_PIECES) | st.binary(max_size=5), max_size=60).map(b"".join))
def test_any_bytes(raw: bytes) -> None:
    assert look(raw)
    assert look(HEAD + raw)


@given(st.text(alphabet=string.ascii_letters + string.digits + " äß中ا", max_size=200), st.sampled_from(("b", "q")))
def test_words_go_round(text: str, encoding: str) -> None:
    from email.charset import BASE64, QP, Charset
    from email.header import Header

    charset = Charset("utf-8")
    charset.header_encoding = BASE64 if encoding == "b" else QP
    plain = " ".join(text.split())
    mail = read_mail(f"Subject: {Header(plain, charset, maxlinelen=60, header_name='Subject').encode()}\n\n".encode())
    assert mail.headers.text("subject") == plain
