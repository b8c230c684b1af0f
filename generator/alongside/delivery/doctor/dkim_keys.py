"""DKIM (RFC 6376): the public key with which receivers check the relay's signature.

default._domainkey.example.org  TXT  "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0B..."
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from alongside.delivery.doctor.findings import Finding, Notebook
from alongside.delivery.doctor.name_servers import Lookup

_NOTE = Notebook("dns")
LEAST_BITS, GOOD_BITS = 1024, 2048  # RFC 8301 section 3.2
# What providers and mail systems call theirs; selectors cannot be listed.
COMMON = (
    "default", "mail", "dkim", "selector1", "selector2", "s1", "s2", "k1", "k2", "k3", "google", "smtp", "key1",
    "fm1", "protonmail", "zoho", "mxvault", "sig1",
)  # fmt: skip
_OTHER_NAME = "Set ALONGSIDE_DKIM_SELECTOR to the s= of the DKIM-Signature in a mail you sent."


class KeyFaultError(ValueError):
    """No key that can be used; the message is a half sentence."""


def check_dkim(domain: str, selector: str, lookup: Lookup) -> Iterator[Finding]:
    """The key of `selector`, or of the common ones where that is empty."""
    if selector:
        yield _check_selector(domain, selector, lookup)
        return
    for name in COMMON:
        records = lookup(f"{name}._domainkey.{domain}", "TXT")
        if records.ending == "failed":
            yield _NOTE.warning("DKIM", f"The DNS of {domain} gives no answer ({records.why}).", "Look again later.")
            return
        if any("p=" in text for text in records.texts):
            yield _check_selector(domain, name, lookup)
            return
    yield _NOTE.warning(
        "DKIM",
        f"None of the usual selectors has a key at {domain}. That proves nothing: selectors cannot be listed.",
        f"See that your relay signs. {_OTHER_NAME}",
    )


def _check_selector(domain: str, selector: str, lookup: Lookup) -> Finding:
    name = f"{selector}._domainkey.{domain}"
    records = lookup(name, "TXT")
    if records.ending == "failed":
        return _NOTE.warning("DKIM", f"The DNS of {name} gives no answer ({records.why}).", "Look again later.")
    if not records.texts:
        return _NOTE.error(
            "DKIM", f"There is no key at {name}.", f"Publish the one your relay signs with. {_OTHER_NAME}"
        )
    if len(records.texts) > 1:
        return _NOTE.error(
            "DKIM", f"There are {len(records.texts)} records at {name}.", "Leave one (RFC 6376 3.6.2.2)."
        )
    try:
        kind, bits, testing = read_key(records.texts[0])
    except KeyFaultError as fault:
        return _NOTE.error("DKIM", f"The key at {name} {fault}.", "Copy it again from your relay, all of it.")
    if kind == "rsa" and bits < LEAST_BITS:
        return _NOTE.error(
            "DKIM", f"The key at {name} has {bits} bits; receivers ignore it.", f"Make one of {GOOD_BITS} bits."
        )
    if kind == "rsa" and bits < GOOD_BITS:
        return _NOTE.warning("DKIM", f"The key at {name} has {bits} bits.", f"Make one of {GOOD_BITS} bits.")
    if testing:
        return _NOTE.warning(
            "DKIM", f"The key at {name} says it is for tests (t=y).", "Take t=y out when signatures are right."
        )
    return _NOTE.ok("DKIM", f"{name} holds a key ({kind}, {bits} bits).")


def read_tags(text: str) -> dict[str, str]:
    """`"v=DKIM1; p=AB C"` -> `{"v": "DKIM1", "p": "AB C"}` (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def read_key(text: str) -> tuple[str, int, bool]:
    """Algorithm, bits, and whether it is for tests. Raises `KeyFaultError`."""
    tags = read_tags(text)
    if tags.get("v", "DKIM1") != "DKIM1":
        raise KeyFaultError("is of another version")
    if "p" not in tags:
        raise KeyFaultError("has no p=")
    if not tags["p"]:
        raise KeyFaultError("is revoked (p= is empty)")
    try:
        raw = base64.b64decode("".join(tags["p"].split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFaultError("is damaged (p= is no base64)") from error
    kind = tags.get("k", "rsa").lower()
    testing = "y" in tags.get("t", "").replace(" ", "").split(":")
    if kind == "ed25519":  # RFC 8463 section 4: the 32 octets themselves
        if len(raw) != 32:
            raise KeyFaultError("is damaged (an ed25519 key has 32 octets)")
        return kind, 256, testing
    if kind != "rsa":
        raise KeyFaultError(f'is of the kind "{kind[:20]}", which nobody knows')
    return kind, rsa_bits(raw), testing


def rsa_bits(raw: bytes) -> int:
    """Bits of the modulus in a SubjectPublicKeyInfo (RFC 5280 section 4.1) or RSAPublicKey (RFC 8017 A.1.1), in DER."""
    try:
        inside, _ = _der(raw, 0x30)
        if inside[:1] == b"\x30":  # an algorithm comes first; then the key in a bit string without unused bits
            _, rest = _der(inside, 0x30)
            bits, _ = _der(rest, 0x03)
            inside, _ = _der(bits[1:], 0x30)
        modulus, _ = _der(inside, 0x02)
    except IndexError as error:
        raise KeyFaultError("is damaged (it is no RSA key, or a part of one)") from error
    return int.from_bytes(modulus, "big").bit_length()


def _der(raw: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which is of `tag`, and what follows it. Raises `IndexError`."""
    length, start = raw[1], 2
    if raw[0] != tag:
        raise IndexError
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(raw[2:start], "big")
    if len(raw) < start + length:
        raise IndexError
    return raw[start : start + length], raw[start + length :]
