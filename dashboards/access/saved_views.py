"""Lists as a person filtered and sorted them, kept under a name and found again on any machine."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from campus import db
from campus.errors import Conflict, NotFound
from campus.ids import new_id
from dashboards.tables import saved_views as table

MOST = 30


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    """A list by its name; ``query`` is what stands after the ``?`` of the page's address."""

    id: str
    name: str
    query: str


def views_of(conn: sa.Connection, account: str, page: str) -> list[SavedView]:
    """The views a person kept of a page, by name."""
    query = sa.select(table.c.id, table.c.name, table.c.query).where(table.c.account == account, table.c.page == page)
    return [SavedView(**row) for row in conn.execute(query.order_by(table.c.name)).mappings()]


def save(conn: sa.Connection, account: str, page: str, name: str, query: str, now: datetime) -> None:
    """Keep a view; one of the same name is replaced. Raises `Conflict` when there are too many."""
    known = views_of(conn, account, page)
    if len(known) >= MOST and name not in {one.name for one in known}:
        raise Conflict(f"there are {MOST} views already; remove one first")
    row = {"id": new_id(), "account": account, "page": page, "name": name, "query": query, "saved_at": now}
    db.upsert(table, conn, [row], ["account", "page", "name"], ["query", "saved_at"])


def remove(conn: sa.Connection, account: str, view_id: str) -> None:
    """Forget a view of one's own; raises `NotFound`."""
    if conn.execute(table.delete().where(table.c.id == view_id, table.c.account == account)).rowcount == 0:
        raise NotFound(f"there is no view {view_id}")
