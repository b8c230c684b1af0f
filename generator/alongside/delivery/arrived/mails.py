"""Mail that arrives, read as far as is needed and no further: the first step of `ingest`, on bytes nobody vouches for.

Not `email.message`: it takes minutes for a deeply nested mail, raises on some that people really send, and reads all
thirty megabytes of one that carries a film. Here every loop has an end that does not depend on the sender: bytes,
headers, parts and depth are bounded, and what lies beyond is not looked at. Reading never raises for odd input; what
cannot be decoded is replaced.
"""

from __future__ import annotations

import binascii
import codecs
import re
from dataclasses import dataclass

from alongside.delivery.addresses import AddressError, normalise_address

LONGEST = 1 << 20  # bytes of a mail that are looked at; the doors fetch no more
LONGEST_HEAD = 1 << 18  # of its headers
MOST_HEADERS = 500
LONGEST_HEADER = 16_000  # of one: a long thread's References
LONGEST_STRUCTURE = 2_000  # of a header with parameters or addresses
MOST_PARTS, DEEPEST = 40, 6
LONGEST_TEXT = 1 << 16  # bytes of a part that are decoded


@dataclass(frozen=True, slots=True)
class Headers:
    """Unfolded headers in their order; 8-bit text in UTF-8 or else Latin-1, controls gone."""

    fields: tuple[tuple[str, str], ...]  # name in lower case, value

    def all(self, name: str) -> list[str]:
        """Every value of a header (name in lower case)."""
        return [value for found, value in self.fields if found == name]

    def first(self, name: str) -> str:
        """The first value, or an empty text."""
        return next((value for found, value in self.fields if found == name), "")

    def has(self, name: str) -> bool:
        """Whether there is one, be it empty."""
        return any(found == name for found, _ in self.fields)

    def text(self, name: str) -> str:
        """The first value for people: encoded words decoded (RFC 2047), white space as single spaces."""
        return " ".join(decode_words(self.first(name)[:LONGEST_STRUCTURE]).split())

    def parameters(self, name: str) -> tuple[str, dict[str, str]]:
        """`multipart/report; boundary="x"` -> (`"multipart/report"`, `{"boundary": "x"}`) (RFC 2045 section 5.1)."""
        value = self.first(name)[:LONGEST_STRUCTURE]
        found = {
            match["name"].lower(): _UNQUOTE.sub(r"\1", match["quoted"])
            if match["quoted"] is not None
            else match["plain"]
            for match in _PARAMETER.finditer(value)
        }
        return value.partition(";")[0].strip().lower(), found


