"""Whether a mail comes from the address it names: what may be passed on under a person's name.

Two things can say so. The envelope's sender, which is not looked at by readers of mail and so rarely forged for them;
and our own mail server, which compared it with the sender's domain and wrote down what it found (SPF, DKIM, DMARC) in
Authentication-Results (RFC 8601). Of those headers only the topmost one under the configured name counts: anybody can
write more of them below. So a server whose name is configured must write one into every mail, or delete those that
arrive under its name (RFC 8601 section 5).

What stands in such a header is partly the sender's own: `smtp.mailfrom="; dmarc=pass"@evil.example` is one value. So
it is read by its grammar, and one that cannot be read to its end counts as a failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.arrived.mails import ArrivedMail, find_address

# pass, fail: our server compared, or what it says cannot be read; unknown: it said nothing, or nothing that decides
Finding = Literal["pass", "fail", "unknown"]

LONGEST = 8_000  # characters of such a header; a server that says more was led to by the sender
MOST_INSTANCES = 50  # headers looked at for the one of our server; it writes its own above all others

_QUOTED = r'"(?:[^"\\]|\\.)*"'
# A quoted text on its own is passed over, so that nothing in it is taken for a property.
_NAME = r"[a-z0-9_-]{1,60}+"
_PAIR = re.compile(
    rf"{_QUOTED}|(?<![a-z0-9_-])(?P<name>{_NAME}(?:\s{{0,9}}[./]\s{{0,9}}{_NAME}){{0,3}}+)\s{{0,9}}=\s{{0,9}}"
    rf'(?P<value>(?:{_QUOTED}|[^\s"])*)',
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(.)")
# Bounce address tag validation: `prvs=1234abcdef=ana@example.org` is Ana's, and so is `btv1==1234abcdef==ana@...`.
_BATV = re.compile(r"(?:(?:prvs|msprvs1)=[^=@]{1,80}=|btv1==[^=@]{1,80}==)(.+@.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticity:
    """What is known of who sent a mail. Addresses normalised; empty: none, or not known."""

    envelope: str = ""
    author: str = ""  # From; empty also where it names several
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
    given = sender if sender is not None else find_address(mail.headers.first("return-path"))
    author = mail.authors[0] if len(mail.authors) == 1 else ""
    return Authenticity(
        envelope=_normal(_untagged(given)),
        author=author,
        finding=_read_finding(mail, author, authserv) if authserv else "unknown",
    )


def _untagged(address: str) -> str:
    found = _BATV.fullmatch(address)
    return found[1] if found is not None else address


def _normal(address: str) -> str:
    try:
        return normalise_address(address)
    except AddressError:
        return ""


@dataclass(frozen=True, slots=True)
class _Result:
    """What one method found."""

    method: str  # "dmarc"; in lower case, without a version
    verdict: str  # "pass"; in lower case
    properties: tuple[tuple[str, str], ...]  # ("header.d", "example.org"): names in lower case, values unquoted

    def domains(self, name: str) -> set[str]:
        """The domains of every property of that name: of an address, or the value itself."""
        return {_domain(value) for found, value in self.properties if found == name}


def _read_finding(mail: ArrivedMail, author: str, authserv: str) -> Finding:
    """DMARC decides where it looked at the author's domain; else a signature or an envelope of that domain does.

    A mail whose envelope SPF refuses is refused, unless it is signed.
    """
    for value in mail.headers.all("authentication-results")[:MOST_INSTANCES]:
        pieces = _split(value[: LONGEST + 1])
        name = value.split(";")[0] if pieces is None else pieces[0]
        if not _names(name, authserv):
            continue
        if pieces is None:
            return "fail"
        return _judge([found for found in map(_read_result, pieces[1:]) if found is not None], author)
    return "unknown"


def _judge(results: list[_Result], author: str) -> Finding:
    domain = author.rpartition("@")[2]
    told = [each for each in results if each.method == "dmarc"]
    if any(each.verdict == "fail" for each in told):
        return "fail"
    # More than one of them is nothing that a server writes by itself.
    if [each.verdict for each in told] == ["pass"] and domain and told[0].domains("header.from") == {domain}:
        return "pass"
    if domain and any(each.verdict == "pass" and _is_aligned(each, domain) for each in results):
        return "pass"
    return "fail" if any((each.method, each.verdict) == ("spf", "fail") for each in results) else "unknown"


def _is_aligned(result: _Result, domain: str) -> bool:
    """Whether what was found is about the author's domain or one above it, with at least two labels.

    That is less than relaxed alignment (RFC 7489 section 3.1), which would take a list of public suffixes: a domain
    below the author's may be somebody else's.
    """
    if result.method == "spf":
        named = result.domains("smtp.mailfrom")
    elif result.method == "dkim":
        # The identity is the signer's own word, in or below the domain that signed; older servers name it alone.
        named = result.domains("header.d") or result.domains("header.i")
    else:
        return False
    return bool(named) and all(each == domain or ("." in each and domain.endswith(f".{each}")) for each in named)


def _names(text: str, authserv: str) -> bool:
    """Whether a header's first piece is that server's name, with or without the version of the format."""
    words = text.split()
    return bool(words) and words[0].strip('"').lower() == authserv.lower()


def _split(value: str) -> list[str] | None:
    """The pieces between semicolons, comments as spaces (RFC 8601 section 2.2); None for what has no proper end."""
    pieces: list[list[str]] = [[]]
    depth, quoted, escaped = 0, False, False
    if len(value) > LONGEST:
        return None
    for letter in value:
        if escaped:
            escaped = False
        elif letter == "\\" and (quoted or depth):
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif not quoted and letter == "(":
            depth += 1
            pieces[-1].append(" ")
        elif not quoted and letter == ")":
            depth -= 1
            if depth < 0:
                return None
            continue
        elif letter == ";" and not quoted and not depth:
            pieces.append([])
            continue
        if not depth:
            pieces[-1].append(letter)
    return None if depth or quoted else ["".join(piece) for piece in pieces]


def _read_result(piece: str) -> _Result | None:
    """`dkim=pass header.d=example.org`; None where no method stands first."""
    text = piece.strip()
    first = _PAIR.match(text)
    if first is None or first["name"] is None:
        return None
    found = [_read_pair(each) for each in _PAIR.finditer(text) if each["name"] is not None]
    (method, verdict), *properties = found
    return _Result(method.partition("/")[0], verdict.lower(), tuple(properties))


def _read_pair(found: re.Match[str]) -> tuple[str, str]:
    return "".join(found["name"].split()).lower(), _unquoted(found["value"])


def _unquoted(value: str) -> str:
    return "".join(
        _ESCAPE.sub(r"\1", part[1:-1]) if part.startswith('"') else part
        for part in re.findall(rf'{_QUOTED}|[^"]+', value)
    )


def _domain(value: str) -> str:
    """`ana@Example.ORG` -> `example.org`; empty for what is no domain."""
    return _normal(f"x@{value.rpartition('@')[2].rstrip('.')}").partition("@")[2]
