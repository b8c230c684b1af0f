"""What can go wrong in an SMTP session, as values: a `Script` of `Rule`s, each an action at a phase.

    Script(rules=(Rule(at=Phase.RCPT, do=Say("450 4.2.0 greylisted"), times=3, per="recipient"),))

The same script and the same order of events give the same faults; where `chance` is below 1, `seed` decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatch
from random import Random
from threading import Lock
from typing import Literal, Protocol

from mail_servers.certificates import ELSEWHERE, Authority, Certificate
from mail_servers.wire import Gone, Wire


class Phase(StrEnum):
    """When a rule acts; always instead of the reply that would come now."""

    CONNECT = "connect"  # the greeting
    EHLO = "ehlo"  # and HELO
    STARTTLS = "starttls"
    AUTH = "auth"  # the verdict on the password
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # the 354
    BODY = "body"  # some of the mail has come, the final dot has not
    DOT = "dot"  # all has come; nothing is accepted unless the action says 250
    ACCEPTED = "accepted"  # all has come and is recorded as accepted, whatever is said now
    RSET = "rset"
    QUIT = "quit"


class Action(Protocol):
    """What is done instead of a reply."""

    def verdict(self, reply: bytes) -> bytes:
        """The reply as the server means it; empty where it gives none."""
        ...

    def play(self, wire: Wire, reply: bytes) -> None:
        """Do it. Raises `Gone` where the connection ends with it."""
        ...


@dataclass(frozen=True, slots=True)
class Say:
    """Another reply. A text gets its CRLF; bytes go out as they are. After 421 the connection is closed."""

    text: str | bytes

    def verdict(self, reply: bytes) -> bytes:
        return self.text if isinstance(self.text, bytes) else self.text.encode() + b"\r\n"

    def play(self, wire: Wire, reply: bytes) -> None:
        wire.send(self.verdict(reply))
        if self.verdict(reply).startswith(b"421"):
            raise Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Close the connection, after a share of the reply; `reset` closes as a crashed machine does (RST)."""

    share: float = 0
    reset: bool = False

    def verdict(self, reply: bytes) -> bytes:
        return b""

    def play(self, wire: Wire, reply: bytes) -> None:
        wire.send(reply[: int(len(reply) * self.share)])
        if self.reset:
            wire.reset()
        raise Gone


@dataclass(frozen=True, slots=True)
class Never:
    """Say nothing, and wait until the client goes."""

    def verdict(self, reply: bytes) -> bytes:
        return b""

    def play(self, wire: Wire, reply: bytes) -> None:
        wire.wait_for_end()


@dataclass(frozen=True, slots=True)
class Drip:
    """The right reply, one byte in a packet."""

    pause_seconds: float = 0.001

    def verdict(self, reply: bytes) -> bytes:
        return reply

    def play(self, wire: Wire, reply: bytes) -> None:
        for at in range(len(reply)):
            wire.send(reply[at : at + 1])
            wire.pause(self.pause_seconds)


@dataclass(frozen=True, slots=True)
class Wait:
    """The right reply, late."""

    seconds: float

    def verdict(self, reply: bytes) -> bytes:
        return reply

    def play(self, wire: Wire, reply: bytes) -> None:
        wire.pause(self.seconds)
        wire.send(reply)


