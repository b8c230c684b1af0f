"""What the doctor's tests share: how a finding is read, and a DNS server whose zone is a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.name_servers import Lookup, make_lookup, make_resolver
from alongside.delivery.doctor.setups import Setup

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MakeSetup = Callable[..., Setup]


def told(findings: Iterable[Finding], what: str) -> tuple[str, str]:
    """State, and what a person reads, of the one finding on `what`."""
    (found,) = [finding for finding in findings if finding.what == what]
    return found.state, f"{found.message} {found.hint}".rstrip()


@dataclass
class NameServer:
    """A DNS server whose zone is a dictionary. What is in no zone does not exist."""

    zone: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # names answered with SERVFAIL
    silent: set[str] = field(default_factory=set)  # names never answered
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def txt(self, name: str, *texts: str) -> None:
        """Records of one string each, cut where 255 octets end."""
        cut = [" ".join(f'"{text[i : i + 255]}"' for i in range(0, len(text), 255)) for text in texts]
        self.zone.setdefault(name, {})["TXT"] = cut

    def add(self, name: str, kind: str, *texts: str) -> None:
        self.zone.setdefault(name, {})[kind] = list(texts)

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.zone:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif kind in self.zone[name]:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *self.zone[name][kind]))
        return response.to_wire(max_size=65_535)

    def lookup(self, timeout: float = 2) -> Lookup:
        return make_lookup(make_resolver(self.address, timeout=timeout))
