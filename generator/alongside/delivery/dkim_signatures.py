"""DKIM signatures of our own (RFC 6376), for those whose relay does not sign. Needs the extra `dkim`."""

from __future__ import annotations

from pathlib import Path

from alongside.delivery.desk import Sign
from alongside.problems import UsageError

# What a reader is shown or acts on; List-Unsubscribe and its Post must be covered (RFC 8058 section 4).
SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"in-reply-to", b"references", b"list-id",
    b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted", b"feedback-id", b"mime-version", b"content-type",
)  # fmt: skip


def load_signer(key_file: Path, selector: str, *, domain: str) -> Sign:
    """Signs as `selector._domainkey.domain` with the private key (PEM: RSA or Ed25519). Raises `UsageError`."""
    if not selector:
        raise UsageError(
            "Signing with ALONGSIDE_DKIM_KEY needs ALONGSIDE_DKIM_SELECTOR too.",
            hint="Set it to the name under which the public key stands in the DNS.",
        )
    try:
        import dkim
    except ModuleNotFoundError as error:
        raise UsageError("Signing needs a package.", hint='Install it with: pip install "alongside[dkim]"') from error
    try:
        key = key_file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"ALONGSIDE_DKIM_KEY cannot be read: {error.strerror}.", hint="Name a file that this user can read."
        ) from error

    def sign(content: bytes) -> bytes:
        present = {line.partition(b":")[0].lower() for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n")}
        header: bytes = dkim.sign(
            content,
            selector.encode("ascii"),
            domain.encode("ascii"),
            key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in SIGNED if name in present],
        )
        return header + content

    try:
        sign(b"From: a@example.org\r\n\r\n\r\n")
    except (dkim.DKIMException, ValueError, UnicodeError) as error:
        raise UsageError(
            "ALONGSIDE_DKIM_KEY is no private key that can sign.",
            hint="Make one with: openssl genrsa -out dkim.pem 2048",
        ) from error
    return sign
