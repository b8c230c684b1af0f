"""Who a newcomer met in the sign-up screen writes to them: from the profile a team hands over to the finished mail."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from click.testing import Result

from small_community import MEMBER

Run = Callable[..., Result]

NOW = "2026-12-01T09:00Z"
STORY = """\
---
title: Nine days over a comma
was: [nine-days]
members: [ana-souza]
date: 2026-10-01
---
It took nine days.
"""
CSV = """\
email,name,languages,met,basis
first@example.net,First,en,ana,consent
second@example.net,Second,en,nine-days,consent
third@example.net,Third,de,ana,consent
fourth@example.net,Fourth,en,annna,consent
"""


@pytest.fixture
def renamed(small_community: Path) -> Path:
    """Ana was "ana" once, and welcomes two a week; her story had another name as well; Bea welcomes many."""
    written = "\n".join(line[4:] for line in MEMBER.splitlines())
    members = small_community / "content/members"
    (members / "ana-souza.md").write_text(written.replace("welcomes: 5", "welcomes: 2\nwas: [ana]"))
    (members / "bea-lima.md").write_text(written.replace("Ana Souza", "Bea Lima"))
    (small_community / "content/stories").mkdir()
    (small_community / "content/stories/comma.md").write_text(STORY)
    return small_community


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    return " ".join(body.get_content().split())


def mails(folder: Path) -> dict[str, EmailMessage]:
    """The mails of an outbox by the name they greet."""
    read = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in (folder / "outbox/new").iterdir())
    return {str(mail["Subject"]).rpartition(" ")[2]: mail for mail in read}


def test_from_a_table_to_the_mails(run: Run, renamed: Path) -> None:
    (renamed / "met.csv").write_text(CSV)
    enrolled = run("enroll", "month", "--csv", "met.csv", "--now", NOW)
    assert (enrolled.exit_code, enrolled.stdout) == (0, "4 newcomers enrolled on month.\n")
    (warning,) = [line for line in enrolled.stderr.splitlines() if "warning" in line]
    assert 'There is no member or story "annna".' in warning
    assert run("send", "--now", NOW).exit_code == 0
    sent = mails(renamed)
    writers = {name: mail["From"].addresses[0].display_name.split()[0] for name, mail in sent.items()}
    assert writers == {"First": "Ana", "Second": "Ana", "Third": "Bea", "Fourth": "Bea"}
    said = {name: text_of(mail) for name, mail in sent.items()}
    assert (
        "Anmeldung kennengelernt hast, kann gerade niemanden mehr begleiten. Dafür stellen wir dir Bea" in said["Third"]
    )
    assert not [name for name, text in said.items() if "you met when you signed up" in text]


def test_the_preview_knows_who_has_no_room(run: Run, renamed: Path) -> None:
    (renamed / "met.yml").write_text("name: Ida\nlanguages: [en]\nmet: ana\n")
    before = run("preview", "month", "--as", "met.yml", "--eml", "before", "--now", NOW)
    assert before.exit_code == 0
    assert "They met" not in before.stdout
    availability = renamed / "content/.alongside/availability.yml"
    availability.parent.mkdir()
    availability.write_text("full_until: {ana-souza: 2026-12-03}\n")
    after = run("preview", "month", "--as", "met.yml", "--eml", "after", "--now", NOW)
    note = "They met Ana Souza, who cannot take them on: somebody else writes, and the mail says so."
    assert " ".join(after.stdout.split()).count(note) == 1
    first, second = (
        text_of(message_from_bytes(path.read_bytes(), policy=policy.default))
        for path in sorted((renamed / "after").iterdir())
    )
    assert re.search(r"cannot take on anyone new for now\. Meet Bea\sLima instead\.", first)
    assert "you met when" not in second
