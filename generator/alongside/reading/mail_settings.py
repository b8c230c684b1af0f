"""`mail:` of the settings: how mail leaves and how answers come back. Part of reading `mkdocs.yml`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from alongside.reading.fields import Field, Parser, Sheet, Table, choice, converted
from alongside.reading.times import parse_duration
from alongside.reading.values import LINE, URL, pairs, read_line, scalar
from alongside.settings import MailSettings
from alongside.source.yaml_nodes import Keys, Plain

_RATE = re.compile(r"(\d{1,6})\s*(?:per|an?|/)\s*(second|minute|hour|day)s?", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def read_email(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    """A public address of the organisation's own, as it is written."""
    text = read_line(sheet, keys, value)
    if text is None or re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+", text):
        return text
    sheet.report(keys, "bad-address", f'"{text[:40]}" is no e-mail address.', "Write it plain: team@example.org.")
    return None


EMAIL = Parser(read=read_email, schema={"type": "string", "pattern": r"^[^@\s]+@[^@\s]+$"})


def _read_sender(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = read_email(sheet, keys, value)
    if text is not None and not re.fullmatch(r"[A-Za-z0-9.!#$%&'*/=?^_`{|}~-]{1,30}@[^@]+", text):
        sheet.report(
            keys, "bad-address", "Mail cannot come from this address: answers to it get a tag after a plus sign.",
            "Write a short address of plain letters, without a plus sign: community@example.org.",
        )  # fmt: skip
        return None
    return text


def _read_rate(sheet: Sheet, keys: Keys, value: Plain) -> float | None:
    text = scalar(sheet, keys, value, "a rate (a text)")
    if text is None:
        return None
    found = _RATE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        sheet.report(keys, "bad-rate", f'"{text[:40]}" is no rate.', "Write 10 per second, or 500 per hour.")
        return None
    return int(found[1]) / _SECONDS[found[2].lower()]


def _read_notes(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    """A mailbox, or a domain that has none but ours: `@notes.example.org`."""
    text = read_line(sheet, keys, value)
    if text is None or re.fullmatch(r"@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", text):
        return text
    return _read_sender(sheet, keys, text)


def _read_authserv(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = read_line(sheet, keys, value)
    if text is None or re.fullmatch(r"[A-Za-z0-9._-]{1,200}", text):
        return text
    sheet.report(
        keys, "bad-authserv", f'"{text[:40]}" cannot be the name of a mail server.',
        "Write what stands first in the Authentication-Results of a mail you received: mx.example.org.",
    )  # fmt: skip
    return None


RATE = Parser(read=_read_rate, schema={"type": "string", "pattern": r"^\s*[0-9]+\s*(per|an?|/)\s*\w+$"})


def _read_keep(sheet: Sheet, keys: Keys, value: Plain) -> timedelta | str | None:
    text = scalar(sheet, keys, value, "a length of time (a text)")
    if text is None:
        return None
    if text.strip().lower() == "forever":
        return "forever"
    span = parse_duration(text)
    if span is None or span < timedelta(days=30):
        sheet.report(
            keys, "bad-duration", f'keep: "{text[:40]}" is no length of time of 30 days or more.',
            "Write 180 days, or forever.",
        )  # fmt: skip
        return None
    return span


def _read_keep_notes(sheet: Sheet, keys: Keys, value: Plain) -> timedelta | None:
    text = scalar(sheet, keys, value, "a length of time (a text)")
    if text is None:
        return None
    span = parse_duration(text)
    if span is None or not timedelta(days=1) <= span <= timedelta(days=3660):
        sheet.report(
            keys, "bad-duration", f'keep_notes: "{text[:40]}" is no length of time of a day to ten years.',
            "Write 90 days.",
        )  # fmt: skip
        return None
    return span


def _domain_rates(sheet: Sheet, keys: Keys, value: tuple[tuple[str, float], ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, rate in value:
        try:
            found[name.encode("idna").decode("ascii").lower()] = rate
        except UnicodeError:
            sheet.report((*keys, name), "bad-domain", f'"{name[:60]}" is no domain.', "Write example.org:", key=True)
    return found


MAIL_SETTINGS = Table(
    kind="mail setting",
    about="How mail leaves, and how answers come back.",
    fields=(
        Field(
            name="from",
            parser=Parser(read=_read_sender, schema=EMAIL.schema),
            default="",
            about="The team's mailbox that mail comes from; default community@ the site's host.",
        ),
        Field(
            name="service", parser=URL, default="", about="Where `alongside run` answers; adds one-click stop to mails."
        ),
        Field(
            name="uncertain",
            parser=choice(("resend", "hold")),
            default="resend",
            about="A mail of which nobody can say whether it arrived: resend (default), or hold it for a person.",
        ),
        Field(name="rate", parser=RATE, about="At most so many mails: 10 per second."),
        Field(
            name="domains",
            parser=converted(pairs(RATE, "a mapping of domains to rates"), _domain_rates),
            default={},
            about="At most so many mails to one recipient domain: {gmail.com: 20 per minute}.",
        ),
        Field(
            name="notes",
            parser=Parser(read=_read_notes, schema={"type": "string", "pattern": "^[^@\\s]*@[^@\\s]+$"}),
            default="",
            about="Where notes go through: a mailbox (notes@example.org) or a whole domain (@notes.example.org).",
        ),
        Field(
            name="keep_notes",
            parser=Parser(read=_read_keep_notes, schema={"type": "string", "pattern": "^.*[0-9].*$"}),
            about="How long the text of a note is kept, encrypted; default 90 days.",
        ),
        Field(name="first_note", parser=LINE, default="", about="The journey of who writes to a member first."),
        Field(
            name="authserv",
            parser=Parser(read=_read_authserv, schema={"type": "string", "pattern": "^[A-Za-z0-9._-]+$"}),
            default="",
            about="The name under which your mail server writes Authentication-Results into every mail that comes.",
        ),
        Field(
            name="keep",
            parser=Parser(read=_read_keep, schema={"type": "string", "pattern": "^.*[0-9].*$|^forever$"}),
            about="How long subjects and finished mails are kept; default 180 days, or forever.",
        ),
    ),
)


def mail_settings(fields: dict[str, Any]) -> MailSettings:
    """The record of what `MAIL_SETTINGS` read."""
    if not fields:
        return MailSettings()
    service = fields["service"]
    keep = fields["keep"] if fields["keep"] is not None else MailSettings().keep
    return MailSettings(
        sender=fields["from"],
        service=service if not service or service.endswith("/") else f"{service}/",
        uncertain=fields["uncertain"],
        rate=fields["rate"],
        domain_rates=fields["domains"],
        keep=None if keep == "forever" else keep,
        notes=fields["notes"],
        keep_notes=fields["keep_notes"] or MailSettings().keep_notes,
        first_note=fields["first_note"],
        authserv=fields["authserv"],
    )
