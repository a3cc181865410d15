"""Names of the people behind account ids, for histories and time lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from alerts.rules.revisions import TextRevision
from dashboards.tables import accounts


def account_names(conn: sa.Connection, school: str) -> Mapping[str, str]:
    """The name of every account of a school by its id, also of disabled ones: they acted once."""
    query = sa.select(accounts.c.id, accounts.c.name).where(accounts.c.school == school)
    return {row.id: row.name for row in conn.execute(query)}


def with_names(found: Sequence[TextRevision], names: Mapping[str, str]) -> tuple[TextRevision, ...]:
    """Revisions with the name of who made each, where it was an account."""
    return tuple(msgspec.structs.replace(one, made_by=names.get(one.made_by, one.made_by)) for one in found)