_PARAMETER = re.compile(r';\s*(?P<name>[^\s;="]{1,60})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s;]*))')
_UNQUOTE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a mail. A mail inside a mail is one leaf, with its own headers at the top of `body`."""

    headers: Headers
    type: str  # "text/plain"
    parameters: dict[str, str]
    body: bytes  # as it stands in the mail, lines ended by LF

    def text(self, longest: int = LONGEST_TEXT) -> str:
        """The beginning of the part, decoded; lines ended by LF. `longest`: bytes of it that are looked at."""
        raw = _decode_transfer(self.body[:longest], self.headers.first(_ENCODING).strip().lower())
        return decode_text(raw, self.parameters.get("charset", "")).replace("\r\n", "\n").replace("\r", "\n")

    def inner_headers(self) -> Headers:
        """The headers at the top of the part: of a mail that came back, or the fields of a report."""
        return read_headers(_decode_transfer(self.body[:LONGEST_TEXT], self.headers.first(_ENCODING).strip().lower()))


_ENCODING = "content-transfer-encoding"


@dataclass(frozen=True, slots=True)
class ArrivedMail:
    """A mail, as far as it was read."""

    headers: Headers
    type: str  # of the whole
    parameters: dict[str, str]
    parts: tuple[Part, ...]  # leaves in their order; at least one
    raw: bytes  # the beginning of it, lines ended by LF

    @property
    def message_id(self) -> str:
        """Its Message-ID without angle brackets, or an empty text."""
        return next(iter(find_ids(self.headers.first("message-id"))), "")

    @property
    def answers(self) -> tuple[str, ...]:
        """The Message-IDs it answers, the nearest first (RFC 5322 section 3.6.4)."""
        nearest = [*find_ids(self.headers.first("in-reply-to")), *reversed(find_ids(self.headers.first("references")))]
        return tuple(dict.fromkeys(nearest))[:50]

    @property
    def sender(self) -> str:
        """The address in From, normalised; empty when there is none that can be written to."""
        return find_address(self.headers.first("from"))

    @property
    def authors(self) -> tuple[str, ...]:
        """Every address of every From, normalised, each once; an empty text stands for what is no address."""
        return tuple(dict.fromkeys(each for value in self.headers.all("from")[:10] for each in _find_authors(value)))

    def parts_of(self, *types: str) -> list[Part]:
        """Leaves of these types."""
        return [part for part in self.parts if part.type in types]


def read_mail(raw: bytes) -> ArrivedMail:
    """The mail in `raw`, whatever it is; lines may end in LF, CR or CRLF, and an mbox line may stand before it."""
    text = raw[:LONGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if text.startswith((b"From ", b">From ")):
        text = text.partition(b"\n")[2]
    head, body = _split_head(text)
    headers = read_headers(head)
    kind, parameters = _content_type(headers)
    leaves: list[Part] = []
    _collect(Part(headers, kind, parameters, body), leaves, depth=0)
    return ArrivedMail(headers, kind, parameters, tuple(leaves), text)


def _split_head(text: bytes) -> tuple[bytes, bytes]:
    if text.startswith(b"\n"):
        return b"", text[1:]
    end = text.find(b"\n\n", 0, LONGEST_HEAD)
    if end < 0:
        return text[:LONGEST_HEAD], b""
    return text[:end], text[end + 2 :]


def read_headers(head: bytes) -> Headers:
    """The headers at the top of `head`, up to an empty line or what is none (RFC 5322 section 2.2)."""
    fields: list[list[bytes]] = []
    for line in head.lstrip(b"\n").split(b"\n", 4 * MOST_HEADERS)[: 4 * MOST_HEADERS]:
        if line[:1] in (b" ", b"\t"):
            if fields and line.strip():
                fields[-1].append(line[:LONGEST_HEADER])
            continue
        if not _FIELD.match(line):
            if line.startswith((b">From ", b"From ")):
                continue
            break
        if len(fields) == MOST_HEADERS:
            break
        fields.append([line[:LONGEST_HEADER]])
    return Headers(tuple(_header(lines) for lines in fields))


_FIELD = re.compile(rb"[!-9;-~]{1,80}[ \t]*:")


def _header(lines: list[bytes]) -> tuple[str, str]:
    name, _, value = b" ".join(line.strip() for line in lines)[:LONGEST_HEADER].partition(b":")
    return name.strip().decode("ascii").lower(), _CONTROLS.sub("", decode_text(value.strip(), ""))


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def _content_type(headers: Headers) -> tuple[str, dict[str, str]]:
    kind, parameters = headers.parameters("content-type")
    return (kind if "/" in kind else "text/plain"), parameters


def _collect(part: Part, leaves: list[Part], *, depth: int) -> None:
    """Add the leaves of a part, in their order, while there is room."""
    boundary = part.parameters.get("boundary", "").encode("utf-8", "replace")
    if not part.type.startswith("multipart/") or not 0 < len(boundary) <= 200 or depth == DEEPEST:
        leaves.append(part)
        return
    pieces = _split_parts(part.body, boundary, MOST_PARTS - len(leaves))
    if not pieces:
        leaves.append(part)
    for piece in pieces:
        if len(leaves) >= MOST_PARTS:
            return
        head, body = _split_head(piece)
        headers = read_headers(head)
        kind, parameters = _content_type(headers)
        _collect(Part(headers, kind, parameters, body), leaves, depth=depth + 1)


def _split_parts(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """The pieces between delimiter lines (RFC 2046 section 5.1.1); the last may lack its end."""
    pieces: list[bytes] = []
    text, mark = b"\n" + body, b"\n--" + boundary
    place = _find_delimiter(text, mark, 0)
    while place >= 0 and len(pieces) < most:
        line_end = text.find(b"\n", place + 1)
        if line_end < 0 or text.startswith(b"--", place + len(mark)):
            break
        # The delimiter's own line feed may be the one that ends the line before it.
        after = _find_delimiter(text, mark, line_end)
        pieces.append(text[line_end + 1 : after if after >= 0 else len(text)])
        place = after
    return pieces


def _find_delimiter(text: bytes, mark: bytes, start: int) -> int:
    """Where a line begins that is the delimiter, and not only starts like it (boundaries may be alike)."""
    for _ in range(1000):
        place = text.find(mark, start)
        if place < 0:
            return -1
        if text[place + len(mark) : place + len(mark) + 1] in (b"", b"\n", b" ", b"\t", b"-"):
            return place
        start = place + 1
    return -1


def _decode_transfer(raw: bytes, encoding: str) -> bytes:
    """Content-Transfer-Encoding undone (RFC 2045 section 6), as far as it can be."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding != "base64":
        return raw
    letters = _NO_BASE64.sub(b"", raw)
    whole = letters[: -1 if len(letters) % 4 == 1 else None]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))


