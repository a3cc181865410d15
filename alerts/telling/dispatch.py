"""Turns steps into messages: by which route, to whom, over which endpoints; plans what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.life.words import WHY, both
from alerts.notify.notice import Notice, Notifier, Parcel
from alerts.ports import Calendar
from alerts.rules.kinds import Rule
from alerts.rules.rule import Bilingual, Severity
from alerts.tables import alarm_recipients, alarm_steps, alarms, outbox, rule_versions
from alerts.telling import duty, escalation
from alerts.telling.ack_links import Links
from alerts.telling.duty import Nobody, People
from alerts.telling.outbox import ASKING, MACHINES, message_key
from alerts.telling.routes import EVERYONE, Facts, Level, Plan, Routes, plan
from alerts.telling.routing import addressed, decide
from campus.db import upsert

ROUTE_AT_ONCE = 200
RoutesNow = Callable[[sa.Connection], Routes]
_rule = msgspec.json.Decoder(Rule)


class Dispatcher:
    """Routes steps. ``routes`` tells those in force, ``calendar`` what a moment is, ``people`` who is behind a role.

    ``links`` makes the links by which people acknowledge; without it there are none.
    """

    def __init__(
        self,
        notifiers: Mapping[str, Notifier],
        routes: RoutesNow = lambda _conn: EVERYONE,
        calendar: Calendar | None = None,
        people: People | None = None,
        links: Links | None = None,
    ) -> None:
        self._notifiers = notifiers
        self._routes = routes
        self._calendar = calendar
        self._people = people or Nobody()
        self._links = links

    def route_steps(self, conn: sa.Connection, now: datetime, wall: datetime) -> int:
        """Make the messages of steps not routed yet, oldest first; return how many steps were routed.

        ``now`` is the school's time, ``wall`` the network's. The key of a message follows from step and endpoint alone:
        routed twice, it is still one message.
        """
        routed, routes = 0, self._routes(conn)
        waiting = _steps().where(alarm_steps.c.routed_at.is_(None)).limit(ROUTE_AT_ONCE)
        for row in conn.execute(waiting).mappings().all():
            claim = alarm_steps.update().where(alarm_steps.c.id == row["step"], alarm_steps.c.routed_at.is_(None))
            if conn.execute(claim.values(routed_at=wall)).rowcount == 1:
                self._route(conn, row, routes, now, wall)
                routed += 1
        return routed

    def stand_in(self, conn: sa.Connection, parcel: Parcel, wall: datetime) -> str | None:
        """Give a message that failed to the endpoint that stands in; return its name, None when there is none."""
        name = self._routes(conn).stand_ins.get(parcel.endpoint)
        notifier = self._notifiers.get(name) if name else None
        step = conn.execute(sa.select(outbox.c.step).where(outbox.c.id == parcel.id)).scalar()
        if notifier is None or step is None:
            return None
        row = conn.execute(_steps().where(alarm_steps.c.id == step)).mappings().one()
        _enqueue(conn, row, [notifier], _told(conn, row["alarm_id"]), wall, self._links)
        return notifier.name

    def _route(self, conn: sa.Connection, row: sa.RowMapping, routes: Routes, now: datetime, wall: datetime) -> None:
        about = (row["school"], row["place"], row["severity"], row["rule"], row["device_kind"])
        asked = plan(routes, facts_at(conn, self._calendar, now, *about))
        level = asked.level(row["level"])
        if row["action"] in ASKING and row["new"] in escalation.WAITING and row["state"] in escalation.WAITING:
            self._ask(conn, row, asked, level, now)
            if row["action"] not in ("escalate", "remind"):
                escalation.plan_timers(conn, row["alarm_id"], asked, now)
        told = _told(conn, row["alarm_id"])
        _enqueue(conn, row, self._endpoints(conn, row, asked), told, wall, self._links)

    def _ask(self, conn: sa.Connection, row: sa.RowMapping, asked: Plan, level: Level, now: datetime) -> None:
        place, class_id = row["place"], row["class_id"]
        found = duty.recipients(conn, self._people, level.to, row["school"], place, class_id, now)
        rows = [
            {
                "step": row["step"],
                "person": one.person,
                "alarm": row["alarm_id"],
                "who": one.who,
                "why": one.why,
                "route": asked.route[:300],
                "at": now,
            }
            for one in found
        ]
        upsert(alarm_recipients, conn, rows, ["step", "person"], ())

    def _endpoints(self, conn: sa.Connection, row: sa.RowMapping, asked: Plan) -> list[Notifier]:
        """The endpoints of a step: those of the level; afterwards everyone who heard of the alarm hears how it goes."""
        names, every = addressed(asked, row["level"], row["action"], self._notifiers)
        if row["action"] not in ASKING and row["action"] != "flap":
            heard = sa.select(outbox.c.endpoint).where(outbox.c.alarm == row["alarm_id"])
            names |= set(conn.execute(heard).scalars())
        step = (row["action"], row["old"], row["new"], row["severity"])
        return [
            one
            for name, one in self._notifiers.items()
            if name in names
            or (every and decide(*step, one.min_severity, current=row["state"], flapping=row["flapping"]).send)
        ]


def facts_at(
    conn: sa.Connection,
    calendar: Calendar | None,
    now: datetime,
    school: str,
    place: str | None,
    severity: Severity,
    rule: str,
    device_kind: str,
) -> Facts:
    """What routing looks at, with what ``now`` is by the school's calendar; without one it is a school day."""
    moment = calendar.moment(conn, school, now) if calendar else None
    return Facts(
        school=school,
        place=place,
        severity=severity,
        rule=rule,
        device_kind=device_kind,
        day=moment.day if moment else "school",
        parts=frozenset(moment.parts) if moment else frozenset(),
        minute=moment.minute if moment else 0,
    )


