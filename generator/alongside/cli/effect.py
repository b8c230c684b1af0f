"""`alongside effect`: what do the mails do? Those who got them beside those who were held out, and how sure that is."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from alongside.cli.homes import find_journey
from alongside.cli.options import clock, config_file, now, output_format, reports_errors, wants_colour
from alongside.cli.stores import EMPTY, Home, has_store, many, opened, read_home
from alongside.cli.tables import pad, printable, style, width
from alongside.delivery.comparisons import (
    EXAMPLE,
    FEWEST_OUTCOMES,
    FEWEST_PEOPLE,
    Comparison,
    Group,
    JourneyEffect,
    enrolled_journeys,
    read_effect,
    told_outcomes,
)
from alongside.delivery.intervals import Share
from alongside.problems import UsageError, did_you_mean
from alongside.reading.times import parse_duration
from alongside.rendering.mails.prose import wrap

COLUMNS = 80  # no line is longer
LONGEST_FORECAST = timedelta(days=3650)
NOBODY = "No comparison: nobody is held out."
NOTHING_TOLD = "Nothing was told yet of what they did: POST /events, or alongside outcomes import FILE."


@click.command(
    "effect",
    epilog="""\b
Examples:
  alongside effect
  alongside effect first-month --event converted --within "60 days"
  alongside effect --since 2026-10-01 --format csv > effect.csv""",
)
@click.argument("journey", required=False)
@click.option("--event", metavar="NAME", help="Of that event alone.  [default: all that were told]")
@click.option(
    "--within",
    "within_text",
    metavar="TIME",
    default="30 days",
    show_default=True,
    help="How long after enrolling it counts; nobody is compared before.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Who was enrolled on that day (UTC) or later.",
)
@output_format("text", "json", "csv")
@config_file
@now
@reports_errors
def command(
    journey: str | None,
    event: str | None,
    within_text: str,
    since: datetime | None,
    format_: str,
    config_file: Path,
    now_text: str | None,
) -> None:
    """Compare those who got the mails of JOURNEY (or of each) with those held out of them: who did what your product
    told, and what can be concluded from that.

    A journey holds people out with `holdout: 10%`. Everybody is compared as they were parted, also who stopped.
    """
    instant = clock(now_text).now
    within = _parse_within(within_text)
    start = since.replace(tzinfo=UTC) if since is not None else None
    home = read_home(config_file, now=instant)
    if journey is not None:
        find_journey(home.community, journey)
    found: list[JourneyEffect] = []
    if has_store(home.settings):
        with opened(home.settings) as store, store.reading() as connection:
            if event is not None:
                _check_event(event, told_outcomes(connection))
            enrolled = enrolled_journeys(connection)
            for slug in [journey] if journey is not None else _in_order(enrolled, home):
                found.append(
                    read_effect(
                        connection, store.key, slug, home.community.journeys.get(slug),
                        within=within, outcome=event, since=start, now=instant,
                    )
                )  # fmt: skip
    if format_ == "json":
        told = {"now": _iso(instant), "within_seconds": int(within.total_seconds()), "since": start and _iso(start)}
        click.echo(json.dumps({**told, "journeys": [_as_json(effect) for effect in found]}, indent=2))
    elif format_ == "csv":
        _write_csv(found)
    elif not found:
        click.echo(EMPTY)
    else:
        click.echo(_as_text(found, home, within=within, now=instant, colour=wants_colour()), nl=False)


def _parse_within(text: str) -> timedelta:
    within = parse_duration(text)
    if within is None or within <= timedelta(0):
        raise UsageError(f'--within "{text[:40]}" is no length of time.', hint='Write "30 days".')
    return within


def _check_event(event: str, told: Sequence[str]) -> None:
    """A slip of the pen must not look like something nobody did."""
    if event not in told:
        known = f"Told were: {', '.join(told)}." if told else NOTHING_TOLD
        raise UsageError(f'No event "{printable(event)[:40]}" was told yet.', hint=did_you_mean(event, told) or known)


def _in_order(enrolled: Sequence[str], home: Home) -> list[str]:
    """Authored order, then what is in the store alone."""
    authored = [slug for slug in home.community.journeys if slug in enrolled]
    return [*authored, *(slug for slug in enrolled if slug not in authored)]


# --- for a terminal ---


def _as_text(found: Sequence[JourneyEffect], home: Home, *, within: timedelta, now: datetime, colour: bool) -> str:
    time = _time_text(within)
    parts = ["\n".join(_journey_lines(effect, home, time=time, now=now, colour=colour)) for effect in found]
    judged = sum(comparison.is_judged for effect in found if effect.is_compared for comparison in effect.comparisons)
    if judged > 1:
        parts.append("\n".join(_prose(_by_chance(judged), indent="")))
    return "\n\n".join(parts) + "\n"


def _by_chance(judged: int) -> str:
    return (
        f"{judged} comparisons stand here. Where the mails do nothing at all, one in twenty looks as if they did, by "
        "chance. Decide before you look which one counts: --event NAME."
    )


def _journey_lines(effect: JourneyEffect, home: Home, *, time: str, now: datetime, colour: bool) -> Iterator[str]:
    journey = home.community.journeys.get(effect.journey)
    slug = printable(effect.journey)
    title = printable(journey.title.text(home.community.language)) if journey is not None else "no longer there"
    share = f", {effect.holdout}% held out" if effect.holdout else ""
    heading = list(wrap(f"{title}{share}", first=f"{slug}  ", rest="    ", columns=COLUMNS))
    yield style(slug, colour=colour, bold=True) + heading[0].removeprefix(slug)
    yield from heading[1:]
    yield from _prose(_deeds_text(effect))
    if not effect.is_compared:
        yield from _prose(NOBODY)
        return
    if not effect.mailed.people + effect.held_out.people and effect.first_over is not None:
        yield from _prose(_too_early_text(effect, time, effect.first_over))
        return
    yield from _prose(_compared_text(effect, time))
    if effect.changed_after is not None:
        yield from _prose(_changed_text(effect.changed_after))
    if not effect.comparisons:
        yield from _prose(NOTHING_TOLD)
    for comparison in effect.comparisons:
        yield ""
        yield from _comparison_lines(effect, comparison, time=time, now=now, colour=colour)


def _deeds_text(effect: JourneyEffect) -> str:
    deeds = effect.deeds
    return (
        f"{_people(deeds.people)}: {deeds.got_mail:,} got mail, {deeds.answered:,} answered it, {deeds.stopped:,} "
        f"stopped, {deeds.bounced:,} bounced."
    )


def _too_early_text(effect: JourneyEffect, time: str, first_over: datetime) -> str:
    mailed, held_out, day = effect.mailed, effect.held_out, first_over.date()
    return (
        f"Too early to say anything of {mailed.too_early:,} with mail and {held_out.too_early:,} without: "
        f"the first {time} are over on {day.day} {day:%B %Y}."
    )


def _compared_text(effect: JourneyEffect, time: str) -> str:
    mailed, held_out = effect.mailed, effect.held_out
    early = mailed.too_early + held_out.too_early
    told = f"Compared: {mailed.people:,} with mail, {held_out.people:,} without."
    if early:
        told += f" Too early to count: {early:,} more, enrolled less than {time} ago."
    alone = effect.deeds.people - mailed.people - held_out.people - early
    if alone:
        told += f" Not compared: {alone:,} who came while nobody was held out, or by writing to a member."
    return told


def _changed_text(changed_after: datetime) -> str:
    day = (changed_after + timedelta(days=1)).date()
    return (
        "The share held out was changed on the way. Then other people, at another time, make up each side, and that "
        f"can look like an effect. Those of one share alone: --since {day.isoformat()}"
    )


def _comparison_lines(
    effect: JourneyEffect, comparison: Comparison, *, time: str, now: datetime, colour: bool
) -> Iterator[str]:
    name = printable(comparison.outcome)
    yield f"  {style(name, colour=colour, bold=True)} within {time}"
    yield from _picture(comparison, colour=colour)
    yield from _prose(_judgement_text(comparison), indent="    ")
    needed = effect.needed(comparison)
    if needed is not None and comparison.judgement != "shown":
        yield from _prose(_needed_text(effect, comparison, needed, now), indent="    ")


def _judgement_text(comparison: Comparison) -> str:
    mailed, held_out, interval = comparison.mailed, comparison.held_out, comparison.interval
    told = f"With mail {_share_text(mailed)}, without {_share_text(held_out)}"
    between = f"95% interval {_points(interval.low)} to {_points(interval.high)}"
    match comparison.judgement:
        case "too few people":
            smaller = min(mailed.of, held_out.of)
            return f"Too few to say anything: {smaller:,} in the smaller group, fewer than {FEWEST_PEOPLE}."
        case "too few outcomes":
            count = mailed.count + held_out.count
            return f"Too few to say anything: {count:,} of all did it, fewer than {FEWEST_OUTCOMES}."
        case "not shown":
            return (
                f"{told}: {between} points. The interval includes no difference: these figures do not show an effect."
            )
        case "shown":
            more = "more" if comparison.difference > 0 else "fewer"
            return f"{told}: {_points(abs(comparison.difference))} points {more}, {between}."


def _needed_text(effect: JourneyEffect, comparison: Comparison, needed: int, now: datetime) -> str:
    """How many people it takes, and until when."""
    about = "about" if comparison.known_rate is not None else "at most about"
    text = (
        f"To see a difference of {_points(EXAMPLE)} points four times in five takes {about} {rounded(needed):,} "
        f"people with {_percent(effect.held_out_part)} of them held out"
    )
    missing = needed - comparison.mailed.of - comparison.held_out.of
    if missing <= 0:
        return f"{text}, and there are more."
    if not effect.holdout or effect.per_day is None:
        return f"{text}."
    still = missing / effect.per_day
    pace = f"{text}. At the pace so far, {effect.per_day * 30:,.0f} in 30 days, that is"
    if still > LONGEST_FORECAST.days:
        return f"{pace} more than ten years away."
    day = now + timedelta(days=still)
    return f"{pace} {day:%B %Y}."


def _prose(text: str, *, indent: str = "  ") -> Iterator[str]:
    yield from wrap(text, first=indent, rest=indent, columns=COLUMNS)


def _people(count: int) -> str:
    return many(count, "person", "people")


def _time_text(within: timedelta) -> str:
    """`30 days`; `36 hours` where that is not whole days."""
    hours = within / timedelta(hours=1)
    return many(within.days, "day") if hours % 24 == 0 else f"{hours:,.0f} hours"


def _share_text(share: Share) -> str:
    return f"{share.count:,} of {share.of:,} ({_percent(share.rate)})"


def _percent(rate: float) -> str:
    """`17%`, `9.5%`."""
    return f"{_plain(100 * rate, 1)}%"


def _points(fraction: float) -> str:
    """Hundredths: `8`, `-0.6`. What is not nothing does not look like it."""
    points, digits = 100 * fraction, 1
    while points and not round(points, digits) and digits < 6:
        digits += 1
    return _plain(points, digits)


def _plain(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(count: int) -> int:
    """Two digits that count: nobody knows it better."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return math.ceil(count / step) * step


