"""Dovecot: mailboxes as Maildir, read by IMAP, filled by LMTP; it also knows the passwords for Postfix."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from mail_servers.certificates import Certificate
from mail_servers.servers import LOOPBACK, running

ACCOUNT = "mail"  # Debian's account for mailboxes

_CONFIGURATION = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = {loopback}
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_chars =
auth_failure_delay = 0
recipient_delimiter = +
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mail_plugins = quota
protocol imap {{
  mail_max_userip_connections = 500
}}
plugin {{
  quota = maildir:User quota
  quota_grace = 0
}}
passdb {{
  driver = passwd-file
  args = {folder}/users/%Lu
}}
userdb {{
  driver = passwd-file
  args = {folder}/users/%Lu
  default_fields = uid={account} gid={account} home={folder}/mail/%d/%n
}}
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener auth-smtp {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    """One server of its own; `running()` starts it."""

    folder: Path
    imap_port: int
    imaps_port: int

    @property
    def lmtp_socket(self) -> Path:
        return self.folder / "run" / "lmtp"

    @property
    def auth_socket(self) -> Path:
        return self.folder / "run" / "auth-smtp"

    def configure(self, certificate: Certificate) -> None:
        """Write its files into the folder."""
        for name in ("run", "state", "mail", "users"):
            (self.folder / name).mkdir(parents=True)
        shutil.chown(self.folder / "mail", ACCOUNT, ACCOUNT)
        text = _CONFIGURATION.format(
            folder=self.folder,
            loopback=LOOPBACK,
            account=ACCOUNT,
            certificate=certificate.certificate,
            key=certificate.key,
            imap_port=self.imap_port,
            imaps_port=self.imaps_port,
        )
        (self.folder / "dovecot.conf").write_text(text)

    def running(self) -> AbstractContextManager[None]:
        """Serve until the block ends."""
        command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        return running(command, log=self.folder / "log", ports=[self.imap_port, self.imaps_port])

    def add_user(self, address: str, password: str, *, quota_bytes: int | None = None) -> None:
        """A mailbox, from now on: a file for each, as Dovecot looks at a changed one only a second later."""
        extra = "" if quota_bytes is None else f"userdb_quota_rule=*:bytes={quota_bytes}"
        row = f"{address}:{{PLAIN}}{password}::::::{extra}\n"
        (self.folder / "users" / address.lower()).write_text(row, encoding="utf-8")

    def home(self, address: str) -> Path:
        """The folder of a mailbox; it holds `Maildir`."""
        name, _, domain = address.rpartition("@")
        return self.folder / "mail" / domain / name

    def empty(self) -> None:
        """Remove every mail of every mailbox. Not while somebody is logged in."""
        for domain in (self.folder / "mail").iterdir():
            shutil.rmtree(domain)
