"""Compiling a step: template, Markdown and frame done once; what is left is text with slots.

A compiled mail depends on the step, the member and their words, the story, the language and the `Shape` of the
person's values; not on the values. A message that looks into a value (`{% if newcomer.place == ... %}`) is compiled
for each person: right, and slower.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from alongside.model.community import Community
from alongside.model.journeys import Message
from alongside.model.links import docs_target
from alongside.model.texts import direction
from alongside.planning.plan import StepContent, Words
from alongside.problems import Position
from alongside.rendering.interface import say
from alongside.rendering.mails.frame import fragment, frame, read_template
from alongside.rendering.mails.holes import Block, Hole, Holes, Person, Url, clean, isolated, salt_for
from alongside.rendering.mails.names import Shape, fixed_names, personal_names
from alongside.rendering.mails.prose import (
    Paragraph,
    absolute,
    gap,
    inline_styles,
    markdown_html,
    paragraphs_of,
    plain_html,
)
from alongside.rendering.mails.segments import (
    Segments,
    Slot,
    attribute_segments,
    fill,
    html_segments,
    join_segments,
    plain_segments,
)
from alongside.rendering.mails.templates import MessageError, compile_template, run_template
from alongside.settings import Settings

STOP_URL = "stop_url"  # the path of where the stop line leads

OPENING = 4  # paragraphs whose words a timeline may show

_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\n?")


@dataclass(frozen=True, slots=True)
class TextLines:
    """A paragraph of the plain part that waits for values, and the segments of its text."""

    paragraph: Paragraph
    segments: Segments


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMail:
    """All of a mail but the person's values."""

    subject: Segments
    preheader: Segments
    html: Segments
    opening: Segments  # the first words of the body, as plain text
    text: tuple[str | TextLines, ...]  # lines that are done, with their line ends; or paragraphs to fill and wrap


def fill_text(parts: tuple[str | TextLines, ...], values: Mapping[str, str]) -> str:
    """The plain part for a person; paragraphs with values are wrapped now that their width is known."""
    return "".join(
        part if isinstance(part, str) else _lines(part.paragraph, fill(part.segments, values)) for part in parts
    )


