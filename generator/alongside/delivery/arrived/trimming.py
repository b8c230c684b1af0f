"""Where a person's own words end in a mail that answers another.

Own rules come first, in one pass over the lines: quotes, what leads to them, quoted headers, signatures. Words below a
quote stay, and where the rules would leave nothing they cut less: a quote too many is ugly, a lost answer cannot
be mended.
Then `mail-parser-reply` is asked, which knows more forms. Four thousand empty lines keep it busy for seconds, so it
lives in a process of its own that can be killed; and it takes "To: ..." in a sentence for a header, so what it would
cut must also look like a quote.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from alongside.delivery.arrived.attributions import (
    MOST_LINES,
    attribution,
    header_block,
    header_role,
    is_sent_from,
    is_separator,
    opens_attribution,
)

LONGEST_WAIT = 0.5  # seconds for one text
LONGEST_START = 3.0  # seconds for a new process, which begins before it is asked
LONGEST_ASKED = 30_000  # characters; what is longer is no note, whoever trims it
_LENGTH = struct.Struct(">I")
_CHILD = Path(__file__).with_name("asking.py")


def own_words(text: str, trim: Callable[[str], str | None]) -> str:
    """The person's words in `text` (lines end in LF), or an empty text where there are only quotes.

    `trim` may answer None; then only the rules here apply.
    """
    words = cut_quotes(text)
    asked = trim(words) if words else None
    return words if asked is None else _shorter(words, asked)


def cut_quotes(text: str) -> str:
    """What the rules of this module leave of `text`, without white space around it."""
    lines = [line.rstrip() if line != "-- " else line for line in text.split("\n")]
    heads = _find_heads(lines)
    kept = _tidy(_kept(lines, heads, cutting=True))
    return kept or _tidy(_kept(lines, heads, cutting=False))


def _kept(lines: list[str], heads: dict[int, int], *, cutting: bool) -> list[str]:
    """The lines that stay; with `cutting`, what stands under a quote's head is a quote though it has no ">"."""
    segments: list[list[str]] = [[]]
    number, is_empty = 0, True
    while number < len(lines):
        line, after = lines[number], number + 1
        if number in heads:
            after = heads[number]
            if cutting and not _is_quote_near(lines, after):
                break
            segments.append([])
        elif _is_quoted(line):
            segments.append([])
        elif _is_signature(line) and (is_empty or (end := _signature_end(lines, heads, number)) > number):
            after = after if is_empty else end
        else:
            segments[-1].append(line)
            is_empty = is_empty and not line.strip()
        number = after
    return [line for segment in segments if segment for line in (*_without_footers(segment), "")]


MOST_CANDIDATES = 400  # lines that are looked at closely: a person's mail has fewer


def _find_heads(lines: list[str]) -> dict[int, int]:
    """First line -> line after, of all that leads to a quote: attributions, quoted headers, separators."""
    heads = _find_attributions(lines)
    candidates, number = 0, 0
    while number < len(lines) and candidates < MOST_CANDIDATES:
        line, after = lines[number], number + 1
        if number in heads:
            after = heads[number]
        elif not line or _is_quoted(line):
            pass
        elif is_separator(line):
            below = _next_written(lines, number + 1)
            after = max(after, header_block(lines, below) if below < len(lines) else 0)
            heads[number] = after
            candidates += 1
        elif header_role(line) is not None:
            candidates += 1
            end = header_block(lines, number)
            if end > number:
                heads[number] = after = end
        number = after
    return heads


def _find_attributions(lines: list[str]) -> dict[int, int]:
    """Those alone. One ends in a colon and begins as late as it can."""
    found: dict[int, int] = {}
    candidates = 0
    for last, line in enumerate(lines):
        tail = line[-12:].rstrip(" *_\"'”\u200e\u200f\xa0")
        may_end = tail.endswith((":", "：", ">")) or line.endswith("--") or " GMT" in line[:40]
        if not may_end or _is_quoted(line):
            continue
        candidates += 1
        if candidates > MOST_CANDIDATES:
            break
        first = _first_line(lines, last, found)
        if first <= last:
            found[first] = last + 1
    return found


def _first_line(lines: list[str], last: int, found: dict[int, int]) -> int:
    """Where an attribution begins that ends at `last`; the line after it where none does."""
    begin = last + 1
    for first in range(last, max(-1, last - MOST_LINES), -1):
        if not lines[first].strip() or _is_quoted(lines[first]) or first in found:
            break
        if attribution(" ".join(lines[first : last + 1])) == "sure":
            begin = min(begin, first) if begin > last or opens_attribution(lines[first]) else begin
            if opens_attribution(lines[begin]):
                break
    is_likely = begin > last and _is_quote_next(lines, last + 1) and attribution(lines[last]) == "likely"
    return last if is_likely else begin


def _is_quoted(line: str) -> bool:
    return line.lstrip(" \t\xa0").startswith((">", "＞", "&gt;"))


def _is_quote_next(lines: list[str], start: int) -> bool:
    below = _next_written(lines, start)
    return below < len(lines) and _is_quoted(lines[below])