_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
# Codecs that are no charset of mail; some take a time that grows with the square of the text.
_NO_CHARSETS = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs"))


# What programs call by the name of a smaller charset (encoding.spec.whatwg.org, section 4.2).
_REALLY = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-kr": "cp949",
    "shift-jis": "cp932",
    "big5": "cp950",
}


def decode_text(raw: bytes, charset: str) -> str:
    """Text of a named charset; without one, or with one that does not exist, UTF-8 or else Latin-1.

    UTF-8 under the name of a Western charset is UTF-8, and what is no UTF-8 though it says so is Windows-1252.
    """
    if charset:
        try:
            name = codecs.lookup(charset.strip()[:40]).name.replace("_", "-")
            if name not in _NO_CHARSETS:
                return _decode_named(raw, name)
        except (LookupError, ValueError):
            pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _decode_named(raw: bytes, name: str) -> str:
    really = _REALLY.get(name, name)
    if really == "cp1252":
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("cp1252", "replace")
    text = raw.decode(really, "replace")
    if really == "utf-8" and 2 * text.count("\ufffd") > len(_HIGH.findall(raw)):
        return raw.decode("cp1252", "replace")
    return text


_HIGH = re.compile(rb"[\x80-\xff]")


_WORD = re.compile(r"=\?([^\s?]{1,60})\?([BbQq])\?([^?]{0,1000})\?=")
_WORDS = re.compile(r"=\?[^\s?]{1,60}\?[BbQq]\?[^?]{0,1000}\?=(?:\s*=\?[^\s?]{1,60}\?[BbQq]\?[^?]{0,1000}\?=){0,40}")


def decode_words(value: str) -> str:
    """Encoded words (RFC 2047) decoded; what is none stays."""
    return _WORDS.sub(lambda run: _decode_run(run[0]), value)


def _decode_run(run: str) -> str:
    """Encoded words side by side. Bytes are joined first: programs split a character between two of them."""
    pieces: list[tuple[str, bytes]] = []
    for charset, encoding, text in _WORD.findall(run):
        raw = text.encode("ascii", "replace")
        decoded = _decode_transfer(raw, "base64") if encoding in "Bb" else binascii.a2b_qp(raw, header=True)
        name = charset.partition("*")[0].lower()
        if pieces and pieces[-1][0] == name:
            decoded = pieces.pop()[1] + decoded
        pieces.append((name, decoded))
    return "".join(decode_text(raw, charset) for charset, raw in pieces)


def find_ids(value: str) -> list[str]:
    """The Message-IDs in a header, without angle brackets (RFC 5322 section 3.6.4); a lone one may lack them."""
    found = _ID.findall(value)[:100]
    lone = value.strip()
    return found or ([lone] if lone and " " not in lone and len(lone) < 1000 else [])


_ID = re.compile(r"<\s*([^<>\s]{1,998})\s*>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_ANGLE = re.compile(r"<([^<>]{1,400})>")
_BARE = re.compile(r"[^\s<>,;:\"()\[\]]{1,200}@[^\s<>,;:\"()\[\]]{1,200}")


def find_address(value: str) -> str:
    """The first address of a From (RFC 5322 section 3.6.2), normalised: not what a display name shows; else empty."""
    return next(iter(_find_authors(value)), "")


def _find_authors(value: str) -> list[str]:
    """The addresses in angle brackets, else the bare ones; none where a header names nobody."""
    plain = _COMMENT.sub(" ", _QUOTED.sub(" ", value[:LONGEST_STRUCTURE]))
    return [_normal(given) for given in (_ANGLE.findall(plain) or _BARE.findall(plain))[:100]]


def _normal(address: str) -> str:
    try:
        return normalise_address(address)
    except AddressError:
        return ""


def find_addresses(value: str) -> list[str]:
    """Everything in a header of recipients that looks like an address, as it stands there."""
    return _BARE.findall(value[:LONGEST_HEADER])[:100]