def _lines(paragraph: Paragraph, text: str) -> str:
    return "".join(f"{line}\n" for line in paragraph.lines(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where what a mail is made of comes from."""

    community: Community
    settings: Settings

    def team(self, content: StepContent) -> str:
        """The team's name as people read it; the community's where the settings name none."""
        return clean(self.settings.teams.get(content.moment.owner, "") or self.community.name)

    def sender_name(self, content: StepContent) -> str:
        """Who a mail says it is from: the member only when it carries their words (honest voice, rule 1)."""
        community = clean(self.community.name)
        if content.member is not None and content.words is not None:
            return say(content.language, "mail.via", member=clean(content.member.name), community=community)
        team = self.team(content)
        return community if team == community else say(content.language, "mail.team", team=team, community=community)


def needs_member(error: MessageError, content: StepContent) -> bool:
    """True when a message failed because it speaks of a member and there is none."""
    return content.member is None and '"member.' in error.reason


def holes_will_do(message: Message) -> bool:
    """True when a message can be compiled once for all persons of one shape. Raises `MessageError`."""
    fits = tuple(compile_template(source, position)[1] for source, position in _templates(message))  # all are checked
    return all(fits)


def compile_mail(
    source: Source, content: StepContent, message: Message, shape: Shape, values: Mapping[str, str] | None = None
) -> CompiledMail:
    """`message` made into segments. With `values` the person's values are put in at once. Raises `MessageError`."""
    block = words_block(content.words, source)
    fixed = fixed_names(content, source.community, block)
    holes = Holes(salt_for(_all_texts(message, content, block, values)))

    def hole(path: str) -> object:
        if values is None:
            return Hole(holes.token(Person(path)))
        return Url(values[path]) if Person(path).is_url else values[path]

    names = {**fixed, "team": source.team(content), **personal_names(shape, hole)}
    subject, preheader, body = (
        _check_whole(run_template(compile_template(text, position)[0], names, holes, position), holes, position)
        for text, position in _templates(message)
    )
    isolate = direction(content.language) == "rtl"
    prose = _body(body, source, holes)
    parts = {
        "masthead": _masthead(source),
        "body": _changed(source, content) + _person(content, fixed) + prose,
        "footer": _footer(source, content, holes),
    }
    return CompiledMail(
        subject=plain_segments(" ".join(subject.split()), holes),
        preheader=plain_segments(" ".join(preheader.split()), holes),
        html=_document(content.language, subject, preheader, parts, holes, isolate=isolate),
        opening=plain_segments(" ".join(one.text for one in paragraphs_of(prose)[:OPENING]), holes),
        text=_text_parts(parts, holes, isolate=isolate),
    )


# --- the parts ---


def words_block(words: Words | None, source: Source) -> Block:
    """A member's words as a quotation in their own language; false where there are none."""
    if words is None:
        return Block(language="")
    if not words.markdown:
        quoted = plain_html(clean_lines(words.text))
    else:
        quoted = markdown_html(clean_lines(words.text), resolve=lambda href: _docs_link(href, words.source, source))
    return Block(source=words.text, html=quoted, language=words.language)


def clean_lines(text: str) -> str:
    """`text` without characters that no mail needs, its lines kept."""
    return "\n".join(re.match(r"[ \t]*", line)[0] + clean(line) for line in text.splitlines())  # type: ignore[index]


def _docs_link(href: str, written_in: str, source: Source) -> str:
    """Where a relative link in a docs file leads on the site; empty when nowhere."""
    settings, base = source.settings, source.community.url
    if settings.docs_dir.is_relative_to(settings.root):
        folder = settings.docs_dir.relative_to(settings.root).as_posix()
        written_in = written_in.removeprefix(f"{folder}/")
    target = docs_target(written_in, href)
    if target is None:
        return absolute(href, "") if not href.startswith(("#", "?")) else ""
    page = source.community.files.get(target)
    if page is None and target in source.community.documents:
        page = re.sub(r"(?:(?:^|/)(?:index|README))?\.md$", "/", target).lstrip("/")
    return base + page if base and page is not None else ""


def _masthead(source: Source) -> str:
    return fragment("masthead.html", community=clean(source.community.name), community_url=source.community.url)


def _changed(source: Source, content: StepContent) -> str:
    """That somebody else writes from now on. Who did before is not named: they may have taken their consent back."""
    if not content.member_changed:
        return ""
    name = clean(content.member.name) if content.member is not None else source.team(content)
    return fragment("changed.html", text=say(content.language, "mail.changed", member=name))


def _person(content: StepContent, fixed: Mapping[str, object]) -> str:
    """Who wrote the words in the mail; nothing when nobody did."""
    member = content.member
    if member is None or content.words is None:
        return ""
    place = clean(member.place.label) if member.place else ""
    about = " · ".join(filter(None, (clean(member.pronouns), *map(clean, member.roles[:1]), place)))
    url = getattr(fixed["member"], "url", "")
    return fragment("person.html", name=clean(member.name), initials=initials(member.name), url=url, about=about)


def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    words = [word for word in clean(name).split() if word[0].isalnum()]
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper() or "?"


def _footer(source: Source, content: StepContent, holes: Holes) -> str:
    """Who wrote it, why it came, how to stop it, and who answers for it."""
    language = content.language
    settle = isolated if direction(language) == "rtl" else str
    community, team, journey = (
        settle(clean(name))
        for name in (source.community.name, source.team(content), content.journey.title.text(language))
    )
    member = settle(clean(content.member.name)) if content.member is not None else ""
    if not member:
        authorship = say(language, "mail.from_team", team=team)
    elif content.words is None:
        authorship = say(language, "mail.introduced", team=team, member=member)
    else:
        authorship = say(language, "mail.wrote", member=member, community=community)
    organisation = source.settings.organisation
    name, postal = clean(organisation.name), clean(organisation.postal)
    return fragment(
        "footer.html",
        authorship=authorship,
        why=say(language, "mail.why", journey=journey, community=community),
        stop=say(language, "mail.stop"),
        stop_url=holes.token(Person(STOP_URL)),
        privacy=say(language, "mail.privacy"),
        privacy_url=absolute(organisation.privacy, source.community.url),
        organisation=postal if postal.startswith(name) else " · ".join(filter(None, (name, postal))),
    )


def _body(markdown: str, source: Source, holes: Holes) -> str:
    def resolve(href: str) -> str:
        known = href.startswith(holes.salt) and holes.single(href)
        if isinstance(known, Person):
            return href
        if known:
            return href if absolute(str(known), "") else ""
        return absolute(href, source.community.url)

    return place_blocks(markdown_html(markdown, resolve=resolve), holes)


def place_blocks(document: str, holes: Holes) -> str:
    """Members' words put where their tokens stand: as a quotation between paragraphs, as plain text inside a line."""
    blocks = {token: block for token, block in holes.blocks() if token in document}
    if not blocks:
        return document
    tokens = "|".join(sorted(blocks))
    placed: list[str] = []
    opened: list[str] = []
    start = 0
    for found in re.finditer(rf"""(?P<token>{tokens})|<(?P<end>/?)(?P<tag>[a-z0-9]+)\b(?:"[^"]*"|[^">])*>""", document):
        placed.append(document[start : found.start()])
        start = found.end()
        if found["token"]:
            placed.append(_quotation(blocks[found["token"]], opened))
            continue
        placed.append(found[0])
        if found["end"]:
            while opened and opened.pop() != found["tag"]:
                pass
        elif found["tag"] not in ("br", "hr"):
            opened.append(found["tag"])
    return _EMPTY_PARAGRAPH.sub("", "".join((*placed, document[start:])))


def _quotation(block: Block, opened: list[str]) -> str:
    around = opened[-1] if opened else ""
    if around not in ("", "p", "li", "blockquote", "div", "td"):
        return " ".join(re.sub(r"<[^>]*>", " ", block.html).split())
    element = "div" if "blockquote" in opened else "blockquote"
    attributes = f'lang="{html.escape(block.language)}" dir="{direction(block.language)}"'
    quotation = f"<{element} {attributes}>{block.html}</{element}>"
    return f"</p>{quotation}<p>" if around == "p" else quotation


# --- putting them together ---


def _document(
    language: str, subject: str, preheader: str, parts: Mapping[str, str], holes: Holes, *, isolate: bool
) -> Segments:
    """The frame with its slots filled; only these are looked through for tokens, the frame has none."""
    styles = {"masthead": "quiet.css", "body": "body.css", "footer": "quiet.css"}
    slots = {
        slot: html_segments(inline_styles(part, read_template(styles[slot])), holes, isolate=isolate)
        for slot, part in parts.items()
    }
    slots["subject"] = attribute_segments(html.escape(subject), holes)  # the title, and the label of the whole
    slots["preheader"] = attribute_segments(html.escape(preheader), holes)
    return join_segments(
        piece
        for number, literal in enumerate(frame(language))
        for piece in (slots[literal] if number % 2 else (literal,))
    )


def _text_parts(parts: Mapping[str, str], holes: Holes, *, isolate: bool) -> tuple[str | TextLines, ...]:
    done: list[str | TextLines] = []

    def add(text: str) -> None:
        if done and isinstance(done[-1], str):
            done[-1] += text
        else:
            done.append(text)

    for part, fragment_ in parts.items():
        before = None
        if done:
            add("\n--\n" if part == "footer" else "\n")
        for paragraph in paragraphs_of(fragment_):
            add(gap(before, paragraph))
            before = paragraph
            segments = plain_segments(paragraph.text, holes, isolate=isolate)
            if any(isinstance(piece, Slot) for piece in segments):
                done.append(TextLines(paragraph, segments))
            else:
                add(_lines(paragraph, fill(segments, {})))
    return tuple(done)


def _templates(message: Message) -> tuple[tuple[str, Position], ...]:
    subject = message.subject_position
    return (
        (message.subject, subject),
        (message.preheader, message.preheader_position or subject),
        (message.body, message.body_position),
    )


def _all_texts(
    message: Message, content: StepContent, block: Block, values: Mapping[str, str] | None
) -> tuple[str, ...]:
    """Everything a token could be mistaken for a part of."""
    member = (content.member.name,) if content.member is not None else ()
    story = (content.story.title,) if content.story is not None else ()
    return (message.subject, message.preheader, message.body, block.html, *member, *story, *(values or {}).values())


def _check_whole(text: str, holes: Holes, position: Position) -> str:
    """`text`, if no filter has cut a token in it. Raises `MessageError`."""
    rest = "".join(piece for piece in holes.pieces(text) if isinstance(piece, str))
    if holes.salt[:8].casefold() in rest.casefold():
        raise MessageError(position, "A filter changes what other tags printed.", hint="Use it on the value itself.")
    return text
