"""What a shared thing is worth, in points; the only place where matching is tuned.

A point is a thousandth of the cosine between two texts, so every other signal is weighed against words: on real pairs
of newcomer and mentor the texts carry most of the signal, and a shared country a little on top.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Points for each kind of likeness. Rare things count up to `rarity_percent` more than common ones."""

    text: int = 1000  # for texts that are the same; real ones reach 50 to 300
    challenge: int = 90  # each shared challenge
    topic: int = 30
    role: int = 40
    rarity_percent: int = 100
    language: int = 40  # a shared language that is not the community's own
    no_language_percent: int = 35  # what is left of the score where nobody would understand the other
    country: int = 40  # people: the same country
    city: int = 70  # people: within the first band, instead of the country's
    # Groups and meetups: where they are decides more. (kilometres, points), nearest first
    bands: tuple[tuple[int, int], ...] = ((10, 400), (50, 320), (150, 180), (500, 70))
    same_country: int = 130  # groups and meetups that are farther, or whose place is a country
    same_zone: int = 40  # online ones whose clock the newcomer shares
    online: int = 60  # reachable from anywhere
    elsewhere_percent: int = 25  # what is left for a gathering one would have to fly to


WEIGHTS = Weights()