@dataclass(frozen=True, slots=True)
class Endless:
    """The same again and again, until the client goes (or a gigabyte has passed)."""

    again: bytes

    def verdict(self, reply: bytes) -> bytes:
        return b""

    def play(self, wire: Wire, reply: bytes) -> None:
        chunk = self.again * (65_536 // len(self.again) + 1)
        for _ in range(2**30 // len(chunk)):
            wire.send(chunk)
        raise Gone


@dataclass(frozen=True, slots=True)
class BreakTls:
    """Agree to STARTTLS, then answer the handshake with what is no TLS."""

    def verdict(self, reply: bytes) -> bytes:
        return b""

    def play(self, wire: Wire, reply: bytes) -> None:
        wire.send(reply)
        wire.receive()
        wire.send(b"500 5.5.1 What is this?\r\n")
        raise Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An action at a phase: always, or only for some of the moments that fit."""

    at: Phase
    do: Action
    recipient: str = "*"  # only where one recipient so far fits this pattern (RCPT: the new one)
    skip: int = 0  # so many moments pass first,
    times: int | None = None  # then it acts so often (None: always),
    per: Literal["server", "connection", "recipient"] = "server"  # counted for each of these
    chance: float = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How a server behaves: what it announces, and its faults. The first rule that fits acts."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0
    knows_ehlo: bool = True  # False: 502, only HELO
    pipelining: bool = True
    smtputf8: bool = True
    size: int | None = 10_000_000  # announced, and kept: 552 5.3.4
    passwords: Mapping[str, str] = field(default_factory=dict)  # AUTH is announced where there are some
    tls: Certificate | None = None  # STARTTLS is announced
    implicit_tls: bool = False  # TLS from the first byte


class Director:
    """Chooses the action of a moment by the script, and counts moments."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._seen: dict[tuple[int, str], int] = {}
        self._lock = Lock()

    def choose(self, phase: Phase, connection: int, recipients: tuple[str, ...]) -> Action | None:
        """The action at this moment; `None`: the server behaves."""
        for number, rule in enumerate(self._script.rules):
            if rule.at is phase and self._acts(number, rule, connection, recipients):
                return rule.do
        return None

    def _acts(self, number: int, rule: Rule, connection: int, recipients: tuple[str, ...]) -> bool:
        fitting = [address for address in recipients if fnmatch(address, rule.recipient)]
        if rule.recipient != "*" and not fitting:
            return False
        last = fitting[-1] if fitting else ""
        counted_for = {"server": "", "connection": str(connection), "recipient": last}[rule.per]
        with self._lock:
            seen = self._seen.get((number, counted_for), 0)
            self._seen[number, counted_for] = seen + 1
        if seen < rule.skip or (rule.times is not None and seen >= rule.skip + rule.times):
            return False
        return rule.chance >= 1 or Random(f"{self._script.seed}/{number}/{counted_for}/{seen}").random() < rule.chance


def is_yes(reply: bytes) -> bool:
    """True when the last line of a reply says 2xx or 3xx."""
    return re.match(rb"[23]\d\d( |\r?$)", reply.rstrip(b"\n").rpartition(b"\n")[2]) is not None


def greylist(tries: int = 1) -> Rule:
    """Each recipient is refused at first."""
    return Rule(at=Phase.RCPT, do=Say("450 4.2.0 Greylisted, come back later"), times=tries, per="recipient")


_PLAIN_PHASES: list[Phase] = [phase for phase in Phase if phase not in {Phase.STARTTLS, Phase.AUTH}]
_ENDS: dict[str, Action] = {"drop": Drop(), "reset": Drop(reset=True), "half": Drop(share=0.5), "never": Never()}
_REFUSALS: dict[str, list[Phase]] = {
    "421 4.3.2 Shutting down": _PLAIN_PHASES,
    "450 4.2.0 Greylisted": [Phase.RCPT],
    "451 4.3.0 Try again later": [Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT],
    "452 4.3.1 Full": [Phase.MAIL, Phase.RCPT, Phase.DOT],
    "550 5.1.1 User unknown": [Phase.RCPT],
    "550 No such user here": [Phase.RCPT],
    "552 5.2.2 Mailbox full": [Phase.RCPT, Phase.DOT],
    "553 5.1.8 Sender refused": [Phase.MAIL],
    "554 5.7.1 Not from you": [Phase.CONNECT, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT],
}
_NONSENSE: dict[str, Action] = {
    "no code": Say("Hello, how are you?"),
    "binary": Say(bytes(range(256)) + b"\r\n"),
    "empty line": Say(b"\r\n"),
    "code of four digits": Say("2500 ok"),
    "code 999": Say("999 ok"),
    "code 354": Say("354 Go ahead"),
    "code 250": Say("250 2.0.0 Ok"),
    "codes that differ": Say("250-2.0.0 Yes\r\n550 5.0.0 No"),
    "endless line": Endless(b"250 and so on"),
    "endless lines": Endless(b"250-and so on\r\n"),
}
_NONSENSE_PHASES = (Phase.CONNECT, Phase.EHLO, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.DOT, Phase.ACCEPTED)
_RIGHT = {("code 354", Phase.DATA)} | {("code 250", phase) for phase in _NONSENSE_PHASES if phase is not Phase.DATA}
_ODD_BUT_RIGHT: dict[str, Rule] = {
    **{f"byte by byte at {phase}": Rule(at=phase, do=Drip()) for phase in (Phase.CONNECT, Phase.EHLO, Phase.ACCEPTED)},
    "lines nobody asked for": Rule(at=Phase.MAIL, do=Say("250 2.1.0 Ok\r\n250 2.1.0 Ok")),
    "bare code": Rule(at=Phase.ACCEPTED, do=Say("250")),
    "line feeds only": Rule(at=Phase.ACCEPTED, do=Say(b"250 2.0.0 Ok\n")),
    "many lines": Rule(at=Phase.ACCEPTED, do=Say("250-2.0.0 And\r\n" * 50 + "250 2.0.0 Ok")),
    "beyond ASCII": Rule(at=Phase.ACCEPTED, do=Say("250 2.0.0 Angenommen, schöne Grüße")),
}
FAULTS: Mapping[str, Rule] = {
    **{f"{name} at {phase}": Rule(at=phase, do=end) for phase in _PLAIN_PHASES for name, end in _ENDS.items()},
    **{f"{text} at {phase}": Rule(at=phase, do=Say(text)) for text, phases in _REFUSALS.items() for phase in phases},
    **{
        f"{name} at {phase}": Rule(at=phase, do=action)
        for name, action in _NONSENSE.items()
        for phase in _NONSENSE_PHASES
        if (name, phase) not in _RIGHT
    },
    **_ODD_BUT_RIGHT,
}
"""Every fault of a session without TLS and AUTH, by name, for tests that must survive each."""


def tls_faults(authority: Authority) -> dict[str, Script]:
    """Servers that announce STARTTLS and cannot be trusted or talked to, by name."""
    good = authority.issue("good")
    return {
        "self-signed": Script(tls=authority.self_sign("self-signed")),
        "wrong host": Script(tls=authority.issue("elsewhere", ELSEWHERE)),
        "expired": Script(tls=authority.issue("expired", days=-1)),
        "454": Script(tls=good, rules=(Rule(at=Phase.STARTTLS, do=Say("454 4.7.0 TLS not available")),)),
        "no TLS after 220": Script(tls=good, rules=(Rule(at=Phase.STARTTLS, do=BreakTls()),)),
        "drop at starttls": Script(tls=good, rules=(Rule(at=Phase.STARTTLS, do=Drop()),)),
    }
