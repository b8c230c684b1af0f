from __future__ import annotations

import base64
import subprocess
import time
from pathlib import Path

import pytest

from alongside.delivery.doctor.dkim_keys import KeyFaultError, check_dkim, read_key
from alongside.delivery.doctor.dmarc_records import check_dmarc, owners
from alongside.delivery.doctor.domains import check_domain
from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.spf_records import check_spf
from alongside.delivery.transports.smtp_url import parse_smtp_url
from alongside.settings import MailSettings
from delivery.doctor.looking import MakeSetup, NameServer, told

EXAMPLE = "v=spf1 include:_spf.YOUR-PROVIDER ~all, or v=spf1 mx -all where the mail host sends itself"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """Public RSA keys by bits, as `p=` holds them."""
    folder = tmp_path_factory.mktemp("keys")
    return {bits: _public_key(folder / f"{bits}.pem", bits) for bits in (512, 1024, 2048)}


def _public_key(path: Path, bits: int) -> str:
    subprocess.run(["openssl", "genrsa", "-out", path, str(bits)], check=True, capture_output=True)
    der = subprocess.run(
        ["openssl", "rsa", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    return base64.b64encode(der).decode()


def whole_zone(server: NameServer, key: str) -> None:
    """example.org as it should be."""
    server.add("example.org", "MX", "10 mail.example.org.", "20 second.example.org.")
    server.add("mail.example.org", "A", "192.0.2.1")
    server.add("second.example.org", "AAAA", "2001:db8::1")
    server.txt("example.org", "some-verification=1", "v=spf1 mx ip4:192.0.2.0/24 -all")
    server.txt("default._domainkey.example.org", f"v=DKIM1; k=rsa; p={key}")
    server.txt("_dmarc.example.org", "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org")


def test_a_domain_as_it_should_be(name_server: NameServer, make_setup: MakeSetup, keys: dict[int, str]) -> None:
    whole_zone(name_server, keys[2048])
    findings = list(check_domain(make_setup(), name_server.lookup(), None))
    assert [(f.what, f.state, f.message) for f in findings] == [
        ("MX", "ok", "Answers go to mail.example.org, second.example.org."),
        ("SPF", "ok", "example.org has one record; it takes 1 of 10 lookups."),
        ("SPF end", "ok", "It ends in -all."),
        ("DKIM", "ok", "default._domainkey.example.org holds a key (rsa, 2048 bits)."),
        ("DMARC", "ok", "_dmarc.example.org says quarantine."),
        ("DMARC reports", "ok", "They are asked for."),
        (
            "alignment",
            "ok",
            "From and envelope are both of example.org (SPF). The relay's signature must say d=example.org, or another "
            "name below example.org, (DKIM).",
        ),
    ]


def test_the_machine_as_its_own_relay(name_server: NameServer, make_setup: MakeSetup, keys: dict[int, str]) -> None:
    whole_zone(name_server, keys[2048])
    findings = check_domain(make_setup(), name_server.lookup(), parse_smtp_url("smtp://localhost"))
    assert told(findings, "relay") == (
        "ok",
        "Mail leaves through this machine's own mail system. SPF must name the address it sends from, that address "
        "must have a name (PTR), and it must sign as example.org.",
    )


def test_domains_beyond_ascii(name_server: NameServer, make_setup: MakeSetup) -> None:
    name_server.add("xn--bcher-kva.example", "MX", "0 .")
    setup = make_setup(mail=MailSettings(sender="community@bücher.example"))
    assert told(check_domain(setup, name_server.lookup(), None), "MX") == (
        "error",
        "xn--bcher-kva.example says that it takes no mail. Answers go there: name a mail host.",
    )


def test_no_such_domain(name_server: NameServer, make_setup: MakeSetup) -> None:
    findings = list(check_domain(make_setup(), name_server.lookup(), None))
    assert told(findings, "domain") == (
        "error",
        "example.org does not exist in the DNS. Register it, or name another: mail: {from: ...}.",
    )
    assert len(findings) == 1


def test_a_machine_without_a_domain(name_server: NameServer, make_setup: MakeSetup) -> None:
    findings = list(check_domain(make_setup(site_url=""), name_server.lookup(), None))
    assert told(findings, "domain") == (
        "skipped",
        "localhost is no domain of the DNS. Set site_url, or mail: {from: ...}.",
    )
    assert name_server.asked == []


def test_a_broken_server(name_server: NameServer, make_setup: MakeSetup) -> None:
    name_server.broken.add("example.org")
    assert told(check_domain(make_setup(), name_server.lookup(), None), "domain") == (
        "warning",
        "The DNS of example.org gives no answer (SERVFAIL). Look again later. When it stays: SERVFAIL is often a broken "
        "DNSSEC signature.",
    )


def test_a_silent_server_is_not_waited_for(name_server: NameServer, make_setup: MakeSetup) -> None:
    name_server.silent.add("example.org")
    began = time.monotonic()
    state, text = told(check_domain(make_setup(), name_server.lookup(timeout=0.3), None), "domain")
    assert (state, text.split(". ")[0]) == ("warning", "The DNS of example.org gives no answer (no answer in time)")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("records", "state", "text"),
    [
        ({}, "error", "example.org names no mail host, so no answer arrives. Publish MX: 10 mail.example.org."),
        (
            {"A": ["192.0.2.7"]},
            "warning",
            "example.org names no mail host; its web address is tried. Publish MX: 10 mail.example.org.",
        ),
        (
            {"MX": ["10 gone.example.org."]},
            "error",
            "The mail host gone.example.org has no address. Mend the name, or its A record.",
        ),
    ],
)
def test_where_answers_go(
    name_server: NameServer, make_setup: MakeSetup, records: dict[str, list[str]], state: str, text: str
) -> None:
    name_server.zone["example.org"] = {"TXT": ['"-"'], **records}
    assert told(check_domain(make_setup(), name_server.lookup(), None), "MX") == (state, text)


# SPF


def spf(server: NameServer, *texts: str) -> list[Finding]:
    server.txt("example.org", *texts)
    return list(check_spf("example.org", server.lookup()))


@pytest.mark.parametrize(
    ("texts", "state", "text"),
    [
        (
            ["v=spf10 -all", "other"],
            "error",
            f"example.org has no SPF record, so nobody knows who may send its mail. Publish TXT: {EXAMPLE}.",
        ),
        (
            ["v=spf1 -all", "v=spf1 mx -all"],
            "error",
            "example.org has 2 SPF records, which is as good as none (RFC 7208 section 4.5). Make them one.",
        ),
        (
            ["v=spf1 inlcude:a.example -all"],
            "error",
            'The record of example.org has "inlcude:a.example", which is no mechanism of SPF. Mend the record: with an '
            "error in it, it counts as none.",
        ),
        (
            ["v=spf1 include:gone.example -all"],
            "error",
            "The record of example.org names gone.example (include), which has no SPF record. Mend the record: with an "
            "error in it, it counts as none.",
        ),
        (
            ["v=spf1 ptr -all"],
            "warning",
            'The record of example.org uses "ptr", which is slow and not to be used. Name networks instead.',
        ),
        (
            ["v=spf1 a:x1.example a:x2.example exists:x3.example -all"],
            "error",
            "3 names in the record of example.org lead nowhere; more than 2 and it counts as none. Take out what no "
            "longer exists.",
        ),
        (["V=SPF1 IP4:192.0.2.1 exists:%{i}._x.example.org x-unknown=1 -ALL"], "ok", "example.org has one record; it takes 1 of 10 lookups."),
    ],
)  # fmt: skip
def test_spf_records(name_server: NameServer, texts: list[str], state: str, text: str) -> None:
    assert told(spf(name_server, *texts), "SPF") == (state, text)


@pytest.mark.parametrize(
    ("end", "state", "text"),
    [
        ("-all", "ok", "It ends in -all."),
        ("~all", "ok", "It ends in ~all."),
        ("+all", "error", "The record of example.org ends in +all: everybody may send as you. Write ~all or -all."),
        ("all", "error", "The record of example.org ends in +all: everybody may send as you. Write ~all or -all."),
        ("?all", "warning", "The record of example.org ends in ?all: it forbids nobody. Write ~all or -all."),
        ("", "warning", "The record of example.org has no all at its end: it forbids nobody. Write ~all or -all."),
        ("redirect=all.example", "ok", "It ends in ~all."),
    ],
)
def test_how_spf_ends(name_server: NameServer, end: str, state: str, text: str) -> None:
    name_server.txt("all.example", "v=spf1 ~all")
    assert told(spf(name_server, f"v=spf1 ip4:192.0.2.1 {end}"), "SPF end") == (state, text)


def test_the_all_of_an_include_is_not_ours(name_server: NameServer) -> None:
    name_server.txt("open.example", "v=spf1 +all")
    assert told(spf(name_server, "v=spf1 include:open.example -all"), "SPF end") == ("ok", "It ends in -all.")


def test_ten_lookups_and_no_more(name_server: NameServer) -> None:
    for number in range(3):
        name_server.txt(f"i{number}.example", "v=spf1 a mx include:leaf.example -all")
        name_server.add(f"i{number}.example", "A", "192.0.2.1")
        name_server.add(f"i{number}.example", "MX", "10 mail.example.")
    name_server.txt("leaf.example", "v=spf1 ip4:192.0.2.1 -all")
    name_server.add("example.org", "A", "192.0.2.1")
    two = "v=spf1 include:i0.example include:i1.example"
    assert told(spf(name_server, f"{two} a exists:leaf.example -all"), "SPF") == (
        "ok",
        "example.org has one record; it takes 10 of 10 lookups.",
    )
    assert told(spf(name_server, f"{two} include:i2.example -all"), "SPF") == (
        "error",
        "The record of example.org takes more than 10 lookups; servers give up there and refuse it. Take out includes "
        "of services that no longer send, or name networks with ip4: and ip6:.",
    )


def test_records_that_go_round_in_a_circle(name_server: NameServer) -> None:
    name_server.txt("round.example", "v=spf1 include:example.org -all")
    state, text = told(spf(name_server, "v=spf1 include:round.example -all"), "SPF")
    assert (state, text.split(";")[0]) == ("error", "The record of example.org takes more than 10 lookups")
    assert len(name_server.asked) == 2  # each name once


def test_an_include_that_does_not_answer(name_server: NameServer) -> None:
    name_server.broken.add("later.example")
    assert told(spf(name_server, "v=spf1 include:later.example -all"), "SPF") == (
        "warning",
        "later.example (SERVFAIL) in the record gives no answer. Look again later.",
    )


def test_mail_hosts_beyond_ten(name_server: NameServer) -> None:
    name_server.add("many.example", "MX", *(f"10 m{number}.example." for number in range(11)))
    state, text = told(spf(name_server, "v=spf1 mx:many.example -all"), "SPF")
    assert (state, text.split(". ")[0]) == (
        "error",
        "many.example has more than 10 mail hosts, which SPF does not allow",
    )


def test_a_record_longer_than_one_string(name_server: NameServer) -> None:
    networks = " ".join(f"ip4:192.0.2.{number}" for number in range(60))
    assert told(spf(name_server, f"v=spf1 {networks} -all"), "SPF end") == ("ok", "It ends in -all.")


def test_spf_does_not_answer(name_server: NameServer) -> None:
    name_server.broken.add("example.org")
    assert told(check_spf("example.org", name_server.lookup()), "SPF") == (
        "warning",
        "The DNS of example.org gives no answer (SERVFAIL). Look again later.",
    )


# DKIM

OTHER_NAME = "Set ALONGSIDE_DKIM_SELECTOR to the s= of the DKIM-Signature in a mail you sent."


def dkim(server: NameServer, *texts: str, selector: str = "ours") -> tuple[str, str]:
    server.txt("ours._domainkey.example.org", *texts)
    return told(check_dkim("example.org", selector, server.lookup()), "DKIM")


def test_keys_by_length(name_server: NameServer, keys: dict[int, str]) -> None:
    where = "The key at ours._domainkey.example.org"
    assert dkim(name_server, f"p={keys[2048]}")[0] == "ok"
    assert dkim(name_server, f"k=rsa; p={keys[1024]}") == (
        "warning",
        f"{where} has 1024 bits. Make one of 2048 bits.",
    )
    assert dkim(name_server, f"k=rsa; p={keys[512]}") == (
        "error",
        f"{where} has 512 bits; receivers ignore it. Make one of 2048 bits.",
    )


def test_a_key_for_tests(name_server: NameServer, keys: dict[int, str]) -> None:
    assert dkim(name_server, f"v=DKIM1; t=s : y; p={keys[2048]}") == (
        "warning",
        "The key at ours._domainkey.example.org says it is for tests (t=y). Take t=y out when signatures are right.",
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("v=DKIM1; p=", "is revoked (p= is empty)"),
        ("v=DKIM1; k=rsa", "has no p="),
        ("v=DKIM2; p=AAAA", "is of another version"),
        ("p=A*A", "is damaged (p= is no base64)"),
        ("k=ed25519; p=AAAA", "is damaged (an ed25519 key has 32 octets)"),
        ("k=dsa; p=AAAA", 'is of the kind "dsa", which nobody knows'),
        ("p=MIIBIjANBgkqhkiG9w0B", "is damaged (it is no RSA key, or a part of one)"),
        ("p=AAAA", "is damaged (it is no RSA key, or a part of one)"),
    ],
)
def test_damaged_keys(name_server: NameServer, text: str, fault: str) -> None:
    assert dkim(name_server, text) == (
        "error",
        f"The key at ours._domainkey.example.org {fault}. Copy it again from your relay, all of it.",
    )


