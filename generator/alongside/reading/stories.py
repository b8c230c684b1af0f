"""Stories: `stories/<slug>.md` in, one record out."""

from __future__ import annotations

from typing import Any

from alongside.model.links import docs_target
from alongside.model.stories import Media, Story
from alongside.model.stories import Source as Origin
from alongside.model.texts import language_fits
from alongside.problems import Position
from alongside.reading.bodies import check_welcome, read_body
from alongside.reading.fields import (
    Closed,
    Field,
    Parser,
    Sheet,
    Table,
    choice,
    converted,
    list_of,
    mapping,
    read_fields,
)
from alongside.reading.files import Source, marks, read_markdown
from alongside.reading.people import CHALLENGES, ROLES, TOPICS, WAS
from alongside.reading.readings import Draft, Link, Reading
from alongside.reading.times import DATE
from alongside.reading.values import LANGUAGE, LINE, LOCAL, PROSE, URL, read_line, reference, web_address_fault
from alongside.source.yaml_nodes import Keys, Plain


def _read_recording(sheet: Sheet, keys: Keys, value: Plain) -> str | None:
    text = read_line(sheet, keys, value)
    if text is not None and ":" in text.split("/")[0] and web_address_fault(text):
        sheet.report(
            keys, "bad-url", f"{keys[-1]} is a file or a web address: {web_address_fault(text)}.",
            "Write the file's name beside the story, or https://...",
        )  # fmt: skip
        return None
    return text


RECORDING = Parser(read=_read_recording, schema={"type": "string"})


def _read_transcript(sheet: Sheet, keys: Keys, value: Plain) -> dict[str, str] | None:
    """Files by language; under no language where only one is named."""
    if not isinstance(value, dict):
        file = _read_recording(sheet, keys, value)
        return None if file is None else {"": file}
    named = LOCAL.read(sheet, keys, value)
    if named is None:
        return None
    files = {language: _read_recording(sheet, (*keys, language), text) for language, text in named.versions}
    return {language: file for language, file in files.items() if file is not None}


TRANSCRIPT = Parser(read=_read_transcript, schema=LOCAL.schema)
MEDIA = mapping(
    Table(
        kind="media",
        about="Recordings of the story: files beside it, or web addresses.",
        fields=(
            Field(name="audio", parser=RECORDING, default="", about="A sound file."),
            Field(name="video", parser=RECORDING, default="", about="A film."),
            Field(name="poster", parser=RECORDING, default="", about="A picture in place of the film until it plays."),
            Field(
                name="transcript",
                parser=TRANSCRIPT,
                default={},
                about="What is said, as WebVTT (.vtt) or text; or such a file for each language code.",
            ),
        ),
    )
)


ORIGIN = converted(
    mapping(
        Table(
            kind="source",
            about="Where the story first appeared, and under which licence it may be shown.",
            fields=(
                Field(name="url", parser=URL, default="", about="Its first address."),
                Field(name="license", parser=LINE, default="", about="An SPDX name: CC-BY-4.0"),
                Field(name="credit", parser=LINE, default="", about="Whom to name."),
            ),
        )
    ),
    lambda _sheet, _keys, value: Origin(**value),
)
NO_MEDIA = Media()  # one for all stories
STORY = Table(
    kind="story",
    about="A member's first-hand account: content/stories/<slug>.md.",
    fields=(
        Field(name="title", parser=LINE, required=True, about="What people read first."),
        Field(
            name="members",
            parser=list_of(reference("member")),
            required=True,
            about="Slugs of those who tell it; the voice is the first with consent.",
        ),
        Field(name="date", parser=DATE, required=True, about="The day it was told: 2026-05-04"),
        Field(name="language", parser=LANGUAGE, about="Its language code; else the community's."),
        Field(
            name="translation_of",
            parser=reference("story"),
            default="",
            about="The slug of the original, where this is a translation.",
        ),
        CHALLENGES,
        TOPICS,
        ROLES,
        Field(
            name="welcome",
            parser=PROSE,
            default="",
            about="The excerpt a writer chose, 60 to 90 words (110 to 170 characters in zh, ja, ko).",
        ),
        Field(name="media", parser=MEDIA, about="Recordings and their transcript."),
        Field(
            name="status",
            parser=choice(("published", "draft")),
            default="published",
            about="published (default) or draft.",
            closed=Closed(value="draft", told="Until then it counts as a draft."),
        ),
        Field(name="source", parser=ORIGIN, about="Where it first appeared."),
        WAS,
    ),
)


def read_story(source: Source, content: bytes) -> Reading:
    """`stories/first-talk.md`."""
    found = read_markdown(source, content, "story")
    if found is None:
        return Reading(problems=tuple(source.problems))
    sheet, parts = found
    fields, complete = read_fields(sheet, STORY, sheet.document.value)
    links = read_body(source, parts.body, parts.body_line)
    language = fields["language"] or source.defaults.language
    if fields["welcome"]:
        check_welcome(sheet, fields["welcome"], language)
    media, media_links = _media(source, sheet, fields["media"], language)
    links += media_links
    if not complete:
        return Reading(references=tuple(sheet.references), links=links, problems=tuple(source.problems))
    story = Story(
        slug=source.slug,
        title=fields["title"],
        members=fields["members"],
        date=fields["date"],
        language=language,
        translation_of=fields["translation_of"],
        challenges=fields["challenges"],
        topics=fields["topics"],
        roles=fields["roles"],
        welcome=fields["welcome"],
        media=media,
        status=fields["status"],
        source=fields["source"],
        body=parts.body,
        body_line=parts.body_line,
        was=fields["was"],
        position=Position(source.path),
    )
    draft = Draft(
        record=story,
        references=tuple(sheet.references),
        marks=marks(sheet, "date", "members", "media", "translation_of", "was"),
    )
    return Reading(drafts=(draft,), links=links, problems=tuple(source.problems))


def _media(
    source: Source, sheet: Sheet, fields: dict[str, Any] | None, language: str
) -> tuple[Media, tuple[Link, ...]]:
    """Recordings as paths below docs_dir, and the same as links to be checked."""
    if fields is None:
        return NO_MEDIA, ()
    links: list[Link] = []

    def found(keys: Keys, value: str) -> str:
        if not value or ":" in value.split("/")[0]:
            return value
        target = docs_target(source.docs_path, value)
        if target is None:
            sheet.report(
                keys, "bad-path", f'"{value[:60]}" is no file below the content folder.',
                "Put the recording beside the story and write its name, or give a web address.",
            )  # fmt: skip
            return ""
        at = sheet.position(keys)
        links.append(Link(href=value, target=target, line=at.line, column=at.column))
        return target

    files = {name: found(("media", name), fields[name]) for name in ("audio", "video", "poster")}
    transcripts = [
        (code or language, found(("media", "transcript", code) if code else ("media", "transcript"), value))
        for code, value in fields["transcript"].items()
    ]
    # players show the first as captions
    transcripts.sort(key=lambda one: not language_fits(one[0], language))
    return Media(**files, transcripts=tuple(one for one in transcripts if one[1])), tuple(links)
