"""What is believed of where a mail comes from, and what strangers write so that it is."""

from __future__ import annotations

import random

import pytest

from alongside.delivery.arrived.mails import read_mail
from alongside.delivery.inbound.authenticity import LONGEST, MOST_INSTANCES, Authenticity, read_authenticity

ANA, EVE, SERVICE = "ana@example.org", "eve@evil.example.com", "bounces@mailer.example.net"
OURS = "mx.example.com"


def authenticity(
    *findings: str, sender: str | None = SERVICE, author: str = f"Ana <{ANA}>", more: str = "", authserv: str = OURS
) -> Authenticity:
    """Of a mail with these values of Authentication-Results, the topmost first."""
    head = "".join(f"Authentication-Results: {value}\n" for value in findings)
    raw = f"{head}{more}From: {author}\nSubject: Hello\n\nHello\n".encode()
    return read_authenticity(read_mail(raw), sender=sender, authserv=authserv)


def is_anas(*findings: str, **mail: str) -> bool:
    return authenticity(*findings, **mail).is_from(ANA)


# --- the envelope ---


@pytest.mark.parametrize(
    "sender",
    [
        ANA, "Ana@Example.ORG", "prvs=1234abcdef=ana@example.org", "PRVS=1234abcdef=Ana@example.org",
        "msprvs1=18000abcdef=ana@example.org", "btv1==0123abcdef==ana@example.org",
    ],
)  # fmt: skip
def test_an_envelope_of_theirs(sender: str) -> None:
    assert authenticity(sender=sender).is_from(ANA)


@pytest.mark.parametrize(
    "sender",
    [
        "", EVE, "ana@example.org.evil.example.com", "ana@mail.example.org", "prvs=1234abcdef=ana@evil.example.com",
        "prvs=1234abcdef=ana@example.org@evil.example.com", "prvs==ana@example.org@evil.example.com",
        "SRS0=ab12=cd=example.org=ana@forwarder.example.net", "bounce+ana=example.org@list.example.net",
        '"ana@example.org"@evil.example.com', '"ana@example.org> x"@evil.example.com', "ana+tag@example.org",
        "ana@example.org, eve@evil.example.com", "ana@example.org\nx", "@example.org", "ana",
    ],
)  # fmt: skip
def test_an_envelope_of_somebody_else(sender: str) -> None:
    assert not authenticity(sender=sender).is_from(ANA)


@pytest.mark.parametrize(
    "lines",
    [
        f"Return-Path: <{ANA}>\n",
        f"Return-Path: {ANA}\n",
        f"return-path:\t<Ana@EXAMPLE.org>\nReturn-Path: <{EVE}>\n",
        f"Return-Path:\n  <{ANA}> (of the envelope)\n",
        "Return-Path: <prvs=1234abcdef=ana@example.org>\n",
    ],
)
def test_the_return_path_that_our_server_wrote(lines: str) -> None:
    assert authenticity(sender=None, more=lines).is_from(ANA)


@pytest.mark.parametrize(
    "lines",
    [
        "",
        "Return-Path: <>\n",
        f"Return-Path: <>\nReturn-Path: <{ANA}>\n",
        f"Return-Path: <{EVE}>\nReturn-Path: <{ANA}>\n",
        f"Return-Path: <{EVE}> ({ANA})\n",
        f'Return-Path: <"{ANA}"@evil.example.com>\n',
        f'Return-Path: <"{ANA}> x"@evil.example.com>\n',
        f"X-Return-Path: <{ANA}>\n",
    ],
)
def test_a_return_path_that_does_not_say_so(lines: str) -> None:
    assert not authenticity(sender=None, more=lines).is_from(ANA)


def test_nobody_is_nobody() -> None:
    """The null sender is no person, and neither is a From that cannot be written to."""
    for sender in ("", "nonsense", None):
        assert not authenticity(f"{OURS}; dmarc=pass header.from=example.org", sender=sender, author="").is_from("")
    assert authenticity(f"{OURS}; dmarc=pass header.from=example.org", sender="").is_from(ANA)


