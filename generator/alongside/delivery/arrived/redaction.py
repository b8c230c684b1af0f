"""The last step before a note is passed on: no e-mail address leaves, however it is written.

    Write to ana@example.org             Write to […]
    ana [at] example (dot) org           […]
    https://x.example/?to=ana%2540...    https://x.example/[…]
    See you @ 5 pm, 10:00 CET            stays

It does not trust what came before. The text is looked at through a folded view of it: compatible forms in one (NFKC),
invisible characters gone, `%40`, `&#64;` and their like undone, each character with its place in the text. Around each
"@" of the view, or what is read as one, a bounded number of characters is looked at, so the time grows with the text
and with nothing else. What a replacement brings together is looked at again.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from alongside.delivery.arrived.blocks import cut_blocks
from alongside.delivery.arrived.providers import is_public

MARK = "[…]"  # stands where something was
MOST_PASSES = 6
_SEALED = "\ue000"  # what a mark is in the view: no letter of any address

# Scripts without spaces between words: an address in ASCII ends where they begin.
_UNSPACED = (
    r"(?-i:[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7af\U00020000-\U0003ffff])"
)
_IS_UNSPACED = re.compile(_UNSPACED)
_LOCAL = rf"(?:(?!{_UNSPACED})[\w.!#$%&'*+/=?^`{{|}}~-])"
_WIDE_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_LABEL = rf"(?:(?!{_UNSPACED})[\w-]){{1,63}}+"
_WIDE_LABEL = r"[\w-]{1,63}+"

_DOT_NAMES = r"dot|punkt|punto|ponto|point|punt|prick|piste|kropka|te[čc]ka|nokta|точка|крапка|ドット|点|點|점|نقطة"
_AT_NAMES = (
    r"at|ät|aet|a|arroba|arobase|chiocciola|apenstaartje|snabel-?a|kukac|małpa|malpa|zavin[áa][čc]|et|ät-zeichen"
    r"|собака|собачка|равлик|アット(?:マーク)?|艾特|골뱅이|آت"
)
_OPEN, _CLOSE = r"[(\[{<«|*_~-]{1,3}", r"[)\]}>»|*_~-]{1,3}"
_EMPHASIS = r"""[*_~`'"]{0,3}"""
_DOT = (
    rf"(?:{_EMPHASIS}[.·•∙⋅・‧]{_EMPHASIS}(?=[\w-])|\s{{1,3}}\.\s{{0,3}}|\s{{0,3}}{_OPEN}\s?(?:{_DOT_NAMES}"
    rf"|[.·])\s?{_CLOSE}\s{{0,3}}"
    rf"|\s{{1,3}}(?:{_DOT_NAMES})\s{{1,3}})"
)
_BROKEN_DOT = r"\.\s{0,2}\n\s{0,2}(?=(?-i:[a-z]{2,6}\b))"

# After an "@" with nothing but the address around it.
_DOMAIN = re.compile(
    rf"{_EMPHASIS}(?:\[[\w.:-]{{2,100}}\]|(?P<name>{_LABEL}(?:(?:{_DOT}"
    rf"|{_BROKEN_DOT}){_LABEL}(?:{_DOT}{_LABEL}){{0,10}})?))",
    re.IGNORECASE,
)
_WIDE_DOMAIN = re.compile(rf"{_EMPHASIS}(?P<name>{_WIDE_LABEL}(?:{_DOT}{_WIDE_LABEL}){{0,4}})", re.IGNORECASE)
_DOTTED = re.compile(_DOT, re.IGNORECASE)

# How an "@" is written so that programs do not see it.
_LOOSE_AT = re.compile(
    rf"\s{{0,3}}{_OPEN}\s{{0,2}}(?:{_AT_NAMES}|@)\s{{0,2}}{_CLOSE}\s{{0,3}}"
    rf"|(?<=\s)(?:{_AT_NAMES})\s{{1,3}}|\s{{0,3}}@\s{{0,3}}",
    re.IGNORECASE,
)
_COMMON_ENDINGS = frozenset(
    "com net org edu gov mil int info biz name pro eu asia cat jobs mobi tel travel io dev app xyz online"
    " site club shop "
    "tech store blog cloud email live news one space today website work world example test invalid localhost"
    " social".split()
)  # fmt: skip

# Written by programs, one a line: what they say of a person is where they were and through which machines they went.
_HEADERS = re.compile(
    r"^[ \t>*|]{0,20}(?:X-[A-Za-z0-9-]{2,60}|Received|Received-SPF|Return-Path|Delivered-To|Envelope-To"
    r"|Message-ID|In-Reply-To"
    r"|References|DKIM-Signature|Authentication-Results|ARC-[A-Za-z-]{4,40}|MIME-Version|Content-Type|Content-ID"
    r"|Content-Transfer-Encoding|Content-Disposition|List-[A-Za-z-]{2,20}|Reply-To|Sender|Resent-[A-Za-z-]{2,20}"
    r"|User-Agent|Feedback-ID|Thread-Index|Thread-Topic|Reporting-MTA|Final-Recipient|Original-Recipient|Remote-MTA"
    r"|Diagnostic-Code|Arrival-Date|Autocrypt|Openpgp)[ \t]?:[^\n]*+(?:\n[ \t]++[^\s>][^\n]*+)*+",
    re.IGNORECASE | re.MULTILINE,
)
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_ZONED = re.compile(
    rf"(?:\bDate:[ \t]{{0,5}})?(?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),[ \t]{{0,5}})?\b\d{{1,2}}["
    rf" \t]{{1,5}}(?:{_MONTHS})[ \t]{{1,5}}\d{{2,4}}"
    r"[ \t,]{1,5}\d{1,2}:\d{2}(?::\d{2})?[ \t]{1,5}(?:[+-]\d{4}\b|GMT\b|UT\b|UTC\b)(?:[ \t]{1,3}\([\w+ -]{1,40}\))?"
    r"|\bDate:[^\n]{0,80}[+-]\d{4}\b[^\n]{0,20}",
    re.IGNORECASE,
)

_ESCAPE = (
    r"%(?:25){0,9}[0-7][0-9a-f]|&(?:amp;){0,4}(?:#0{0,9}\d{1,5};?|#x0{0,9}[0-9a-f]{1,5};?|(?:commat|period"
    r"|sol|lowbar|plus|colon|hyphen|dash);)"
    r"|=(?:40|2e)(?=[\w-])|\\u00(?:40|2e)|\\x(?:40|2e)|\\@|\\\.|\+AEA-?|\+AC4-?|=\n"
)
_TOKEN = re.compile(rf"{re.escape(MARK)}|{_ESCAPE}|.", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z0-9 \n,;:!?()<>\"'/*_-]")
_DOTS, _ATS = "。．｡․﹒", "＠﹫"

_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{8,}+\n?)++")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){6,}+")
_ADDRESS_BYTES = re.compile(
    rb"[!-?A-~\x80-\xff]{1,64}(?:@|%40)(?:[A-Za-z0-9-]{1,63}\.[A-Za-z]{2,}|xn--)|%40[A-Za-z0-9-]{2,63}\.[A-Za-z]"
)

# Mailboxes of offices, and words: to cross them out would tell nobody anything and spoil a sentence.
_NO_SECRETS = frozenset("info mail hello contact office support admin team post webmaster postmaster noreply".split())


def redact(text: str, *, own_addresses: Collection[str]) -> str:
    """`text` without any e-mail address, machine header, armour or contact; `MARK` stands in the place of each.

    Of `own_addresses`, normalised ones of the sender, the domain goes too where it is not a public provider's, and the
    local part as a word where it is no name (`ana.souza7`, not `ana`: people sign with their names). Idempotent; the
    time is linear in the text.
    """
    own = _own_patterns(frozenset(own_addresses))
    for _ in range(MOST_PASSES):
        before = text
        text = cut_blocks(text, MARK).text
        text = _HEADERS.sub(MARK, text)
        text = _ZONED.sub(MARK, text)
        text = _without(text, own)
        text = _MARKS.sub(MARK, text)
        if text == before:
            break
    return text


_MARKS = re.compile(r"\[…\](?:\s{0,3}\[…\])++")


@dataclass(frozen=True, slots=True)
class _View:
    """What a reader makes of a text, and where each character of it stands there."""

    text: str
    begins: list[int]
    ends: list[int]
    backwards: str

    def back(self, pattern: re.Pattern[str], end: int) -> int:
        """How many characters before `end` match."""
        found = pattern.match(self.backwards, len(self.text) - end)
        return 0 if found is None else found.end() - found.start()


def _view(text: str) -> _View:
    letters: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    for match in _TOKEN.finditer(text):
        for letter in _read_token(match[0]):
            letters.append(letter)
            begins.append(match.start())
            ends.append(match.end())
    seen = "".join(letters)
    return _View(seen, begins, ends, seen[::-1])


@lru_cache(maxsize=4096)
def _read_token(piece: str) -> str:
    """One character or escape as a reader sees it: `"％"` -> `"%"`, `"&#64;"` -> `"@"`, a soft hyphen -> nothing."""
    if piece == MARK:
        return _SEALED
    if len(piece) == 1:
        return _fold(piece)
    first = piece[0]
    if piece == "=\n":
        return ""
    if first == "%":
        return _fold(chr(int(piece[-2:], 16)))
    if first == "=":
        return chr(int(piece[1:], 16))
    if first == "&":
        unescaped = html.unescape("&" + piece[1:].replace("amp;", "").rstrip(";") + ";")
        return "".join(map(_fold, unescaped))
    if first == "+":
        return "@" if piece[:4].upper() == "+AEA" else "."
    return "@" if piece.endswith(("40", "@")) else "."


def _fold(letter: str) -> str:
    if _PLAIN.match(letter):
        return letter
    if letter in _DOTS:
        return "."
    kind = unicodedata.category(letter)
    if letter.isspace():
        return "\n" if letter in "\n\u2028\u2029\x85\x0b\x0c" else " "
    if kind in ("Cf", "Cc", "Co", "Cn", "Cs", "Mn", "Me") and not letter.isalnum():
        return "" if kind != "Mn" or letter in "\u034f\ufe0f\ufe0e" or "\ufe00" <= letter <= "\ufe0f" else letter
    folded = unicodedata.normalize("NFKC", letter)
    return folded if folded.strip() else " "


_LOCAL_BACK = re.compile(rf"{_LOCAL}{{1,320}}+@?")
_WIDE_LOCAL_BACK = re.compile(rf"{_WIDE_LOCAL}{{1,320}}+@?")
_URL = re.compile(r"\bhttps?://(?P<host>[^\s<>\"/?#]*+)(?P<rest>[^\s<>\"]*+)", re.IGNORECASE)
_SCHEME_BACK = re.compile(r":(?:otliam|pmi|pis|ppmx)", re.IGNORECASE)


def _without(text: str, own: tuple[re.Pattern[str], ...]) -> str:
    view = _view(text)
    spans = sorted((*_addresses(view), *_own(view, own), *_encoded(view)))
    pieces: list[str] = []
    place = 0
    for begin, end in spans:
        start, stop = view.begins[begin], view.ends[end - 1]
        if stop <= place:
            continue
        if start >= place:
            pieces += (text[place:start], MARK)
        place = stop
    pieces.append(text[place:])
    return "".join(pieces)


def _addresses(view: _View) -> Iterator[tuple[int, int]]:
    """Where addresses stand in the view; they may overlap."""
    urls = _URL.finditer(view.text)
    url = next(urls, None)
    place = 0
    for at in re.finditer("@", view.text):
        if at.start() < place:
            continue
        while url is not None and url.end() <= at.start():
            url = next(urls, None)
        if url is not None and url.start() <= at.start():
            place = url.end()
            if any(_tight(view, url.start() + found.start()) for found in re.finditer("@", url[0])):
                yield _in_url(url)
            continue
        span = _tight(view, at.start())
        if span is not None:
            place = span[1]
            yield _with_brackets(view, *span)
    for at in _LOOSE_AT.finditer(view.text):
        loose = _loose(view, at)
        if loose is not None:
            yield loose


def _in_url(url: re.Match[str]) -> tuple[int, int]:
    """What goes of a URL with an address in it: the path and query, or all where the address is before them."""
    if "@" in url["host"] or len(url["rest"]) < 2:
        return url.span()
    return url.start("rest") + 1, url.end()


def _tight(view: _View, at: int) -> tuple[int, int] | None:
    """`ana@example.org` with no space in it, or `"ana b"@example.org`."""
    text = view.text
    before, after = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    if before == "/":
        return None  # a name on a site: https://example.org/@ana
    begin = at - view.back(_WIDE_LOCAL_BACK if _IS_UNSPACED.match(before) else _LOCAL_BACK, at)
    if before in '"”“':
        opening = max(text.rfind(mark, max(0, at - 70), at - 1) for mark in '"“”')
        begin = opening if opening >= 0 else begin
    found = (_WIDE_DOMAIN if _IS_UNSPACED.match(after) else _DOMAIN).match(text, at + 1)
    if begin == at:
        return None
    if found is not None and (found["name"] is None or _is_domain(found["name"])):
        return begin, found.end()
    # "gro.elpmaxe@ana": a control that turns the direction makes an address of it
    return (begin, at + 2) if _BACKWARDS.match(text, begin, at) and not after.isspace() and after else None


_BACKWARDS = re.compile(r"[*_'`]{0,3}[^\W\d_]{2,}+\.[\w-]")


