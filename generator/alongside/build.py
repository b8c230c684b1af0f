"""The order of one build: list the jobs, see which are stale, render those, write what differs, prune the rest.

A library without MkDocs: the doors bring the community, the instant and the theme's shells.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from hashlib import blake2b
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alongside import __version__
from alongside.problems import AlongsideError, Position, Problem
from alongside.processes import answers, collector_off, how_many
from alongside.rendering.artifacts import (
    Artifact,
    Job,
    Listing,
    Manifest,
    Piece,
    PieceKey,
    PlainListing,
    PlainRecord,
    PlainWritten,
    Record,
    Snapshot,
    Tree,
    UnmendableError,
    Written,
    plain_problems,
)
from alongside.rendering.shells import Page, Shell, fill

if TYPE_CHECKING:
    from alongside.model.community import Community
    from alongside.rendering.backdrops import Backdrop
    from alongside.rendering.tracking import Site

_MANY = 500  # stale jobs from which on other processes pay
_ENGINES = ("cmarkgfm", "nh3", "jinja2")  # parts whose versions show in the output

Progress = Callable[[int, int], None]  # (jobs rendered, jobs to render)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one build did. Files are artifacts: pages, embeds, feeds."""

    listings: tuple[Listing, ...]  # every page, by path
    written: int
    unchanged: int
    removed: int
    rendered: int  # jobs
    feeds: int
    embeds: int
    files: tuple[PlainWritten, ...] = ()  # every artifact
    guests: tuple[str, ...] = ()  # files of others among ours
    pages: tuple[str, ...] = ()  # site paths of record pages
    until: datetime = datetime(1970, 1, 1, tzinfo=UTC)  # from then on the same files give another output
    folders: Mapping[str, int] = field(default_factory=dict)  # as the manifest has them
    unkept: OSError | None = None  # why the cache could not be written: the next build starts afresh


@collector_off()
def list_jobs(site: Site) -> tuple[Job, ...]:
    """The jobs of a build, by name. A page whose place an ordinary page has is left to that page, a list to a record.

    Also tells `site` which pages there are, so it comes before anything is rendered.
    """
    # a build that has nothing to do loads none of these, which takes longer than all it does
    from alongside.rendering.embeds.listing import embed_jobs
    from alongside.rendering.feeds.listing import feed_jobs
    from alongside.rendering.markdown import document_path
    from alongside.rendering.pages.listing import render_pages
    from alongside.rendering.pages.moments import render_embeds

    taken = {
        document_path(document, use_directory_urls=True)
        for document in site.whole.documents
        if document.endswith((".md", ".markdown", ".mdown", ".mkdn", ".mkd"))
    }
    own = (document for document in site.whole.documents if document.endswith("/index.html"))
    taken.update(document.removesuffix("index.html") for document in own)
    found: dict[str, Job] = {}
    for job in (*render_pages(site), *render_embeds(site), *embed_jobs(site), *feed_jobs(site)):
        if job.page and (job.name in taken or job.name in found):
            continue  # a member called "challenge" has the address of a list, in another language perhaps
        if job.name in found:
            raise AlongsideError(f"Two jobs are called {job.name!r}.")
        found[job.name] = job
    site.pages.update(name for name, job in found.items() if job.page)
    return tuple(found[name] for name in sorted(found))


@collector_off()
def build_site(
    site: Site,
    jobs: Sequence[Job],
    tree: Tree,
    *,
    shells: Mapping[int, Shell],
    stamp: bytes = b"",
    guests: Iterable[str] = (),
    progress: Progress | None = None,
) -> Report:
    """Bring `tree` to what `jobs` render, touching only files that differ.

    `stamp` stands for what the door knows and rendering cannot track (theme, configuration): another one renders
    everything again. `guests` are files that others put among ours; the next build removes them before they are put
    there again.
    """
    site.shells.update(shells)
    engine = blake2b(engine_stamp() + stamp, digest_size=16).digest()
    before = tree.read_manifest()
    if before is None:
        tree.empty()
        before = Manifest()
    elif before.engine != engine:
        before = Manifest(engine=engine, jobs=_without_reads(before.jobs), folders=before.folders)
    calls = {job.name: site.digest_of_call(job.render) for job in jobs}
    changed = site.changed_reads(before.reads, before.outline)
    stale = _stale_jobs(jobs, before, calls, changed, tree)
    guests = tuple(sorted(guests))
    if not stale and before.jobs.keys() == calls.keys() and before.guests == guests:
        return _report(site, before.jobs, before.folders, guests)
    kept = _keep_pieces(site, tree, before, changed)
    tree.begin()
    rendered = _render(site, stale, before, tree, progress=progress)
    records: dict[str, PlainRecord] = {
        job.name: rendered[job.name]._replace(call=calls[job.name]) if job.name in rendered else before.jobs[job.name]
        for job in jobs
    }
    old = {file[0]: file for _, _, files, _ in before.jobs.values() for file in files}
    claimed = {path for _, _, files, _ in records.values() for path, *_ in files}
    written = [file.path for record in rendered.values() for file in record.files if old.get(file.path) != file]
    gone = sorted(old.keys() - claimed)  # what no job claims any more
    removed = tree.prune(gone)
    folders = tree.times_of_folders(claimed, before.folders, [*written, *gone])
    reads = {read for _, reads, _, _ in records.values() for read in reads}
    known = {read: digest for read, digest in before.reads.items() if read not in changed}
    digests = {read: known[read] if read in known else site.digest_of_read(read) for read in reads}
    manifest = Manifest(
        engine=engine, reads=digests, jobs=records, guests=guests, folders=folders, outline=site.outline()
    )
    unkept = _remember(site, tree, manifest, before, kept)
    return _report(
        site, records, folders, guests, written=len(written), removed=removed, rendered=len(rendered), unkept=unkept
    )


