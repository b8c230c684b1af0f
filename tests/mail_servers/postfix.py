"""Postfix: takes mail by SMTP for a few domains and hands it to an LMTP server, or to a command; what fails bounces.

Its folders are its own, so several run beside each other. It never speaks to another machine: mail to domains that
are neither its own nor those of a host it was given a route to bounces at once (RFC 3464).
"""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.mail_servers import make_postfix_folders

from mail_servers.certificates import Certificate
from mail_servers.servers import LOOPBACK, ServerError, running

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = {name}
mydestination =
mynetworks =
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
recipient_delimiter = +
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = hash:{folder}/recipients
virtual_mailbox_base = {mail}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = lmtp:unix:{lmtp}
virtual_alias_maps = hash:{folder}/aliases
transport_maps = regexp:{folder}/transports, hash:{folder}/routes
default_transport = error:5.1.2 no other domain can be reached from here
disable_dns_lookups = yes
smtputf8_enable = yes
message_size_limit = 20000000
virtual_mailbox_limit = 0
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sender_restrictions = check_sender_access hash:{folder}/senders
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {auth}
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_timeout = {timeout}
smtpd_discard_ehlo_keywords = {hidden_keywords}
default_process_limit = 200
in_flow_delay = 0
queue_run_delay = 2s
minimal_backoff_time = 1s
maximal_backoff_time = 3s
lmtp_destination_concurrency_limit = 20
"""

_SERVICES = """\
{smtp} inet n - n - - smtpd
{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where Postfix puts what it accepted."""

    lmtp: Path  # the socket of the LMTP server
    auth: Path  # the socket of Dovecot's authentication
    mail: Path  # Maildirs below it are written directly for addresses beyond ASCII, which Dovecot's LMTP refuses
    account: str  # the owner of those


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """One server of its own; `running()` starts it. It needs root."""

    folder: Path
    smtp_port: int
    smtps_port: int
    domains: Sequence[str]
    name: str  # in its greeting and in Received

    def configure(
        self,
        certificate: Certificate,
        delivery: Delivery,
        *,
        pipes: Mapping[str, Sequence[str]],
        pipe_account: str,
        lmtp: Mapping[str, str],
        hidden_keywords: Sequence[str] = (),
        timeout_seconds: int = 300,
    ) -> None:
        """Write its files into the folder. `pipes`: address to the command that gets its mail on stdin; `lmtp`: to a server."""
        make_postfix_folders(self.folder)
        uid, gid = _ids(delivery.account)
        main = _MAIN.format(
            folder=self.folder,
            name=self.name,
            domains=", ".join(self.domains),
            mail=delivery.mail,
            lmtp=delivery.lmtp,
            auth=delivery.auth,
            uid=uid,
            gid=gid,
            certificate=certificate.certificate,
            key=certificate.key,
            timeout=f"{timeout_seconds}s",
            hidden_keywords=", ".join(hidden_keywords),
        )
        self._write_old("main.cf", main)
        services = _SERVICES.format(smtp=f"{LOOPBACK}:{self.smtp_port}", smtps=f"{LOOPBACK}:{self.smtps_port}")
        for number, command in enumerate(pipes.values()):
            services += _pipe_service(f"pipe{number}", command, pipe_account)
        self._write_old("master.cf", services)
        self._write_rows("recipients", [f"{address} elsewhere" for address in (*pipes, *lmtp)])
        for table in ("aliases", "routes", "senders"):
            self._write_rows(table, [])
        transports = [_transport(address, f"pipe{number}:") for number, address in enumerate(pipes)]
        transports += [_transport(address, f"lmtp:{server}") for address, server in lmtp.items()]
        self._write_old("transports", "\n".join([*transports, "/[^ -~]/ virtual:", ""]))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends."""
        command = ["/usr/lib/postfix/sbin/master", "-c", str(self.folder), "-s"]
        with running(command, log=self.folder / "log", ports=[self.smtp_port, self.smtps_port]):
            yield

    def add_recipient(self, address: str) -> None:
        """Accept mail for an address of its domains, from now on (a session that is open may not see it yet)."""
        name, _, domain = address.rpartition("@")
        self._write_rows("recipients", [f"{address} {domain}/{name}/Maildir/"])

    def add_alias(self, address: str, to: str) -> None:
        """Mail for an address, or for a whole domain of its own ("@notes.example.org"), goes to another one."""
        self._write_rows("aliases", [f"{address} {to}"])

    def add_route(self, domain: str, smtp_port: int) -> None:
        """Mail for a domain goes to another server here."""
        self._write_rows("routes", [f"{domain} smtp:[{LOOPBACK}]:{smtp_port}"])

    def mark_sender(self, address: str, header: str) -> None:
        """Write a header above mail whose envelope names that sender, as programs that look at senders do."""
        self._write_rows("senders", [f"{address} PREPEND {header}"])

    def queue(self) -> list[Path]:
        """What it accepted and has not delivered or bounced yet."""
        names = ("maildrop", "incoming", "active", "deferred", "hold")
        return [path for name in names for path in (self.folder / "queue" / name).rglob("*") if path.is_file()]

    def control(self, *command: str) -> None:
        """`control("flush")`: what `postfix -c` and `postqueue -c` would be asked by hand."""
        result = subprocess.run(["postfix", "-c", str(self.folder), *command], capture_output=True, text=True)
        if result.returncode != 0:
            raise ServerError(result.stdout + result.stderr)

    def _write_old(self, name: str, text: str) -> None:
        """Write a file of settings; for one from this second Postfix would wait until nobody may still write."""
        path = self.folder / name
        path.write_text(text)
        os.utime(path, (0, 0))

    def _write_rows(self, table: str, rows: Sequence[str]) -> None:
        """Add rows to a table. Servers look whether its time differs by whole seconds, so each change is another one."""
        command = ["postmap", "-i", "-r", "-c", str(self.folder), f"hash:{self.folder / table}"]
        text = "".join(f"{row}\n" for row in rows)
        path = self.folder / f"{table}.db"
        changes = path.stat().st_mtime if path.exists() else 0
        subprocess.run(command, input=text.encode(), check=True, capture_output=True, timeout=30)
        os.utime(path, (changes + 1, changes + 1))


def _pipe_service(name: str, command: Sequence[str], account: str) -> str:
    words = " ".join(f"{{ {word} }}" if " " in word else word for word in map(_keep_dollars, command))
    return f"{name} unix - n n - 10 pipe flags=Rq user={account} null_sender= argv={words}\n"


def _transport(address: str, transport: str) -> str:
    name, _, domain = address.rpartition("@")
    return rf"/^{re.escape(name)}(\+.*)?@{re.escape(domain)}$/ {transport}"


def _keep_dollars(word: str) -> str:
    """A dollar is the command's own, unless Postfix is to fill in something of the envelope."""
    return re.sub(r"\$(?!\{(sender|recipient|original_recipient|user|extension|domain|size|queue_id)\})", "$$", word)


def _ids(account: str) -> tuple[int, int]:
    entry = pwd.getpwnam(account)
    return entry.pw_uid, entry.pw_gid