def test_every_beginning_of_a_key_is_told_from_the_whole(keys: dict[int, str]) -> None:
    raw = base64.b64decode(keys[1024])
    for length in range(1, len(raw)):
        with pytest.raises(KeyFaultError):
            read_key(f"p={base64.b64encode(raw[:length]).decode()}")


def test_other_kinds_of_keys() -> None:
    assert read_key(f"k=ed25519; p={base64.b64encode(bytes(32)).decode()}") == ("ed25519", 256, False)
    bare = bytes.fromhex("3009020400d0ffee020103")  # RSAPublicKey without what is around it
    assert read_key(f"p={base64.b64encode(bare).decode()}") == ("rsa", 24, False)


def test_no_key(name_server: NameServer) -> None:
    assert dkim(name_server, "p=AAAA", selector="theirs") == (
        "error",
        f"There is no key at theirs._domainkey.example.org. Publish the one your relay signs with. {OTHER_NAME}",
    )
    assert dkim(name_server, "p=AAAA", selector="") == (
        "warning",
        "None of the usual selectors has a key at example.org. That proves nothing: selectors cannot be listed. See "
        f"that your relay signs. {OTHER_NAME}",
    )


def test_two_keys_in_one_place(name_server: NameServer) -> None:
    assert dkim(name_server, "p=AAAA", "p=BBBB") == (
        "error",
        "There are 2 records at ours._domainkey.example.org. Leave one (RFC 6376 3.6.2.2).",
    )


