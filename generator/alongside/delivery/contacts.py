"""Members' addresses. They are never in `content/`, which is public; here they wait for notes to be relayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from alongside.delivery.addresses import normalise_address
from alongside.delivery.schema import contacts, newcomers


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
        connection.execute(
            update(contacts).where(contacts.c.member == slug).values(address=address, imported_at=now, bounced_at=None)
        )
    return len(new), len(changed)


def list_contacts(connection: Connection, *, resolve: Callable[[str], str]) -> dict[str, str]:
    """Addresses by member's slug of today, in the order of slugs."""
    rows = connection.execute(select(contacts.c.member, contacts.c.address)).all()
    # What stands under today's slug was imported later than what stands under a former one.
    renamed = {resolve(slug): address for slug, address in rows if resolve(slug) != slug}
    return dict(sorted({**renamed, **{slug: address for slug, address in rows if resolve(slug) == slug}}.items()))


def find_contact(connection: Connection, member: str, *, resolve: Callable[[str], str]) -> str:
    """The address of a member (a slug of today) that takes mail; empty for none."""
    rows = connection.execute(select(contacts.c.member, contacts.c.address, contacts.c.bounced_at)).all()
    # What stands under today's slug was imported later than what stands under a former one.
    for row in sorted(rows, key=lambda row: row.member != member):
        if resolve(row.member) == member:
            return "" if row.bounced_at is not None else row.address
    return ""


def find_member(connection: Connection, address: str, *, resolve: Callable[[str], str]) -> str:
    """The member (a slug of today) with that address (normalised); empty for nobody, or for several."""
    found = {
        resolve(slug) for slug in connection.scalars(select(contacts.c.member).where(contacts.c.address == address))
    }
    return found.pop() if len(found) == 1 else ""


def reachable_members(connection: Connection, *, resolve: Callable[[str], str]) -> dict[str, str]:
    """Addresses that take mail, by member's slug of today."""
    rows = connection.execute(select(contacts.c.member, contacts.c.address, contacts.c.bounced_at)).all()
    chosen = {resolve(row.member): row for row in sorted(rows, key=lambda row: row.member == resolve(row.member))}
    return {slug: row.address for slug, row in chosen.items() if row.bounced_at is None}


def contact_bounced(connection: Connection, member: str, *, resolve: Callable[[str], str], now: datetime) -> None:
    """There is no such mailbox: nothing goes to that member (a stored slug) until another address is imported."""
    held = connection.scalars(select(contacts.c.member)).all()
    theirs = [slug for slug in held if resolve(slug) == resolve(member)]  # also under a former slug
    connection.execute(
        update(contacts).where(contacts.c.member.in_(theirs), contacts.c.bounced_at.is_(None)).values(bounced_at=now)
    )


def member_bounced(connection: Connection, newcomer_id: int, *, resolve: Callable[[str], str], now: datetime) -> None:
    """The same of the member who welcomes that newcomer."""
    member = connection.scalar(select(newcomers.c.member).where(newcomers.c.id == newcomer_id))
    if member:
        contact_bounced(connection, member, resolve=resolve, now=now)


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
