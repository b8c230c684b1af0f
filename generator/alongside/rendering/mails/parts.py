"""Parts of a mail as HTML: masthead, who wrote, the message's prose, the footer. Values in them are tokens still.

The frame is in the reader's language where we have words for it; the message and a member's words keep their own.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass

from alongside.model.community import Community
from alongside.model.links import docs_target
from alongside.model.people import Newcomer
from alongside.model.texts import direction, language_fits
from alongside.planning.plan import StepContent, Words
from alongside.rendering.interface import interface_language, interface_languages, say
from alongside.rendering.mails.frame import fragment
from alongside.rendering.mails.holes import Block, Holes, Person, Url, clean, isolated
from alongside.rendering.mails.prose import absolute, markdown_html, plain_html
from alongside.settings import Settings

_EMPTY_PARAGRAPH = re.compile(r"<p>\s*</p>\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where what a mail is made of comes from."""

    community: Community
    settings: Settings

    def team(self, content: StepContent) -> str:
        """The team's name as people read it; the community's where the settings name none."""
        return clean(self.settings.teams.get(content.moment.owner, "") or self.community.name)

    def sender_name(self, content: StepContent, reader: Reader) -> str:
        """Who a mail says it is from: the member only when it carries their words (honest voice, rule 1)."""
        community = clean(self.community.name)
        if content.member is not None and content.words is not None:
            return say(reader.language, "mail.via", member=clean(content.member.name), community=community)
        team = self.team(content)
        return community if team == community else say(reader.language, "mail.team", team=team, community=community)


# --- the reader ---


@dataclass(frozen=True, slots=True)
class Reader:
    """What the text around a message depends on, of the person who gets it."""

    language: str  # of the frame
    page: str  # path of the member's page in a language they read; empty where there is none to link to


def reader_of(content: StepContent, newcomer: Newcomer) -> Reader:
    """How `newcomer` reads the mail of a step."""
    languages = newcomer.languages
    return Reader(frame_language(languages, content.language), _page(content, languages))


@functools.lru_cache(maxsize=4096)
def frame_language(languages: tuple[str, ...], message: str) -> str:
    """The first of `languages` we have words for, else that of the message, else English.

    A message in the same language names the region: `pt-BR` around a Brazilian message, whoever reads it.
    """
    for wanted in (*languages, message):
        spoken = interface_language(wanted)
        if language_fits(wanted, spoken) and spoken in interface_languages():
            return message if language_fits(wanted, message) else spoken
    return interface_language(message)


def _page(content: StepContent, languages: tuple[str, ...]) -> str:
    """The page of the member in the newcomer's first language it exists in, else in their own."""
    member = content.member
    if member is None or not member.allows("page", content.day):
        return ""
    if len(member.pages) > 1:
        for wanted in (*languages, content.language):
            for number, written in enumerate(member.pages):
                if language_fits(wanted, written):
                    return member.path if not number else f"{member.path}{written}/"  # as the site has them
    return member.path


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


def masthead(source: Source) -> str:
    return fragment("masthead.html", community=clean(source.community.name), community_url=source.community.url)


def intro(source: Source, content: StepContent, reader: Reader) -> str:
    """What stands before the message: that somebody else writes than they expect, and who wrote the words in it."""
    return _changed(source, content, reader) + _person(source, content, reader)


def _changed(source: Source, content: StepContent, reader: Reader) -> str:
    """Who did before, or whom they met, is not named: they may have taken their consent back."""
    member, team = clean(content.member.name) if content.member is not None else "", source.team(content)
    if content.member_changed:
        text = say(reader.language, "mail.changed", member=member or team)
    elif content.met_another and member:
        text = say(reader.language, "mail.met_another", member=member)
    elif content.met_another:
        text = say(reader.language, "mail.met_team", team=team)
    else:
        return ""
    return fragment("changed.html", text=text)


def _person(source: Source, content: StepContent, reader: Reader) -> str:
    """Nothing when nobody wrote any."""
    member = content.member
    if member is None or content.words is None:
        return ""
    place = clean(member.place.label) if member.place else ""
    about = " · ".join(filter(None, (clean(member.pronouns), *map(clean, member.roles[:1]), place)))
    url = source.community.url + reader.page if source.community.url and reader.page else ""
    return fragment("person.html", name=clean(member.name), initials=initials(member.name), url=url, about=about)


def initials(name: str) -> str:
    """One or two letters that stand for a person."""
    words = [word for word in clean(name).split() if word[0].isalnum()]
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper() or "?"


def footer(source: Source, content: StepContent, reader: Reader, *, stop_url: str, page_url: str) -> str:
    """Who wrote it, why it came, how to stop it, what we hold of the reader, who answers for it.

    `stop_url`, `page_url`: tokens; empty: nothing to stop, and no page of theirs.
    """
    language = reader.language
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
    if member and content.moment.sender == "member":
        authorship = f"{authorship} {say(language, 'mail.answer', member=member)}"
    organisation = source.settings.organisation
    name, postal = clean(organisation.name), clean(organisation.postal)
    return fragment(
        "footer.html",
        authorship=authorship,
        why=say(language, "mail.why", journey=journey, community=community),
        stop=say(language, "mail.stop"),
        stop_url=stop_url,
        page=say(language, "own.link"),
        page_url=page_url,
        privacy=say(language, "mail.privacy"),
        privacy_url=absolute(organisation.privacy, source.community.url),
        organisation=postal if postal.startswith(name) else " · ".join(filter(None, (name, postal))),
    )


def prose(markdown: str, source: Source, holes: Holes) -> str:
    """What a message's templates printed, as safe HTML."""

    def resolve(href: str) -> str:
        known, rest = holes.leading(href)
        if isinstance(known, Person) and (known.is_url or not rest):  # "{{ meetup.url }}#subscribe"
            return href
        if known and (isinstance(known, Url) or not rest):
            return href if absolute(str(known), "") else ""
        return absolute(href, source.community.url)

    return place_blocks(markdown_html(markdown, resolve=resolve), holes)


def place_blocks(document: str, holes: Holes) -> str:
    """Members' words put where their tokens stand: as a quotation between paragraphs, as plain text inside a line."""
    blocks = {token: block for token, block in holes.blocks() if token in document}
    if not blocks:
        return _EMPTY_PARAGRAPH.sub("", document).strip()
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
    return _EMPTY_PARAGRAPH.sub("", "".join((*placed, document[start:]))).strip()


def _quotation(block: Block, opened: list[str]) -> str:
    around = opened[-1] if opened else ""
    if around not in ("", "p", "li", "blockquote", "div", "td"):
        return " ".join(re.sub(r"<[^>]*>", " ", block.html).split())
    element = "div" if "blockquote" in opened else "blockquote"
    attributes = f'lang="{html.escape(block.language)}" dir="{direction(block.language)}"'
    quotation = f"<{element} {attributes}>{block.html}</{element}>"
    return f"</p>\n{quotation}\n<p>" if around == "p" else quotation


def language_marks(reader: Reader, language: str) -> tuple[str, str]:
    """What stands around a message in another language than the frame's; both empty when it is the same."""
    if language_fits(reader.language, language):
        return "", ""
    side = "right" if direction(language) == "rtl" else "left"
    attributes = f'lang="{html.escape(language)}" dir="{direction(language)}" style="text-align: {side}"'
    return f"<div {attributes}>", "</div>"
