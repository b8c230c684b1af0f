"""`embeds:` of the settings: what embeds may load from elsewhere. Part of reading `mkdocs.yml`."""

from __future__ import annotations

import re
from typing import Any

from alongside.reading.fields import Field, Parser, Sheet, Table, list_of
from alongside.reading.values import scalar
from alongside.settings import EmbedSettings
from alongside.source.yaml_nodes import Keys, Plain

_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}")


def _read_host(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    """A host alone, lower-case, in A-labels (RFC 5890): what browsers ask for."""
    text = scalar(sheet, keys, value, "a host (a text)")
    if text is None:
        return None
    text = text.strip()
    try:  # browsers do not fold these four as Python does (UTS 46): the host would be another
        host = "" if re.search("[\u00df\u03c2\u200c\u200d]", text) else text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if _HOST.fullmatch(host):
        return host
    found = re.match(r"(?:https?:)?//([\w.-]+)", text)
    sheet.report(
        keys, "bad-domain", f'"{text[:60]}" is no host.',
        f"Write {found[1]}" if found else "Write a whole host, without stars and ports: pictures.example.org",
    )  # fmt: skip
    return None


EMBED_SETTINGS = Table(
    kind="embed setting",
    about="What embeds may load from elsewhere.",
    fields=(
        Field(
            name="images",
            parser=list_of(
                Parser(read=_read_host, schema={"type": "string", "pattern": r"^[^\s/:*]+\.[^\s/:*]+$"}),
                what="a list of hosts",
            ),
            default=(),
            about="Hosts whose pictures embeds show; a picture that lies on any other is a link. Default: none.",
        ),
    ),
)


def embed_settings(fields: dict[str, Any]) -> EmbedSettings:
    """The record of what `EMBED_SETTINGS` read."""
    return EmbedSettings(images=frozenset(fields["images"])) if fields else EmbedSettings()
