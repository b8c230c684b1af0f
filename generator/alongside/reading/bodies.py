"""Bodies in Markdown: the links they hold, and what is doubtful in them."""

from __future__ import annotations

import re

from alongside.model.links import docs_target
from alongside.problems import Position, Problem, Severity
from alongside.reading.fields import Sheet
from alongside.reading.files import Source
from alongside.reading.readings import Link, Mark
from alongside.reading.wording import find_pointing, find_relative_time, length_fault
from alongside.source.decoding import position_at
from alongside.source.markdown import Section, destinations, may_hold_near_links, without_code
from alongside.source.moment_tags import START_TAG, parse_attributes
from alongside.source.yaml_nodes import Keys

STORY_WELCOME = (60, 90)  # words
MEMBER_WORDS = (60, 120)
_REMOVED = re.compile(
    r"<(?P<tag>script|iframe|style|object|embed|applet|svg|math|template|textarea|select|noscript|frame|frameset)\b"
    r"|<[A-Za-z][\w-]*\b[^<>]*?\s(?P<handler>on[a-z]{3,24})\s*=",
    re.IGNORECASE,
)
_DANGEROUS = re.compile(r"[\s\x00-\x1f]*(javascript|vbscript|data|file)[\s\x00-\x1f]*:", re.IGNORECASE)
MAX_REMOVED = 10  # of one body


class _Body:
    """A text on its way: its words, and how an index in it becomes a position in the file."""

    def __init__(self, source: Source, text: str, line: int, sheet: Sheet | None, keys: Keys) -> None:
        self.source = source
        self.text = text
        self.line = line
        self.sheet = sheet
        self.keys = keys

    def position(self, index: int, words: str) -> Position:
        """Where `text[index]` stands; inside a YAML value, where its words do."""
        if self.sheet is not None:
            return self.sheet.position(self.keys, find=words)
        return position_at(self.text, index, self.source.path, first_line=self.line)

    def report(self, index: int, words: str, code: str, message: str, hint: str, severity: Severity = "error") -> None:
        """File a problem at `text[index]`."""
        self.source.report(
            Problem(position=self.position(index, words), code=code, message=message, hint=hint, severity=severity)
        )


def read_body(source: Source, body: str, line: int, *, sheet: Sheet | None = None, keys: Keys = ()) -> tuple[Link, ...]:
    """The relative links of a body whose first line is `line`; what will be taken out of it goes to the problems.

    With `sheet`, the body is the YAML value at `keys`.
    """
    removed = "<" in body and _REMOVED.search(body) is not None
    linked = may_hold_near_links(body)
    if not removed and not linked:
        return ()
    text = _Body(source, body, line, sheet, keys)
    masked = without_code(body)
    if removed:
        _check_html(text, masked)
    return _links(text, masked) if linked else ()


def find_links(source: Source, body: str, line: int) -> tuple[Link, ...]:
    """The relative links of an ordinary page; those in its HTML are left to it, as MkDocs leaves them."""
    if not may_hold_near_links(body):
        return ()
    return _links(_Body(source, body, line, None, ()), without_code(body).replace("<", " "))


def _check_html(body: _Body, masked: str) -> None:
    for count, match in enumerate(_REMOVED.finditer(masked)):
        if count >= MAX_REMOVED:
            return
        what = f"<{match['tag'].lower()}>" if match["tag"] else f"The attribute {match['handler']}"
        hint = "Link to the page that holds it instead." if match["tag"] else "Write the element without it."
        if (match["tag"] or "").lower() == "iframe":
            hint = "Link to what it shows; a recording can stand in `media:`."
        body.report(match.start(), match[0], "html-removed", f"{what} is removed from the page.", hint, "warning")


def _links(body: _Body, masked: str) -> tuple[Link, ...]:
    found: list[Link] = []
    for destination in destinations(body.text, masked=masked, near=True):
        href = destination.href
        if ":" in href[:20] and _DANGEROUS.match(href):
            body.report(
                destination.index, href, "html-removed", "A link of this kind is removed from the page.",
                "Link to a web address: https://...", "warning",
            )  # fmt: skip
            continue
        target = docs_target(body.source.docs_path, href)
        if target is not None and not ("{{" in href or "{%" in href):
            at = body.position(destination.index, href)
            found.append(Link(href=href, target=target, line=at.line, column=at.column))
    return tuple(found)


def moment_tags(source: Source, text: str, line: int) -> tuple[Mark, ...]:
    """The `<alongside-moment moment="...">` tags of an ordinary page."""
    if "<alongside-moment" not in text.casefold():
        return ()
    found = []
    for match in START_TAG.finditer(without_code(text)):
        if match["attributes"] is None:
            continue
        name = parse_attributes(match["attributes"]).get("moment")
        at = position_at(text, match.start(), source.path, first_line=line)
        if name is None:
            source.report(
                Problem(
                    position=at, code="moment-unnamed", message="This tag names no moment.",
                    hint='Write <alongside-moment moment="..."></alongside-moment> with the id of a moment.',
                )
            )  # fmt: skip
            continue
        found.append(Mark(name=name, line=at.line, column=at.column))
    return tuple(found)


def check_welcome(sheet: Sheet, welcome: str, language: str) -> None:
    """Length and wording of a story's welcome: warnings."""
    fault = length_fault(welcome, language, *STORY_WELCOME)
    if fault:
        sheet.report(
            ("welcome",), "welcome-length", f"The welcome is not of a good length. {fault}",
            "Choose the part that stands best on its own.", severity="warning",
        )  # fmt: skip
    for words, code, message, hint in _wording(welcome, language):
        sheet.report(("welcome",), code, message, hint, severity="warning", find=words)


def check_words(source: Source, section: Section, line: int, language: str) -> None:
    """Length and wording of a member's `## Welcome` and `## Check-in`: warnings. `line` is the body's first."""
    at = line + section.text_line - 1
    if not section.text.strip():
        source.report(
            Problem(
                position=Position(source.path, line + section.line - 1), code="empty-section", severity="warning",
                message=f'Nothing stands below "{section.title}".', hint="Write the words, or delete the heading.",
            )
        )  # fmt: skip
        return
    fault = length_fault(section.text, language, *MEMBER_WORDS)
    if fault:
        source.report(
            Problem(
                position=Position(source.path, at), code="welcome-length", severity="warning",
                message=f'What stands below "{section.title}" is not of a good length. {fault}',
                hint="It is read in a mail: one thought, one invitation.",
            )
        )  # fmt: skip
    for words, code, message, hint in _wording(section.text, language):
        index = section.text.find(words)
        source.report(
            Problem(
                position=position_at(section.text, index, source.path, first_line=at),
                code=code, message=message, hint=hint, severity="warning",
            )
        )  # fmt: skip


def _wording(text: str, language: str) -> list[tuple[str, str, str, str]]:
    """(words, code, message, hint) of each doubt."""
    found = []
    pointing = find_pointing(text, language)
    if pointing:
        found.append(
            (
                pointing, "welcome-points-back", f'"{pointing}" points at text that a welcome does not show.',
                "It is read alone, in a mail or beside a form: say it in a way that needs nothing before or after.",
            )
        )  # fmt: skip
    relative = find_relative_time(text, language)
    if relative:
        found.append(
            (
                relative, "relative-time", f'"{relative}" means another time on the day it is read.',
                'Name the year, or say how it felt: "in my first year".',
            )
        )  # fmt: skip
    return found
