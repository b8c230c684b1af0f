"""The next edition of the site, made of the files that changed.

One thread does it, one change after another. What a change costs depends on what it is about:

    words of a record          they are put into the community as it was; the whole follows when that is shown
    a record or a journey      the files that changed are read, the community is linked, and nothing is rendered yet
    an ordinary page, a theme  MkDocs runs, too; the same where an ordinary page shows records that changed
    the configuration          everything is read by the new settings

What goes wrong is a problem of the edition. The last frame that MkDocs made stays until it makes another one, so the
server always has something to show.
"""

from __future__ import annotations

import gc
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from alongside.build import Report, list_jobs
from alongside.problems import AlongsideError, Position, Problem
from alongside.reading.loader import Loaded, Reader
from alongside.rendering.artifacts import Job
from alongside.rendering.tracking import Site
from alongside.serving.editions import Edition
from alongside.serving.first_looks import with_other_words
from alongside.serving.frames import Frame, Previewer
from alongside.settings import Settings

SETTLED_SECONDS = 0.012  # so long nothing more changes: an editor has written all it writes for one save
LONGEST_SECONDS = 0.5  # a checkout of many files is not waited for any longer
CLOCK_SECONDS = 60.0  # how often it is looked whether another day has begun
AFTER_SECONDS = 0.1  # so long the whole waits after a first look: whoever asks for the page goes first
REST_SECONDS = 1.0  # after so long without a change, what earlier editions left behind is given back
MOST_LEFT = 20  # editions; after so many it is given back in any case
_MANY = 200  # files that changed at once, from which on all are looked at: the system may have told of some only

# Runs MkDocs into a folder, the plugin asking the previewer. Raises what MkDocs and its plugins raise.
RunMkDocs = Callable[[Path, Previewer], None]
Progress = Callable[[int, int], None]  # (files read, files in all)
Tell = Callable[[Edition, float], None]  # an edition, and the seconds it took


