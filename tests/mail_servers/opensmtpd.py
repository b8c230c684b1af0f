"""OpenSMTPD: a real server that does not announce PIPELINING. It keeps what it accepts in a Maildir.

Debian's package conflicts with Postfix, so it is only unpacked (`tools/install-debian-packages`), and runs in a mount
namespace of its own in which its accounts and its folders exist; the machine's stay as they are. It needs root. It is without TLS, and so without AUTH:
Debian 12's version fails in every handshake under OpenSSL 3.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mail_servers.maildirs import Maildir
from mail_servers.servers import LOOPBACK, free_ports, own_folder, running

UNPACKED = Path(__file__).resolve().parent.parent.parent / "build" / "debian" / "opensmtpd"
ACCEPTS = "example.net"  # any address of this domain; others get 550

_ACCOUNTS = {  # name: uid and gid; none of Debian's are near
    "opensmtpd": 64_995,
    "opensmtpq": 64_994,
    "mailstore": 64_993,
}

_CONFIGURATION = """\
table everybody {{ "@" = mailstore }}
listen on {loopback} port {port} hostname mx.example.net
action store maildir "{folder}/store" virtual <everybody>
match from any for domain "{domain}" action store
"""

# OpenSMTPD wants its folders at the places that were compiled in.
_START = """\
set -e
mount --make-rprivate /
mount --bind {folder}/etc/passwd /etc/passwd
mount --bind {folder}/etc/group /etc/group
mount --bind {folder}/spool /var/spool
mount --bind {folder}/run /run
mount --bind {folder}/lib /var/lib
mount --bind {unpacked}/usr/libexec /usr/libexec
exec {unpacked}/usr/sbin/smtpd -d -f {folder}/smtpd.conf
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSmtpd:
    """A running server."""

    port: int
    store: Maildir
    host: str = LOOPBACK
    domain: str = ACCEPTS

    @property
    def smtp_url(self) -> str:
        return f"smtp://{self.host}:{self.port}"


@contextmanager
def running_opensmtpd() -> Iterator[OpenSmtpd]:
    """A server of its own until the block ends."""
    with own_folder("opensmtpd") as folder:
        [port] = free_ports(1)
        _make_folders(folder)
        text = _CONFIGURATION.format(folder=folder, loopback=LOOPBACK, port=port, domain=ACCEPTS)
        (folder / "smtpd.conf").write_text(text)
        command = ["unshare", "--mount", "sh", "-c", _START.format(folder=folder, unpacked=UNPACKED)]
        with running(command, log=folder / "log", ports=[port]):
            yield OpenSmtpd(port=port, store=Maildir(folder / "store"))


def _make_folders(folder: Path) -> None:
    for name in ("etc", "run", "spool/smtpd", "lib/opensmtpd/empty", "store"):
        (folder / name).mkdir(parents=True)
    (folder / "spool" / "smtpd").chmod(0o711)
    identity = _ACCOUNTS["mailstore"]
    shutil.chown(folder / "store", identity, identity)
    users = [
        f"{name}:x:{number}:{number}::{folder}/lib/opensmtpd/empty:/bin/false\n" for name, number in _ACCOUNTS.items()
    ]
    groups = [f"{name}:x:{number}:\n" for name, number in _ACCOUNTS.items()]
    for table, lines in (("passwd", users), ("group", groups)):
        (folder / "etc" / table).write_text(Path("/etc", table).read_text() + "".join(lines))
