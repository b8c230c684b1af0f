"""One frozen record of all settings of a community; read once at the door, by `reading.settings_file`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who sends the mail and answers for it; the law asks for both address and privacy notice."""

    name: str = ""
    postal: str = ""  # postal address, one line
    privacy: str = ""  # URL of the privacy notice
    conduct: str = ""  # URL or site path of the community's code of conduct
    email: str = ""  # where the team reads notes that nothing relays yet; public: it stands in embeds and on pages


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
    organisation: Organisation = Organisation()
    markdown: Literal["commonmark", "site"] = "commonmark"

    @property
    def build_dir(self) -> Path:
        """Private output, not for the web: compiled sequences and caches."""
        return self.root / "build"

    @property
    def cache_dir(self) -> Path:
        """What can be deleted at any time and is made again."""
        return self.build_dir / "cache"
