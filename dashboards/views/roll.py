"""A class's roll as the class teacher sees it, and its single lines for the live stream."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import queries
from attendance.policy import MACHINE
from attendance.queries import MarkEntry, RollLine, SessionInfo
from attendance.register import corrections
from attendance.register.tables import sessions
from attendance.tables import bells
from campus import changes
from campus.changes import Change
from campus.errors import NotFound
from campus.settings import School
from dashboards.access.accounts import Account
from dashboards.access.roles import may
from dashboards.views.classes import own_class, own_classes
from dashboards.views.people import account_names
from devices.queries import device_list


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate is called, for the reasons of marks."""

    id: str
    name_zh: str
    name_en: str


class DaySession(msgspec.Struct, frozen=True, kw_only=True):
    """A session of the day one can turn to: arrival, morning exercise, a lesson ..."""

    id: str
    kind: str
    period: str
    name_zh: str
    name_en: str
    state: str


class OwnClass(msgspec.Struct, frozen=True, kw_only=True):
    """A class the teacher can turn to."""

    id: str
    title: str


class Roll(msgspec.Struct, frozen=True, kw_only=True):
    """The roll of a class on a day, exceptions first; ``seen`` is the newest change it holds.

    ``locked_at`` is None while its teachers may correct it; ``override`` when the reader may do so all the same.

    Evidence in the lines names gates by id and moments in epoch milliseconds; ``by`` is "machine" or a person's name.
    """

    seen: int
    now: datetime
    class_id: str
    class_title: str
    day: date
    today: date
    locked_at: datetime | None
    override: bool
    session: SessionInfo | None
    sessions: tuple[DaySession, ...]
    lines: tuple[RollLine, ...]
    gates: tuple[Gate, ...]
    classes: tuple[OwnClass, ...]


def roll_of(
    conn: sa.Connection,
    account: Account,
    class_id: str,
    day: date,
    now: datetime,
    rules: School,
    session_id: str | None = None,
) -> Roll:
    """The roll of one of the account's own classes, of its arrival or of ``session_id``; raises `NotFound`."""
    if own_class(conn, account, class_id) is None:
        raise NotFound(f"class {class_id!r} is none of yours")
    seen = changes.last_id(conn)
    view = queries.roll(conn, account.school, class_id, day, session_id)
    return Roll(
        seen=seen,
        now=now,
        class_id=class_id,
        class_title=view.title,
        day=day,
        today=now.astimezone(rules.zone).date(),
        locked_at=_locked_at(conn, view.session, now, rules),
        override=may(account.role, "roll.override"),
        session=view.session,
        sessions=_sessions(conn, account.school, class_id, day),
        lines=tuple(_named(view.lines, conn, account.school)),
        gates=gates_of(conn, account.school, now),
        classes=tuple(OwnClass(id=one.id, title=one.title) for one in own_classes(conn, account)),
    )


def _locked_at(conn: sa.Connection, session: SessionInfo | None, now: datetime, rules: School) -> datetime | None:
    if session is None:
        return None
    since = corrections.locked_at(conn, session.id, timedelta(days=rules.roll_open_days))
    return since if since <= now else None


def lines_changed(
    conn: sa.Connection, school: str, found: Sequence[Change], zone: ZoneInfo, now: datetime
) -> Mapping[str, RollLine]:
    """The lines that roll changes are about, by the changes' key ``session:student``; each class is read once."""
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for change in found:
        session, _, student = change.key.partition(":")
        wanted[change.scope, session].add(student)
    lines: dict[str, RollLine] = {}
    today = now.astimezone(zone).date()
    for (class_id, session), pupils in wanted.items():
        try:
            view = queries.roll(conn, school, class_id, today, session)
        except NotFound:
            continue  # of another day: whoever looks at that one reads it anew
        mine = [line for line in view.lines if line.student in pupils]
        lines |= {f"{session}:{line.student}": line for line in _named(mine, conn, school)}
    return lines


def line_of(conn: sa.Connection, school: str, class_id: str, session: str, student: str) -> RollLine:
    """One line of the roll that ``session`` takes; raises `NotFound`."""
    return lines_of(conn, school, class_id, session, [student])[0]


def lines_of(
    conn: sa.Connection, school: str, class_id: str, session: str, students: Collection[str]
) -> list[RollLine]:
    """Some lines of the roll that ``session`` takes; raises `NotFound` when one of them is not on it."""
    day = conn.execute(sa.select(sessions.c.day).where(sessions.c.id == session)).scalar_one()
    view = queries.roll(conn, school, class_id, day, session)
    found = [line for line in view.lines if line.student in students]
    if missing := set(students) - {line.student for line in found}:
        raise NotFound(f"student {min(missing)!r} is not on the roll of {class_id!r}")
    return _named(found, conn, school)


def history_of(conn: sa.Connection, school: str, session: str, student: str) -> list[MarkEntry]:
    """Every mark of a student in a session, the first first, with people by their names."""
    names = account_names(conn, school)
    entries = queries.mark_history(conn, session, student)
    return [msgspec.structs.replace(entry, by=names.get(entry.by, entry.by)) for entry in entries]


def _sessions(conn: sa.Connection, school: str, class_id: str, day: date) -> tuple[DaySession, ...]:
    query = sa.select(bells.c.period, bells.c.name, bells.c.name_en).where(bells.c.school == school)
    named = {row.period: (row.name, row.name_en) for row in conn.execute(query)}
    found = []
    for one in queries.day_sessions(conn, school, class_id, day):
        zh, en = named.get(one.period, (one.period, one.period))
        session = DaySession(id=one.id, kind=one.kind, period=one.period, name_zh=zh, name_en=en, state=one.state)
        found.append(session)
    return tuple(found)


def _named(lines: Sequence[RollLine], conn: sa.Connection, school: str) -> list[RollLine]:
    if all(line.by in {MACHINE, ""} for line in lines):
        return list(lines)
    names = account_names(conn, school)
    return [msgspec.structs.replace(line, by=names.get(line.by, line.by)) for line in lines]


def gates_of(conn: sa.Connection, school: str, now: datetime) -> tuple[Gate, ...]:
    """What the gates of a school are called."""
    gates = [row.device for row in device_list(conn, school, now) if row.device.kind == "gate"]
    return tuple(Gate(id=gate.id, name_zh=gate.name, name_en=gate.name_en) for gate in gates)
