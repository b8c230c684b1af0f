"""`alongside snippet`: what to paste into a product, so that a moment appears there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from alongside.cli.options import config_file, output_format, reports_errors
from alongside.model.community import Community
from alongside.model.journeys import Journey, Moment
from alongside.problems import UsageError, did_you_mean
from alongside.reading.loader import load_community
from alongside.reading.settings_file import read_settings, relative
from alongside.rendering.embeds.snippets import (
    EXAMPLE_HOST,
    WAYS,
    Subject,
    Way,
    origin_of,
    render_snippet,
    snippet_text,
)


@click.command(
    "snippet",
    epilog="""\b
Examples:
  alongside snippet
  alongside snippet sign-up
  alongside snippet first-month/sign-up --for react
  alongside snippet sign-up --for iframe --host https://app.example.com
  alongside snippet sign-up --for csp
  alongside snippet sign-up --format json | jq -r '.pieces[0].text'""",
)
@click.argument("moment", required=False)
@click.option("--for", "way", type=click.Choice(WAYS), default=WAYS[0], show_default=True, help="Where it will stand.")
@click.option(
    "--host", default=EXAMPLE_HOST, show_default=True, help="Your product's origin, which an iframe must know."
)
@config_file
@output_format("text", "json")
@reports_errors
def command(moment: str | None, way: Way, host: str, config_file: Path, format_: str) -> None:
    """Print what to paste into your product to show MOMENT (its id, or journey/id). Without MOMENT, list them.

    Each piece says in a comment where it goes. The script is pinned: your page runs the bytes that were there when you
    pasted it, or nothing. Nothing is built or sent.
    """
    settings, problems = read_settings(config_file)
    loaded = load_community(settings, today=datetime.now(UTC).date())
    community = loaded.community
    if moment is None:
        click.echo(_list(community, format_), nl=False)
        return
    try:
        journey, found = _find(community, moment)
    except UsageError as error:
        folder = f"{relative(settings.journeys_dir, settings.root)}/"
        if any(one.severity == "error" and one.position.path.startswith(folder) for one in loaded.problems):
            error.hint += f" What is wrong in {folder} was left out: alongside check names it."
        raise
    if not settings.site_url:
        for problem in problems:
            if problem.code == "bad-url":
                raise UsageError(str(problem))
        raise UsageError(
            f"{config_file} does not say where the site will be.",
            hint="Set site_url: other pages load the script from there. For a try on this machine: http://127.0.0.1:8000/.",
        )
    try:
        origin_of(settings.site_url)
    except ValueError as error:
        raise UsageError(
            f"No browser finds {settings.site_url}, the site_url of {config_file}.",
            hint="Write the whole address: https://community.example.org/",
        ) from error
    if way == "iframe" and found.where != "embed":
        raise UsageError(
            f"{journey.slug}/{found.id} is part of a page and has none of its own to put into a frame.",
            hint="Give it where: embed, or take --for html.",
        )
    challenge = next(iter(community.challenges), "")
    subject = Subject(settings=settings, journey=journey, moment=found, challenge=challenge, host=_origin(host))
    pieces = render_snippet(way, subject)
    if format_ == "json":
        shown = {"moment": subject.name, "for": way, "pieces": [asdict(piece) for piece in pieces]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        click.echo(snippet_text(pieces))


def _shown(community: Community) -> Mapping[str, tuple[Journey, Moment]]:
    """The moments that can stand in a product, by `journey/id`."""
    return {
        f"{journey.slug}/{moment.id}": (journey, moment)
        for journey in community.journeys.values()
        for moment in journey.moments
        if moment.where != "mail"
    }


def _list(community: Community, format_: str) -> str:
    moments = _shown(community)
    if format_ == "json":
        found = [
            {"moment": name, "where": moment.where, "show": list(moment.show), "owner": moment.owner}
            for name, (_, moment) in moments.items()
        ]
        return json.dumps({"moments": found}, ensure_ascii=False, indent=2) + "\n"
    if not moments:
        return "No journey has a moment for a product or a page: give one where: embed and show.\n"
    width = max(map(len, moments))
    owners = max(len(moment.owner) for _, moment in moments.values())
    return "".join(
        f"{name:{width}}  {moment.where:5}  {moment.owner:{owners}}  shows {', '.join(moment.show)}\n"
        for name, (_, moment) in moments.items()
    )


def _find(community: Community, name: str) -> tuple[Journey, Moment]:
    """The moment called `id` (of the first journey that has it) or `journey/id`. Raises `UsageError`."""
    moments = _shown(community)
    for full, found in moments.items():
        if name in (full, found[1].id):
            return found
    mails = {
        word
        for journey in community.journeys.values()
        for step in journey.steps
        for word in (step.id, f"{journey.slug}/{step.id}")
    }
    if name in mails:
        raise UsageError(f'The moment "{name}" is a mail.', hint=_known(moments))
    ids = [*moments, *(moment.id for _, moment in moments.values())]
    hint = f"{did_you_mean(name, ids)} {_known(moments)}".strip()
    raise UsageError(f'There is no moment "{name}".', hint=hint)


def _known(moments: Mapping[str, object]) -> str:
    if not moments:
        return "No journey has one with where: embed or where: page."
    return f"There are: {', '.join(moments)}."


def _origin(text: str) -> str:
    """An origin as browsers compare it, with nothing behind it. Raises `UsageError`."""
    text = text.strip()
    try:
        if not re.fullmatch(r"[^/?#]*://[^/?#]*/?", text):
            raise ValueError(text)
        return origin_of(text)
    except ValueError as error:
        hint = f"Write it as in {EXAMPLE_HOST} or http://localhost:3000."
        raise UsageError(f'"{text}" is no origin.', hint=hint) from error