# --- a picture of two shares ---


def _picture(comparison: Comparison, *, colour: bool) -> Iterator[str]:
    """A bar for each share, from nothing to its dot, its interval between `├` and `┤`, and the scale below.

    with mail     17%  34 of 200  ███████████├───●────┤
    without mail   9%   9 of 100  ███├─────●────────┤
                                  0%      5%     10%     15%     20%
    """
    shares = (("with mail", comparison.mailed, "green"), ("without mail", comparison.held_out, "cyan"))
    rates = [_percent(share.rate) if share.of else "-" for _, share, _ in shares]
    counts = [f"{share.count:,} of {share.of:,}" for _, share, _ in shares]
    wide = max(map(width, rates)), max(map(width, counts))
    before = [
        f"    {pad(title, 12)}  {pad(rate, wide[0], 'right')}  {pad(count, wide[1], 'right')}  "
        for (title, _, _), rate, count in zip(shares, rates, counts, strict=True)
    ]
    room = COLUMNS - width(before[0]) - 4  # the last mark of the scale stands out
    most = max(share.interval.high for _, share, _ in shares if share.of) if any(s.of for _, s, _ in shares) else 1.0
    step = _step(most)
    top = min(1.0, step * math.ceil(most / step - 1e-9))
    for head, (_, share, tone) in zip(before, shares, strict=True):
        yield head + (style(_bar(share, room, top), colour=colour, fg=tone) if share.of else "")
    yield " " * width(before[0]) + style(_scale(room, top, step), colour=colour, dim=True)


