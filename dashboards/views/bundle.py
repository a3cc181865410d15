"""The evidence bundle of an alarm with what other rooms know: who looked at it, the student's passes and marks."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from alerts.life import bundle, queries
from attendance.register.tables import marks, passes, sessions
from campus.series.store import SeriesStore
from dashboards.access.accounts import Account
from dashboards.tables import access_log, accounts
from dashboards.views.alarms import is_about_a_student

_PASS = ("at", "received_at", "gate", "place", "direction", "stated", "late", "suspect")
_MARK = ("at", "status", "why", "by", "reason", "number")


def evidence(
    conn: sa.Connection, store: SeriesStore, account: Account, alarm_id: str, now: datetime, zone: ZoneInfo
) -> bytes:
    """The ZIP for ``account``, in whose name it is made; raises `NotFound`."""
    detail = queries.alarm(conn, account.school, alarm_id)
    files = bundle.files_of(conn, store, account.school, alarm_id, now)
    files["audit.json"] = bundle.as_json(_looks(conn, account.school, alarm_id))
    if is_about_a_student(detail.alarm):
        files |= _of_student(conn, account.school, detail.alarm.subject, detail.alarm.raised_at, zone)
    span = bundle.window(detail, now)
    about = {"school": account.school, "alarm": alarm_id, "made_by": account.login, "window": span}
    return bundle.pack(files, about, now)


def _looks(conn: sa.Connection, school: str, alarm_id: str) -> list[dict[str, object]]:
    query = sa.select(access_log.c.at, accounts.c.login, accounts.c.role, access_log.c.action)
    query = query.join_from(access_log, accounts, accounts.c.id == access_log.c.account)
    mine = (access_log.c.school == school, sa.or_(
        access_log.c.subject == alarm_id, access_log.c.subject.startswith(alarm_id + " ", autoescape=True)
    ))  # fmt: skip
    return [dict(row) for row in conn.execute(query.where(*mine).order_by(access_log.c.id)).mappings()]


def _of_student(conn: sa.Connection, school: str, student: str, at: datetime, zone: ZoneInfo) -> bundle.Files:
    """Passes and marks of the local day of ``at``."""
    day = at.astimezone(zone).date()
    begins, ends = (datetime.combine(day, one, zone) for one in (time.min, time.max))
    walked = sa.select(*(passes.c[name] for name in _PASS)).where(
        passes.c.school == school, passes.c.student == student, passes.c.at >= begins, passes.c.at <= ends
    )
    given = (
        sa.select(sessions.c.period, sessions.c.kind, *(marks.c[name] for name in _MARK))
        .join_from(marks, sessions, sessions.c.id == marks.c.session)
        .where(marks.c.school == school, marks.c.student == student, sessions.c.day == day)
    )
    return {
        "passes.csv": bundle.as_csv(_PASS, conn.execute(walked.order_by(passes.c.at)).all()),
        "roll.csv": bundle.as_csv(
            ("period", "kind", *_MARK), conn.execute(given.order_by(sessions.c.opens_at, marks.c.number)).all()
        ),
    }
