"""An SMTP server that takes every mail and writes its Message-ID, and a hash of it, to a file before it answers.

`python -m bench.recording_sink FILE` prints its port. What stands in the file was accepted, heard or not: so losses and
duplicates can be counted after a sender was killed.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import sys
from pathlib import Path

_IDENTITY = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One connection, pipelined or not."""

    def __init__(self, record: int) -> None:
        self._record = record
        self._buffer = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a server's transport writes
        self._transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._take():
            pass

    def _take(self) -> bool:
        end = self._buffer.find(_END if self._in_data else b"\r\n")
        if end < 0:
            return False
        if self._in_data:
            content, self._buffer = self._buffer[:end], self._buffer[end + len(_END) :]
            self._in_data = False
            found = _IDENTITY.search(content)
            digest = hashlib.sha256(content).hexdigest()[:32].encode()
            os.write(self._record, (found[1] if found else b"?") + b" " + digest + b"\n")
            self._transport.write(b"250 2.0.0 ok\r\n")
            return True
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        self._answer(line[:4].upper())
        return True

    def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            self._transport.write(
                b"250-sink\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n"
            )
        elif verb == b"DATA":
            self._in_data = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 2.0.0 ok\r\n")


async def _serve(file: Path) -> None:
    record = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    server = await asyncio.get_running_loop().create_server(lambda: Session(record), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
