"""What cameras say is wrong with their pictures, from `camera.tamper` events, until they take it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from campus import db
from campus.envelope import Envelope
from campus.events import CameraTamper
from devices.health.tables import picture_faults as faults


def note_pictures(conn: sa.Connection, batch: Sequence[Envelope]) -> None:
    """Keep what became wrong, with since when; drop what is well again."""
    for envelope in batch:
        body = envelope.body
        if not isinstance(body, CameraTamper):
            continue
        if body.active:
            row = {"school": envelope.school, "device": envelope.device, "kind": body.kind, "since": envelope.at}
            db.upsert(faults, conn, [row], ["school", "device", "kind"], [])
        else:
            mine = (faults.c.school == envelope.school) & (faults.c.device == envelope.device)
            conn.execute(faults.delete().where(mine, faults.c.kind == body.kind))


def faults_of(conn: sa.Connection, school: str, cameras: Sequence[str]) -> list[tuple[str, str, datetime]]:
    """(camera, kind, begin) of all that is wrong with the pictures of ``cameras`` now."""
    query = sa.select(faults.c.device, faults.c.kind, faults.c.since)
    query = query.where(faults.c.school == school, faults.c.device.in_(cameras))
    return [(camera, kind, since) for camera, kind, since in conn.execute(query)]
