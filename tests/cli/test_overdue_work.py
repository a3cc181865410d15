"""Which planned checks and tickets are past their day: what the rule `work-overdue` asks, over real tables."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from campus import db
from cli.joins.register import SchoolRegister
from devices.tables import devices
from devices.upkeep import checks, tickets

REGISTER = SchoolRegister(ZoneInfo("Asia/Shanghai"))
DAY = timedelta(days=1)
NOW = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)  # noon


def overdue(conn: sa.Connection, days_later: int) -> list[str]:
    return [one.title for one in REGISTER.overdue_work(conn, "s", NOW + days_later * DAY, DAY)]


def test_work_is_overdue_a_day_after_it_was_due_until_it_is_done(engine: sa.Engine) -> None:
    blank = {"kind": "camera", "name": "c", "name_en": "c", "model": "", "covers": ""}
    with db.write(engine) as conn:
        conn.execute(devices.insert().values(school="s", id="cam-1", **blank))
        said = checks.Plan(title="clean the lens", every=1, unit="month", first_due=date(2026, 9, 7), device="cam-1")
        check = checks.plan(conn, "s", said, "f-1", NOW)
        work = tickets.Work(title="dead", severity="urgent", device="cam-1")
        ticket = tickets.open_ticket(conn, "s", work, "f-1", NOW)
        assert ticket.due_at <= NOW + DAY
        assert overdue(conn, 0) == []
        assert overdue(conn, 1) == []
        assert overdue(conn, 3) == ["clean the lens", "dead"]
        tickets.act(conn, "s", ticket.id, tickets.Doing(act="done", outcome="repaired"), "f-1", NOW)
        checks.done(conn, "s", check.id, date(2026, 9, 7), "f-1", NOW, passed=True, note="")
        assert overdue(conn, 3) == []