def _is_domain(name: str) -> bool:
    """Whether mail could go there: not to the version `4.17.21`, nor to the matrix `B` in `A@B`."""
    labels = [label for label in _DOTTED.split(name) if label]
    if len(labels) == 1:
        return len(name) > 1 and not name.strip("-_").isdigit() and any(letter.isalpha() for letter in name)
    if labels[-1].isdigit():
        is_ip = len(labels) == 4 and all(label.isdigit() for label in labels)
        return is_ip or any(len(label) > 1 and label.isalpha() for label in labels[1:])
    return True


def _with_brackets(view: _View, begin: int, end: int) -> tuple[int, int]:
    """`<ana@example.org>` and `mailto:ana@example.org` go with what belongs to them."""
    begin -= view.back(_SCHEME_BACK, begin)
    if view.text[begin - 1 : begin] == "<" and view.text[end : end + 1] == ">":
        return begin - 1, end + 1
    return begin, end


_LOOSE_DOMAIN = re.compile(rf"(?P<name>{_EMPHASIS}{_LABEL}(?P<rest>(?:(?:{_DOT}){_LABEL}){{1,6}}))", re.IGNORECASE)
_LOOSE_LOCAL_BACK = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}+")
_SPELT_DOT_BACK = re.compile(
    r"(?:\s{0,2}[)\]}]\s?(?:tod|tknup|otnup|otnop|tniop|\.)\s?[(\[{]\s{0,2}|\s{1,2}(?:tod|tknup|otnup|otnop"
    r"|tniop)\s{1,2})[\w.+-]{1,64}+",
    re.IGNORECASE,
)


