"""The tags `<alongside-moment moment="...">` in an ordinary page, its Markdown or its HTML, as browsers read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

# Comments come first: what stands in one is no tag. In quotes, `>` does not end a tag.
_COMMENT = r"<!--(?:-?>|.*?-->)"
_START = r"""<alongside-moment(?P<attributes>(?:\s(?:[^<>"']|"[^"]*"|'[^']*')*)?)>"""
# a comment, in which `attributes` is None; or the start of a tag
START_TAG = re.compile(rf"{_COMMENT}|{_START}", re.IGNORECASE | re.DOTALL)
# the same, with what stands in it and its end
WHOLE_TAG = re.compile(rf"{_COMMENT}|{_START}.*?</alongside-moment\s*>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(r"""\s([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")


def parse_attributes(text: str) -> Mapping[str, str]:
    """The attributes of a start tag by name, in small letters; of two with one name the first counts."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape("".join(values)))
    return found
