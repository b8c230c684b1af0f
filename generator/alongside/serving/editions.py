"""One edition of the site: the community as it was after one change, its pages rendered when somebody asks.

An edition never changes. A file is rendered once, and only if it is asked for; so a page costs the same among ten
thousand as among ten. Rendering notes what it reads in the site, which is one for all, so it is done by one thread at
a time.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import jinja2

from alongside.build import Report, render_files
from alongside.problems import AlongsideError, Position, Problem
from alongside.reading.loader import Loaded
from alongside.rendering.artifacts import Job, Listing
from alongside.rendering.markdown import document_path
from alongside.rendering.tracking import Site
from alongside.serving.frames import Frame

INDEX = "index.html"
NONE = "none"  # the digest of a file that there is not


class RenderingError(AlongsideError):
    """A page could not be rendered: a template of the site's own, most often. `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, hint=problem.hint)
        self.problem = problem


class Edition:
    """The site after one change. `number` counts them, from 1 in each process."""

    def __init__(
        self,
        *,
        number: int,
        frame: Frame,
        site: Site,
        jobs: Sequence[Job],
        loaded: Loaded,
        problems: Iterable[Problem],
        homes: dict[str, str],
        complete: bool,
    ) -> None:
        """`homes`: path of a file -> name of the job that made it, as earlier editions came to know it.

        `complete`: the sitemap and the site's search know the record pages of this edition.
        """
        site.shells.update(frame.shells)
        self.number = number
        self.frame = frame
        self.site = site
        self.loaded = loaded
        self.complete = complete
        self.now = site.now
        self.problems = tuple(sorted(problems, key=lambda problem: problem.sort_key))
        self._jobs = {job.name: job for job in jobs}
        self._homes = homes
        self._made: dict[str, Mapping[str, bytes]] = {}  # by name of the job
        self._listings: dict[str, list[Listing]] = {}
        self._lock = threading.Lock()

    def read(self, path: str) -> bytes | Path | None:
        """The file at a site path ("stories/x/index.html"): its octets, or where it lies. None: there is none.

        Raises `RenderingError`.
        """
        for name in self._candidates(path):
            made = self._render(name)
            if path in made:
                return made[path]
        return self._file(path)

    def digest(self, path: str) -> str:
        """A short text that is another one when the file at `path` is, or cannot be rendered, or is gone."""
        try:
            content = self.read(path)
            if isinstance(content, Path):
                content = content.read_bytes()
        except RenderingError as error:
            content = str(error.problem).encode()
        except OSError:
            content = None
        return NONE if content is None else blake2b(content, digest_size=9).hexdigest()

    def has_folder(self, path: str) -> bool:
        """True for "stories/x" where there is "stories/x/index.html"."""
        return f"{path}/" in self._jobs or self._file(f"{path}/{INDEX}") is not None

    def has_page(self, path: str) -> bool:
        """True for the site path of a record's page or of a moment's."""
        return path in self._jobs and path.endswith("/")

    def is_previewed(self, path: str) -> bool:
        """True for a page of one record or one moment, of which there is more to see than the page."""
        return path.startswith(("stories/", "members/", "groups/", "meetups/", "embed/")) and path in self._sources

    def sources(self, path: str) -> tuple[str, ...]:
        """The authored file of the page at a site path, as problems name it; also of one that is left out now."""
        found = self._sources.get(path.removesuffix(INDEX))
        if found is not None:
            return (found,)
        stem = path.removesuffix(INDEX).removesuffix(".html").strip("/")
        prefix = self._prefix
        return tuple(f"{prefix}{stem}{end}" for end in (".md", ".yml", "/index.md"))

    def report(self) -> Report:
        """What is known of all record pages, for the sitemap and the site's search: all of them are rendered."""
        for job in self._jobs.values():
            if job.page:
                with contextlib.suppress(RenderingError):
                    self._render(job.name)
        listings = tuple(listing for name in sorted(self._listings) for listing in self._listings[name])
        return Report(listings=listings, written=0, unchanged=0, removed=0, rendered=0, feeds=0, embeds=0)

    # --- within ----------------------------------------------------------------------------------------------------

    def _file(self, path: str) -> Path | None:
        """A file that MkDocs wrote."""
        file = self.frame.folder / path
        with contextlib.suppress(OSError):  # a name that no file can have
            if file.is_relative_to(self.frame.folder) and file.is_file():
                return file
        return None

    def _candidates(self, path: str) -> Iterable[str]:
        """Names of jobs that may make the file at `path`, the likeliest first.

        A job is named after one of its files or its folder; of other files it makes, only rendering tells. These are
        feeds and what embeds load, and the answer about a page, which has the page's path below another folder.
        """
        named = (path, path.removesuffix(INDEX), self._homes.get(path, ""))
        top, _, below = path.partition("/")
        stem = path.rpartition(".")[0]
        likely = (*named, f"{below.rpartition('.')[0]}/", *self._by_stem.get(stem, ()))
        yield from dict.fromkeys(name for name in likely if name in self._jobs)
        if not path.endswith(INDEX):
            yield from (name for name in self._by_top.get(top, ()) if name not in likely)

    @cached_property
    def _by_stem(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for job in self._jobs.values():
            if not job.page:
                found.setdefault(job.name.rpartition(".")[0], []).append(job.name)
        return found

    @cached_property
    def _by_top(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for job in self._jobs.values():
            if not job.page:
                found.setdefault(job.name.partition("/")[0], []).append(job.name)
        return found

    @cached_property
    def _prefix(self) -> str:
        """What stands before a path below docs_dir where problems name it."""
        docs, root = self.frame.settings.docs_dir, self.frame.settings.root
        with contextlib.suppress(ValueError):
            below = docs.relative_to(root).as_posix()
            return "" if below == "." else f"{below}/"
        return ""

    @cached_property
    def _sources(self) -> Mapping[str, str]:
        """Path of a page -> the authored file it is made of."""
        community, directory = self.site.whole, self.site.use_directory_urls
        found = {document_path(name, use_directory_urls=directory): self._prefix + name for name in community.documents}
        for records in (community.stories, community.members, community.groups, community.meetups):
            found.update((record.path, record.position.path) for record in records.values())
        found.update((page, self._prefix + name) for name, page in community.files.items() if page not in found)
        found.update((record.path, record.position.path) for record in community.challenges.values())
        for journey in community.journeys.values():
            found.update((f"embed/{journey.slug}/{moment.id}/", journey.position.path) for moment in journey.moments)
        return found

    def _render(self, name: str) -> Mapping[str, bytes]:
        """The files of one job by path. Raises `RenderingError`."""
        with self._lock:
            if name not in self._made:
                made, listings = {}, []
                try:
                    job = self._jobs[name]
                    for file, listing in render_files(self.site, replace(job, render=bound_to(self.site, job.render))):
                        made[file.path] = file.content
                        if listing is not None:
                            listings.append(listing)
                except Exception as error:  # a template of the site's own can fail in any way
                    raise RenderingError(self._told(name, error)) from error
                self._homes.update((path, name) for path in made)
                self._made[name], self._listings[name] = made, listings
            return self._made[name]

    def revised(self, site: Site) -> Edition:
        """The next edition, for a first look: the words of a record in `site` are others, and all else is as it was."""
        return Edition(
            number=self.number + 1,
            frame=self.frame,
            site=site,
            jobs=[*self._jobs.values()],
            loaded=self.loaded,
            problems=self.problems,
            homes=self._homes,
            complete=False,
        )

    def _told(self, name: str, error: Exception) -> Problem:
        """What went wrong, at the line of the template where it did."""
        root = self.frame.settings.root
        path, line = self.sources(name)[0], 1
        for step in traceback.extract_tb(error.__traceback__):
            if step.filename.endswith((".html", ".xml")):
                path, line = step.filename, step.lineno or 1
        if isinstance(error, jinja2.TemplateSyntaxError):
            path, line = error.filename or path, error.lineno
        with contextlib.suppress(ValueError):
            path = Path(path).relative_to(root).as_posix()
        return Problem(
            position=Position(path, line),
            code="cannot-render",
            message=f"This page cannot be rendered: {str(error) or type(error).__name__}",
            hint="Mend the template; the page follows." if path.endswith(".html") else "",
        )


def bound_to(site: Site, render: Callable[..., Any]) -> Callable[..., Any]:
    """What a job does, done with `site`."""
    if not isinstance(render, partial):
        return render
    arguments = [site if isinstance(value, Site) else value for value in render.args]
    return partial(bound_to(site, render.func), *arguments, **render.keywords)