class Mended(NamedTuple):
    """What a build did that mended what some stories say."""

    written: int
    removed: int
    rendered: int  # jobs
    unkept: OSError | None  # why the cache could not be written: the next build starts afresh
    snapshot: Snapshot  # what a later build needs to know, but for the files that the output was made from


@collector_off()
def mend_site(
    site: Site, backdrop: Backdrop, slugs: Iterable[str], tree: Tree, snapshot: Snapshot, *, shells: Mapping[int, Shell]
) -> Mended:
    """Bring `tree` to a community in which nothing is another but what the stories `slugs` say.

    `snapshot` is that of the last build, whose files stand; `backdrop` belongs to it. Raises `UnmendableError` before
    anything is written where more than that has to be looked at.
    """
    site.shells.update(shells)
    site.pages.update(snapshot.pages)
    before = tree.read_manifest()
    if before is None:
        raise UnmendableError("There is no manifest.")
    changed = {read for slug in slugs for read in site.reads_of_story(slug)}
    stale = [
        backdrop.job(name, site) for name, (_, reads, _, _) in before.jobs.items() if not changed.isdisjoint(reads)
    ]
    if len(stale) >= _MANY:
        raise UnmendableError("It is not worth it.")
    kept = _keep_pieces(site, tree, before, changed)
    tree.begin()
    rendered = _render(site, stale, before, tree, progress=None)
    records = {name: record._replace(call=before.jobs[name][0]) for name, record in rendered.items()}
    old = {file[0]: file for name in rendered for file in before.jobs[name][2]}
    files = {file.path: file for record in rendered.values() for file in record.files}
    written = [path for path, file in files.items() if old.get(path) != file]
    gone = sorted(old.keys() - files.keys())
    jobs = {**before.jobs, **records}
    if old.keys() == files.keys():
        folders = {**before.folders, **tree.times_of_folders(written, {}, written)}
    else:
        claimed = [path for _, _, found, _ in jobs.values() for path, *_ in found]
        folders = tree.times_of_folders(claimed, before.folders, [*written, *gone])
    removed = tree.prune(gone)
    read = {read for record in rendered.values() for read in record.reads}
    seen = {one: site.digest_of_read(one) for one in read if one in changed or one not in before.reads}
    manifest = Manifest(
        engine=before.engine,
        reads={**before.reads, **seen},
        jobs=jobs,
        guests=before.guests,
        folders=folders,
        outline=before.outline,
    )
    unkept = _remember(site, tree, manifest, before, kept)
    if unkept is not None:
        return Mended(len(written), removed, len(rendered), unkept, snapshot)
    after = snapshot._replace(manifest=tree.seal(), folders=tuple(folders.items()), since=_instant(site.instant))
    if "now" in read:
        after = after._replace(until=after.since)
    listed = {listing.path: (*listing,) for record in rendered.values() for listing in record.listings}
    if old.keys() == files.keys() and listed.keys() == {one[0] for name in rendered for one in before.jobs[name][3]}:
        stand = {path: (path, file.size, file.mtime_ns) for path, file in files.items()}
        after = after._replace(
            files=tuple([stand.get(file[0], file) for file in snapshot.files]),
            listings=tuple([listed.get(listing[0], listing) for listing in snapshot.listings]),
        )
    else:
        report = _report(site, jobs, folders, before.guests)
        after = after._replace(
            files=_standing(report),
            listings=_listed(report),
            counts=(report.feeds, report.embeds),
        )
    return Mended(len(written), removed, len(rendered), None, after)


def _keep_pieces(site: Site, tree: Tree, before: Manifest, changed: Set[str]) -> Mapping[PieceKey, Piece]:
    """The pieces of the last build; those that still hold are given to `site`."""
    kept = tree.read_pieces(before.pieces) if before.pieces else {}
    site.made_pieces.update(one for one in kept.items() if changed.isdisjoint(one[1][1]))
    return kept


