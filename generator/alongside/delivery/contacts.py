"""Members' addresses. They are never in `content/`, which is public; here they wait for notes to be relayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from alongside.delivery.addresses import normalise_address
from alongside.delivery.schema import contacts


def import_contacts(
    connection: Connection, found: Iterable[tuple[str, str]], *, resolve: Callable[[str], str], now: datetime
) -> tuple[int, int]:
    """Keep (member's slug, address) pairs; what is there already is replaced. How many are (new, changed).

    `resolve`: a stored slug to that of today; rows of a member whose file was renamed take the new name. Raises
    `AddressError` for what is no address.
    """
    _rename(connection, resolve)
    wanted = {slug: normalise_address(address) for slug, address in found}
    held = dict(connection.execute(select(contacts.c.member, contacts.c.address)).all())
    new = {slug: address for slug, address in wanted.items() if slug not in held}
    changed = {slug: address for slug, address in wanted.items() if slug in held and held[slug] != address}
    if new:
        rows = [{"member": slug, "address": address, "imported_at": now} for slug, address in new.items()]
        connection.execute(insert(contacts), rows)
    for slug, address in changed.items():
        connection.execute(update(contacts).where(contacts.c.member == slug).values(address=address, imported_at=now))
    return len(new), len(changed)


def list_contacts(connection: Connection, *, resolve: Callable[[str], str]) -> dict[str, str]:
    """Addresses by member's slug of today, in the order of slugs."""
    rows = connection.execute(select(contacts.c.member, contacts.c.address)).all()
    # What stands under today's slug was imported later than what stands under a former one.
    renamed = {resolve(slug): address for slug, address in rows if resolve(slug) != slug}
    return dict(sorted({**renamed, **{slug: address for slug, address in rows if resolve(slug) == slug}}.items()))


def _rename(connection: Connection, resolve: Callable[[str], str]) -> None:
    held = set(connection.scalars(select(contacts.c.member)))
    for slug in sorted(held):
        today = resolve(slug)
        if today == slug:
            continue
        if today in held:
            connection.execute(delete(contacts).where(contacts.c.member == slug))
        else:
            connection.execute(update(contacts).where(contacts.c.member == slug).values(member=today))
            held.add(today)
