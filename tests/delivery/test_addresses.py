from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.delivery.addresses import AddressError, hash_address, mask_address, normalise_address, without_tag


@pytest.mark.parametrize(
    ("given_address", "normalised"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  Ana.Souza@Example.ORG\n", "ana.souza@example.org"),
        ("ana+docs@example.org", "ana+docs@example.org"),
        ("a.n.a@example.org", "a.n.a@example.org"),
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@XN--BCHER-KVA.example", "ana@xn--bcher-kva.example"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("用户@例子.测试", "用户@xn--fsqu00a.xn--0zwm56d"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_spellings_of_one_mailbox_are_one_address(given_address: str, normalised: str) -> None:
    assert normalise_address(given_address) == normalised


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@example.org",
        "ana@",
        "ana@localhost",
        "ana@example..org",
        "ana@-example.org",
        "ana@127.0.0.1",
        ".ana@example.org",
        "ana.@example.org",
        "a..na@example.org",
        "ana@exam ple.org",
        "ana souza@example.org",
        "ana@example.org, bea@example.org",
        "ana@bea@example.org",
        "Ana <ana@example.org>",
        "ana@example.org\r\nBcc: bea@example.org",
        "ana\r\nBcc: bea@example.org",
        "a\u202ena@example.org",
        "a\u00a0na@example.org",
        '"ana souza"@example.org',
        "a" * 65 + "@example.org",
        "ana@" + "a" * 64 + ".org",
        "ana@" + "a." * 130 + "org",
        "ana@example.org\udcff",
        "a\udcffna@example.org",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        normalise_address(text)
    assert not text or text not in str(caught.value)


@given(st.text(max_size=80) | st.emails() | st.builds("{}@example.org".format, st.text(min_size=1, max_size=30)))
def test_normalising_is_idempotent_and_never_surprises(text: str) -> None:
    try:
        once = normalise_address(text)
    except AddressError:
        return
    assert normalise_address(once) == once
    assert once.count("@") == 1
    assert not any(letter.isspace() or not letter.isprintable() for letter in once)
    assert len(once.encode()) <= 254


@given(st.emails())
def test_case_of_letters_makes_no_second_person(address: str) -> None:
    try:
        once = normalise_address(address)
    except AddressError:
        return
    local, _, domain = address.rpartition("@")
    assert normalise_address(f" {local}@{domain.upper()} ") == once
    assert normalise_address(f"{local.upper()}@{domain}") == once


def test_a_mask_hides_the_mailbox() -> None:
    assert mask_address("ana.souza@example.org") == "a…@example.org"


def test_a_hash_needs_its_key() -> None:
    assert hash_address("ana@example.org", b"one") == hash_address("ana@example.org", b"one")
    assert hash_address("ana@example.org", b"one") != hash_address("ana@example.org", b"two")
    assert "ana" not in hash_address("ana@example.org", b"one")


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("Community+s-x@Example.org", "community@example.org"),
        ("community@example.org", "community@example.org"),
        ("a+b+c@example.org", "a@example.org"),
        ("community@localhost", ""),
        ("<>", ""),
        ("\udcff@example.org", ""),
    ],
)
def test_without_a_tag(address: str, bare: str) -> None:
    assert without_tag(address) == bare
