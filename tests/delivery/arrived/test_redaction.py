"""No address leaves: all the forms of one, what stays, and texts made to take long."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alongside.delivery.arrived import redaction
from alongside.delivery.arrived.redaction import MARK, redact
from delivery.arrived.forms import ADDRESS, FORMS, addresses_in, shows

NOBODY: tuple[str, ...] = ()


SENTENCES = [
    "Write to {} soon.",
    "{}",
    "Joana\n{}\nLisboa",
    "私は{}です。",
    "({})",
    "a, {}; b",
    "Ana Souza <{}>",
    "*{}*",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form(form: str) -> None:
    for sentence in SENTENCES:
        redacted = redact(sentence.format(FORMS[form]), own_addresses=NOBODY)
        assert MARK in redacted, sentence
        assert not shows(redacted, "souza7"), sentence
        assert not shows(redacted, "lisbon-mail"), sentence
        assert not addresses_in(redacted), sentence
        assert redact(redacted, own_addresses=NOBODY) == redacted, sentence


@pytest.mark.parametrize(
    "text",
    [
        "See you @ 5 pm.",
        "See you @5pm @ the café, at 10:00 CET.",
        "Call 10:00 CET or 9:00 UTC, on 23 Nov 2026.",
        "Look at example.org, or at https://example.org/a?b=c%20d&e=f#g.",
        "I am at work. See the dot com boom.",
        "Thanks @bob and @bob.smith!",
        "https://medium.com/@ana/a-story-1234567890abcdef",
        'Use @property, @app.route("/x") and `A@B`.',
        "pip install lodash@4.17.21, 3@2.50 each",
        "50% of us, 100%!",
        "Tom &amp; Jerry &lt;3",
        "We meet on Tuesdays.\nThen we eat.",
        "1. one\n2. two\n\n- three...",
        "Привет! Завтра в 18:00. До встречи",
        "明日の会議は10時です。場所はカフェ。",
        "غدا الساعة الخامسة. إلى اللقاء",
        "d41d8cd98f00b204e9800998ecf8427e",
        "Donaudampfschifffahrtsgesellschaftskapitän und internationalization",
        "To: everybody. From: Munich. Date: 3 May.",
        "begin 644 people and end",
        "I said: (at) least (dot) once",
    ],
)
def test_what_stays(text: str) -> None:
    assert redact(text, own_addresses=["ana.souza7@gmail.com", "bruno@gmx.de"]) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Write to ana@example.org.", "Write to […]."),
        ("Ana <ana@example.org>, Bo <bo@example.org>", "Ana […], Bo […]"),
        ("https://x.example/?to=ana@example.org&y=1 is it", "https://x.example/[…] is it"),
        ("https://ana@x.example/y is it", "[…] is it"),
        ("https://m.example/@ana https://m.example/@ana@b.example", "https://m.example/@ana https://m.example/[…]"),
        ("ana at gmail.com or ana at gmail dot com", "[…] or […]"),
        ("Hi\nReceived: from a.example (a.example [192.0.2.1])\n by b.example\nBye", "Hi\n[…]\nBye"),
        ("Hi\nX-Originating-IP: [192.0.2.1]\nBye", "Hi\n[…]\nBye"),
        ("Message-ID: <1@x>\nIn-Reply-To: <2@x>\nBye", "[…]\nBye"),
        ("Date: Mon, 23 Nov 2026 10:00:00 +0200\nBye", "[…]\nBye"),
        ("Sent Mon, 23 Nov 2026 10:00:00 +0200 (CEST) to you", "Sent […] to you"),
        ("a\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\nb", "a\n[…]\nb"),
        ("a\nBEGIN:VCARD\nFN:Ana\nTEL:+351\nEND:VCARD\nb", "a\n[…]\nb"),
        ("a\n-----BEGIN PGP MESSAGE-----\nnever ended", "a\n[…]"),
    ],
)
def test_what_goes(text: str, redacted: str) -> None:
    assert redact(text, own_addresses=NOBODY) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("I am ana.souza7 there", "I am […] there"),
        ("See students.uni-x.example, uni-x.example, www.uni-x.example", "See […], […], […]"),
        ("https://students.uni-x.example/~me", "https://[…]/~me"),
        ("Uni-X is my university, uni-xy.example is not", "Uni-X is my university, uni-xy.example is not"),
        ("Cheers, Joana", "Cheers, Joana"),
        ("my site is bücher.example", "my site is […]"),
        ("my site is xn--bcher-kva.example", "my site is […]"),
        ("gmail.com is full", "gmail.com is full"),
        ("info says so", "info says so"),
    ],
)
def test_own_addresses(text: str, redacted: str) -> None:
    own = ["ana.souza7@students.uni-x.example", "joana@gmail.com", "info@xn--bcher-kva.example"]
    assert redact(text, own_addresses=own) == redacted


# Each of 200,000 characters, as which `make soak` has them; the first 50,000 take minutes, too, where work is squared.
MADE_TO_HURT = {
    name: (piece * (200_000 // len(piece) + 1))[:200_000]
    for name, piece in {
        "at": "@", "brackets": "[", "lines": "\n", "entities": "&#", "percent": "%", "dots": ".", "a@": "a@", "a@b.": "a@b.",
        "a.": "a.", "addresses": "a@b.example ", " at ": " at ", "(at)": "(at)", " dot ": "a dot ", "quotes": '"@', "letters": "a",
        "URLs": "http://a/", "URLs with addresses": "http://a?@a.bc", "%25": "%25", "dates": "Date: ", "quoted": "> q\n",
        "headers": "X-Aa: b\n", "folded": "X-Aa: b\n c\n", "spaces": " ", "base64": "abcdefg+", "hex": "ab", "mailto": "mailto:",
        "paths": "a@bc.de/", "armour": "-----BEGIN A-----\n", "local": "a" * 319 + "@", "marks": MARK, "amp": "amp;&", "(": "( (at",
        "labels": "a" * 63 + ".", "at.": "@.", "zero width": "\u200b", "combining": "a\u0301", "private": "\ue000", "uu": "begin 644 a\n",
    }.items()
}  # fmt: skip


@pytest.mark.parametrize("length", [50_000, pytest.param(200_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", MADE_TO_HURT)
def test_made_to_hurt(name: str, length: int) -> None:
    """The work is a few steps for each character: places looked at closely are counted, a minute would not do."""
    text = MADE_TO_HURT[name][:length]
    redacted = redact(text, own_addresses=[ADDRESS])
    assert len(redacted) <= len(text)
    assert not addresses_in(redacted[:20_000])


@pytest.mark.parametrize("name", ["at", "a@", "addresses", "paths", "local", " at ", "(at)", "quotes"])
def test_steps_grow_with_the_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 0
    back = redaction._View.back

    def counting(self: redaction._View, pattern: re.Pattern[str], end: int) -> int:
        nonlocal counted
        length = back(self, pattern, end)
        counted += 1 + length
        return length

    monkeypatch.setattr(redaction._View, "back", counting)
    text = MADE_TO_HURT[name][:50_000]
    redact(text, own_addresses=[ADDRESS])
    assert counted <= 4 * redaction.MOST_PASSES * len(text)


_PIECES = st.sampled_from(
    [*FORMS.values(), "@", "ana", ".", "example", "org", " ", "\n", "%40", "&#64;", "(at)", " dot ", " AT ", '"', "<", ">", "[", "]",
     MARK, "…", "=\n", "=40", "https://a.example/", "?x=", "\u200b", "＠", "。", "mailto:", "Date: ", "X-A: ", "> ", "--", "bücher",
     "例", "é", "\u0301", "\ue000", "YW5hQGV4YW1wbGUub3Jn", "&amp;", "+AEA-", "%25", "-----BEGIN PGP MESSAGE-----", "a@b"]
)  # fmt: skip


@settings(max_examples=600)
@given(st.text(max_size=200) | st.lists(_PIECES | st.text(max_size=3), max_size=25).map("".join))
@example("a@\ue000b.example")
@example("ana@" + MARK)
def test_any_text(text: str) -> None:
    redacted = redact(text, own_addresses=[ADDRESS])
    assert not addresses_in(redacted), redacted
    assert redact(redacted, own_addresses=[ADDRESS]) == redacted


@given(st.emails(), st.sampled_from(list(FORMS)), st.text(max_size=20))
def test_any_address(address: str, form: str, around: str) -> None:
    text = FORMS[form].replace(ADDRESS, address) + f" {around} " + base64.b64encode(b"  " + address.encode()).decode()
    assert not addresses_in(redact(text, own_addresses=NOBODY))
