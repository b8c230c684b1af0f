"""dnsmasq: answers for the records it was given, and for no other name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mail_servers.servers import LOOPBACK, free_ports, own_folder, running

_CONFIGURATION = """\
port={port}
listen-address={loopback}
bind-interfaces
no-resolv
no-hosts
local=/#/
user=root
pid-file=
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameServer:
    """A running server, over UDP and TCP."""

    port: int
    host: str = LOOPBACK


@contextmanager
def running_name_server(
    *,
    txt: Mapping[str, Sequence[str]] | None = None,
    mx: Mapping[str, Sequence[str]] | None = None,
    a: Mapping[str, str] | None = None,
) -> Iterator[NameServer]:
    """A server until the block ends. `txt`: name to texts, each a record; `mx`: name to hosts, best first."""
    with own_folder("dns") as folder:
        [port] = free_ports(1)
        lines = [_CONFIGURATION.format(port=port, loopback=LOOPBACK)]
        lines += [f"txt-record={name},{_strings(text)}\n" for name, texts in (txt or {}).items() for text in texts]
        lines += [
            f"mx-host={name},{host},{(place + 1) * 10}\n"
            for name, hosts in (mx or {}).items()
            for place, host in enumerate(hosts)
        ]
        lines += [f"host-record={name},{address}\n" for name, address in (a or {}).items()]
        (folder / "dnsmasq.conf").write_text("".join(lines))
        command = ["dnsmasq", "--keep-in-foreground", f"--conf-file={folder / 'dnsmasq.conf'}", "--log-facility=-"]
        with running(command, log=folder / "log", ports=[port]):
            yield NameServer(port=port)


def _strings(text: str) -> str:
    """A record of several strings where it is longer than one may be (255 octets; RFC 7208 section 3.3)."""
    return ",".join('"' + text[at : at + 255].replace('"', r"\"") + '"' for at in range(0, max(len(text), 1), 255))
