"""What MkDocs made around record pages: ordinary pages, the theme's files, the shells that record pages fill.

MkDocs reads all ordinary pages whenever it runs, so it runs only when something it depends on has changed. The door
runs it (`cli.serve`, through the plugin) and hands over a `Frame`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alongside.build import Report
from alongside.model.community import Community
from alongside.model.digests import Digest
from alongside.problems import Problem
from alongside.reading.loader import Loaded
from alongside.rendering.artifacts import Job
from alongside.rendering.shells import Shell
from alongside.rendering.tracking import Site
from alongside.settings import Settings

Load = Callable[[Settings, datetime], Loaded]  # the community of these settings, as of an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One run of MkDocs, and the site of the community as it was then."""

    folder: Path  # the files MkDocs wrote
    settings: Settings
    problems: tuple[Problem, ...]  # of the configuration
    loaded: Loaded
    site: Site
    jobs: tuple[Job, ...]
    shells: Mapping[int, Shell]  # by depth
    make_site: Callable[[Community, datetime], Site]  # of a later state of the community
    moments: Mapping[str, Digest]  # what the moments of ordinary pages read, and what they found

    def fits(self, site: Site) -> bool:
        """True when MkDocs would make the same around `site`, as far as records decide it."""
        before, after = self.site.whole, site.whole
        return (
            site.pages == self.site.pages
            and after.files == before.files
            and after.documents == before.documents
            and after.previewed == before.previewed
            and all(site.digest_of_read(read) == digest for read, digest in self.moments.items())
        )


class Previewer:
    """What the plugin asks while MkDocs runs for `alongside serve`, and where it leaves what it made."""

    def __init__(self, load: Load, report: Report | None = None) -> None:
        """`report`: of all record pages, where the sitemap and the search are to know them."""
        self.load = load
        self.report = report
        self.frame: Frame | None = None
        self.heard: list[Problem] = []  # what MkDocs and its plugins warned about
