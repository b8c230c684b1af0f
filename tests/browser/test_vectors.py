"""The same newcomers ranked by Python and by the embed's script in Chromium: 10,000 of 10,000 have to be identical.

Random communities in which much fits equally well, and newcomers whose words are anything that can be typed: half of
the texts hold characters drawn from all of Unicode. What is compared is everything a match says: order, scores, reasons.
The first 100 newcomers of each community are ranked by `make test`, all 500 by `make soak`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page

from alongside.matching.cells import LONGEST, geohash
from alongside.matching.nearness import vector_of
from alongside.matching.seekers import said_by
from alongside.matching.shard_matches import match_in_shards
from alongside.matching.shards import EmbedIndex
from alongside.model.community import Community
from alongside.model.gatherings import Meetup
from alongside.model.people import Member, Newcomer
from alongside.rendering.artifacts import Artifact
from alongside.rendering.embeds.characters import character_tables
from alongside.rendering.embeds.layouts import SHOWN
from alongside.rendering.embeds.scripts import script_files
from alongside.rendering.embeds.shards import embed_index_of, shard_jobs
from alongside.rendering.tracking import Site
from alongside.settings import Settings
from browser.example_site import Quiet
from random_records import NOON, PLACES, TODAY, WORDS, a_community, a_newcomer

COMMUNITIES, EACH, FIRST = 20, 500, 50
KINDS = ("members", "stories", "groups", "meetups")
UNSAID = "ﬁne İ ß ΣΑΣ ǅ ½ ㎡ が か\u3099 한국 ＤＯＣＳ 𝗛𝗲𝗹𝗹𝗼 ٱلكلام كَلَام หน้า ភាសា  \u1680 \x1c \x85 \ufeff 𠮷野家 ﷺ ﬀ ŉ ꟊ Ꭰ ᏸ 𐐀s".split(
    " "
)

pytestmark = pytest.mark.browser

RANK = """async ({ asked, now, today, limit, change }) => {
  await import("/embed/v1/alongside.js");
  const [folderOf, partsOf, pathsOf, rank, seekerOf] = customElements.get("alongside-moment").all;
  const files = new Map();
  const load = async (path) => {
    if (!files.has(path)) files.set(path, await (await fetch("/" + path)).json());
    return files.get(path);
  };
  const folders = new Map();
  const folderFor = async (parts) => {
    const key = parts.sort().join();
    if (!folders.has(key))
      folders.set(key, folderOf(await Promise.all(parts.map((part) => load(`embed/v1/characters/${part}.json`)))));
    return folders.get(key);
  };
  const found = [];
  for (const { folder, near, ...said } of await load(asked)) {
    const index = await load(folder + "/embed/v1/index.json");
    const rule = change ? { ...index.rule, [change[0]]: index.rule[change[0]] + change[1] } : index.rule;
    const texts = [said.text, ...said.topics, ...said.roles].join();
    const titles = said.challenges.flatMap((slug) => index.challenges[slug]?.words ?? []);
    const seeker = seekerOf(said, titles, await folderFor([...partsOf(texts)]));
    const all = {};
    for (const kind of ["members", "stories", "groups", "meetups"]) {
      const held = await Promise.all(pathsOf(kind, seeker, index).map((path) => load(`${folder}/embed/v1/${path}`)));
      const shards = held.flatMap((file) => file[kind] ?? []);
      const ranked = rank(kind, shards, seeker, { rule, community: index.language, near, now, today, limit });
      all[kind] = ranked.map(({ slug, score, reasons }) => [slug, score, reasons]);
    }
    found.push(all);
  }
  return JSON.stringify(found);
}"""

Made = list[tuple[EmbedIndex, list[Newcomer]]]


@dataclass(frozen=True)
class Vectors:
    """Communities as files behind an address, each with its newcomers."""

    root: Path
    address: str
    made: Made


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vectors]:
    root = tmp_path_factory.mktemp("vectors")
    for path, content in (*character_tables(), *script_files()):
        _write(root / path, content)
    made = []
    for seed in range(COMMUNITIES):
        random_ = random.Random(seed)
        site = _site(_richer(random_, a_community(random_)))
        for job in shard_jobs(site):
            for artifact in job.render():
                assert isinstance(artifact, Artifact)
                _write(root / str(seed) / artifact.path, artifact.content)
        made.append((embed_index_of(site), [_newcomer(random_, number) for number in range(EACH)]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield Vectors(root, f"http://127.0.0.1:{server.server_port}/", made)
    server.shutdown()
    server.server_close()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _site(community: Community) -> Site:
    root = Path("/nowhere")
    settings = Settings(
        config_file=root / "mkdocs.yml", root=root, docs_dir=root, site_dir=root, journeys_dir=root, site_name="Vectors"
    )
    return Site(community=community, settings=settings, now=NOON)


def _richer(random_: random.Random, community: Community) -> Community:
    """With consents that end, texts beyond ASCII, people without room, and meetups at several times."""

    def member(one: Member) -> Member:
        consent = one.consent
        if consent is not None and random_.random() < 0.3:
            consent = replace(consent, until=TODAY + timedelta(days=random_.randint(0, 20)))
        page = next(iter(one.pages.values()))
        page = replace(page, bio=f"{page.bio} {_anything(random_)}", welcome=random_.choice(("", "Hi")))
        return replace(one, consent=consent, pages={page.language: page}, welcomes=random_.choice((0, 3, 3, 3)))

    def meetup(one: Meetup) -> Meetup:
        starts = datetime(2026, 11, random_.randint(20, 30), random_.choice((9, 18)))  # noqa: DTZ001 (wall time)
        place = random_.choice((*PLACES, None))
        zone = random_.choice(("UTC", "Africa/Lagos"))
        return replace(one, starts=starts, rrule=random_.choice(("", "FREQ=WEEKLY")), place=place, timezone=zone)

    members = {slug: member(one) for slug, one in community.members.items()}
    stories = {
        slug: replace(one, body=f"{one.body} {_anything(random_)} {_anything(random_)}")
        for slug, one in community.stories.items()
    }
    return replace(
        community,
        members=members,
        stories=stories,
        meetups={slug: meetup(one) for slug, one in community.meetups.items()},
        full_until={slug: TODAY + timedelta(days=random_.randint(-1, 9)) for slug in random_.sample([*members], 5)},
    )


def _newcomer(random_: random.Random, number: int) -> Newcomer:
    newcomer = a_newcomer(random_)
    words = " ".join(random_.choices(WORDS, k=random_.randint(0, 9)))
    text = random_.choice((newcomer.text, words, f"{words} {_anything(random_)}", _anything(random_), words.upper()))
    return replace(
        newcomer,
        id=f"n{number} {_character(random_)}",
        text=text,
        topics=random_.choice((newcomer.topics, ("ｄｏｃｓ", "CAFE\u0301"), (_anything(random_),))),
        timezone=newcomer.timezone or "Africa/Lagos",
    )


def _anything(random_: random.Random) -> str:
    return " ".join(
        random_.choice((random_.choice(UNSAID), random_.choice(WORDS) + _character(random_), _character(random_)))
        for _ in range(random_.randint(0, 6))
    )


def _character(random_: random.Random) -> str:
    code = random_.choice((random_.randint(0x80, 0x2FFF), random_.randint(0x80, 0xFFFF), random_.randint(0, 0x10FFFF)))
    return "s" if 0xD800 <= code < 0xE000 else chr(code)


def _said(folder: int, newcomer: Newcomer, near_km: float | None) -> dict[str, Any]:
    said = said_by(newcomer)
    place = newcomer.place
    point = place is not None and place.precise and place.lat is not None and place.lon is not None
    return {
        "folder": str(folder),
        "near": near_km or 0,
        "text": said.text,
        "challenges": said.challenges,
        "topics": said.topics,
        "roles": said.roles,
        "languages": [one.split("-")[0].lower() for one in said.languages],
        "country": said.country,
        "at": vector_of(place),
        "cell": geohash(place.lat, place.lon, LONGEST) if point else "",  # type: ignore[union-attr,arg-type]
        "zone": said.zone,
        "newcomer": newcomer.id,
    }


def _ranked(
    tab: Page, vectors: Vectors, said: list[dict[str, Any]], now: datetime, change: tuple[str, int] | None = None
) -> list[dict[str, Any]]:
    """What the script makes of them. Files and texts carry them, which is quicker than a browser's protocol."""
    _write(vectors.root / "asked.json", json.dumps(said).encode())
    tab.goto(f"{vectors.address}embed/v1/style.css")
    given = {"asked": "asked.json", "now": int(now.timestamp()), "today": now.date().isoformat(), "limit": SHOWN}
    found: list[dict[str, Any]] = json.loads(tab.evaluate(RANK, {**given, "change": change}))
    return found