# --- what our own server found ---


@pytest.mark.parametrize(
    "found",
    [
        "dmarc=pass header.from=example.org",
        "dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.org",
        "dmarc=pass action=none header.from=example.org;compauth=pass reason=100",
        "dmarc=pass(p=REJECT) header.from=Example.ORG.",
        'DMARC = Pass header.from = "example.org"',
        "dmarc/1=pass policy.dmarc=none header . from=example.org",
        "spf=fail smtp.mailfrom=mailer.example.net; dkim=none; dmarc=pass header.from=example.org",
        "spf=softfail smtp.mailfrom=mailer.example.net; dkim=pass header.d=example.org",
        "dkim=pass header.i=@example.org header.s=s1 header.b=AbCd/+x=",
        "dkim=pass header.b=AbCd/+x= header.d=example.org; dmarc=none header.from=example.org",
        "dkim=fail header.d=mailer.example.net; dkim=pass header.d=example.org header.i=news@mail.example.org",
        'dkim=pass reason="a; good (one" header.d=example.org',
        "spf=pass smtp.mailfrom=example.org",
        "spf=pass (mx: domain of ana@example.org says so) smtp.mailfrom=ana@example.org smtp.helo=x",
        'spf=pass smtp.mailfrom="ana@example.org"',
        "spf=pass smtp.mailfrom=ana@example.org; dmarc=bestguesspass action=none header.from=example.org",
        "spf=pass smtp.mailfrom=ana@example.org; dmarc=temperror header.from=example.org",
    ],
)
def test_our_server_says_that_it_is_theirs(found: str) -> None:
    assert is_anas(f"{OURS}; {found}")


@pytest.mark.parametrize(
    "found",
    [
        "none",
        "",
        "dmarc=none header.from=example.org",
        "dmarc=pass",
        "dmarc=pass header.from=evil.example.com",
        "dmarc=pass header.from=mail.example.org",
        "dmarc=pass header.from=org",
        "dmarc=pass header.from=example.org.evil.example.com",
        "dmarc=pass header.from=evilexample.org",
        "dmarc=pass header.from=example.org header.from=evil.example.com",
        "dmarc=pass header.from=evil.example.com; dmarc=pass header.from=example.org",
        "dmarc=none header.from=example.org; dmarc=pass header.from=example.org",
        "xdmarc=pass header.from=example.org",
        "x-dmarc=pass header.from=example.org",
        "arc=pass (i=1 dmarc=pass header.from=example.org)",
        "arc=pass (i=1 (nested) dmarc=pass header.from=example.org) header.from=example.org",
        r"arc=pass (a bracket \) ; dmarc=pass header.from=example.org)",
        "auth=pass smtp.auth=ana@example.org",
        "iprev=pass policy.iprev=192.0.2.1 header.d=example.org smtp.mailfrom=example.org",
        "dkim=pass header.d=evil.example.com header.from=example.org",
        "dkim=pass header.d=evil.example.com header.i=@example.org",
        "dkim=pass header.d=evil.example.com header.d=example.org",
        "dkim=pass header.s=example.org header.b=example.org",
        "dkim=pass header.d=sub.example.org",
        "dkim=pass header.d=org",
        "dkim=neutral header.d=example.org",
        "dkim=none header.d=example.org; spf=pass smtp.mailfrom=evil.example.com",
        "spf=pass smtp.mailfrom=evil.example.com header.from=example.org",
        "spf=pass smtp.mailfrom=evil.example.com smtp.helo=example.org",
        "spf=pass smtp.helo=example.org",
        "spf=pass smtp.mailfrom=ana@example.org@evil.example.com",
        'spf=pass smtp.mailfrom="ana@example.org"@evil.example.com',
        'spf=pass smtp.mailfrom="; dmarc=pass header.from=example.org;"@evil.example.com',
        'spf=pass smtp.mailfrom="x header.d=example.org smtp.mailfrom=example.org x"@evil.example.com',
        r'spf=pass smtp.mailfrom="x\"; dmarc=pass header.from=example.org; \""@evil.example.com',
        'spf=none "; dmarc=pass header.from=example.org"',
        'dkim=fail reason="no; dmarc=pass header.from=example.org; dkim=pass header.d=example.org"',
        "spf=none (helo (; dmarc=pass header.from=example.org)) smtp.mailfrom=x",
    ],
)
def test_what_says_nothing_about_them(found: str) -> None:
    told = authenticity(f"{OURS}; {found}")
    assert told.finding == "unknown"
    assert not told.is_from(ANA)
    assert authenticity(f"{OURS}; {found}", sender=ANA).is_from(ANA)  # the envelope still does