def _loose(view: _View, at: re.Match[str]) -> tuple[int, int] | None:
    """`ana (at) example dot org`, `ana @ example.org`, `ana AT example.org`; a domain must follow."""
    text, said = view.text, at[0].strip()
    found = _LOOSE_DOMAIN.match(text, at.end())
    if found is None or at[0] == "@":
        return None
    end_of_local = len(text[max(0, at.start() - 4) : at.start()].rstrip()) + max(0, at.start() - 4)
    length = view.back(_LOOSE_LOCAL_BACK, end_of_local)
    if not length or not text[end_of_local - length : end_of_local].strip("'`*_{|}~.!?&#/=-"):
        return None
    length += view.back(_SPELT_DOT_BACK, end_of_local - length)
    labels = [label for label in _DOTTED.split(found["name"].strip("*_~`'\"")) if label]
    endings = [label for label in labels[1:] if label.isalpha() and len(label) > 1]
    if not endings or not any(letter.isalpha() for letter in labels[0]):
        return None
    if said == "@":
        mention = at[0][-1] == "@"  # "thanks @bob.smith", or an address with a space in it
        if mention and not any(map(_is_common_ending, endings)):
            return None
    elif said.isalpha() and not _is_spelt(said, found["name"], labels):
        return None
    return end_of_local - length, found.end()


