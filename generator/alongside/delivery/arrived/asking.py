"""The process that asks `mail-parser-reply` where a person's words end: run as a script, killed when it takes too long.

On its standard input come texts, each after its length in bytes (four bytes, the highest first), in UTF-8; on its
standard output go what the library takes for the latest reply, in the same form. It ends with its input.
"""

from __future__ import annotations

import struct
import sys

from mailparser_reply import EmailReplyParser
from mailparser_reply.constants import MAIL_LANGUAGES

MOST_MEMORY = 1 << 29  # bytes of address space
LENGTH = struct.Struct(">I")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer until the input ends; any failure ends the process, and whoever asked sees that."""
    _limit_memory()
    parser = EmailReplyParser(languages=list(MAIL_LANGUAGES))
    while len(head := sys.stdin.buffer.read(LENGTH.size)) == LENGTH.size:
        text = sys.stdin.buffer.read(LENGTH.unpack(head)[0]).decode("utf-8", "replace")
        answer = (parser.parse_reply(text) or "").encode("utf-8", "replace")
        sys.stdout.buffer.write(LENGTH.pack(len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
