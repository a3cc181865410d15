"""Acknowledge by link: a link in a message that acknowledges its alarm once, until it expires.

The link holds 144 random bits and says nothing of the alarm; the database keeps only its digest, with what it is good
for. Opening it changes nothing, for chat programs and mail filters open every link they see; only the form behind it
does.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.life import journal
from alerts.life.lifecycle import State
from alerts.life.words import both
from alerts.rules.rule import Bilingual, Severity
from alerts.tables import ack_links, alarms
from alerts.telling import escalation
from campus.errors import Conflict

NAME_LIMIT = 60
KEPT = timedelta(days=30)  # so long a link that is over says so, and then it is unknown
_TOKEN = 18  # bytes
Standing = Literal["open", "done", "used", "expired", "dealt_with"]


class Links(msgspec.Struct, frozen=True):
    """Makes links to the console at ``base_url`` that are good for ``lifetime``."""

    base_url: str
    lifetime: timedelta

    def make(self, conn: sa.Connection, alarm_id: str, endpoint: str, wall: datetime) -> str:
        """A new link for one message about an alarm to one endpoint."""
        token = secrets.token_urlsafe(_TOKEN)
        row = {"digest": _digest(token), "alarm": alarm_id, "endpoint": endpoint, "expires_at": wall + self.lifetime}
        conn.execute(ack_links.insert().values(row))
        return f"{self.base_url.rstrip('/')}/ack/{token}"


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """What a link is good for, and the little of the alarm that who holds it is shown. No student is named."""

    alarm: str
    school: str
    endpoint: str
    standing: Standing
    expires_at: datetime
    severity: Severity
    state: State
    title: Bilingual
    raised_at: datetime


def look(conn: sa.Connection, token: str, wall: datetime) -> Linked | None:
    """What the link is good for at ``wall``; None for one that was never made or is long over."""
    query = sa.select(ack_links, alarms).join_from(ack_links, alarms, alarms.c.id == ack_links.c.alarm)
    row = conn.execute(query.where(ack_links.c.digest == _digest(token))).mappings().first()
    if row is None:
        return None
    standing: Standing = "open"
    if row["used_at"] is not None:
        standing = "used"
    elif wall >= row["expires_at"]:
        standing = "expired"
    elif row["state"] not in escalation.WAITING:
        standing = "dealt_with"
    return Linked(
        alarm=row["alarm"],
        school=row["school"],
        endpoint=row["endpoint"],
        standing=standing,
        expires_at=row["expires_at"],
        severity=row["severity"],
        state=row["state"],
        title=both(row["title_zh"], row["title_en"]),
        raised_at=row["raised_at"],
    )


def use(conn: sa.Connection, token: str, name: str, address: str, now: datetime, wall: datetime) -> Linked | None:
    """Acknowledge by the link in the name of who holds it; return what it stands at now, None for an unknown one.

    ``name`` is what the person calls himself (1 to 60 characters, else `Conflict`) and stands in the alarm's history;
    ``address`` where the request came from, kept with the link. ``now`` is the school's time, ``wall`` the network's.
    """
    said = " ".join(name.split())
    if not 0 < len(said) <= NAME_LIMIT:
        raise Conflict(f"a name of 1 to {NAME_LIMIT} characters is needed")
    found = look(conn, token, wall)
    if found is None or found.standing != "open":
        return found
    mine = (ack_links.c.digest == _digest(token), ack_links.c.used_at.is_(None))
    taken = conn.execute(ack_links.update().where(*mine).values(used_at=wall, used_from=address[:64]))
    if taken.rowcount != 1:
        return msgspec.structs.replace(found, standing="used")
    by = f"link:{found.endpoint}"[:64]
    state = journal.take(conn, found.alarm, "acknowledge", "by_link", by, now, said, assigned_to=by)
    return msgspec.structs.replace(found, standing="done", state=state)


def forget_before(conn: sa.Connection, moment: datetime) -> int:
    """Delete links that expired before ``moment``; return how many."""
    return conn.execute(ack_links.delete().where(ack_links.c.expires_at < moment)).rowcount


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
