"""`alongside run`: whether it answers where mails say it does."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from alongside import __version__
from alongside.delivery.doctor.certificates import check_certificate, distrust
from alongside.delivery.doctor.findings import Finding, Notebook, quote
from alongside.delivery.doctor.setups import Setup
from alongside.delivery.doctor.web_answers import Answer, WebError, ask
from alongside.delivery.transports.smtp_url import is_loopback

_NOTE = Notebook("service")


def check_service(setup: Setup) -> Iterator[Finding]:
    """GET `healthz` below `mail.service`."""
    service = setup.settings.mail.service
    if not service:
        yield _NOTE.skipped(
            "service",
            "mail.service is empty: mails have no one-click stop.",
            "Run `alongside run` behind HTTPS, and write mail: {service: https://...}.",
        )
        return
    parts = urlsplit(service)
    host = parts.hostname or ""
    if parts.scheme != "https" and not is_loopback(host):
        yield _NOTE.error(
            "service",
            f"{service} is not encrypted, and mail programs press one-click stop over HTTPS alone (RFC 8058).",
            "Put it behind a proxy with a certificate, and write https://.",
        )
        return
    try:
        answer = ask(f"{service}healthz", timeout=setup.timeout)
    except WebError as error:
        cause = error.__cause__
        if isinstance(cause, ssl.SSLError):
            yield distrust(_NOTE, cause, host)
        yield _NOTE.error(
            "service",
            f"{service}healthz does not answer ({quote(error)}).",
            "See whether `alongside run` runs, and whether the proxy leads to it.",
        )
        return
    if answer.certificate is not None:
        yield check_certificate(_NOTE, answer.certificate, version=answer.tls, now=setup.now)
    yield _judge(service, answer)


def _judge(service: str, answer: Answer) -> Finding:
    """`{"ok": true, "version": "0.1.0"}`, and 503 while the store does not answer."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    ours = isinstance(said, dict) and "ok" in said
    if ours and answer.status == 503:
        return _NOTE.error(
            "service", f"{service}healthz answers, but its store does not.", "See what the store's check says."
        )
    if ours and said.get("version", __version__) != __version__:
        return _NOTE.warning(
            "service",
            f"{service}healthz answers with another version than this one ({__version__}).",
            "Restart `alongside run`.",
        )
    if ours and answer.status == 200:
        return _NOTE.ok("service", f"{service}healthz answers.")
    if answer.status == 200:
        return _NOTE.error(
            "service",
            f"{service}healthz answers, but it is not `alongside run` that does.",
            "See where the proxy leads.",
        )
    return _NOTE.error(
        "service",
        f"{service}healthz answers {answer.status}.",
        "Look at the output of `alongside run`, and at where the proxy leads.",
    )
