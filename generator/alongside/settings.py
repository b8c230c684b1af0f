"""One frozen record of all settings of a community; read once at the door, by `reading.settings_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who sends the mail and answers for it; the law asks for both address and privacy notice."""

    name: str = ""
    postal: str = ""  # postal address, one line
    privacy: str = ""  # URL of the privacy notice
    conduct: str = ""  # URL or site path of the community's code of conduct
    email: str = ""  # where the team reads notes that nothing relays yet; public: it stands in embeds and on pages


Uncertain = Literal["resend", "hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mail leaves, and how answers to it come back. Servers and passwords stand in the environment."""

    sender: str = ""  # the team's mailbox, From of every mail; empty: community@ the site's host
    service: str = ""  # where `alongside run` answers, with a trailing slash; empty: it does not run
    uncertain: Uncertain = "resend"  # what becomes of a mail of which nobody can say whether it arrived
    rate: float | None = None  # mails a second, of one process; None: as fast as the server takes them
    domain_rates: Mapping[str, float] = field(default_factory=dict)  # the same for one recipient domain (A-labels)
    keep: timedelta | None = timedelta(days=180)  # how long subjects and finished mails are kept; None: for ever
    # Where notes go through: a mailbox (its plus-addresses), or "@" and a domain of their own; empty: the sender's.
    notes: str = ""
    keep_notes: timedelta = timedelta(days=90)  # how long the text of a note is kept, encrypted
    first_note: str = ""  # slug of the journey on which who writes to a member first is enrolled; empty: a fitting one
    authserv: str = ""  # the name under which our own mail server says what it found out of a sender (RFC 8601)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedSettings:
    """What embeds may load from elsewhere: they stand on pages of others, whose readers never chose this community."""

    images: frozenset[str] = frozenset()  # hosts whose pictures are shown (A-labels); the site's own always are


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """Colours of the pictures that `alongside images` draws, `#rrggbb`; of themselves those of the Alongside theme."""

    paper: str = "#fbf7ef"
    ink: str = "#29231c"
    accent: str = "#9c3a1c"
    second: str = "#1d655c"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Who may ask what of `alongside run` from elsewhere. Its own address is `MailSettings.service`."""

    # Origins (RFC 6454) of host products whose pages may send notes and enroll; the site's own always may.
    origins: frozenset[str] = frozenset()
    # Proxies in front of it: addresses and networks whose X-Forwarded-For is believed.
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    altcha: bool = False  # whether who sends a note by form lets their browser work for it a moment first


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`mkdocs.yml` as Alongside needs it. Paths are absolute."""

    config_file: Path
    root: Path  # the folder of the configuration file; positions are relative to it
    docs_dir: Path
    site_dir: Path
    journeys_dir: Path
    site_name: str
    site_url: str = ""  # with a trailing slash, or empty when the site has no known address
    language: str = "en"  # BCP 47; what a record without a language is written in
    timezone: str = "UTC"  # IANA; what a record without place and zone keeps
    teams: Mapping[str, str] = field(default_factory=dict)  # id -> name people read
    team_emails: Mapping[str, str] = field(default_factory=dict)  # id -> where that team reads its mail, where named
    organisation: Organisation = Organisation()
    mail: MailSettings = MailSettings()
    embeds: EmbedSettings = EmbedSettings()
    service: ServiceSettings = ServiceSettings()
    markdown: Literal["commonmark", "site"] = "commonmark"
    search: bool = False  # whether pages offer the search that `alongside search` makes
    images: ImageSettings | None = None  # whether pages name the pictures that `alongside images` makes
    journey_map: bool = False  # whether the site shows the map of journeys to everybody, without figures

    @property
    def embed_pictures(self) -> frozenset[str]:
        """Hosts whose pictures embeds show: the site's own, and those that the settings name."""
        own = urlsplit(self.site_url).hostname or ""
        return self.embeds.images | {own} if own else self.embeds.images

    @property
    def origins(self) -> frozenset[str]:
        """Origins whose pages may ask the service: the site's own, and those that the settings name."""
        site = urlsplit(self.site_url)
        return self.service.origins | {f"{site.scheme}://{site.netloc}"} if site.netloc else self.service.origins

    @property
    def note_form(self) -> str:
        """Where notes are written by form, a member's slug to follow; empty where that is by mail alone."""
        return f"{self.mail.service}note/" if self.mail.service and self.mail.notes else ""

    @property
    def build_dir(self) -> Path:
        """Private output, not for the web: compiled sequences and caches."""
        return self.root / "build"

    @property
    def outbox_dir(self) -> Path:
        """The maildir where mail goes while no server is named, or on a simulated clock; private."""
        return self.root / "outbox"

    @property
    def journal_dir(self) -> Path:
        """What senders write down between the store's commits; private."""
        return self.root / "journal"

    @property
    def cache_dir(self) -> Path:
        """What can be deleted at any time and is made again."""
        return self.build_dir / "cache"
