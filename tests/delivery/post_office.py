"""A community on disk, real mail servers around it, and the command line as real processes between them.

Real servers go with the real clock, so nobody can wait a week here. What stands for waiting: `later` moves the past of
the store back by some days (when people were enrolled, and when mail was due, sent and done), and sends again.
"""

from __future__ import annotations

import json
import smtplib
import subprocess
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from alongside.delivery.schema import enrollments, newcomers, steps
from alongside.delivery.store import open_store
from commands import run_command
from mail_servers.mail_host import MailHost

TEAM = "community@community.example.org"
JOANA = "joana@example.net"


class PostOffice:
    """A community on disk, the environment its commands run in, and verbs for a test to read by."""

    def __init__(self, config: Path, environment: Mapping[str, str], host: MailHost | None = None) -> None:
        self.config, self.environment, self.host = config, dict(environment), host

    @property
    def root(self) -> Path:
        return self.config.parent

    def run(self, command: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_command(command, *arguments, "-f", str(self.config), environment={**self.environment, **environment})

    def done(self, command: str, *arguments: str, **environment: str) -> str:
        """The output of a command that must succeed."""
        result = self.run(command, *arguments, **environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def enroll(self, email: str = JOANA, name: str = "Joana", journey: str = "month") -> None:
        profile = {"email": email, "name": name, "languages": ["en"], "challenges": ["first-talk"], "basis": "consent"}
        (self.root / "profile.yml").write_text(json.dumps(profile, ensure_ascii=False), encoding="utf-8")
        self.done("enroll", journey, str(self.root / "profile.yml"))

    def send(self, **environment: str) -> str:
        return self.done("send", **environment)

    def later(self, days: int) -> None:
        """As if so many days had passed."""
        store = open_store(self.root, self.environment)
        with store.writing() as connection:
            for table, columns in (
                ("steps", ("due_at", "dated_at", "done_at")),
                ("enrollments", ("enrolled_at",)),
                ("messages", ("sent_at",)),
            ):
                moved = ", ".join(f"{name} = {name} - {days * 86_400}" for name in columns)
                connection.execute(sa.text(f"UPDATE {table} SET {moved}"))
        store.close()

    def steps(self, address: str = JOANA, journey: str = "month") -> dict[str, tuple[str, str]]:
        """(state, reason) of each moment."""
        store = open_store(self.root, self.environment)
        statement = (
            sa.select(steps.c.moment, steps.c.state, steps.c.reason)
            .join(enrollments, enrollments.c.id == steps.c.enrollment_id)
            .join(newcomers, newcomers.c.id == enrollments.c.newcomer_id)
            .where(newcomers.c.address == address, enrollments.c.journey == journey)
        )
        with store.reading() as connection:
            found = {moment: (state, reason) for moment, state, reason in connection.execute(statement)}
        store.close()
        return found

    def mails(self, address: str = JOANA, count: int = 1) -> list[Any]:
        assert self.host is not None
        found = self.host.wait_for(address, count)
        assert len(found) == count
        return [message_from_bytes(raw, policy=policy.default) for raw in found]

    def answer(self, mail: Any, body: str, *, to: str = "", sender: str = JOANA) -> None:
        """What a person's mail program does with "answer", then with "send"."""
        answer = EmailMessage()
        answer["From"] = f"Joana <{sender}>"
        answer["To"] = to or str(mail["Reply-To"] or mail["From"])
        answer["Subject"] = f"Re: {mail['Subject']}"
        answer["In-Reply-To"] = answer["References"] = str(mail["Message-ID"])
        answer["Message-ID"] = f"<{abs(hash((body, to, sender)))}@example.net>"
        answer.set_content(f"{body}\n\n> {mail.get_body(('plain',)).get_content().splitlines()[0]}\n")
        self.post(answer, sender)

    def post(self, mail: EmailMessage, sender: str) -> None:
        assert self.host is not None
        with smtplib.SMTP(self.host.host, self.host.smtp_port, timeout=20) as session:
            session.send_message(mail, from_addr=sender)

    def hear(self, count: int = 1) -> str:
        """Wait until so many mails are in the team's mailbox, and read it."""
        assert self.host is not None
        self.host.wait_for(TEAM, count)
        return self.done("inbound", "--imap")


def mail_environment(host: MailHost) -> dict[str, str]:
    login = f"{TEAM.replace('@', '%40')}:{host.password}"
    return {
        "ALONGSIDE_SMTP_URL": f"{host.smtp_url}?ca={host.ca_file}",
        "ALONGSIDE_IMAP_URL": f"imaps://{login}@{host.host}:{host.imaps_port}/INBOX?ca={host.ca_file}",
        "ALONGSIDE_SECRET": "a secret of tests",
    }
