"""Whether a mail comes from the address it names: what may be passed on under a person's name.

Two things can say so. The envelope's sender, which is not looked at by readers of mail and so rarely forged for them;
and our own mail server, which compared it with the sender's domain and wrote down what it found (SPF, DKIM, DMARC) in
Authentication-Results (RFC 8601). Of those headers only the topmost one under the configured name counts: anybody can
write more of them below.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.arrived.mails import ArrivedMail

# pass, fail: our server compared; unknown: it said nothing, or nothing that decides
Finding = Literal["pass", "fail", "unknown"]

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"\s*(dmarc|dkim|spf)\s*=\s*([a-z]{1,20})(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"\b(?:header\.(from|d|i)|smtp\.(mailfrom))\s*=\s*\"?([^\s;\"]{1,320})", re.IGNORECASE)
# Bounce address tag validation: `prvs=1234abcdef=ana@example.org` is Ana's.
_BATV = re.compile(r"(?:prvs|msprvs1)=[^=@]{1,80}=(.+@.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticity:
    """What is known of who sent a mail. Addresses normalised; empty: none, or not known."""

    envelope: str = ""
    author: str = ""  # From
    finding: Finding = "unknown"  # of the author, by our own server

    def is_from(self, address: str) -> bool:
        """True when the mail surely comes from `address` (normalised)."""
        if self.finding == "fail" or not address:
            return False
        return self.envelope == address or (self.finding == "pass" and self.author == address)


NOT_KNOWN = Authenticity()


def read_authenticity(mail: ArrivedMail, *, sender: str | None, authserv: str) -> Authenticity:
    """All that. `sender`: of the envelope; None: as the delivering server wrote it into Return-Path.

    `authserv`: the name of our own mail server in Authentication-Results; empty: none is believed.
    """
    given = sender if sender is not None else mail.headers.first("return-path").strip().strip("<>")
    return Authenticity(
        envelope=_normal(_untagged(given)),
        author=mail.sender,
        finding=_read_finding(mail, authserv) if authserv else "unknown",
    )


def _untagged(address: str) -> str:
    found = _BATV.fullmatch(address)
    return found[1] if found is not None else address


def _normal(address: str) -> str:
    try:
        return normalise_address(address)
    except AddressError:
        return ""


def _read_finding(mail: ArrivedMail, authserv: str) -> Finding:
    """DMARC decides where it was looked at; else a signature or an envelope of the author's own domain does."""
    domain = mail.sender.rpartition("@")[2]
    for value in mail.headers.all("authentication-results")[:20]:
        name, *results = _COMMENT.sub(" ", value[:8000]).split(";")
        if name.strip().split(" ")[0].lower() != authserv.lower():
            continue
        found = [_RESULT.match(result) for result in results[:40]]
        told = [(each[1].lower(), each[2].lower(), _properties(each[3])) for each in found if each is not None]
        dmarc = [verdict for method, verdict, _ in told if method == "dmarc"]
        if "pass" in dmarc:
            return "pass"
        if "fail" in dmarc:
            return "fail"
        aligned = any(
            verdict == "pass" and method in ("dkim", "spf") and _is_of(domain, properties)
            for method, verdict, properties in told
        )
        return "pass" if aligned else "unknown"
    return "unknown"


def _properties(text: str) -> list[str]:
    """The domains a result speaks of: `header.d=example.org`, `smtp.mailfrom=ana@example.org`."""
    return [value.rpartition("@")[2].lower().rstrip(".") for _, _, value in _PROPERTY.findall(text)][:20]


def _is_of(domain: str, named: list[str]) -> bool:
    """Whether one of them is the author's domain or one above it with at least two labels (relaxed alignment)."""
    return any(each == domain or (each.count(".") >= 1 and domain.endswith(f".{each}")) for each in named if each)
