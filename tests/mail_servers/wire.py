"""One connection as a scripted server sees it: lines in, bytes out, TLS in between."""

from __future__ import annotations

import select
import socket
import ssl
import struct
from contextlib import suppress
from threading import Event

_LONGEST_LINE = 100_000


class Gone(Exception):  # noqa: N818 - no error: the script wants it
    """The connection has ended, or is to end."""


class Wire:
    """A socket with a buffer. Every error of the network is `Gone`."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        self._is_interrupted = Event()
        self._is_reset = False
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_line(self) -> bytes:
        """The next line without its end."""
        while b"\n" not in self._buffer:
            if len(self._buffer) > _LONGEST_LINE:
                raise Gone
            self._fill()
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        return line.rstrip(b"\r")

    def read_some(self) -> None:
        """Wait for the first bytes of what comes next, which stay to be read."""
        if not self._buffer:
            self._fill()

    def read_mail(self) -> bytes:
        """What comes up to the final dot, unstuffed (RFC 5321 section 4.5.2)."""
        while not self._buffer.startswith(b".\r\n") and b"\r\n.\r\n" not in self._buffer:
            self._fill()
        if self._buffer.startswith(b".\r\n"):
            content, rest = b"", bytes(self._buffer[3:])
        else:
            content, _, rest = bytes(self._buffer).partition(b"\r\n.\r\n")
            content += b"\r\n"
        self._buffer[:] = rest
        return content.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    def has_more(self) -> bool:
        """True when the client has already sent more than was read."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(self._buffer) or bool(poll.poll(0))

    def receive(self) -> bytes:
        """Some bytes as they come."""
        try:
            received = self._socket.recv(65_536)
        except OSError as failure:
            raise Gone from failure
        if not received:
            raise Gone
        return received

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as failure:
            raise Gone from failure

    def wait_for_end(self) -> None:
        """Read and forget, until the client goes."""
        while True:
            self.receive()

    def start_tls(self, context: ssl.SSLContext) -> None:
        """The handshake as a server."""
        self._buffer.clear()
        try:
            self._socket = secured = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
            secured.do_handshake()
        except OSError as failure:
            raise Gone from failure

    def pause(self, seconds: float) -> None:
        """Do nothing for a while."""
        if self._is_interrupted.wait(seconds):
            raise Gone

    def reset(self) -> None:
        """Let the end be an RST, as when a machine crashes."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._is_reset = True

    def interrupt(self) -> None:
        """End whatever waits on it, from another thread."""
        self._is_interrupted.set()
        self._shut(socket.SHUT_RDWR)

    def close(self) -> None:
        """End it. What the client still sends is read for a moment, or Linux would take back our last reply."""
        if not self._is_reset:
            self._shut(socket.SHUT_WR)
            self._socket.settimeout(1)
            with suppress(Gone):
                while not self._is_interrupted.is_set():
                    self.receive()
        self._socket.close()

    def _shut(self, how: int) -> None:
        with suppress(OSError):  # it may have ended already
            socket.socket.shutdown(self._socket, how)

    def _fill(self) -> None:
        self._buffer += self.receive()
