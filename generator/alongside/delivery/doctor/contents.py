"""Settings and content: who sends, from where, and whether there is something to send."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from alongside.delivery.doctor.findings import Finding, Notebook, count_of
from alongside.delivery.doctor.setups import Setup
from alongside.reading.loader import load_community

_NOTE = Notebook("settings")
_LOCAL = ("localhost", "127.0.0.1", "::1")


def check_contents(setup: Setup) -> Iterator[Finding]:
    """All of `mkdocs.yml` that delivery needs, and the content behind it."""
    yield _site_address(setup)
    yield from _organisation(setup)
    yield _mailbox(setup)
    yield from _content(setup)


def _site_address(setup: Setup) -> Finding:
    address = setup.settings.site_url
    if not address:
        return _NOTE.error(
            "site address",
            "site_url is empty, so no mail can link to a page.",
            "Write where the site is read: site_url: https://community.example.org/",
        )
    parts = urlsplit(address)
    if parts.scheme != "https":
        local = parts.hostname in _LOCAL
        how = _NOTE.warning if local else _NOTE.error
        return how(
            "site address",
            f"{address} is not encrypted." if not local else f"{address} is read on this machine alone.",
            "Serve the site over HTTPS and write site_url: https://...",
        )
    return _NOTE.ok("site address", f"{address}")


def _organisation(setup: Setup) -> Iterator[Finding]:
    """What the law of most countries wants at the foot of such mail."""
    organisation = setup.settings.organisation
    missed = _NOTE.error if setup.variable("ALONGSIDE_SMTP_URL") else _NOTE.warning
    if organisation.postal:
        yield _NOTE.ok("postal address", "It stands at the foot of each mail.")
    else:
        yield missed(
            "postal address",
            "organisation.postal is empty, and mail may not leave without it.",
            "Write the postal address of who sends, in one line.",
        )
    if organisation.privacy:
        yield _NOTE.ok("privacy notice", organisation.privacy)
    else:
        yield missed(
            "privacy notice",
            "organisation.privacy is empty, and mail may not leave without it.",
            "Write the web address of the privacy notice.",
        )


def _mailbox(setup: Setup) -> Finding:
    """From and the site under one domain: people and filters trust what belongs together."""
    host = (urlsplit(setup.settings.site_url).hostname or "").lower()
    domain = setup.domain
    if domain == "localhost":
        return _NOTE.warning(
            "mailbox",
            "Mail would come from community@localhost, to which nobody can answer.",
            "Set site_url, or mail: {from: community@example.org}.",
        )
    related = host == domain or host.endswith(f".{domain}") or domain.endswith(f".{host}")
    if host and not related:
        return _NOTE.warning(
            "mailbox",
            f"Mail comes from {setup.sender}, and the site is at {host}.",
            "Readers trust a mail more whose links lead to the domain it comes from; put both under one.",
        )
    return _NOTE.ok("mailbox", f"Mail comes from {setup.sender}.")


def _content(setup: Setup) -> Iterator[Finding]:
    loaded = load_community(setup.settings, today=setup.now.date())
    errors = sum(problem.severity == "error" for problem in (*setup.problems, *loaded.problems))
    if errors:
        yield _NOTE.error("content", f"{count_of(errors, 'error')} in settings and content.", "See: alongside check")
    else:
        yield _NOTE.ok("content", f"{count_of(len(loaded.community.members), 'member')}, no errors.")
    journeys = loaded.community.journeys
    mails = sum(len(journey.steps) for journey in journeys.values())
    if not mails:
        yield _NOTE.warning(
            "journeys",
            "There is no journey with a mail, so there is nothing to send.",
            "Write one in journeys/; the handbook's page for writers shows how.",
        )
    else:
        yield _NOTE.ok("journeys", f"{count_of(len(journeys), 'journey')} with {count_of(mails, 'mail')}.")
    yield _teams(setup)


def _teams(setup: Setup) -> Finding:
    if setup.settings.teams:
        return _NOTE.ok("teams", ", ".join(setup.settings.teams) + ".")
    return _NOTE.warning(
        "teams", "No team is named, so no moment can have an owner.", "Write teams: {community: Community team}."
    )
