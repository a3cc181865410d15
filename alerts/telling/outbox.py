"""The outbox: messages are leased, sent and done, or tried again later."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.notify import console
from alerts.notify.notice import Notifier, Parcel, Receipt
from alerts.tables import alarm_steps, alarms, deliveries, endpoint_states, outbox
from campus.db import upsert

# Seconds before the first, second, ... attempt (the schedule the Standard Webhooks specification suggests).
BACKOFF_S = (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
# Steps that ask somebody to deal with an alarm; to a machine only the repeated ones are a nuisance.
ASKING = ("raise", "unshelve", "unsuppress", "put_back", "escalate", "remind")
MACHINES = ("webhook", "mqtt")
SPARED = "not sent: the alarm was acknowledged meanwhile"
LEASE = timedelta(seconds=60)  # longer than any attempt may take


def lease(conn: sa.Connection, endpoint: str, owner: str, now: datetime) -> Parcel | None:
    """Take the next due message of ``endpoint`` for a minute; None when nothing is due."""
    free = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    due = (outbox.c.endpoint == endpoint, outbox.c.state == "queued", outbox.c.next_at <= now, free)
    order = (outbox.c.next_at, outbox.c.id)
    for candidate in conn.execute(sa.select(outbox.c.id).where(*due).order_by(*order).limit(5)).scalars().all():
        if _spare(conn, candidate, now):
            continue
        values = {"lease_until": now + LEASE, "lease_owner": owner, "attempts": outbox.c.attempts + 1}
        taken = conn.execute(outbox.update().where(outbox.c.id == candidate, *due).values(values))
        if taken.rowcount == 1:
            return _parcel(conn, candidate)
    return None


def due(conn: sa.Connection, endpoint: str, now: datetime) -> bool:
    """Whether `lease` would find something."""
    free = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    mine = (outbox.c.endpoint == endpoint, outbox.c.state == "queued", outbox.c.next_at <= now, free)
    return conn.execute(sa.select(outbox.c.id).where(*mine).limit(1)).first() is not None


def finish(
    conn: sa.Connection, parcel: Parcel, receipt: Receipt, notifier: Notifier, now: datetime, took: timedelta
) -> str:
    """Write what became of an attempt; return the state of the message: done, queued (again) or failed.

    The attempt is logged even when the lease ran out meanwhile; then the state is left to who holds it now, except that
    a message that arrived is done.
    """
    _log(conn, parcel.id, parcel.attempt, receipt, now, took)
    state, values = _outcome(parcel, receipt, now)
    mine = [outbox.c.id == parcel.id, outbox.c.state == "queued"]
    if state != "done":
        mine.append(outbox.c.lease_owner == parcel.owner)
    conn.execute(outbox.update().where(*mine).values(state=state, lease_until=None, lease_owner="", **values))
    if receipt.result == "gone":
        disable(conn, notifier, receipt.detail, now)
    if state == "failed":
        console.mark(conn, now, parcel.school, parcel.alarm)
    return state


def disable(conn: sa.Connection, notifier: Notifier, why: str, now: datetime) -> None:
    """Send nothing to this endpoint any more, until its address is another one."""
    row = {"name": notifier.name, "address": notifier.address, "disabled_at": now, "why": why[:300]}
    upsert(endpoint_states, conn, [row], ["name"], ["address", "disabled_at", "why"])


def disabled(conn: sa.Connection, notifier: Notifier) -> str | None:
    """Why nothing may be sent to this endpoint, or None."""
    mine = (endpoint_states.c.name == notifier.name, endpoint_states.c.address == notifier.address)
    why: str | None = conn.execute(sa.select(endpoint_states.c.why).where(*mine)).scalar()
    return why


def give_up(conn: sa.Connection, endpoint: str, why: str, now: datetime) -> int:
    """Fail every queued message of ``endpoint`` with its reason in the log; return how many."""
    query = sa.select(outbox.c.id, outbox.c.attempts, alarms.c.school, alarms.c.id.label("alarm"))
    query = query.join(alarms, alarms.c.id == outbox.c.alarm)
    rows = conn.execute(query.where(outbox.c.endpoint == endpoint, outbox.c.state == "queued")).all()
    for row in rows:
        _log(conn, row.id, row.attempts, Receipt(result="permanent", detail=why), now, timedelta(0))
        ended = {"state": "failed", "ended_at": now, "lease_until": None, "lease_owner": ""}
        conn.execute(outbox.update().where(outbox.c.id == row.id).values(ended))
        console.mark(conn, now, row.school, row.alarm)
    return len(rows)


def strangers(conn: sa.Connection, known: Collection[str]) -> list[str]:
    """Endpoints that have queued messages and no notifier: they were taken out of the settings."""
    query = sa.select(outbox.c.endpoint).where(outbox.c.state == "queued").distinct()
    return [name for name in conn.execute(query).scalars() if name not in known]


def _spare(conn: sa.Connection, outbox_id: int, now: datetime) -> bool:
    """End a message that asks somebody to deal with an alarm somebody deals with by now; return whether it was one.

    A machine that mirrors alarms is told every first step, in order; a person is not called for what is over.
    """
    query = sa.select(outbox.c.attempts, alarm_steps.c.action, outbox.c.kind).join_from(outbox, alarm_steps)
    query = query.join(alarms, alarms.c.id == outbox.c.alarm).where(outbox.c.id == outbox_id)
    row = conn.execute(query.where(alarms.c.acknowledged_at >= alarm_steps.c.at)).one_or_none()
    if row is None or row.action not in (("escalate", "remind") if row.kind in MACHINES else ASKING):
        return False
    _log(conn, outbox_id, row.attempts, Receipt(result="permanent", detail=SPARED), now, timedelta(0))
    ended = {"state": "spared", "ended_at": now, "lease_until": None, "lease_owner": ""}
    conn.execute(outbox.update().where(outbox.c.id == outbox_id, outbox.c.state == "queued").values(ended))
    return True


def message_key(alarm_id: str, step: int, endpoint: str) -> str:
    """The idempotency key: the same for the same step and endpoint, whoever makes it."""
    mark = hashlib.blake2s(endpoint.encode(), digest_size=4).hexdigest()
    return f"msg_{alarm_id.replace('-', '')}_{step}_{mark}"


def _parcel(conn: sa.Connection, outbox_id: int) -> Parcel:
    query = sa.select(
        outbox.c.id, outbox.c.key, alarms.c.school, outbox.c.alarm, outbox.c.endpoint, outbox.c.body,
        outbox.c.attempts.label("attempt"), outbox.c.lease_owner.label("owner"),
    ).join(alarms, alarms.c.id == outbox.c.alarm)  # fmt: skip
    return Parcel(**conn.execute(query.where(outbox.c.id == outbox_id)).mappings().one())


def _outcome(parcel: Parcel, receipt: Receipt, now: datetime) -> tuple[str, dict[str, datetime]]:
    if receipt.result == "done":
        return "done", {"ended_at": now}
    if receipt.result == "temporary" and parcel.attempt < len(BACKOFF_S):
        wait = max(float(BACKOFF_S[parcel.attempt]), receipt.retry_after_s)
        return "queued", {"next_at": now + timedelta(seconds=wait)}
    return "failed", {"ended_at": now}


def _log(conn: sa.Connection, outbox_id: int, attempt: int, receipt: Receipt, now: datetime, took: timedelta) -> None:
    conn.execute(
        deliveries.insert().values(
            outbox=outbox_id, at=now, attempt=attempt, result=receipt.result, status=receipt.status,
            detail=receipt.detail[:300], took_ms=round(took.total_seconds() * 1000),
        )
    )  # fmt: skip