@pytest.mark.parametrize(
    "found",
    [
        "dmarc=fail header.from=example.org",
        "dmarc=fail (p=none dis=none) header.from=Example.org; spf=pass smtp.mailfrom=evil.example.com",
        "dmarc/1=FAIL",
        "dkim=pass header.d=example.org; dmarc=fail header.from=example.org",
        "dmarc=pass header.from=example.org; dmarc=fail header.from=example.org",
        "spf=fail smtp.mailfrom=ana@example.org",
        # A name that EHLO gave, written down without care, must not hide what follows.
        "spf=none smtp.helo=((( ; dmarc=fail header.from=example.org",
        'spf=none smtp.helo="x ; dmarc=fail header.from=example.org',
        "spf=none (helo x); dmarc=pass header.from=example.org (y))",
        "; ".join("dkim=fail header.d=evil.example.com" for _ in range(300)),
    ],
)
def test_what_makes_even_the_envelope_count_no_more(found: str) -> None:
    told = authenticity(f"{OURS}; {found}", sender=ANA)
    assert told.finding == "fail"
    assert not told.is_from(ANA)


@pytest.mark.parametrize(
    "name",
    [OURS, OURS.upper(), f"{OURS} 1", f"{OURS}\t1", f'"{OURS}"', f"(ours (really)) {OURS} (v) 1", f"\n {OURS}\n "],
)
def test_how_our_server_may_write_its_name(name: str) -> None:
    assert is_anas(f"{name};\n\tdmarc=pass (p=none;\n dis=none)\n header.from=example.org")


@pytest.mark.parametrize(
    "name",
    [
        "evil.example.com",
        f"{OURS}.evil.example.com",
        f"x{OURS}",
        f"evil.example.com {OURS}",
        f"({OURS})",
        "",
        f";{OURS}",
    ],
)
def test_names_of_others(name: str) -> None:
    assert not is_anas(f"{name}; dmarc=pass header.from=example.org")
    assert is_anas(f"{name}; dmarc=fail header.from=example.org", f"{OURS}; dmarc=pass header.from=example.org")


def test_without_a_name_no_header_is_believed() -> None:
    for name in (OURS, "", '""'):
        assert not is_anas(f"{name}; dmarc=pass header.from=example.org", authserv="")


@pytest.mark.parametrize(
    "ours", ["dmarc=fail header.from=example.org", "none", "spf=pass smtp.mailfrom=evil.example.com"]
)
def test_what_the_sender_wrote_below_is_not_believed(ours: str) -> None:
    forged = f"{OURS}; dmarc=pass header.from=example.org"
    assert not is_anas(f"{OURS}; {ours}", forged)
    assert not is_anas("other.example.net; spf=pass", f"{OURS}; {ours}", *[forged] * 3)
    assert not is_anas(more=f"ARC-Authentication-Results: i=1; {forged}\nX-Authentication-Results: {forged}\n")


