"""Which way mail goes out: the environment says, and what the law asks for must be there before it leaves.

    nothing set                               the maildir outbox/, to look at or for another program to take
    ALONGSIDE_SMTP_URL=smtps://...            a server
    ALONGSIDE_SMTP_URL=sendmail:/path         a program
    ALONGSIDE_SMTP_URL_FILE=/path             either of them, in a file
    ALONGSIDE_DKIM_KEY, ALONGSIDE_DKIM_SELECTOR    sign it ourselves (RFC 6376)

On a simulated clock it is always the maildir.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alongside.delivery.credentials import read_secret
from alongside.delivery.desk import Sign
from alongside.delivery.dkim_signatures import load_signer
from alongside.delivery.transports.envelopes import Transport
from alongside.delivery.transports.maildir import Maildir
from alongside.delivery.transports.sendmail import Sendmail
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import SendmailProgram, parse_transport_url
from alongside.problems import AlongsideError
from alongside.rendering.mails.envelope import sender_address
from alongside.settings import Settings


class UnlawfulError(AlongsideError):
    """Mail must not leave like this; the hint says what is missing."""


def choose_transport(settings: Settings, environment: Mapping[str, str], *, simulated: bool) -> Transport:
    """The way out. Raises `UsageError` for an address that is none, `UnlawfulError`, `DeliveryError`."""
    url = read_secret(environment, "ALONGSIDE_SMTP_URL").strip()
    if simulated or not url:
        return Maildir(settings.outbox_dir)
    chosen = parse_transport_url(url)
    check_lawful(settings)
    if isinstance(chosen, SendmailProgram):
        return Sendmail(chosen.path)
    return Smtp(chosen, hostname=sender_address(settings).rpartition("@")[2])


def choose_signer(settings: Settings, environment: Mapping[str, str]) -> Sign | None:
    """Who signs our mails; None: the relay does. Raises `UsageError`."""
    path, selector = (environment.get(f"ALONGSIDE_DKIM_{name}", "").strip() for name in ("KEY", "SELECTOR"))
    if not path:
        return None  # the selector alone says where `doctor` finds the relay's key
    return load_signer(Path(path), selector, domain=sender_address(settings).rpartition("@")[2])


def check_lawful(settings: Settings) -> None:
    """Who writes to people says who they are, and what becomes of their data. Raises `UnlawfulError`."""
    organisation = settings.organisation
    missing = [
        what
        for what, there in (
            ("a postal address (organisation: postal)", organisation.postal),
            ("a privacy notice (organisation: privacy)", organisation.privacy),
        )
        if not there
    ]
    if missing:
        raise UnlawfulError(
            f"Mail does not leave without {' and '.join(missing)}. Nothing was sent.",
            hint=f"Add it to {settings.config_file.name}; both stand at the foot of every mail.",
        )
    if sender_address(settings).endswith("@localhost"):
        raise UnlawfulError(
            "Nobody could answer: mail would come from community@localhost. Nothing was sent.",
            hint=f"Set site_url in {settings.config_file.name}, or mail: from.",
        )
