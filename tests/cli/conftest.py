"""A small community, and the command line called in its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main

WriteCommunity = Callable[..., Path]
Run = Callable[..., Result]

FILES: dict[str, str | bytes] = {
    "content/members/ana-souza.md": """\
        ---
        name: Ana Souza
        languages: [en]
        welcomes: 5
        consent: {since: 2026-01-01, for: [page, embed, mail]}
        ---
        Hello.

        ## Welcome
        Good that you are here.

        ## Check-in
        How is it going?
        """,
    "journeys/month.yml": """\
        title: The first month
        moments:
          - {id: welcome, owner: community, where: mail, message: mails/welcome.md}
          - id: check-in
            owner: community
            where: mail
            after: 7 days
            window: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
            stop_when: [replied, talked]
            message: mails/check-in.md
        """,
    "journeys/careful.yml": """\
        title: Asked twice
        confirm: true
        moments:
          - {id: hello, owner: community, where: mail, message: mails/welcome.md}
        """,
    "journeys/mails/welcome.md": """\
        ---
        subject: Welcome, {{ newcomer.name }}
        ---
        Hello {{ newcomer.name }}! {% if member.words %}{{ member.words }}{% endif %}
        """,
    "journeys/mails/check-in.md": """\
        ---
        subject: How is it going?
        ---
        Hello again! {% if member.words %}{{ member.words }}{% endif %}
        """,
    "joana.yml": """\
        email: Joana@Example.org
        name: Joana
        timezone: America/Recife
        languages: [en]
        basis: consent
        """,
}


@pytest.fixture
def small_community(write_community: WriteCommunity) -> Path:
    """The folder of a community with one member, two journeys and a profile."""
    return write_community(FILES).parent


@pytest.fixture
def run(small_community: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in that folder, as somebody types it there."""
    monkeypatch.chdir(small_community)
    for name in ("ALONGSIDE_DATABASE_URL", "ALONGSIDE_SMTP_URL", "ALONGSIDE_SECRET", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    return invoke
