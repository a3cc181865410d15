"""Who may take an alarm from a guard: the people with the right to act on alarms, and what a step said of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict
from dashboards.access import accounts
from dashboards.access.roles import may


class Taker(msgspec.Struct, frozen=True):
    """Somebody an alarm can be given to; ``me``: it is the one who asks."""

    id: str
    name: str
    me: bool = False


def takers(conn: sa.Connection, school: str, asking: str = "") -> list[Taker]:
    """The people of a school who may act on alarms and are not disabled, by name."""
    able = [one for one in accounts.all_accounts(conn, school) if may(one.role, "alarms.act") and not one.disabled]
    return sorted((Taker(one.id, one.name, one.id == asking) for one in able), key=lambda taker: taker.name)


def taker(conn: sa.Connection, school: str, account_id: str) -> Taker:
    """The one with this account; raises `Conflict` when that person cannot take an alarm."""
    found = next((one for one in takers(conn, school) if one.id == account_id), None)
    if found is None:
        raise Conflict("this person cannot take alarms; choose one of those listed at /api/v1/alarms/takers")
    return found


def named_note(note: str, names: Mapping[str, str]) -> str:
    """The note of an assignment or hand-over, which begins with an account's id, with that person's name instead."""
    account, colon, words = note.partition(":")
    return names.get(account, account) + colon + words
