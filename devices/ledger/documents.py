"""Papers of a device: invoices, manuals and certificates as files, or links to where they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound
from campus.ids import new_id
from devices.ledger import registry_changes
from devices.ledger.assets import refuse_unknown
from devices.ledger.attachments import Kept
from devices.ledger.registry_changes import RegistryChange
from devices.ledger.tables import device_documents as table

MOST = 50  # papers of one device


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One paper; ``link`` is empty for a file that is kept here. ``size`` in bytes."""

    id: str
    device: str
    title: str
    link: str
    media: str
    size: int
    sha256: str
    added_at: datetime
    added_by: str


def add_file(conn: sa.Connection, school: str, device: str, title: str, kept: Kept, by: str, now: datetime) -> Document:
    """Put a file that was kept among the papers of a device; raises `NotFound` and `Conflict`."""
    made = Document(
        id=kept.id, device=device, title=title, link="", media=kept.media, size=kept.size, sha256=kept.sha256,
        added_at=now, added_by=by,
    )  # fmt: skip
    return _add(conn, school, made)


def add_link(conn: sa.Connection, school: str, device: str, title: str, link: str, by: str, now: datetime) -> Document:
    """Put a link among the papers of a device; raises `NotFound` and `Conflict`."""
    if not link.startswith(("https://", "http://")):
        raise Conflict(f"{link!r} is no web address; it begins with https:// or http://")
    made = Document(
        id=new_id(), device=device, title=title, link=link, media="", size=0, sha256="", added_at=now, added_by=by
    )
    return _add(conn, school, made)


def documents(conn: sa.Connection, school: str, device: str) -> list[Document]:
    """The papers of a device, the newest first."""
    query = _select().where(*_there(school, device)).order_by(table.c.id.desc())
    return [Document(**row) for row in conn.execute(query).mappings()]


def get(conn: sa.Connection, school: str, device: str, id_: str) -> Document:
    """One paper; raises `NotFound`."""
    row = conn.execute(_select().where(*_there(school, device), table.c.id == id_)).mappings().first()
    if row is None:
        raise NotFound(f"{device!r} has no document {id_!r}")
    return Document(**row)


def remove(conn: sa.Connection, school: str, device: str, id_: str, by: str, now: datetime) -> Document:
    """Take a paper away; its row stays, its file is the caller's to drop. Raises `NotFound`."""
    gone = get(conn, school, device, id_)
    conn.execute(table.update().where(table.c.id == id_).values(removed_at=now))
    _note(conn, school, RegistryChange(key=device, field="document", old=gone.title, new=None, at=now, by=by))
    return gone


def _add(conn: sa.Connection, school: str, made: Document) -> Document:
    refuse_unknown(conn, school, made.device)
    if len(documents(conn, school, made.device)) >= MOST:
        raise Conflict(f"{made.device!r} has {MOST} documents; remove one that is not needed any more")
    conn.execute(table.insert().values(school=school, **msgspec.structs.asdict(made)))
    change = RegistryChange(
        key=made.device, field="document", old=None, new=made.title, at=made.added_at, by=made.added_by
    )
    _note(conn, school, change)
    return made


def _note(conn: sa.Connection, school: str, change: RegistryChange) -> None:
    registry_changes.note(conn, school, "device", [change])


def _there(school: str, device: str) -> tuple[Any, ...]:
    return table.c.school == school, table.c.device == device, table.c.removed_at.is_(None)


def _select() -> sa.Select[Any]:
    return sa.select(*(table.c[field] for field in Document.__struct_fields__))
