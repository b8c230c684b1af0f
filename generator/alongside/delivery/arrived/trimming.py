"""Where a person's own words end in a mail that answers another.

Own rules come first, in one pass over the lines: quotes, what leads to them, quoted headers, signatures. Words below a
quote stay, and where the rules would leave nothing they cut less: a quote too many is ugly, a lost answer is not mended.
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
from typing import BinaryIO

from alongside.delivery.arrived.attributions import (
    MOST_LINES,
    attribution,
    header_block,
    header_role,
    is_sent_from,
    is_separator,
)

LONGEST_WAIT = 0.6  # seconds for one text, a new process' start included
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
    attributions = _find_attributions(lines)
    kept = _tidy(_kept(lines, attributions, cutting=True))
    return kept or _tidy(_kept(lines, attributions, cutting=False))


def _kept(lines: list[str], attributions: dict[int, int], *, cutting: bool) -> list[str]:
    """The lines that stay; with `cutting`, what stands under a quote's head is a quote though it has no ">"."""
    segments: list[list[str]] = [[]]
    number = 0
    while number < len(lines):
        after = _after_head(lines, attributions, number)
        if after > number:
            if cutting and not _is_quote_near(lines, after):
                break
            segments.append([])
            number = after
        elif _is_quoted(lines[number]):
            if segments[-1]:
                segments.append([])
            number += 1
        elif _is_signature(lines[number]) and any(line.strip() for segment in segments for line in segment):
            end = _signature_end(lines, attributions, number)
            if end < 0:
                segments[-1].append("")
                number += 1
            else:
                number = end
        else:
            segments[-1].append(lines[number])
            number += 1
    return [line for segment in segments for line in (*_without_footers(segment), "")]


def _after_head(lines: list[str], attributions: dict[int, int], number: int) -> int:
    """The line after what leads to a quote at `number`; `number` where nothing does."""
    if number in attributions:
        return attributions[number]
    line = lines[number]
    if not line.strip() or _is_quoted(line):
        return number
    if is_separator(line):
        below = _next_written(lines, number + 1)
        return max(number + 1, header_block(lines, below) if below < len(lines) else 0)
    if _is_rule(line):
        below = _next_written(lines, number + 1)
        end = header_block(lines, below) if below < min(len(lines), number + 4) else below
        return end if end > below else number
    return header_block(lines, number)


def _find_attributions(lines: list[str]) -> dict[int, int]:
    """First line -> line after, of each attribution. It ends in a colon and begins as late as it can."""
    found: dict[int, int] = {}
    for last, line in enumerate(lines):
        tail = line[-12:].rstrip(" *_\"'”\u200e\u200f\xa0")
        is_stamp = line[:2] == "20" and " GMT" in line[:40]
        if not (tail.endswith((":", "：")) or is_stamp) or _is_quoted(line):
            continue
        for first in range(last, max(-1, last - MOST_LINES), -1):
            if not lines[first].strip() or _is_quoted(lines[first]) or first in found:
                break
            certainty = attribution(" ".join(lines[first : last + 1]))
            if certainty == "sure" or (certainty == "likely" and first == last and _is_quote_next(lines, last + 1)):
                found[first] = last + 1
                break
    return found


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


def _signature_end(lines: list[str], attributions: dict[int, int], start: int) -> int:
    """The line where a signature ends: at a quote's head, a quote or the end; negative where it is none."""
    end, written = start + 1, 0
    while end < len(lines) and not _is_quoted(lines[end]) and _after_head(lines, attributions, end) == end:
        written += bool(lines[end].strip())
        end += 1
    return end if lines[start] == "-- " or written <= MOST_SIGNATURE_LINES else -1


def _without_footers(segment: list[str]) -> list[str]:
    """`segment` without what a telephone writes under a text, rules at its end and empty lines around it."""
    last_written = [number for number, line in enumerate(segment) if line.strip()][-4:]
    first_written = next(iter([number for number, line in enumerate(segment[:5]) if line.strip()]), -1)
    footers = {number for number in (*last_written, first_written) if number >= 0 and is_sent_from(segment[number])}
    kept = [line for number, line in enumerate(segment) if number not in footers]
    while kept and (not kept[-1].strip() or _is_rule(kept[-1])):
        kept.pop()
    return kept


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

    The process inherits nothing but three pipes, may take half a gigabyte, and is killed when a text takes longer than
    `LONGEST_WAIT`; the next one is started at once, so that it is ready for the next text.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

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
            self.close()
            self._start()
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return None
        timer = threading.Timer(LONGEST_WAIT, process.kill)
        timer.daemon = True
        timer.start()
        try:
            answer = _ask(process.stdin, process.stdout, text.encode("utf-8", "replace"))
        finally:
            timer.cancel()
        if answer is None:
            self.close()
            self._start()
        return answer

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_CHILD.anchor,
                env={"PYTHONDONTWRITEBYTECODE": "1"},
            )
        except OSError:
            self._process = None  # no memory or no processes left: our own rules still apply


def _ask(stdin: BinaryIO, stdout: BinaryIO, text: bytes) -> str | None:
    """What the process answers; None when it ended."""
    try:
        stdin.write(_LENGTH.pack(len(text)) + text)
        stdin.flush()
        head = stdout.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        length = _LENGTH.unpack(head)[0]
        answer = stdout.read(length)
    except OSError:
        return None
    return answer.decode("utf-8", "replace") if len(answer) == length else None
