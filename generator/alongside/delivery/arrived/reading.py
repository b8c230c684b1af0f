from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal

from alongside.delivery.arrived.redaction import redact
from alongside.delivery.arrived.trimming import own_words
from alongside.delivery.inbound.mails import ArrivedMail
from alongside.delivery.inbound.texts import top_text


@dataclass(frozen=True)
class NoteText:
    text: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trouble:
    kind: Literal["empty"]


def read_note(
    mail: ArrivedMail, *, own_addresses: Collection[str], trim: Callable[[str], str | None]
) -> NoteText | Trouble:
    text = redact(own_words(top_text(mail), trim), own_addresses=own_addresses).strip()
    return NoteText(text) if text else Trouble("empty")
