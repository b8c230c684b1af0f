"""DMARC (RFC 7489): what receivers do with mail of a domain that neither SPF nor DKIM vouches for.

_dmarc.example.org  TXT  "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.org"
"""

from __future__ import annotations

from collections.abc import Iterator

from alongside.delivery.doctor.dkim_keys import read_tags
from alongside.delivery.doctor.findings import Finding, Notebook
from alongside.delivery.doctor.name_servers import Lookup, Records

_NOTE = Notebook("dns")
POLICIES = ("none", "quarantine", "reject")


def check_dmarc(domain: str, lookup: Lookup) -> Iterator[Finding]:
    """The policy for From addresses of `domain`, its own or that of the organisation above it (section 6.6.3)."""
    for owner in owners(domain):
        records = lookup(f"_dmarc.{owner}", "TXT")
        texts = [text for text in records.texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
        if records.ending == "failed":
            yield _no_answer(owner, records)
            return
        if len(texts) > 1:
            yield _NOTE.error(
                "DMARC", f"_dmarc.{owner} has {len(texts)} records, which is as good as none.", "Leave one."
            )
            return
        if texts:
            yield from _judge(domain, owner, read_tags(texts[0]))
            return
    yield _NOTE.error(
        "DMARC",
        f"{domain} has no DMARC record; large providers refuse lists without one.",
        f"Publish TXT at _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:YOUR-ADDRESS",
    )


def owners(domain: str) -> Iterator[str]:
    """The domain, then each above it that is not a top-level one: `a.b.example.org`, `b.example.org`, ..."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])


def _no_answer(owner: str, records: Records) -> Finding:
    return _NOTE.warning("DMARC", f"The DNS of _dmarc.{owner} gives no answer ({records.why}).", "Look again later.")


def _judge(domain: str, owner: str, tags: dict[str, str]) -> Iterator[Finding]:
    policy = tags.get("p", "").lower() if owner == domain else tags.get("sp", tags.get("p", "")).lower()
    where = f"_dmarc.{owner}"
    if policy not in POLICIES:
        yield _NOTE.error("DMARC", f"{where} says no policy that is known.", "Write p=none, p=quarantine or p=reject.")
        return
    if policy == "none":
        yield _NOTE.ok(
            "DMARC", f"{where} says p=none: forgeries of your mail are let in.", "Once reports are clean: p=quarantine."
        )
    else:
        yield _NOTE.ok("DMARC", f"{where} says {policy}.")
    if "mailto:" not in tags.get("rua", ""):
        yield _NOTE.warning(
            "DMARC reports", f"{where} asks for no reports (rua).", "Add rua=mailto:ADDRESS to learn who sends as you."
        )
    else:
        yield _NOTE.ok("DMARC reports", "They are asked for.")
    yield _alignment(domain, owner, tags)


def _alignment(domain: str, owner: str, tags: dict[str, str]) -> Finding:
    """Our From and our envelope are of one domain, so SPF is always aligned; DKIM depends on the relay's `d=`."""
    must = f"d={domain}" if tags.get("adkim", "r").lower() == "s" else f"d={domain}, or another name below {owner},"
    return _NOTE.ok(
        "alignment", f"From and envelope are both of {domain} (SPF). The relay's signature must say {must} (DKIM)."
    )