def test_what_others_found_on_the_way_does_not_hide_ours() -> None:
    """The first of ours is the topmost one, however many names stand above and below it."""
    others = [f"hop{number}.example.net; dmarc=fail header.from=example.org" for number in range(MOST_INSTANCES - 1)]
    assert is_anas(*others, f"{OURS}; dmarc=pass header.from=example.org")
    assert not is_anas(*others, "one.more.example.net; none", f"{OURS}; dmarc=pass header.from=example.org")


# --- the author ---


@pytest.mark.parametrize(
    "author",
    [
        f"Ana <{ANA}>, Eve <{EVE}>",
        f"{ANA}, {EVE}",
        f"Ana <{ANA}>, Ana <ana@mail.example.org>",
        f"Ana <{ANA}>, nobody <nonsense>",
        f"Ana <{ANA}>\nFrom: Eve <{EVE}>",
        f"Eve <{EVE}>\nFrom: Ana <{ANA}>",
    ],
)
def test_who_writes_in_company_is_nobody_in_particular(author: str) -> None:
    assert not is_anas(f"{OURS}; dmarc=pass header.from=example.org", author=author)
    assert authenticity(sender=ANA, author=author).is_from(ANA)


@pytest.mark.parametrize(
    "author",
    [ANA, f"<{ANA}>", f'"{EVE}" <{ANA}>', f"{ANA} <{ANA}>", f"({EVE}) {ANA}", f"Ana <{ANA}>\nFrom: {ANA}", "Ana <Ana@Example.org>"],
)  # fmt: skip
def test_one_author_however_written(author: str) -> None:
    assert is_anas(f"{OURS}; dmarc=pass header.from=example.org", author=author)


@pytest.mark.parametrize("author", [f'"{ANA}" <{EVE}>', f"{ANA} <{EVE}>", f"=?utf-8?q?Ana_=3C{ANA}=3E?= <{EVE}>"])
def test_a_name_that_looks_like_an_address_is_none(author: str) -> None:
    assert not is_anas(f"{OURS}; dmarc=pass header.from=example.org", author=author)


def test_a_domain_beyond_ascii_is_known_in_both_its_forms() -> None:
    author = "ana@bücher.example.org"
    for domain in ("bücher.example.org", "xn--bcher-kva.example.org", "XN--BCHER-KVA.example.org"):
        told = authenticity(f"{OURS}; dmarc=pass header.from={domain}", author=author)
        assert told.is_from("ana@xn--bcher-kva.example.org")


@pytest.mark.parametrize("domain", ["example.org", "mail.example.org"])
def test_a_signature_of_a_domain_above(domain: str) -> None:
    author = "ana@de.mail.example.org"
    assert authenticity(f"{OURS}; dkim=pass header.d={domain}", author=author).is_from(author)
    assert not authenticity(f"{OURS}; dkim=pass header.d=org", author=author).is_from(author)


def test_hostile_headers_never_raise_and_never_pass() -> None:
    """Pieces of what is believed, in any order, in a value that is the sender's own."""
    chance = random.Random(8601)
    pieces = [
        "; ", "(", ")", "\\", "=", " ", "dmarc=pass", "header.from=example.org", "dkim=pass", "header.d=example.org",
        "spf=pass", "smtp.mailfrom=example.org", "@", "/", ".", "\t", "\x00", "é", "=?utf-8?q?x?=",
    ]  # fmt: skip
    for _ in range(3_000):
        own = "".join(chance.choices(pieces, k=chance.randrange(1, 12)))
        escaped = own.replace("\\", r"\\").replace('"', r"\"")
        assert not is_anas(f'{OURS}; spf=none smtp.mailfrom="{escaped}"@evil.example.com')
        authenticity(f"{OURS}; {own}")
    for letter in ("(", '"', "\\", "a", "=", "a.", '"" ', ". ", "a=", "()", ";"):
        assert not is_anas(f"{OURS}; dmarc=pass header.from=example.org {letter * LONGEST}")
