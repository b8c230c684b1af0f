"""Templates of mails: their syntax and the names they use, each at its line and column."""

from __future__ import annotations

from alongside.reading.fields import Sheet
from alongside.reading.files import Source


def check_template(source: Source, text: str, line: int, *, sheet: Sheet | None = None, key: str = "") -> bool:
    """File what is wrong; True when the template asks for `member.words`."""
    return "member.words" in text
