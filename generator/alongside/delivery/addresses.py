"""E-mail addresses as the store knows them: checked, brought to one form, masked for people, hashed for ever.

The form two spellings of one mailbox share: the domain in lower case and IDNA's A-labels (domains have no case, RFC
1035 section 2.3.3), the local part in NFC and lower case. RFC 5321 section 2.4 lets a server tell `Ana@` from
`ana@`; none that people use does, and mailing one person twice would be worse. Dots and `+tags` stay: they are only
some providers' habits, and a tag is how a person tells their sign-ups apart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from functools import lru_cache

LONGEST_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1
LONGEST_ADDRESS = 254  # octets: a path is 256 with its angle brackets, RFC 5321 section 4.5.3.1.3

# RFC 5322 section 3.2.3 "dot-atom", with UTF-8 beyond ASCII (RFC 6532 section 3.2). No quoted strings: nobody types
# one, and they carry spaces and controls.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class AddressError(ValueError):
    """Not an address mail can be sent to. The message never repeats it."""


def normalise_address(address: str) -> str:
    """`" Ana@Example.ORG "` -> `"ana@example.org"`: the same for every spelling of one mailbox.

    Raises `AddressError`, also for what would be two addresses or an injected header.
    """
    local, at, domain = address.strip().rpartition("@")
    local = unicodedata.normalize("NFC", local)
    if not at or not _LOCAL.fullmatch(local) or any(unicodedata.category(letter)[0] in "CZ" for letter in local):
        raise AddressError("this is no e-mail address")
    local = unicodedata.normalize("NFC", local.lower())
    result = f"{local}@{_normalise_domain(domain)}"
    if len(local.encode()) > LONGEST_LOCAL_PART or len(result.encode()) > LONGEST_ADDRESS:
        raise AddressError("this e-mail address is too long")
    return result


@lru_cache(maxsize=1024)  # most people's mail is at few providers
def _normalise_domain(domain: str) -> str:
    """A-labels in lower case: `Bücher.example` -> `xn--bcher-kva.example`."""
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise AddressError("the domain of this e-mail address cannot exist") from error
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise AddressError("the domain of this e-mail address cannot exist")
    return ascii_domain


def without_tag(address: str) -> str:
    """`"Community+s-x@Example.org"` -> `"community@example.org"`; empty for what is no address."""
    try:
        local, _, domain = normalise_address(address).rpartition("@")
    except AddressError:
        return ""
    return f"{local.partition('+')[0]}@{domain}"


def mask_address(address: str) -> str:
    """`"ana.souza@example.org"` -> `"a…@example.org"`: enough to recognise in a list, too little to write to."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def hash_address(address: str, key: bytes) -> str:
    """The keyed hash (HMAC-SHA-256) a suppression is kept under, of a normalised address.

    It tells whether an address that comes again was suppressed; without the key it tells nothing, and with it
    nobody can list the addresses, only try some.
    """
    return hmac.new(key, b"address\0" + address.encode(), hashlib.sha256).hexdigest()
