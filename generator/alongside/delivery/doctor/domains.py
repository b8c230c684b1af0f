"""The DNS of the domain mail comes from: whether answers arrive, and whether receivers believe that it is us."""

from __future__ import annotations

from collections.abc import Iterator

from alongside.delivery.doctor.dkim_keys import check_dkim
from alongside.delivery.doctor.dmarc_records import check_dmarc
from alongside.delivery.doctor.findings import Finding, Notebook
from alongside.delivery.doctor.name_servers import Lookup
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.doctor.spf_records import check_spf
from alongside.delivery.transports.smtp_url import SmtpServer, is_loopback

_NOTE = Notebook("dns")


def check_domain(setup: Setup, lookup: Lookup, server: SmtpServer | None) -> Iterator[Finding]:
    """MX, SPF, DKIM and DMARC. `server`: who takes our mail, where that is known."""
    domain = setup.domain
    if "." not in domain:
        yield _NOTE.skipped("domain", f"{domain} is no domain of the DNS.", "Set site_url, or mail: {from: ...}.")
        return
    records = lookup(domain, "MX")
    if records.ending == "no name":
        yield _NOTE.error(
            "domain", f"{domain} does not exist in the DNS.", "Register it, or name another: mail: {from: ...}."
        )
        return
    if records.ending == "failed":
        yield _NOTE.warning(
            "domain",
            f"The DNS of {domain} gives no answer ({records.why}).",
            "Look again later. When it stays: SERVFAIL is often a broken DNSSEC signature.",
        )
        return
    yield _check_mx(domain, records.texts, lookup)
    yield from check_spf(domain, lookup)
    yield from check_dkim(domain, setup.variable("ALONGSIDE_DKIM_SELECTOR"), lookup)
    yield from check_dmarc(domain, lookup)
    if server is not None and is_loopback(server.host):
        yield _NOTE.ok(
            "relay",
            "Mail leaves through this machine's own mail system.",
            f"SPF must name the address it sends from, that address must have a name (PTR), and it must sign as "
            f"{domain}.",
        )


def _check_mx(domain: str, texts: tuple[str, ...], lookup: Lookup) -> Finding:
    """Where answers and bounces come back (RFC 5321 section 5.1)."""
    hosts = sorted((int(text.split()[0]), text.split()[1].rstrip(".")) for text in texts)
    if hosts and not hosts[0][1]:  # RFC 7505: "0 ."
        return _NOTE.error("MX", f"{domain} says that it takes no mail.", "Answers go there: name a mail host.")
    if not hosts:
        if lookup(domain, "A").texts or lookup(domain, "AAAA").texts:
            return _NOTE.warning(
                "MX", f"{domain} names no mail host; its web address is tried.", "Publish MX: 10 mail.example.org."
            )
        return _NOTE.error(
            "MX", f"{domain} names no mail host, so no answer arrives.", "Publish MX: 10 mail.example.org."
        )
    for _, host in hosts:
        if not lookup(host, "A").texts and not lookup(host, "AAAA").texts:
            return _NOTE.error("MX", f"The mail host {host} has no address.", "Mend the name, or its A record.")
    return _NOTE.ok("MX", f"Answers go to {', '.join(host for _, host in hosts)}.")
