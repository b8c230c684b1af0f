"""The mail servers as pytest fixtures. Those for a whole session are started once in every worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mail_servers.certificates import Authority, make_authority
from mail_servers.mail_host import MailHost, running_mail_host


@pytest.fixture(scope="session")
def mail_host_of_session() -> Iterator[MailHost]:
    with running_mail_host() as host:
        yield host


@pytest.fixture
def mail_host(mail_host_of_session: MailHost) -> MailHost:
    """Postfix and Dovecot, with every mailbox empty. Marker: `mail`."""
    mail_host_of_session.empty()
    return mail_host_of_session


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA for the servers of the tests."""
    return make_authority(tmp_path_factory.mktemp("authority") / "tls")


@pytest.fixture
def ca_file(authority: Authority) -> Path:
    """What a client must trust to talk to the servers that use `authority`."""
    return authority.file