def unrouted(conn: sa.Connection) -> bool:
    """Whether steps wait to be routed."""
    waiting = sa.select(alarm_steps.c.id).where(alarm_steps.c.routed_at.is_(None)).limit(1)
    return conn.execute(waiting).first() is not None


def _steps() -> sa.Select[Any]:
    query = sa.select(alarm_steps, alarms, alarm_steps.c.id.label("step"), alarms.c.id.label("alarm_id"))
    return query.join(alarms, alarms.c.id == alarm_steps.c.alarm).order_by(alarm_steps.c.id)


def _told(conn: sa.Connection, alarm_id: str) -> tuple[str, ...]:
    query = sa.select(alarm_recipients.c.person).where(alarm_recipients.c.alarm == alarm_id)
    rows = conn.execute(query.order_by(alarm_recipients.c.step, alarm_recipients.c.person))
    return tuple(dict.fromkeys(rows.scalars()))


def _enqueue(
    conn: sa.Connection,
    row: sa.RowMapping,
    endpoints: Iterable[Notifier],
    told: tuple[str, ...],
    now: datetime,
    links: Links | None,
) -> None:
    rows = []
    for notifier in endpoints:
        # An endpoint that a route names is told whatever its severity; what rings nobody rings nobody there either.
        step = (row["action"], row["old"], row["new"], row["severity"])
        if not decide(*step, "info", current=row["state"], flapping=row["flapping"]).send:
            continue
        notice = _notice(conn, row, message_key(row["alarm_id"], row["step"], notifier.name), told)
        if links and notifier.kind not in MACHINES and row["action"] in ASKING:
            link = links.make(conn, row["alarm_id"], notifier.name, now)
            notice = msgspec.structs.replace(notice, link=link)
        rows.append(
            {
                "key": notice.key,
                "alarm": notice.alarm,
                "step": row["step"],
                "endpoint": notifier.name,
                "kind": notifier.kind,
                "body": notifier.render(notice),
                "state": "queued",
                "attempts": 0,
                "next_at": now,
                "created_at": now,
            }
        )
    upsert(outbox, conn, rows, ["key"], ())


def _notice(conn: sa.Connection, row: sa.RowMapping, key: str, told: tuple[str, ...]) -> Notice:
    mine = (rule_versions.c.rule == row["rule"], rule_versions.c.version == row["rule_version"])
    document = conn.execute(sa.select(rule_versions.c.document).where(*mine)).scalar()
    runbook: Bilingual | None = _rule.decode(document).runbook if document else None
    made = {name: row[name] for name in Notice.__struct_fields__ if name in row}
    return Notice(
        **made
        | {
            "key": key,
            "alarm": row["alarm_id"],
            "why": WHY[row["why"]],
            "title": both(row["title_zh"], row["title_en"]),
            "reason": both(row["reason_zh"], row["reason_en"]),
            "runbook": runbook,
            "told": told,
        }
    )
