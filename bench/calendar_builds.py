"""Area calendar: what a rebuild changes for those who subscribed, and what an embed loads to know what is near.

The builds are those of people: `alongside build` in a folder with meetups, again with nothing changed, and again after
one edit (stamped where there is `alongside stamp`). Near me is what the script of the embeds asks for at a place: the
meetups of everybody, and those around.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from alongside.model.community import Community
from alongside.reading.places import find_place
from alongside.rendering.artifacts import Artifact
from alongside.rendering.embeds.shards import _render_gatherings
from alongside.rendering.tracking import Site
from bench.calendar_sides import NOW, generated_meetups, settings_in
from bench.embed_communities import CITIES
from bench.harness import BenchError, Figure, Run, run
from bench.site import replace_text

MEETUPS = 300
GROUPS = 10
EDITED = 8  # one that goes on, so it stands in the feeds of all
NEAR_MEETUPS = 10_000
ALONGSIDE = [sys.executable, "-c", "from alongside.cli import main; main()"]
_EVENT = re.compile(rb"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", re.DOTALL)
_UNFOLDED = re.compile(rb"\r\n[ \t]")


# --- one build after another ---


def rebuilds(folder: Path, *, large: int) -> Iterator[Figure]:
    """Bytes written by a build with nothing to do; events changed by one edit; and what an edit among many costs."""
    _write_community(folder, MEETUPS)
    _stamp(folder)
    _build(folder)
    before = _files(folder)
    _build(folder)
    written = sum(len(content) for path, (content, time) in _files(folder).items() if before[path][1] != time)
    yield Figure(name=f"rebuild of {MEETUPS} meetups unchanged: bytes written to feeds", value=written, goal=0)
    stamped = _edit(folder, EDITED)
    _build(folder)
    after = _files(folder)
    changed = {path: _changed(before[path][0], after[path][0]) for path in after if before[path][0] != after[path][0]}
    if len(changed) < 3 or any(uids != {f"meetup-{EDITED}".encode()} for uids in changed.values()):
        raise BenchError(f"the edit of meetup-{EDITED} changed {changed}")
    for path in changed:
        _check_stamp(before[path][0], after[path][0], stamped=stamped)
    most = max(map(len, changed.values()))
    print(f"# one edit of {MEETUPS}: {len(changed)} feeds of {len(after)} written, {'' if stamped else 'not '}stamped")
    yield Figure(name="one edit: VEVENTs changed in a feed", value=most, goal=1)
    many = folder / "many"
    _write_community(many, large)
    _stamp(many)
    cold = _build(many)
    _edit(many, EDITED)
    print(
        f"# alongside build, {large} meetups: cold {cold.seconds:.1f} s, {cold.peak_mb:.0f} MB; "
        f"one edit {_told(_build(many))}; nothing changed {_told(_build(many))}",
        flush=True,
    )


def _told(made: Run) -> str:
    return f"{made.seconds:.1f} s, {made.peak_mb:.0f} MB"


def _write_community(root: Path, count: int) -> None:
    (root / "content/groups").mkdir(parents=True)
    (root / "content/meetups").mkdir()
    (root / "mkdocs.yml").write_text(
        "site_name: Generated\nsite_url: https://example.org/\ndocs_dir: content\nplugins:\n  - alongside:\n"
        "      timezone: Europe/Berlin\n      teams: {community: Community team}\n"
    )
    (root / "content/index.md").write_text("# Generated\n")
    (root / "content/challenges.yml").write_text("first-talk:\n  title: Giving a first talk\n")
    for number in range(GROUPS):
        text = f"---\nname: Group {number}\nkind: chapter\nplace: Berlin, Germany\n---\nWe are here.\n"
        (root / f"content/groups/group-{number}.md").write_text(text)
    for number, one in enumerate(generated_meetups(count)):
        repeats = f'repeats: {{rrule: "{one.rrule}"}}\n' if one.rrule else ""
        (root / f"content/meetups/{one.slug}.md").write_text(
            f'---\ntitle: "{one.title}"\ngroup: group-{number % GROUPS}\nstarts: {one.starts:%Y-%m-%d %H:%M}\n'
            f"timezone: {one.timezone}\nduration: 2h\n{repeats}rsvp: {one.rsvp}\nchallenges: [first-talk]\n---\n"
            f"{one.body}\n"
        )


def _build(root: Path) -> Run:
    return run([*ALONGSIDE, "build", "--now", NOW.isoformat()], cwd=root)


def _stamp(root: Path) -> bool:
    """Write the ledger; False where there is no such command yet."""
    try:
        run([*ALONGSIDE, "stamp", "--now", NOW.isoformat()], cwd=root)
    except BenchError as failure:
        if "No such command" in str(failure):
            return False
        raise
    return True


def _edit(root: Path, number: int) -> bool:
    replace_text(root / f"content/meetups/meetup-{number}.md", 'title: "', 'title: "Moved: ')
    return _stamp(root)


def _files(root: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of each calendar."""
    feeds = root / "site" / "feeds"
    return {str(path.relative_to(feeds)): (path.read_bytes(), path.stat().st_mtime_ns) for path in feeds.rglob("*.ics")}