def _expected(embed: EmbedIndex, newcomer: Newcomer, near_km: float | None, now: datetime) -> dict[str, Any]:
    matches = match_in_shards(embed, newcomer, now=int(now.timestamp()), today=now.date(), near_km=near_km, limit=SHOWN)
    return {
        kind: [
            [match.slug, match.score, [[reason.kind, reason.value, reason.points] for reason in match.reasons]]
            for match in getattr(matches, kind)
        ]
        for kind in KINDS
    }


@pytest.mark.parametrize("each", [FIRST, pytest.param(EACH, marks=pytest.mark.soak)])
def test_thousands_of_newcomers_are_ranked_alike(tab: Page, vectors: Vectors, each: int) -> None:
    now = NOON + timedelta(days=3)  # the site is three days old: consents have ended, meetups are over
    said, expected = [], []
    for folder, (embed, newcomers) in enumerate(vectors.made):
        for number, newcomer in enumerate(newcomers[:each]):
            near_km = (None, 50.0, 0.5, 700.0, 12345.6)[number % 5]
            said.append(_said(folder, newcomer, near_km))
            expected.append(_expected(embed, newcomer, near_km, now))
    found = _ranked(tab, vectors, said, now)
    assert len(found) == len(said) == COMMUNITIES * each
    differing = [number for number in range(len(said)) if found[number] != expected[number]]
    shown = [json.dumps([said[n], found[n], expected[n]], ensure_ascii=False, indent=1) for n in differing[:2]]
    assert not differing, f"{len(differing)} differ, as\n" + "\n".join(shown)
    # The comparison is of something: all kinds are found, for every reason, and texts are told.
    kinds = {reason[0] for one in expected for kind in KINDS for match in one[kind] for reason in match[2]}
    assert kinds == {"challenge", "topic", "role", "language", "near", "country", "zone", "online", "text"}
    assert all(sum(bool(one[kind]) for one in expected) > len(said) / 2 for kind in KINDS)


@pytest.mark.parametrize("change", [("text", 1), ("language", 1), ("same_country", -1), ("even", 15)])
def test_another_rule_would_be_noticed(tab: Page, vectors: Vectors, change: tuple[str, int]) -> None:
    embed, newcomers = vectors.made[0][0], vectors.made[0][1][:150]
    expected = [_expected(embed, newcomer, None, NOON) for newcomer in newcomers]
    found = _ranked(tab, vectors, [_said(0, newcomer, None) for newcomer in newcomers], NOON, change)
    assert found != expected
    unchanged = _ranked(tab, vectors, [_said(0, newcomer, None) for newcomer in newcomers], NOON)
    assert unchanged == expected
