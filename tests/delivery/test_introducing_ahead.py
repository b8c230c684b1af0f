"""MAIL, RCPT and DATA behind the message before (RFC 2920 section 3.1): what goes over the wire, and servers that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from alongside.delivery.transports.envelopes import Envelope, Verdict
from alongside.delivery.transports.smtp import Smtp
from alongside.delivery.transports.smtp_url import SmtpServer

MAILS = tuple(
    Envelope(
        message_id=f"{number}@example.org",
        sender=f"bounces+{number}@example.org",
        recipient=f"ana{number}@example.net",
        content=b"Subject: %d\r\n\r\nHello\r\n" % number,
    )
    for number in range(4)
)


@dataclass(slots=True)
class Server:
    """One that reads as much as has come, and answers all of it; at a message's end it may `forget` what stands behind."""

    forget: bool = False
    closes_at: bytes = b""  # after answering this command, of any connection's second mail
    refuses: bytes = b""  # the address it does not know
    groups: list[bytes] = field(default_factory=list)  # as they came
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0
    ended: list[asyncio.Event] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        ended = asyncio.Event()
        self.ended.append(ended)
        try:
            await self._talk(reader, writer)
            await writer.wait_closed()
        except ConnectionError:
            pass  # they hung up
        finally:
            writer.close()
            ended.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx\r\n")
        waiting, in_message, message, knows, mails = b"", False, b"", False, 0
        while chunk := await reader.read(1 << 16):
            self.groups.append(chunk)
            waiting += chunk
            while b"\r\n" in waiting:
                line, _, waiting = waiting.partition(b"\r\n")
                if in_message:
                    message += line + b"\r\n"
                    if line == b".":
                        self.taken.append(message)
                        in_message, message, knows = False, b"", False
                        writer.write(b"250 queued\r\n")
                        waiting = b"" if self.forget else waiting
                    continue
                verb = line[:4].upper()
                mails += verb == b"MAIL"
                if verb == b"EHLO":
                    writer.write(b"250-mx\r\n250 PIPELINING\r\n")
                elif verb == b"RCPT":
                    knows = self.refuses not in line or not self.refuses
                    writer.write(b"250 ok\r\n" if knows else b"550 5.1.1 unknown\r\n")
                elif verb == b"DATA":
                    in_message = knows
                    writer.write(b"354 go\r\n" if knows else b"554 no valid recipients\r\n")
                else:
                    writer.write(b"250 ok\r\n")
                if self.closes_at and verb == self.closes_at and mails == 2:
                    writer.close()
                    return
        writer.close()


def send(server: Server, *, mails: Sequence[Envelope] = MAILS, order: Sequence[int] | None = None) -> list[Verdict]:
    """Over one lane, each with the next in view. `order`: what is really sent, whatever was in view."""

    async def run() -> list[Verdict]:
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        lane = Smtp(
            SmtpServer(host="127.0.0.1", port=port, tls="none", timeout_seconds=0.5), hostname="example.org"
        ).open_lane()
        verdicts = []
        sent = [mails[number] for number in order] if order is not None else mails
        for mail in sent:
            following = mails[mails.index(mail) + 1] if mail is not mails[-1] else None
            verdicts.append(await lane.deliver(mail, starting=lambda: None, following=following))
        await lane.close()
        await asyncio.gather(*(ended.wait() for ended in server.ended))
        listener.close()
        return verdicts

    return asyncio.run(run())


def subjects(server: Server) -> list[bytes]:
    return [message.partition(b"\r\n")[0] for message in server.taken]


def test_one_round_trip_a_mail() -> None:
    server = Server()
    assert [verdict.fate for verdict in send(server)] == ["delivered"] * 4
    assert subjects(server) == [mail.content.partition(b"\r\n")[0] for mail in MAILS]
    ehlo, first, *behind, last = [group for group in server.groups if group != b"QUIT\r\n"]
    assert ehlo.startswith(b"EHLO")
    assert first.startswith(b"MAIL FROM:<bounces+0@")
    assert len(behind) == 3
    for number, group in enumerate(behind):
        introduced = (
            b"MAIL FROM:<%s>" % MAILS[number + 1].sender.encode(),
            b"RCPT TO:<ana%d@example.net>" % (number + 1),
        )
        assert group == MAILS[number].content + b"\r\n".join((b".", *introduced, b"DATA", b""))
    assert last == MAILS[-1].content + b".\r\n"


def test_a_server_that_forgets_what_stands_behind_a_message() -> None:
    server = Server(forget=True)
    assert [verdict.fate for verdict in send(server)] == ["delivered"] * 4
    assert len(server.taken) == 4
    assert server.connections == 2  # it is not tried again


@pytest.mark.parametrize("verb", [b"MAIL", b"RCPT", b"DATA"])
def test_a_server_that_closes_while_the_next_mail_is_introduced(verb: bytes) -> None:
    server = Server(closes_at=verb)
    fates = [verdict.fate for verdict in send(server)]
    assert set(fates) <= ({"delivered", "uncertain"} if verb == b"DATA" else {"delivered"})
    delivered = [b"Subject: %d" % number for number, fate in enumerate(fates) if fate == "delivered"]
    assert subjects(server) == delivered
    assert len(delivered) >= 2


def test_an_address_refused_ahead_is_refused_when_its_turn_comes() -> None:
    server = Server(refuses=b"ana1@")
    verdicts = send(server)
    assert [verdict.fate for verdict in verdicts] == ["delivered", "refused", "delivered", "delivered"]
    assert verdicts[1].mailbox_gone
    assert subjects(server) == [b"Subject: 0", b"Subject: 2", b"Subject: 3"]
    assert server.connections == 1


def test_the_wrong_message_never_goes_to_who_was_introduced() -> None:
    server = Server()
    assert [verdict.fate for verdict in send(server, order=(0, 2, 3))] == ["delivered"] * 3  # 1 was taken away
    assert subjects(server) == [b"Subject: 0", b"Subject: 2", b"Subject: 3"]
    assert server.connections == 2


def test_who_was_introduced_and_then_not_written_to_gets_nothing() -> None:
    server = Server()
    send(server, order=(0,))
    assert subjects(server) == [b"Subject: 0"]
    assert b"QUIT\r\n" not in server.groups  # it would be the message
