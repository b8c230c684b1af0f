"""The body of a POST: read up to a bound, and taken apart into its fields.

A one-click stop comes as `application/x-www-form-urlencoded` or `multipart/form-data` (RFC 8058 section 3.2), of one
field: `List-Unsubscribe=One-Click`. A browser sends our own forms in the first of the two.
"""

from __future__ import annotations

import email.message
import email.parser
import email.policy
from collections.abc import Mapping
from urllib.parse import parse_qsl

MOST_FIELDS = 16


class FormError(Exception):
    """The body cannot be taken. `status` is what HTTP calls that."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


def parse_form(content_type: str, body: bytes) -> Mapping[str, str]:
    """The fields of a body, of a name that comes twice the first. Raises `FormError`: 400 and 415."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _parse_multipart(content_type, body)
    if kind in ("application/x-www-form-urlencoded", ""):
        return _parse_urlencoded(body)
    raise FormError(415)


def _parse_urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise FormError(400) from error
    return dict(reversed(pairs))


def _parse_multipart(content_type: str, body: bytes) -> dict[str, str]:
    """RFC 7578, by way of the MIME it is made of: parts of text alone, and no files."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    try:
        message = parser.parsebytes(head + body)
        parts = message.get_payload() if message.is_multipart() else []
        if not isinstance(parts, list) or not parts or len(parts) > MOST_FIELDS:
            raise FormError(400)
        pairs = [_part(part) for part in parts if isinstance(part, email.message.Message)]
    except (ValueError, LookupError, AttributeError, TypeError, IndexError) as error:  # as broken MIME makes it fall
        raise FormError(400) from error
    return dict(reversed(pairs))


def _part(part: email.message.Message) -> tuple[str, str]:
    name = part.get_param("name", "", header="content-disposition")
    payload = part.get_payload(decode=True)
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return (name if isinstance(name, str) else name[2]), text.strip()