def _remember(
    site: Site, tree: Tree, manifest: Manifest, before: Manifest, kept: Mapping[PieceKey, Piece]
) -> OSError | None:
    """Write the manifest and the pieces that it needs. Returns why they could not be written."""
    pieces = {key: piece for key, piece in site.made_pieces.items() if manifest.reads.keys() >= set(piece[1])}
    try:
        manifest.pieces = before.pieces if pieces == kept else tree.write_pieces(pieces, kept)
        tree.finish(manifest)
    except OSError as error:  # what is built is whole without
        return error
    return None


def _report(
    site: Site,
    records: Mapping[str, PlainRecord],
    folders: Mapping[str, int],
    guests: tuple[str, ...],
    *,
    written: int = 0,
    removed: int = 0,
    rendered: int = 0,
    unkept: OSError | None = None,
) -> Report:
    sorted_records = [records[name] for name in sorted(records)]
    listings = tuple([Listing._make(listing) for *_, listings in sorted_records for listing in listings])
    files = tuple([file for _, _, files, _ in sorted_records for file in files])
    return Report(
        listings=listings,
        written=written,
        unchanged=len(files) - written,
        removed=removed,
        rendered=rendered,
        feeds=sum(path.startswith("feeds/") for path, *_ in files),
        embeds=sum(path.startswith("embed/") and path.endswith(".html") for path, *_ in files),
        files=files,
        guests=guests,
        pages=tuple(sorted(site.pages)),
        until=_holds_until(site, records),
        folders=folders,
        unkept=unkept,
    )


def _holds_until(site: Site, records: Mapping[str, PlainRecord]) -> datetime:
    """When the same files would first give another output: a date passes, a day ends (consents, invitations)."""
    if any("now" in reads for _, reads, _, _ in records.values()):
        return site.now
    midnight = datetime.combine(site.now.date() + timedelta(days=1), time(), UTC)
    following = (site.upcoming[slug] for slug in site.whole.meetups)
    return min([midnight, *(occurrence.instant_over for occurrence in following if occurrence is not None)])


# --- nothing to do -------------------------------------------------------------------------------------------------


def take_snapshot(
    report: Report,
    community: Community,
    problems: Iterable[Problem],
    *,
    now: datetime,
    manifest: bytes,
    stamp: bytes,
    theme: bytes,
    backdrop: bytes,
) -> Snapshot:
    """What a later build needs to know to see that it has nothing to do, and to do nothing in no time."""
    return Snapshot(
        manifest=manifest,
        stamp=stamp,
        theme=theme,
        since=_instant(now),
        until=_instant(report.until),
        files=_standing(report),
        folders=tuple(report.folders.items()),
        guests=report.guests,
        listings=_listed(report),
        pages=report.pages,
        records=tuple(community.files.items()),
        documents=tuple(sorted(community.documents)),
        counts=(report.feeds, report.embeds),
        problems=plain_problems(problems),
        backdrop=backdrop,
    )


def _standing(report: Report) -> tuple[tuple[str, int, int], ...]:
    return tuple([(path, size, mtime_ns) for path, _, size, mtime_ns in report.files])


def _listed(report: Report) -> tuple[PlainListing, ...]:
    return tuple([(*listing,) for listing in report.listings])


def report_of(snapshot: Snapshot, mended: Mended | None = None) -> Report:
    """The report of a build that had nothing to do, or only to mend."""
    feeds, embeds = snapshot.counts
    return Report(
        listings=tuple([Listing._make(listing) for listing in snapshot.listings]),
        written=mended.written if mended is not None else 0,
        unchanged=len(snapshot.files) - (mended.written if mended is not None else 0),
        removed=mended.removed if mended is not None else 0,
        rendered=mended.rendered if mended is not None else 0,
        feeds=feeds,
        embeds=embeds,
        unkept=mended.unkept if mended is not None else None,
    )


def problems_of(snapshot: Snapshot) -> tuple[Problem, ...]:
    """The problems that reading found."""
    return tuple(
        Problem(
            position=Position(path, line, column),
            message=message,
            code=code,
            hint=hint,
            severity="error" if severity == "error" else "warning",
        )
        for path, line, column, message, code, hint, severity in snapshot.problems
    )


def holds(snapshot: Snapshot | None, *, stamp: bytes, now: datetime) -> bool:
    """True when a build from the files of `stamp` at `now` would give what the snapshot remembers."""
    return snapshot is not None and snapshot.stamp == stamp and is_timely(snapshot, now)


def is_timely(snapshot: Snapshot, now: datetime) -> bool:
    """True when the same files would at `now` give what the snapshot remembers."""
    instant = _instant(now)
    return instant == snapshot.since or snapshot.since <= instant < snapshot.until


