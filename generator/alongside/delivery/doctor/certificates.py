"""TLS of a server: what its certificate says, and why a client would not trust it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alongside.delivery.doctor.findings import Finding, Notebook, quote

SOON = timedelta(days=14)


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are checked, names too (RFC 6125), against the system's authorities or those of `ca_file`."""
    return ssl.create_default_context(cafile=ca_file or None)


def check_certificate(note: Notebook, certificate: Any, *, version: str | None, now: datetime) -> Finding:
    """A certificate that was accepted, as `SSLSocket.getpeercert()` tells it: until when."""
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    if ends - now < SOON:
        days = max(0, (ends - now).days)
        return note.warning(
            "certificate",
            f"The certificate ends on {ends:%Y-%m-%d}, in {days} day{'' if days == 1 else 's'}.",
            "Renew it, and see why that did not happen by itself.",
        )
    return note.ok("certificate", f"Trusted, until {ends:%Y-%m-%d} ({version or 'TLS'}).")


def distrust(note: Notebook, error: ssl.SSLError, host: str) -> Finding:
    """Why a handshake failed."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return note.error(
            "certificate",
            f"{host} does not speak TLS as we do ({quote(error.reason or error)}).",
            "See whether the port speaks TLS from the first byte, or only after STARTTLS.",
        )
    why = error.verify_message.rstrip(".")
    if "expired" in why:
        return note.error("certificate", f"The certificate of {host} has expired.", "Renew it on the server.")
    if "mismatch" in why.casefold() or "not valid for" in why:
        return note.error(
            "certificate",
            f"The certificate of {host} is for another name.",
            "Name the server as its certificate does.",
        )
    return note.error(
        "certificate",
        f"The certificate of {host} is not trusted ({why}).",
        "Use a certificate of a public authority, or name the file of your own one.",
    )