@pytest.mark.parametrize(("selector", "name"), [("ours", "ours._domainkey.example.org"), ("", "example.org")])
def test_dkim_does_not_answer(name_server: NameServer, selector: str, name: str) -> None:
    name_server.broken |= {"ours._domainkey.example.org", "default._domainkey.example.org"}
    assert told(check_dkim("example.org", selector, name_server.lookup()), "DKIM") == (
        "warning",
        f"The DNS of {name} gives no answer (SERVFAIL). Look again later.",
    )


# DMARC


def dmarc(server: NameServer, *texts: str, at: str = "example.org", domain: str = "example.org") -> list[Finding]:
    server.txt(f"_dmarc.{at}", *texts)
    return list(check_dmarc(domain, server.lookup()))


def test_whose_policy_it_is() -> None:
    assert list(owners("news.community.example.org")) == [
        "news.community.example.org",
        "community.example.org",
        "example.org",
    ]
    assert list(owners("org")) == ["org"]


def test_the_organisation_decides_for_a_name_below_it(name_server: NameServer) -> None:
    findings = dmarc(
        name_server, "v=DMARC1; p=reject; sp=none; adkim=s; rua=mailto:d@example.org", domain="community.example.org"
    )
    assert told(findings, "DMARC") == (
        "ok",
        "_dmarc.example.org says p=none: forgeries of your mail are let in. Once reports are clean: p=quarantine.",
    )
    assert told(findings, "alignment") == (
        "ok",
        "From and envelope are both of community.example.org (SPF). The relay's signature must say "
        "d=community.example.org (DKIM).",
    )