def _changed(before: bytes, after: bytes) -> set[bytes]:
    """Names of the events that differ; an event said twice in different words counts as two."""
    old, new = set(_EVENT.findall(before)), set(_EVENT.findall(after))
    return {_value(event, b"UID").split(b"@")[0] for event in old ^ new}


def _value(event: bytes, name: bytes) -> bytes:
    for line in _UNFOLDED.sub(b"", event).split(b"\r\n"):
        if line.startswith(name + b":"):
            return line[len(name) + 1 :]
    return b""


def _check_stamp(before: bytes, after: bytes, *, stamped: bool) -> None:
    """The changed event keeps its UID; its SEQUENCE rises when it was stamped."""
    (old,) = set(_EVENT.findall(before)) - set(_EVENT.findall(after))
    (new,) = set(_EVENT.findall(after)) - set(_EVENT.findall(before))
    if _value(old, b"UID") != _value(new, b"UID"):
        raise BenchError("an edit changed a UID")
    if stamped and int(_value(new, b"SEQUENCE")) <= int(_value(old, b"SEQUENCE")):
        raise BenchError("an edit left SEQUENCE as it was")


# --- near me ---


def near_me() -> Iterator[Figure]:
    """The most that any newcomer's place asks for, and in how many files, beside one file of all meetups."""
    found = {made.path.removeprefix("embed/v1/").removesuffix(".json"): made.content for made in _gatherings()}
    cells = [path for path in found if path.startswith("near/")]
    if not cells:
        raise BenchError("no meetup is near anybody")
    online = [path for path in ("meetups/_",) if path in found]
    most = max(cells, key=lambda path: _zipped(found, [path, *online]))
    whole = sum(_zipped(found, [path]) for path in cells)
    print(
        f"# near me, {NEAR_MEETUPS} meetups: {len(cells)} cells, the largest {most}; all of them {whole / 1000:.0f} kB"
    )
    yield Figure(name="near me: data gz, the largest", value=_zipped(found, [most, *online]) / 1000, goal=8, unit=" kB")
    yield Figure(name="near me: fetches", value=1 + len(online), goal=2)


def _gatherings() -> Iterator[Artifact]:
    places = [find_place(city)[0] for city in CITIES]
    meetups = [  # half of them in five cities, and a tenth online
        replace(
            one,
            place=places[number % (len(places) if number % 2 else 5)] if number % 10 else None,
            online=number % 10 == 0,
            rrule=one.rrule or "FREQ=WEEKLY",
        )
        for number, one in enumerate(generated_meetups(NEAR_MEETUPS))
    ]
    community = Community(name="X", meetups={one.slug: one for one in meetups})
    site = Site(community=community, settings=settings_in(Path("/x")), now=NOW)
    return _render_gatherings(site, (), ())


def _zipped(found: dict[str, bytes], paths: Sequence[str]) -> int:
    return sum(len(gzip.compress(found[path], 9)) for path in paths)