def _step(most: float) -> float:
    """Between two marks of a scale up to `most`: 1, 2, 5, 10, 20 or 25 per cent, or parts of one."""
    return next(step for step in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if most / step <= 5 + 1e-9)


def _column(rate: float, room: int, top: float) -> int:
    return round((room - 1) * min(rate, top) / top)


def _bar(share: Share, room: int, top: float) -> str:
    interval = share.interval
    low, dot, high = (_column(rate, room, top) for rate in (interval.low, share.rate, interval.high))
    cells = ["█"] * low + ["─"] * (high - low + 1)
    cells[low], cells[high], cells[dot] = "├", "┤", "●"
    return "".join(cells)


def _scale(room: int, top: float, step: float) -> str:
    line = ""
    for number in range(round(top / step) + 1):
        mark = _percent(number * step)
        line = pad(line, _column(number * step, room, top) - len(mark) // 2) + mark
    return line


# --- for programs ---


def _as_json(effect: JourneyEffect) -> dict[str, Any]:
    deeds = effect.deeds
    return {
        "slug": effect.journey,
        "holdout": effect.holdout,
        "people": deeds.people,
        "got_mail": deeds.got_mail,
        "answered": deeds.answered,
        "stopped": deeds.stopped,
        "bounced": deeds.bounced,
        "compared": effect.is_compared,
        "with_mail": _group_json(effect.mailed),
        "without_mail": _group_json(effect.held_out),
        "share_changed_after": _iso(effect.changed_after) if effect.changed_after is not None else None,
        "outcomes": [_comparison_json(effect, comparison) for comparison in effect.comparisons]
        if effect.is_compared
        else [],
    }


def _group_json(group: Group) -> dict[str, int]:
    return {"people": group.people, "too_early": group.too_early}


def _comparison_json(effect: JourneyEffect, comparison: Comparison) -> dict[str, Any]:
    interval = comparison.interval
    difference = {"rate": comparison.difference, "low": interval.low, "high": interval.high}
    return {
        "event": comparison.outcome,
        "with_mail": _share_json(comparison.mailed),
        "without_mail": _share_json(comparison.held_out),
        "judgement": comparison.judgement,
        "difference": difference if comparison.is_judged else None,
        "people_needed_for_five_points": effect.needed(comparison),
    }


def _share_json(share: Share) -> dict[str, Any]:
    interval = share.interval
    return {"count": share.count, "of": share.of, "rate": share.rate, "low": interval.low, "high": interval.high}


CSV_COLUMNS = (
    "journey", "event", "with_mail", "with_mail_of", "without_mail", "without_mail_of", "difference", "low", "high",
    "judgement",
)  # fmt: skip


def _write_csv(found: Sequence[JourneyEffect]) -> None:
    """A row for each comparison; the difference (a fraction) and its interval where there are enough people."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for effect in found:
        for comparison in effect.comparisons if effect.is_compared else ():
            mailed, held_out, interval = comparison.mailed, comparison.held_out, comparison.interval
            figures = (comparison.difference, interval.low, interval.high)
            writer.writerow(
                (
                    effect.journey, comparison.outcome, mailed.count, mailed.of, held_out.count, held_out.of,
                    *(f"{figure:.6f}" if comparison.is_judged else "" for figure in figures), comparison.judgement,
                )
            )  # fmt: skip


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
