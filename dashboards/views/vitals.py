"""Reads the facts about the platform's own health that `dashboards.vitals` judges."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from alerts.life.queries import disabled_endpoints
from alerts.tables import outbox
from attendance.roster.log import standing
from campus import __version__, db
from campus.errors import SettingsError
from campus.tables import backup_runs, dead_letters, program_beats, series_spool
from dashboards.deps import Deps
from dashboards.views.platform import problem_of
from dashboards.vitals import Beat, Facts, Vital, Waiting, judge
from devices.tables import device_states
from devices.trust.authority import ends_at


def vitals(deps: Deps) -> tuple[Vital, ...]:
    """The platform's vital signs now, what is bad first; the store of readings is asked before a transaction begins."""
    problem = bool(problem_of(deps.series))
    with db.read(deps.engine) as conn:
        return judge(_facts(conn, deps, problem))


def _facts(conn: sa.Connection, deps: Deps, series_problem: bool) -> Facts:
    now, school = deps.clock.now(), deps.school.id
    trouble = standing(conn, school).trouble
    mine = device_states.c.school == school
    return Facts(
        now=now,
        wall=deps.wall.now(),
        version=__version__,
        heard_at=conn.execute(sa.select(sa.func.max(device_states.c.heard_at)).where(mine)).scalar(),
        series_problem=series_problem,
        spool=_waiting(conn, series_spool.c.at),
        outbox=_waiting(conn, outbox.c.created_at, outbox.c.state == "queued"),
        channels_off=tuple((one.name, one.disabled_at) for one in disabled_endpoints(conn)),
        dead_today=_dead_since(conn, now - timedelta(days=1)),
        roster_trouble=trouble.began_at if trouble else None,
        certificates=tuple((path.name, _ends(path)) for path in deps.certificates),
        disk_free=_free(deps.dashboards.files),
        database_bytes=_size(conn),
        backup_at=conn.execute(sa.select(sa.func.max(backup_runs.c.at))).scalar(),
        beats=tuple(_beats(conn)),
    )


def _waiting(conn: sa.Connection, since: sa.Column[datetime], *where: sa.ColumnElement[bool]) -> Waiting:
    number, oldest = conn.execute(sa.select(sa.func.count(), sa.func.min(since)).where(*where)).one()
    return Waiting(number, oldest)


def _dead_since(conn: sa.Connection, since: datetime) -> int:
    times = sa.select(sa.func.coalesce(sa.func.sum(dead_letters.c.times), 0)).where(dead_letters.c.last_at >= since)
    return int(conn.execute(times).scalar_one())


def _beats(conn: sa.Connection) -> list[Beat]:
    columns = (program_beats.c.program, program_beats.c.version, program_beats.c.beat_at)
    return [Beat(*row) for row in conn.execute(sa.select(*columns).order_by(program_beats.c.program))]


def _ends(path: Path) -> datetime | None:
    try:
        return ends_at(path)
    except SettingsError:
        return None


def _free(folder: Path) -> int | None:
    """Bytes free where the platform writes; the folder itself may not be there yet."""
    there = next((one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()), None)
    return shutil.disk_usage(there).free if there else None


def _size(conn: sa.Connection) -> int | None:
    """Bytes of the database."""
    if conn.dialect.name == "postgresql":
        return int(conn.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = int(conn.exec_driver_sql("PRAGMA page_count").scalar_one())
    return pages * int(conn.exec_driver_sql("PRAGMA page_size").scalar_one())
