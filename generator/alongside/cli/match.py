"""`alongside match`: who and what fits a newcomer, and why."""

from __future__ import annotations

import json
from pathlib import Path

import click

from alongside.cli.options import clock, config_file, now, output_format, report_problems, reports_errors, wants_colour
from alongside.matching.index import build_index
from alongside.matching.matches import Match, Matches, match_newcomer
from alongside.matching.shard_matches import match_in_shards
from alongside.model.community import Community
from alongside.planning.occurrences import first_instants
from alongside.problems import UsageError
from alongside.reading.loader import load_community
from alongside.reading.newcomers import read_profile
from alongside.reading.settings_file import read_settings
from alongside.rendering.embeds.shards import embed_index_of
from alongside.rendering.interface import About, reason_texts
from alongside.rendering.tracking import Site

ABOUT: dict[str, About] = {"members": "member", "stories": "story", "groups": "group", "meetups": "meetup"}
KINDS = tuple(ABOUT)


@click.command(
    "match",
    epilog="""\b
Examples:
  alongside match --as journeys/newcomers/beatriz.yml
  alongside match --as profile.yml --limit 3 --near 50
  alongside match --as profile.yml --embed          # what the script of an embed would choose
  alongside match --as profile.yml --format json | jq '.members[0]'""",
)
@config_file
@click.option("--as", "profile", type=click.Path(path_type=Path), required=True, help="The newcomer's profile (YAML).")
@click.option("--limit", type=click.IntRange(min=1), default=5, show_default=True, help="How many of each kind.")
@click.option("--near", "near_km", type=click.FloatRange(min=1), help="Groups and meetups within so many kilometres.")
@click.option("--embed", is_flag=True, help="What an embed would show: members with room, groups in reach.")
@output_format("text", "json")
@now
@reports_errors
def command(
    config_file: Path, profile: Path, limit: int, near_km: float | None, embed: bool, format_: str, now_text: str | None
) -> None:
    """Show the members, stories, groups and meetups that fit a newcomer, each with its score and reasons.

    Nothing is assigned and nothing is stored. A score is worth comparing within one list only.
    """
    instant = clock(now_text).now
    settings, _ = read_settings(config_file)
    community = load_community(settings, today=instant.date()).community
    newcomer, problems = read_profile(profile, community, settings)
    report_problems(problems)
    if newcomer is None:
        raise UsageError(f"{profile} holds no profile that can be used.", hint="The lines above say what to mend.")
    if embed:
        site = Site(community=community, settings=settings, now=instant)
        seconds, today = int(instant.timestamp()), instant.date()
        matches = match_in_shards(
            embed_index_of(site), newcomer, now=seconds, today=today, near_km=near_km, limit=limit
        )
    else:
        matches = match_newcomer(
            build_index(community, today=instant.date()),
            newcomer,
            upcoming=first_instants(community, now=instant),
            limit=limit,
            near_km=near_km,
        )
    language = newcomer.languages[0] if newcomer.languages else community.language
    if format_ == "json":
        click.echo(json.dumps(_as_json(matches, community), ensure_ascii=False, indent=2))
    else:
        click.echo(_as_text(matches, community, language, colour=wants_colour()), nl=False)


def _entries(matches: Matches, kind: str) -> tuple[Match, ...]:
    found: tuple[Match, ...] = getattr(matches, kind)
    return found


def _as_json(matches: Matches, community: Community) -> dict[str, list[dict[str, object]]]:
    return {
        kind: [
            {
                "slug": match.slug,
                "score": match.score,
                "reasons": list(reason_texts(match.reasons, community.language, community, ABOUT[kind])),
                "signals": [
                    {"kind": reason.kind, "value": reason.value, "points": reason.points} for reason in match.reasons
                ],
            }
            for match in _entries(matches, kind)
        ]
        for kind in KINDS
    }


def _as_text(matches: Matches, community: Community, language: str, *, colour: bool) -> str:
    def style(text: str, **how: bool) -> str:
        return click.style(text, **how) if colour else text

    lines: list[str] = []
    for kind in KINDS:
        entries = _entries(matches, kind)
        lines += ["", style(kind.capitalize(), bold=True)] if lines else [style(kind.capitalize(), bold=True)]
        if not entries:
            lines.append(style("     none", dim=True))
        for match in entries:
            name = _name(community, kind, match.slug, language)
            lines.append(f"{match.score:5}  {name}  {style(match.slug, dim=True)}")
            told = reason_texts(match.reasons, language, community, ABOUT[kind])
            lines += [f"       {style(text, dim=True)}" for text in told]
    return "\n".join(lines) + "\n"


def _name(community: Community, kind: str, slug: str, language: str) -> str:
    if kind == "members":
        return community.members[slug].name
    if kind == "stories":
        return community.stories[slug].title
    if kind == "groups":
        return community.groups[slug].name.text(language)
    return community.meetups[slug].title.text(language)
