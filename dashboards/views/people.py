"""Names of the people behind account ids, for histories and time lines."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from dashboards.tables import accounts


def account_names(conn: sa.Connection, school: str) -> Mapping[str, str]:
    """The name of every account of a school by its id, also of disabled ones: they acted once."""
    query = sa.select(accounts.c.id, accounts.c.name).where(accounts.c.school == school)
    return {row.id: row.name for row in conn.execute(query)}
