"""`ALONGSIDE_IMAP_URL` as the doctor reads it (RFC 5092, as far as a mailbox needs it).

imaps://name:password@imap.example.org/INBOX
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from alongside.problems import UsageError

_HINT = "Write imaps://name:password@imap.example.org/INBOX."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """A mailbox on a server."""

    host: str
    port: int
    tls: Literal["implicit", "starttls"]
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    ca_file: Path | None = None


def parse_imap_url(text: str) -> ImapServer:
    """The mailbox of `imaps:` or `imap:` (then STARTTLS). Raises `UsageError`, which never repeats the password."""
    try:
        url = urlsplit(text.strip())
        port = url.port
    except ValueError as error:
        raise UsageError("ALONGSIDE_IMAP_URL is no URL.", hint=_HINT) from error
    if url.scheme not in ("imap", "imaps") or not url.hostname or not url.username:
        raise UsageError("ALONGSIDE_IMAP_URL is no URL of a mailbox.", hint=_HINT)
    ca_file = parse_qs(url.query).get("ca", [""])[0]
    return ImapServer(
        host=url.hostname,
        port=port or (993 if url.scheme == "imaps" else 143),
        tls="implicit" if url.scheme == "imaps" else "starttls",
        username=unquote(url.username),
        password=unquote(url.password or ""),
        folder=unquote(url.path.strip("/")) or "INBOX",
        ca_file=Path(ca_file) if ca_file else None,
    )
