"""Tries a channel: a message that says it is a test, sent by the command or, when the console asks, by the worker."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.life.words import WHY, both
from alerts.notify.notice import Notice, Notifier, Parcel, Receipt
from alerts.telling.tables import channel_tests, endpoints
from campus.db import upsert
from campus.errors import Conflict, NotFound
from campus.ids import new_id

log = logging.getLogger(__name__)
RULE = "channel-test"
WAITS = timedelta(minutes=2)  # nobody has sent it until then: no worker runs
_KEPT = 20


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint the worker sends to; ``seen_at`` is when a worker last began with it."""

    name: str
    kind: str
    min_severity: str
    seen_at: datetime


class ChannelTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test of a channel and what it met with: the endpoint's own words, never its address."""

    id: str
    endpoint: str
    state: Literal["queued", "done", "failed"]
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    detail: str


class Waiting(msgspec.Struct, frozen=True):
    """A test that somebody asked for and nobody has sent."""

    id: str
    school: str
    asked_by: str


def send(notifier: Notifier, school: str, test_id: str, by: str, now: datetime) -> Receipt:
    """Send the test message over a channel. Told as an alarm that was resolved as a test, so that no siren sounds."""
    notice = Notice(
        key=f"msg_test_{test_id.replace('-', '')}", school=school, alarm=test_id, action="resolve",
        old="unacknowledged", new="closed", why=WHY["by_person"], at=now, by=by, rule=RULE, rule_version="",
        severity="info", title=both("渠道测试，请忽略", "Channel test, nothing to do"),
        reason=both("管理员正在测试此渠道", "an administrator tries this channel"), runbook=None, subject=RULE,
        device=None, place=None, class_id=None, times=1, began_at=now, raised_at=now, outcome="test",
        expected_students=None,
    )  # fmt: skip
    parcel = Parcel(
        id=0, key=notice.key, school=school, alarm=test_id, endpoint=notifier.name, body=notifier.render(notice),
        attempt=1, owner="test",
    )  # fmt: skip
    try:
        return notifier.send(parcel)
    except Exception as error:  # whatever is wrong with a channel is what a test is for
        log.exception("notifier %s failed its test", notifier.name)
        return Receipt(result="permanent", detail=f"a fault in the notifier: {type(error).__name__}")


def register(conn: sa.Connection, notifiers: dict[str, Notifier], now: datetime) -> None:
    """Write down which endpoints there are, and forget those that are in the settings no more."""
    conn.execute(endpoints.delete().where(endpoints.c.name.not_in(list(notifiers))))
    rows = [
        {"name": one.name, "kind": one.kind, "min_severity": one.min_severity, "seen_at": now}
        for one in notifiers.values()
    ]
    upsert(endpoints, conn, rows, ["name"], ["kind", "min_severity", "seen_at"])


def channels(conn: sa.Connection) -> list[Channel]:
    """The endpoints of the worker, by name."""
    rows = conn.execute(sa.select(endpoints).order_by(endpoints.c.name)).mappings()
    return [Channel(**row) for row in rows]


def ask(conn: sa.Connection, school: str, endpoint: str, by: str, now: datetime) -> ChannelTest:
    """Have the worker test ``endpoint``; raises `NotFound` for an unknown one, `Conflict` while a test waits."""
    if endpoint not in {one.name for one in channels(conn)}:
        raise NotFound(f"there is no channel {endpoint!r}")
    give_up(conn, now)
    waiting = (channel_tests.c.endpoint == endpoint, channel_tests.c.state == "queued")
    if conn.execute(sa.select(channel_tests.c.id).where(*waiting)).first() is not None:
        raise Conflict(f"a test of {endpoint!r} is under way")
    made = ChannelTest(
        id=new_id(), endpoint=endpoint, state="queued", asked_by=by, asked_at=now, ended_at=None, detail=""
    )
    conn.execute(channel_tests.insert().values(**msgspec.structs.asdict(made), school=school))
    return made


def tests(conn: sa.Connection, school: str) -> list[ChannelTest]:
    """The newest tests that people of a school asked for, the last one first."""
    columns = [channel_tests.c[name] for name in ChannelTest.__struct_fields__]
    query = sa.select(*columns).where(channel_tests.c.school == school)
    rows = conn.execute(query.order_by(channel_tests.c.asked_at.desc()).limit(_KEPT)).mappings()
    return [ChannelTest(**row) for row in rows]


def waiting(conn: sa.Connection, endpoint: str) -> Waiting | None:
    """The test of ``endpoint`` that waits, if any."""
    columns = (channel_tests.c.id, channel_tests.c.school, channel_tests.c.asked_by)
    mine = (channel_tests.c.endpoint == endpoint, channel_tests.c.state == "queued")
    row = conn.execute(sa.select(*columns).where(*mine).limit(1)).first()
    return Waiting(*row) if row is not None else None


def finish(conn: sa.Connection, test_id: str, receipt: Receipt, now: datetime) -> None:
    """Write what became of a test; one attempt is all it has."""
    state = "done" if receipt.result == "done" else "failed"
    values = {"state": state, "detail": receipt.detail[:300], "ended_at": now}
    conn.execute(channel_tests.update().where(channel_tests.c.id == test_id).values(values))


def give_up(conn: sa.Connection, now: datetime) -> None:
    """Fail tests nobody has sent for two minutes."""
    old = (channel_tests.c.state == "queued", channel_tests.c.asked_at < now - WAITS)
    values = {"state": "failed", "detail": "no worker has taken it: does `campus alerts` run?", "ended_at": now}
    conn.execute(channel_tests.update().where(*old).values(values))