def _is_common_ending(label: str) -> bool:
    return len(label) == 2 or label.lower() in _COMMON_ENDINGS


def _is_spelt(at: str, name: str, labels: list[str]) -> bool:
    """Whether "at" between two words is an "@": "look at example.org" is a sentence."""
    if at.isupper() and at.isascii() and at not in ("A", "ET"):
        return True
    if not re.search(r"[.·]", name) and len(at) > 1:
        return True  # "at example dot org"
    return len(at) > 1 and is_public(".".join(labels[-2:]).lower())


def _own(view: _View, own: tuple[re.Pattern[str], ...]) -> Iterator[tuple[int, int]]:
    for pattern in own:
        for found in pattern.finditer(view.text):
            yield found.span()


@lru_cache(maxsize=64)
def _own_patterns(addresses: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    """What of the sender's own addresses is theirs alone: domains with what stands below them, and odd local"
    " parts."""
    patterns: list[re.Pattern[str]] = []
    for address in sorted(addresses):
        local, _, domain = address.lower().rpartition("@")
        for name in sorted(_own_domains(domain)):
            labels = r"\.".join(re.escape(label) for label in name.split("."))
            patterns.append(re.compile(rf"(?<![\w-])(?:[\w-]{{1,63}}+\.){{0,8}}{labels}(?![\w-])", re.IGNORECASE))
        plain = local.partition("+")[0]
        for word in sorted({local, plain}):
            if len(word) >= 4 and word not in _NO_SECRETS and not word.isalpha():
                patterns.append(re.compile(rf"(?<![\w.+-]){re.escape(word)}(?![\w+-])", re.IGNORECASE))
    return tuple(patterns)


def _own_domains(domain: str) -> set[str]:
    """A domain, the one above it where that is no registry's ("co.uk"), and both in Unicode."""
    if not domain or is_public(domain):
        return set()
    names = {domain}
    above = domain.partition(".")[2]
    if above.count(".") >= 1 and len(above.split(".")[0]) > 3 and not is_public(above):
        names.add(above)
    for name in tuple(names):
        try:
            names.add(name.encode("ascii").decode("idna"))
        except UnicodeError:
            continue
    return names


def _encoded(view: _View) -> Iterator[tuple[int, int]]:
    """Runs of base64 or of hexadecimal digits with an address in them."""
    for run in _BASE64.finditer(view.text):
        if _hides_base64(run[0].replace("\n", "")):
            yield run.span()
    for run in _HEX.finditer(view.text):
        if _ADDRESS_BYTES.search(bytes.fromhex(run[0])):
            yield run.span()


def _hides_base64(letters: str, *, depth: int = 2) -> bool:
    plain = letters.replace("-", "+").replace("_", "/")
    for shift in range(4):
        part = plain[shift:]
        part = part[: len(part) - 1 if len(part) % 4 == 1 else None]
        try:
            raw = base64.b64decode(part + "=" * (-len(part) % 4)).replace(b"\0", b"")
        except binascii.Error:
            continue
        if _ADDRESS_BYTES.search(raw):
            return True
        if (
            depth > 1
            and raw.isascii()
            and any(_hides_base64(run[0], depth=1) for run in _BASE64.finditer(raw.decode()))
        ):
            return True
    return False
