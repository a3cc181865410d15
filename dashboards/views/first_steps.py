"""How far a new installation has come: school, roster, first device, rules, channels, people; each with what to do."""

from __future__ import annotations

from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.tables import rule_loads
from alerts.telling.tables import endpoints
from attendance.tables import students
from dashboards.access import accounts
from devices.tables import device_states, devices, places

Step = Literal["places", "roster", "devices", "heard", "rules", "people", "channels"]
# Who has to be there before a school day: a guard at the screen, a teacher with a roll, somebody for the devices.
NEEDED_ROLES = frozenset({"guard", "teacher", "facility"})


class FirstStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step; ``count`` is what is there already, ``missing`` the roles nobody has yet."""

    step: Step
    done: bool
    count: int
    missing: tuple[str, ...] = ()


def first_steps(conn: sa.Connection, school: str) -> tuple[FirstStep, ...]:
    """The steps in their order; all of them stay, so that a person sees what was done."""
    roles = {one.role for one in accounts.all_accounts(conn, school) if not one.disabled}
    missing = tuple(sorted(NEEDED_ROLES - roles))
    heard = (device_states.c.school == school) & device_states.c.heard_at.is_not(None)
    counts: dict[Step, int] = {
        "places": _count(conn, places, places.c.school == school),
        "roster": _count(conn, students, students.c.school == school),
        "devices": _count(conn, devices, (devices.c.school == school) & devices.c.retired_at.is_(None)),
        "heard": _count(conn, device_states, heard),
        "rules": _rules_in_force(conn),
    }
    steps = [FirstStep(step=step, done=count > 0, count=count) for step, count in counts.items()]
    steps.append(FirstStep(step="people", done=not missing, count=len(roles), missing=missing))
    channels = _count(conn, endpoints, sa.true())
    return (*steps, FirstStep(step="channels", done=channels > 0, count=channels))


def _count(conn: sa.Connection, table: sa.Table, there: sa.ColumnElement[bool]) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(there)).scalar_one())


def _rules_in_force(conn: sa.Connection) -> int:
    """As many as the engine took up last."""
    taken = sa.select(rule_loads.c.rules).where(rule_loads.c.error == "").order_by(rule_loads.c.id.desc()).limit(1)
    return int(conn.execute(taken).scalar() or 0)
