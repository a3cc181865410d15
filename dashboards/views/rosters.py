"""How current the roster is, for the administrator: every import, what it changed, why one was refused."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from attendance.roster import log as roster_log
from attendance.roster.log import ImportEntry

SHOWN = 50


class RosterImports(msgspec.Struct, frozen=True, kw_only=True):
    """The newest imports, the last one first; ``trouble``: the newest one was refused or failed, and nothing since."""

    last_good: ImportEntry | None
    trouble: ImportEntry | None
    imports: tuple[ImportEntry, ...]


def roster_imports(conn: sa.Connection, school: str) -> RosterImports:
    """The imports of an installation whose own school is ``school``; a reason names ids, never people."""
    found = roster_log.standing(conn, school)
    newest = roster_log.recent(conn, school, SHOWN)
    return RosterImports(last_good=found.last_good, trouble=found.trouble, imports=tuple(newest))