@pytest.mark.parametrize(
    ("texts", "state", "text"),
    [
        (
            [],
            "error",
            "example.org has no DMARC record; large providers refuse lists without one. Publish TXT at "
            "_dmarc.example.org: v=DMARC1; p=none; rua=mailto:YOUR-ADDRESS",
        ),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "error", "_dmarc.example.org has 2 records, which is as good as none. Leave one."),
        (["v=DMARC1; rua=mailto:d@example.org"], "error", "_dmarc.example.org says no policy that is known. Write p=none, p=quarantine or p=reject."),
        (["v = DMARC1; p=reject"], "ok", "_dmarc.example.org says reject."),
    ],
)  # fmt: skip
def test_dmarc_records(name_server: NameServer, texts: list[str], state: str, text: str) -> None:
    assert told(dmarc(name_server, *texts, *([] if texts else ["unrelated"])), "DMARC") == (state, text)


def test_a_policy_without_reports(name_server: NameServer) -> None:
    assert told(dmarc(name_server, "v=DMARC1; p=reject"), "DMARC reports") == (
        "warning",
        "_dmarc.example.org asks for no reports (rua). Add rua=mailto:ADDRESS to learn who sends as you.",
    )


def test_dmarc_does_not_answer(name_server: NameServer) -> None:
    name_server.broken.add("_dmarc.example.org")
    assert told(check_dmarc("example.org", name_server.lookup()), "DMARC") == (
        "warning",
        "The DNS of _dmarc.example.org gives no answer (SERVFAIL). Look again later.",
    )
