"""The mail servers as pytest fixtures. Those for a whole session are started once in every worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mail_servers.certificates import Authority, make_authority
from mail_servers.mail_host import MailHost, running_mail_host
from mail_servers.no_pipelining import NoPipelining, running_without_pipelining
from mail_servers.opensmtpd import OpenSmtpd, running_opensmtpd


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


@pytest.fixture(scope="session")
def opensmtpd_of_session() -> Iterator[OpenSmtpd]:
    with running_opensmtpd() as server:
        yield server


@pytest.fixture
def opensmtpd(opensmtpd_of_session: OpenSmtpd) -> OpenSmtpd:
    """OpenSMTPD with an empty store. Marker: `opensmtpd`."""
    opensmtpd_of_session.store.empty()
    return opensmtpd_of_session


@pytest.fixture(params=["aiosmtpd", pytest.param("opensmtpd", marks=pytest.mark.opensmtpd)])
def without_pipelining(request: pytest.FixtureRequest) -> Iterator[OpenSmtpd | NoPipelining]:
    """Each server that does not announce PIPELINING, with an empty `store`."""
    if request.param == "opensmtpd":
        server: OpenSmtpd = request.getfixturevalue("opensmtpd")
        yield server
    else:
        with running_without_pipelining() as small:
            yield small
