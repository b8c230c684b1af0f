"""Stories: members' first-hand accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

from alongside.problems import Position

StoryStatus = Literal["published", "draft"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Recordings of a story: paths below docs_dir, or https URLs; empty where there is none."""

    audio: str = ""
    video: str = ""
    poster: str = ""  # a picture in place of the film until it plays
    transcripts: tuple[tuple[str, str], ...] = ()  # (language, file): what is said; that of the recording first

    @property
    def files(self) -> tuple[str, ...]:
        """All of them."""
        named = (self.audio, self.video, self.poster, *(file for _, file in self.transcripts))
        return tuple(file for file in named if file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a story first appeared and under which licence it may be shown."""

    url: str = ""
    license: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story in one language. Its tellers exist; whether they may be named is asked of the member."""

    slug: str
    title: str
    members: tuple[str, ...]  # slugs, never empty
    date: date
    language: str
    translation_of: str = ""  # slug of the original
    challenges: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    welcome: str = ""  # the excerpt a writer chose; plain text, paragraphs apart by a blank line
    media: Media = Media()
    status: StoryStatus = "published"
    source: Source | None = None
    body: str = ""  # Markdown
    body_line: int = field(default=1, compare=False)  # of the file, where the body starts
    was: tuple[str, ...] = ()
    position: Position = field(compare=False)

    # what it says: which list it stands in, and where, depends on no more of these than `standing`
    SAID: ClassVar[frozenset[str]] = frozenset(("title", "welcome", "body", "source"))
    ENOUGH: ClassVar[int] = 120  # characters; nobody asks how much longer a story is

    @property
    def path(self) -> str:
        """Its page, below the site's root."""
        return f"stories/{self.slug}/"

    @property
    def has_welcome(self) -> bool:
        """True where a writer chose words of welcome."""
        return bool(self.welcome.strip())

    @property
    def extent(self) -> int:
        """How many characters it says, up to `ENOUGH`: what embeds have room for depends on it."""
        return min(len(self.title) + len(self.welcome) + len(self.body), self.ENOUGH)

    @property
    def standing(self) -> tuple[bool, int, str]:
        """What of its words counts for lists and pages of others: also the title that former addresses lead to."""
        return self.has_welcome, self.extent, self.title if self.was else ""
