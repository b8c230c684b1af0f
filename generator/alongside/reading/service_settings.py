"""`service:` of the settings: who may ask what of `alongside run`. Part of reading `mkdocs.yml`."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from alongside.reading.fields import Field, Parser, Sheet, Table, list_of
from alongside.reading.values import FLAG, scalar
from alongside.settings import ServiceSettings
from alongside.source.yaml_nodes import Keys, Plain

_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")


def _read_origin(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    """As browsers send it (RFC 6454 section 6.2): scheme and host in small letters, no path, no port of its scheme."""
    text = scalar(sheet, keys, value, "an origin (a text)")
    if text is None:
        return None
    origin = text.strip().removesuffix("/")
    if _ORIGIN.fullmatch(origin) and not re.fullmatch(r"http://.*:80|https://.*:443", origin):
        return origin
    found = re.match(r"(?i)https?://[\w.-]+(:\d+)?", text.strip())
    proposal = re.sub(r"(?<=^http:)(.*):80$|(?<=^https:)(.*):443$", r"\1\2", found[0].lower()) if found else ""
    sheet.report(
        keys, "bad-origin", f'"{text[:60]}" is no origin as browsers name it.',
        f"Write {proposal}" if proposal else "Write scheme and host alone: https://app.example.org",
    )  # fmt: skip
    return None


def _read_proxy(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = scalar(sheet, keys, value, "an address or a network (a text)")
    if text is None:
        return None
    try:
        return str(ipaddress.ip_network(text.strip())) if "/" in text else str(ipaddress.ip_address(text.strip()))
    except ValueError:
        sheet.report(
            keys, "bad-network", f'"{text[:60]}" is no address of a proxy, nor a network.',
            "Write 127.0.0.1, or 10.0.0.0/8",
        )  # fmt: skip
        return None


SERVICE_SETTINGS = Table(
    kind="service setting",
    about="Who may ask what of `alongside run`.",
    fields=(
        Field(
            name="origins",
            parser=list_of(
                Parser(read=_read_origin, schema={"type": "string", "pattern": r"^https?://[^\s/]+$"}),
                what="a list of origins",
            ),
            default=(),
            about="Origins of your product, whose pages may send notes and enroll; the site's own always may.",
        ),
        Field(
            name="proxies",
            parser=list_of(
                Parser(read=_read_proxy, schema={"type": "string", "pattern": r"^[0-9a-fA-F.:/]+$"}),
                what="a list of addresses and networks",
            ),
            about="Proxies in front of the service, by whose word it knows who asks; default this machine.",
        ),
        Field(
            name="altcha",
            parser=FLAG,
            default=False,
            about="true: who sends a note by form lets their browser work for it a moment first (ALTCHA).",
        ),
    ),
)


def service_settings(fields: dict[str, Any]) -> ServiceSettings:
    """The record of what `SERVICE_SETTINGS` read."""
    if not fields:
        return ServiceSettings()
    proxies = fields["proxies"] if fields["proxies"] is not None else ServiceSettings().proxies
    return ServiceSettings(origins=frozenset(fields["origins"]), proxies=tuple(proxies), altcha=fields["altcha"])