def _is_quote_near(lines: list[str], start: int) -> bool:
    """Whether one of the next three written lines is quoted: programs put a picture or half a line before it."""
    written = [line for line in lines[start : start + 8] if line.strip()][:3]
    return any(_is_quoted(line) for line in written)


def _next_written(lines: list[str], start: int) -> int:
    while start < len(lines) and not lines[start].strip():
        start += 1
    return start


def _is_rule(line: str) -> bool:
    letters = set(line.strip(" *"))
    return len(line.strip()) >= 5 and letters <= set("-_=—–") and len(letters) == 1


def _is_signature(line: str) -> bool:
    """RFC 3676 section 4.3; many programs lose its space."""
    return line.rstrip() in ("--", "—")


MOST_SIGNATURE_LINES = 12  # under "--" without its space: more is a text with a rule in it


def _signature_end(lines: list[str], heads: dict[int, int], start: int) -> int:
    """The line where a signature ends: at a quote's head, a quote or the end; `start` where it is none."""
    end, written = start + 1, 0
    while end < len(lines) and not _is_quoted(lines[end]) and end not in heads:
        written += bool(lines[end])
        if written > MOST_SIGNATURE_LINES and lines[start] != "-- ":
            return start
        end += 1
    return end


def _without_footers(segment: list[str]) -> list[str]:
    """`segment` without what a telephone writes under a text, rules at its end and empty lines around it."""
    kept = list(segment)
    while kept and (not kept[-1].strip() or _is_rule(kept[-1]) or is_sent_from(kept[-1])):
        kept.pop()
    written = [number for number, line in enumerate(kept) if line.strip()]
    footers = {number for number in (*written[:1], *written[-3:]) if is_sent_from(kept[number])}
    return [line for number, line in enumerate(kept) if number not in footers]


def _tidy(lines: list[str]) -> str:
    """One text, with no more than one empty line in a row."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return "\n".join(kept).strip("\n")


def _shorter(words: str, asked: str) -> str:
    """The library's answer, where it is a beginning of `words` and what it leaves off looks like a quote."""
    wanted = "".join(asked.split())
    if not wanted:
        return words
    place = _place_after(words, wanted)
    rest = words[place:].strip() if place else ""
    return words[:place].strip() if rest and _is_like_quote(rest.split("\n", 8)[:8]) else words


def _place_after(words: str, wanted: str) -> int:
    """Where `wanted`, which has no white space, ends in `words`; 0 where they differ."""
    letters = iter(wanted)
    expected = next(letters, None)
    for place, letter in enumerate(words):
        if expected is None:
            return place
        if letter.isspace():
            continue
        if letter != expected:
            return 0
        expected = next(letters, None)
    return len(words) if expected is None else 0


def _is_like_quote(lines: list[str]) -> bool:
    written = [line for line in lines if line.strip()]
    joined = (" ".join(written[:count]) for count in (1, 2, 3))
    if any(attribution(line) != "no" for line in joined) or is_separator(written[0]):
        return True
    headers = [role for line in written[:5] if (role := header_role(line)) is not None]
    return len({role for role, _ in headers}) >= 2 and any("@" in value or ":" in value for _, value in headers)


class Trimmer:
    """`mail-parser-reply` in a process of its own, kept between texts; for one thread at a time.

        with Trimmer() as trimmer:
            trimmer.trim("Yes!\\n\\nOn Mon, 23 Nov 2026, Ana wrote:\\nShall we?")  # "Yes!"

    The process inherits nothing but two pipes, may take half a gigabyte, and is killed when a text takes longer than
    `LONGEST_WAIT`; the next one is started at once, so that it is ready for the next text.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False

    def __enter__(self) -> Trimmer:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; a later `trim` starts one again."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # what was to be written has no reader any more
        process.wait()

    def trim(self, text: str) -> str | None:
        """The latest reply in `text`; None when the library failed, took too long, or `text` is too long to ask."""
        if len(text) > LONGEST_ASKED:
            return None
        if self._process is None or self._process.poll() is not None:
            self._restart()
        if not self._is_ready:
            self._is_ready = self._ask("", LONGEST_START) is not None
        answer = self._ask(text, LONGEST_WAIT) if self._is_ready else None
        if answer is None:
            self._restart()
        return answer

    def _restart(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        self._is_ready = False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_CHILD.anchor,
                env={},
            )
        except OSError:
            self._process = None  # no memory or no processes left: our own rules still apply

    def _ask(self, text: str, seconds: float) -> str | None:
        """What the process answers; it is killed after so long, and then there is None."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        timer = threading.Timer(seconds, process.kill)
        timer.daemon = True
        timer.start()
        try:
            return _exchange(process.stdin, process.stdout, text.encode("utf-8", "replace"))
        except OSError:
            return None
        finally:
            timer.cancel()


def _exchange(stdin: IO[bytes], stdout: IO[bytes], text: bytes) -> str | None:
    """`text` to the process and its answer back; None when it ended meanwhile."""
    stdin.write(_LENGTH.pack(len(text)) + text)
    stdin.flush()
    head = stdout.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _LENGTH.unpack(head)[0]
    answer = stdout.read(length)
    return answer.decode("utf-8", "replace") if len(answer) == length else None