class Rebuilder:
    """Holds the community, and the edition to be served."""

    def __init__(
        self,
        run_mkdocs: RunMkDocs,
        clock: Callable[[], datetime],
        *,
        config_file: Path,
        tell: Tell,
        progress: Progress | None = None,
    ) -> None:
        """`clock`: aware, UTC."""
        self.changed = threading.Condition()  # notified when there is another edition, and in the end
        self.stopping = False
        self._run_mkdocs = run_mkdocs
        self._clock = clock
        self._config_file = config_file
        self._tell = tell
        self._progress = progress
        self._folder = Path(tempfile.mkdtemp(prefix="alongside-serve-"))
        self._runs = 0  # of MkDocs
        self._reader: Reader | None = None
        self._frame: Frame | None = None
        self._edition: Edition | None = None
        self.heard: tuple[Problem, ...] = ()  # what MkDocs warned about
        self._stopped: tuple[Problem, ...] = ()  # why MkDocs made no frame the last time
        self._homes: dict[str, str] = {}
        self._left = 0  # earlier editions whose memory was not given back
        self._touched: set[Path] = set()  # what changed and is in no edition yet
        self._later: set[Path] = set()  # what had a first look, and is still to be linked
        self._whole = False  # the sitemap or the search is asked for
        self._busy = False
        self._awake = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="rebuilding", daemon=True)

    def __enter__(self) -> Rebuilder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def edition(self) -> Edition:
        """The latest edition."""
        assert self._edition is not None, "the first edition is made before anything is served"
        return self._edition

    def start(self) -> Edition:
        """Make the first edition, and the next ones in a thread. Raises what MkDocs raises: there is none."""
        started = time.monotonic()
        frame = self._make_frame(None)
        edition = self._publish(frame, frame.site, frame.jobs, frame.loaded, started)
        assert self._reader is not None
        self._reader.save()
        # what was read is there to stay, and need not be looked through for garbage again and again
        gc.collect()
        gc.freeze()
        self._thread.start()
        return edition

    def stop(self) -> None:
        """End the thread, let go who waits, remove what MkDocs wrote."""
        self.stopping = True
        for condition in (self._awake, self.changed):
            with condition:
                condition.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if self._reader is not None:
            self._reader.save()
        shutil.rmtree(self._folder, ignore_errors=True)

    def touch(self, paths: Collection[Path]) -> None:
        """These files or folders changed, came or went."""
        with self._awake:
            self._touched.update(paths)
            self._awake.notify_all()

    def wait(self, number: int, seconds: float) -> bool:
        """Wait for an edition after that number. False when none came, or none will come any more."""
        with self.changed:
            return self.changed.wait_for(lambda: self.stopping or self.edition.number > number, seconds)

    def settle(self, seconds: float) -> None:
        """Wait until what is known to have changed is in the edition."""
        with self._awake:
            self._awake.wait_for(lambda: self.stopping or not (self._busy or self._touched or self._whole), seconds)

    def complete(self, seconds: float) -> None:
        """See to it that the sitemap and the site's search know the record pages of this edition."""
        with self._awake:
            self._whole = self._whole or not self.edition.complete
            self._awake.notify_all()
        self.settle(seconds)

    # --- the thread ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self.stopping:
            touched, whole = self._next()
            started = time.monotonic()
            try:
                if touched and not whole and self._first_look(touched):
                    self._later |= touched
                elif touched is not None:
                    self._later, touched = set(), touched | self._later
                    self._rebuild(touched, started)
                if whole:
                    self._new_frame(self.edition.loaded, started, self.edition.report())
            except Exception as error:  # the server outlives a defect, and says what it was
                self._stopped = (_told(error, self._config_file),)
                self._republish(started)
            with self._awake:
                self._busy = False
                self._awake.notify_all()
            if self._left > (MOST_LEFT if touched or whole else 0):
                # Sites hold themselves, and reading keeps the collector off; with it, garbage counts as old from the
                # start, and it would not look there for hours: a megabyte or more of it each edit.
                gc.collect()
                self._left = 0

    def _next(self) -> tuple[set[Path] | None, bool]:
        """(what changed once it has settled, or None; whether all of the site is asked for)."""
        with self._awake:
            due = False
            while not (self._touched or self._whole or due or self.stopping):
                rest = REST_SECONDS if self._left else CLOCK_SECONDS
                if not self._awake.wait(AFTER_SECONDS if self._later else rest) and self._left and not self._later:
                    return None, False
                due = bool(self._later) or self.edition.now.date() != self._clock().date()
            started, before = time.monotonic(), -1
            while len(self._touched) != before and time.monotonic() - started < LONGEST_SECONDS and not self.stopping:
                before = len(self._touched)
                self._awake.wait_for(lambda: self.stopping, SETTLED_SECONDS)
            touched, whole = self._touched, self._whole
            due = due or bool(whole and self._later)
            # what is only linked after a first look keeps nobody waiting
            self._touched, self._whole, self._busy = set(), False, bool(touched or whole)
            return (touched if touched or due else None), whole

    def _first_look(self, touched: set[Path]) -> bool:
        """Show the other words of one record at once. False when it is about more than that."""
        frame, reader = self._frame, self._reader
        assert frame is not None
        assert reader is not None
        docs = frame.settings.docs_dir
        path = min(touched)
        if len(touched) > 1 or not path.is_relative_to(docs) or self._stopped:
            return False
        reading = reader.peek(path.relative_to(docs).as_posix())
        revised = with_other_words(self.edition.site.whole, reading) if reading is not None else None
        if revised is None:
            return False
        self._show(self.edition.revised(self.edition.site.revised(revised)))
        return True

    def _rebuild(self, touched: set[Path], started: float) -> None:
        frame, reader = self._frame, self._reader
        assert frame is not None
        assert reader is not None
        if self._config_file in touched:
            self._new_frame(None, started)
            return
        docs, journeys = frame.settings.docs_dir, frame.settings.journeys_dir
        content = [path for path in touched if path.is_relative_to(docs) and not path.is_relative_to(journeys)]
        names = [path.relative_to(docs).as_posix() for path in content]
        around = any(reader.is_page(name) for name in names) or any(
            path not in content and not path.is_relative_to(journeys) for path in touched
        )
        now = self._clock()
        loaded = reader.load(today=now.date(), touched=names if len(names) < _MANY else None)
        site = frame.make_site(loaded.community, now)
        jobs = list_jobs(site)
        if around or self._stopped or not frame.fits(site):
            self._new_frame(loaded, started)
        else:
            self._publish(frame, site, jobs, loaded, started)

    def _new_frame(self, loaded: Loaded | None, started: float, report: Report | None = None) -> None:
        before, reader = self._frame, self._reader
        assert before is not None
        assert reader is not None
        try:
            frame = self._make_frame(loaded, report)
        except Exception as error:  # plugins and themes of others fail in any way
            self._stopped = (*self.heard, _told(error, self._config_file))
            self.heard, self._reader = (), reader
            now = self._clock()
            loaded = loaded or reader.load(today=now.date())  # what else changed is to be seen
            site = before.make_site(loaded.community, now)
            self._publish(before, site, list_jobs(site), loaded, started)
            return
        self._stopped = ()
        self._publish(frame, frame.site, frame.jobs, frame.loaded, started, complete=report is not None)
        shutil.rmtree(before.folder, ignore_errors=True)

    def _make_frame(self, loaded: Loaded | None, report: Report | None = None) -> Frame:
        """Run MkDocs. `loaded`: the community, where it was just read."""
        self._runs += 1

        def load(settings: Settings, now: datetime) -> Loaded:
            if self._reader is None or self._reader.settings != settings:
                self._reader = Reader(settings)
                return self._reader.load(today=now.date(), progress=self._progress)
            return loaded or self._reader.load(today=now.date())

        previewer = Previewer(load, report)
        try:
            self._run_mkdocs(self._folder / str(self._runs), previewer)
        finally:
            self.heard = tuple(previewer.heard)
        assert previewer.frame is not None, "MkDocs ended well, so the plugin handed over"
        self._frame = previewer.frame
        return previewer.frame

    def _republish(self, started: float) -> None:
        """The same once more, with what went wrong among its problems."""
        edition = self.edition
        site = edition.frame.make_site(edition.loaded.community, self._clock())
        self._publish(edition.frame, site, list_jobs(site), edition.loaded, started)

    def _publish(
        self, frame: Frame, site: Site, jobs: Sequence[Job], loaded: Loaded, started: float, *, complete: bool = False
    ) -> Edition:
        edition = Edition(
            number=self._edition.number + 1 if self._edition is not None else 1,
            frame=frame,
            site=site,
            jobs=jobs,
            loaded=loaded,
            problems={*frame.problems, *loaded.problems, *self.heard, *self._stopped},
            homes=self._homes,
            complete=complete,
        )
        self._show(edition)
        self._tell(edition, time.monotonic() - started)
        return edition

    def _show(self, edition: Edition) -> None:
        with self.changed:
            self._left += self._edition is not None
            self._edition = edition
            self.changed.notify_all()


_PLACED = re.compile(r"(?P<path>[^\s:]+):(?P<line>\d+):(?P<column>\d+): (?P<message>.+)", re.DOTALL)


def _told(error: Exception, config_file: Path) -> Problem:
    """Why there is no new frame; at its place, where the error says one."""
    if not isinstance(error, AlongsideError):
        message, hint = f"{type(error).__name__}: {error}", "A plugin or a theme failed; what stands here is older."
    else:
        message, hint = error.message, error.hint
    position = Position(config_file.name)
    if placed := _PLACED.fullmatch(message):
        position = Position(placed["path"], int(placed["line"]), int(placed["column"]))
        message = placed["message"]
    return Problem(position=position, code="build-stopped", message=message, hint=hint)
