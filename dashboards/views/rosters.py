"""How current the roster is, for the administrator: every import, what it changed, why one was refused."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from attendance.roster import log as roster_log
from attendance.roster.log import ImportEntry


class RosterImports(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the imports, the last one first; ``trouble``: the newest of all was refused or failed."""

    last_good: ImportEntry | None
    trouble: ImportEntry | None
    imports: tuple[ImportEntry, ...]


def roster_imports(
    conn: sa.Connection, school: str, limit: int, before: tuple[datetime, str] | None = None
) -> RosterImports:
    """The newest ``limit`` imports of ``school``, or those before one; a reason names ids, never people."""
    found = roster_log.standing(conn, school)
    newest = roster_log.recent(conn, school, limit, before)
    return RosterImports(last_good=found.last_good, trouble=found.trouble, imports=tuple(newest))
