from __future__ import annotations

from pathlib import Path

import pytest

from alongside.delivery.doctor.contents import check_contents
from alongside.delivery.doctor.findings import Finding
from alongside.delivery.doctor.setups import Setup
from alongside.reading.settings_file import read_settings
from alongside.settings import MailSettings, Organisation
from conftest import WriteCommunity
from delivery.doctor.looking import NOW, MakeSetup, told

SERVER = {"ALONGSIDE_SMTP_URL": "smtp://localhost"}


@pytest.mark.parametrize(
    ("site_url", "state", "said"),
    [
        ("https://example.org/", "ok", "https://example.org/"),
        (
            "",
            "error",
            "site_url is empty, so no mail can link to a page. Write where the site is read: site_url: "
            "https://community.example.org/",
        ),
        (
            "http://example.org/",
            "error",
            "http://example.org/ is not encrypted. Serve the site over HTTPS and write site_url: https://...",
        ),
        (
            "http://localhost:8000/",
            "warning",
            "http://localhost:8000/ is read on this machine alone. Serve the site over HTTPS and write site_url: "
            "https://...",
        ),
    ],
)
def test_the_address_of_the_site(make_setup: MakeSetup, site_url: str, state: str, said: str) -> None:
    assert told(check_contents(make_setup(site_url=site_url)), "site address") == (state, said)


@pytest.mark.parametrize(("environment", "state"), [({}, "warning"), (SERVER, "error")])
def test_who_sends(make_setup: MakeSetup, environment: dict[str, str], state: str) -> None:
    findings = list(check_contents(make_setup(environment=environment, organisation=Organisation())))
    assert told(findings, "postal address") == (
        state,
        "organisation.postal is empty, and mail may not leave without it. Write the postal address of who sends, in one "
        "line.",
    )
    assert told(findings, "privacy notice") == (
        state,
        "organisation.privacy is empty, and mail may not leave without it. Write the web address of the privacy notice.",
    )
    good = list(check_contents(make_setup(environment=environment)))
    assert told(good, "postal address") == ("ok", "It stands at the foot of each mail.")
    assert told(good, "privacy notice") == ("ok", "https://example.org/privacy")


@pytest.mark.parametrize(
    ("sender", "site_url", "state", "said"),
    [
        ("", "https://example.org/", "ok", "Mail comes from community@example.org."),
        ("us@example.org", "https://www.example.org/", "ok", "Mail comes from us@example.org."),
        ("us@mail.example.org", "https://example.org/", "ok", "Mail comes from us@mail.example.org."),
        (
            "us@example.net",
            "https://example.org/",
            "warning",
            "Mail comes from us@example.net, and the site is at example.org. Readers trust a mail more whose links lead to "
            "the domain it comes from; put both under one.",
        ),
        (
            "",
            "",
            "warning",
            "Mail would come from community@localhost, to which nobody can answer. Set site_url, or mail: {from: "
            "community@example.org}.",
        ),
    ],
)
def test_the_mailbox(make_setup: MakeSetup, sender: str, site_url: str, state: str, said: str) -> None:
    setup = make_setup(site_url=site_url, mail=MailSettings(sender=sender))
    assert told(check_contents(setup), "mailbox") == (state, said)


def test_nothing_to_send(make_setup: MakeSetup) -> None:
    findings = list(check_contents(make_setup()))
    assert told(findings, "journeys") == (
        "warning",
        "There is no journey with a mail, so there is nothing to send. Write one in journeys/; the handbook's page for "
        "writers shows how.",
    )
    assert told(findings, "teams") == ("ok", "community.")


JOURNEY = """\
title: The first month
moments:
  - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
"""
MAIL = """\
---
subject: Welcome
---
Hello!
"""


def look(file: Path) -> list[Finding]:
    settings, problems = read_settings(file)
    return list(check_contents(Setup(settings=settings, problems=problems, environment={}, now=NOW)))


def test_content(write_community: WriteCommunity) -> None:
    files = {"journeys/month.yml": JOURNEY, "journeys/mails/welcome.md": MAIL}
    findings = look(write_community(files))
    assert told(findings, "content") == ("ok", "0 members, no errors.")
    assert told(findings, "journeys") == ("ok", "1 journey with 1 mail.")
    findings = look(write_community({**files, "content/members/ana.md": "---\nnam: Ana\n---\n"}))
    state, said = told(findings, "content")
    assert state == "error"
    assert said.endswith(" in settings and content. See: alongside check")


def test_no_teams(make_setup: MakeSetup) -> None:
    assert told(check_contents(make_setup(teams={})), "teams") == (
        "warning",
        "No team is named, so no moment can have an owner. Write teams: {community: Community team}.",
    )
