"""What a person wrote at the top of a mail that arrived: enough to see one word, no more is looked at or kept."""

from __future__ import annotations

import html
import re

from alongside.delivery.inbound.mails import ArrivedMail

LONGEST_HTML = 1 << 14  # characters

_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
_QUOTES = re.compile(r"<blockquote\b|<div[^<>]{0,80}gmail_quote", re.IGNORECASE)


def top_text(mail: ArrivedMail) -> str:
    """The first text of a mail, plain or else HTML without its tags and quotes."""
    for part in mail.parts_of("text/plain"):
        if not _is_attached(part.headers.first("content-disposition")):
            return part.text()
    for part in mail.parts_of("text/html"):
        return strip_tags(part.text()[:LONGEST_HTML])
    return ""


def _is_attached(disposition: str) -> bool:
    return disposition.strip().lower().startswith("attachment")


def strip_tags(text: str) -> str:
    """HTML as lines of text, up to the first quote."""
    quote = _QUOTES.search(text)
    shown = text[: quote.start()] if quote is not None else text
    for name in ("head", "style", "script"):
        shown = _without(shown, name)
    return html.unescape(_TAGS.sub(" ", _BREAKS.sub("\n", shown)))


def _without(text: str, name: str) -> str:
    """`text` without the first such element; one that is never closed is left."""
    lower = text.lower()
    begin = lower.find(f"<{name}")
    end = lower.find(f"</{name}", begin)
    return text[:begin] + text[end:] if 0 <= begin < end else text


def first_line(text: str) -> str:
    """The first line that is neither empty nor a quote nor what leads to one ("On Monday Ana wrote:")."""
    for line in text.split("\n", 200)[:200]:
        stripped = line.strip()
        if stripped and not stripped.startswith((">", "|")) and not stripped.endswith(":"):
            return stripped
    return ""
