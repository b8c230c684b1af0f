"""Our side against yaml2ics, a process of its own: from the files of a community to the calendar of all its meetups.

`python -m bench.calendar_compile COMMUNITY` writes `COMMUNITY/out/feeds/all.ics`. It loads what that needs and nothing
of the bench, and keeps what a build keeps: readings of files, and events.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from alongside.processes import collector_off
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings
from alongside.rendering.artifacts import Artifact, Manifest, Tree
from alongside.rendering.feeds.listing import feed_jobs
from alongside.rendering.feeds.paths import feed_path
from alongside.rendering.tracking import Site

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@collector_off()
def main(root: Path) -> None:
    """The steps of `alongside.build.build_site` for one job."""
    settings, _ = read_settings(root / "mkdocs.yml")
    site = Site(community=load_community(settings, today=NOW.date()).community, settings=settings, now=NOW)
    job = next(job for job in feed_jobs(site) if job.name == feed_path("all"))
    tree = Tree(root / "out", settings.cache_dir)
    before = tree.read_manifest() or Manifest()
    changed = {read for read, digest in before.reads.items() if site.digest_of_read(read) != digest}
    kept = tree.read_pieces(before.pieces) if before.pieces else {}
    site.made_pieces.update(one for one in kept.items() if changed.isdisjoint(one[1][1]))
    with site.reading() as reads:
        for made in job.render():
            assert isinstance(made, Artifact)
            tree.write(made.path, made.content, None)
    digests = {read: site.digest_of_read(read) for read in reads}
    tree.finish(Manifest(reads=digests, pieces=tree.write_pieces(site.made_pieces, kept)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
