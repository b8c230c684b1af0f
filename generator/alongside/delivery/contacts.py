"""Members' addresses. They are never in `content/`, which is public; here they wait for notes to be relayed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from alongside.delivery.addresses import normalise_address
from alongside.delivery.schema import contacts


def import_contacts(connection: Connection, found: Iterable[tuple[str, str]], *, now: datetime) -> tuple[int, int]:
    """Keep (member's slug, address) pairs; what is there already is replaced. How many are (new, changed).

    Raises `AddressError` for what is no address.
    """
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


def list_contacts(connection: Connection) -> dict[str, str]:
    """Addresses by member's slug, in the order of slugs."""
    return dict(connection.execute(select(contacts.c.member, contacts.c.address).order_by(contacts.c.member)).all())