def _instant(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds: texts in the order of their instants."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def engine_stamp() -> bytes:
    """Changes with the code and templates of this package, and with the parts that shape its output."""
    package = Path(__file__).parent
    state = [__version__, sys.version, *(f"{name} {version(name)}" for name in _ENGINES)]
    for folder, folders, names in os.walk(package):
        # what Python compiles comes and goes, under passing names too, while others import
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if not name.endswith(".mo"):
                found = Path(folder, name).stat()
                state.append(f"{folder}/{name} {found.st_size} {found.st_mtime_ns}")
    return blake2b("\n".join(state).encode(), digest_size=16).digest()


def _without_reads(jobs: Mapping[str, PlainRecord]) -> dict[str, PlainRecord]:
    """Records that match no call: everything is rendered again, and compared with what was written before."""
    return {name: (b"", reads, files, listings) for name, (_, reads, files, listings) in jobs.items()}


def _stale_jobs(
    jobs: Sequence[Job], before: Manifest, calls: Mapping[str, bytes], changed: set[str], tree: Tree
) -> list[Job]:
    stale = []
    for job in jobs:
        record = before.jobs.get(job.name)
        if record is None:
            stale.append(job)
            continue
        call, reads, files, _ = record
        if call != calls[job.name] or not changed.isdisjoint(reads) or not tree.is_intact(files):
            stale.append(job)
    return stale


# --- rendering -----------------------------------------------------------------------------------------------------


def _render(
    site: Site, jobs: Sequence[Job], before: Manifest, tree: Tree, *, progress: Progress | None
) -> dict[str, Record]:
    processes = how_many(len(jobs), least=_MANY)
    if processes > 1:
        return _render_in_processes(site, jobs, before, tree, processes=processes, progress=progress)
    rendered: dict[str, Record] = {}
    for count, job in enumerate(jobs, start=1):
        rendered[job.name] = _render_job(site, job, before, tree)
        if progress is not None and count % 50 == 0:
            progress(count, len(jobs))
    return rendered


def _render_in_processes(
    site: Site, jobs: Sequence[Job], before: Manifest, tree: Tree, *, processes: int, progress: Progress | None
) -> dict[str, Record]:
    """Each process takes every n-th job, writes the files itself and sends back what is to be remembered."""
    rendered: dict[str, Record] = {}
    site.make_shared()
    for wave in _waves(jobs):
        render = partial(_render_part, site, wave, before, tree, processes, os.getpid())
        for part, answer in enumerate(answers(render, processes)):
            records, pieces = pickle.loads(answer)  # noqa: S301  from a process of ours
            rendered.update(zip((job.name for job in wave[part::processes]), records, strict=True))
            site.made_pieces.update(pieces)
            if progress is not None:
                progress(len(rendered), len(jobs))
    return rendered


def _waves(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    """Where many jobs make pieces, these before the others: or each process would make all of them."""
    makers = [job for job in jobs if job.first]
    if len(makers) < _MANY:
        yield jobs
    else:
        yield makers
        yield [job for job in jobs if not job.first]


def _render_part(
    site: Site, jobs: Sequence[Job], before: Manifest, tree: Tree, processes: int, parent: int, part: int
) -> bytes:
    """The records of every n-th job and the pieces made for them, pickled."""
    known = len(site.made_pieces)
    records = []
    for job in jobs[part::processes]:
        if os.getppid() != parent:  # it was killed: the next build is to have the folder for itself
            raise AlongsideError("The build was killed.")
        records.append(_render_job(site, job, before, tree))
    return pickle.dumps((records, dict(islice(site.made_pieces.items(), known, None))), protocol=5)


def _render_job(site: Site, job: Job, before: Manifest, tree: Tree) -> Record:
    old = before.jobs.get(job.name)
    known = {file[0]: Written._make(file) for file in old[2]} if old is not None else {}
    files: list[Written] = []
    listings: list[Listing] = []
    with site.reading() as reads:
        for made, listing in render_files(site, job):
            files.append(tree.write(made.path, made.content, known.get(made.path)))
            if listing is not None:
                listings.append(listing)
    return Record(b"", tuple(sorted(map(sys.intern, reads))), tuple(files), tuple(listings))


def render_files(site: Site, job: Job) -> Iterator[tuple[Artifact, Listing | None]]:
    """The files of a job, pages within the theme; beside a page, what the sitemap says of it."""
    for made in job.render():
        if isinstance(made, Page):
            content = fill(site.shell(made.path.count("/")), made).encode("utf-8", "xmlcharrefreplace")
            yield Artifact(f"{made.path}index.html", content), _listing(made)
        else:
            yield made, None


def _listing(page: Page) -> Listing:
    modified = page.modified.isoformat() if isinstance(page.modified, date) else ""
    return Listing(page.path, page.title, page.description, modified, page.listed and not page.canonical)
