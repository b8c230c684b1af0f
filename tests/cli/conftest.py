"""A small community, and the command line called in its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alongside.cli import main
from small_community import CAREFUL, CHECK_IN, MEMBER, WELCOME

WriteCommunity = Callable[..., Path]
Run = Callable[..., Result]

FILES: dict[str, str | bytes] = {
    "content/members/ana-souza.md": MEMBER,
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
    "journeys/careful.yml": CAREFUL,
    "journeys/mails/welcome.md": WELCOME,
    "journeys/mails/check-in.md": CHECK_IN,
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
