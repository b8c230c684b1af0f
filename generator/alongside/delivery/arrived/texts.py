"""What a person wrote at the top of a mail that arrived: enough to see one word, no more is looked at or kept."""

from __future__ import annotations

from alongside.delivery.arrived.html_texts import html_text
from alongside.delivery.arrived.mails import ArrivedMail


def top_text(mail: ArrivedMail) -> str:
    """The first text of a mail, plain or else HTML as lines of text, quotes behind ">"."""
    for part in mail.parts_of("text/plain"):
        if not _is_attached(part.headers.first("content-disposition")):
            return part.text()
    for part in mail.parts_of("text/html"):
        return html_text(part.text())
    return ""


def _is_attached(disposition: str) -> bool:
    return disposition.strip().lower().startswith("attachment")


def first_line(text: str) -> str:
    """The first line that is neither empty nor a quote nor what leads to one ("On Monday Ana wrote:")."""
    for line in text.split("\n", 200)[:200]:
        stripped = line.strip()
        if stripped and not stripped.startswith((">", "|")) and not stripped.endswith(":"):
            return stripped
    return ""
