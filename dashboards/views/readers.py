"""Which rows the live stream reads for which topic of the change log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from campus.changes import Change
from dashboards.deps import Deps
from dashboards.live import RowReader
from dashboards.views import alarms, devices, leave, roll, site


def readers(deps: Deps) -> Mapping[str, RowReader]:
    """A reader for each topic: from a batch of changes of this school to rows by the changes' keys."""
    school, zone = deps.school.id, deps.school.zone

    def read_alarms(conn: sa.Connection, found: Sequence[Change]) -> Mapping[str, msgspec.Struct]:
        return alarms.rows_changed(conn, school, found)

    def read_roll(conn: sa.Connection, found: Sequence[Change]) -> Mapping[str, msgspec.Struct]:
        return roll.lines_changed(conn, school, found, zone, deps.clock.now())

    def read_devices(conn: sa.Connection, found: Sequence[Change]) -> Mapping[str, msgspec.Struct]:
        return devices.lines_changed(conn, school, found, deps.clock.now())

    def read_site(conn: sa.Connection, found: Sequence[Change]) -> Mapping[str, msgspec.Struct]:
        total = site.on_site(conn, school, zone, deps.clock.now()).total
        return {change.key: total for change in found}

    def read_leave(conn: sa.Connection, found: Sequence[Change]) -> Mapping[str, msgspec.Struct]:
        return leave.choices_changed(conn, school, found)

    return {"alarm": read_alarms, "roll": read_roll, "device": read_devices, "site": read_site, "leave": read_leave}
