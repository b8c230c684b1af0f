"""What became of newcomers in the host product, as it tells us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from alongside.delivery.addresses import AddressError, normalise_address
from alongside.delivery.rows import insert_into
from alongside.delivery.schema import newcomers, outcomes
from alongside.model.community import Community


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something a newcomer did, as the host product tells it."""

    name: str  # "converted"
    email: str = ""
    product_id: str = ""  # instead of the address
    happened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What it did."""

    status: Literal["recorded", "already", "unknown"]


def tell(connection: Connection, key: bytes, told: Told, *, community: Community, now: datetime) -> Effect:
    """Keep the outcome; told twice it does nothing more."""
    del key, community  # of what it does to journeys
    kept = [
        connection.execute(
            insert_into(connection, outcomes).on_conflict_do_nothing(),
            {"newcomer_id": number, "name": told.name, "happened_at": told.happened_at, "told_at": now},
        ).rowcount
        for number in _find(connection, told)
    ]
    return Effect(status="recorded" if any(kept) else "already" if kept else "unknown")


def _find(connection: Connection, told: Told) -> list[int]:
    if not told.email:
        wanted = newcomers.c.profile["id"].as_string() == told.product_id
        return list(connection.scalars(select(newcomers.c.id).where(wanted)))
    try:
        address = normalise_address(told.email)
    except AddressError:
        return []
    return list(connection.scalars(select(newcomers.c.id).where(newcomers.c.address == address)))
