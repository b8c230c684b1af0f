"""Commands that Postfix pipes mail to, run as the account and in the environment of the test.

Postfix never runs a command as root, and its accounts may not enter the folders of whoever runs the tests. So what
Postfix calls is a few lines of Perl (Perl is part of every Debian) that hand mail and arguments over a socket and
end with the command's own exit status, which Postfix reads as `sysexits.h` says.
"""

from __future__ import annotations

import os
import socketserver
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

_PERL = """\
use Socket;
my $s; socket($s, PF_UNIX, SOCK_STREAM, 0) && connect($s, sockaddr_un($ARGV[0])) || exit 75;
binmode STDIN; local $/; my $mail = <STDIN>; shift;
syswrite($s, join("\\0", @ARGV) . "\\n") || exit 75;
my $at = 0;
while ($at < length $mail) { my $n = syswrite($s, $mail, 65536, $at); defined $n || exit 75; $at += $n }
shutdown($s, 1);
my ($status, $output) = split(/\\n/, <$s>, 2);
defined $status && length $status || exit 75;
print $output; exit $status;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipeRun:
    """One call of a piped command."""

    command: Sequence[str]  # with the envelope's addresses filled in by Postfix
    mail: bytes
    status: int
    output: str


class Pipes:
    """Calls the commands and remembers the calls."""

    def __init__(self, folder: Path, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> None:
        self.commands = commands
        self.environment = environment
        self.runs: list[PipeRun] = []
        self._socket = folder / "pipes"
        self._script = folder / "pipe.pl"

    def for_postfix(self) -> dict[str, list[str]]:
        """The commands as master.cf names them."""
        start = ["/usr/bin/perl", str(self._script), str(self._socket)]
        return {address: [*start, *command] for address, command in self.commands.items()}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen until the block ends."""
        self._script.write_text(_PERL)
        with _Listener(str(self._socket), _Handler) as listener:
            listener.pipes = self
            self._socket.chmod(0o666)
            thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            try:
                yield
            finally:
                listener.shutdown()
                thread.join()

    def call(self, command: Sequence[str], mail: bytes) -> PipeRun:
        """Run one command on one mail."""
        result = subprocess.run(
            command,
            input=mail,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment},
            check=False,
        )
        run = PipeRun(
            command=tuple(command), mail=mail, status=result.returncode, output=result.stdout.decode(errors="replace")
        )
        self.runs.append(run)
        return run


class _Listener(socketserver.ThreadingUnixStreamServer):
    pipes: Pipes
    daemon_threads = True


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        words = self.rfile.readline().rstrip(b"\n").decode().split("\0")
        run = cast(_Listener, self.server).pipes.call(words, self.rfile.read())
        self.wfile.write(f"{run.status}\n{run.output}".encode())
