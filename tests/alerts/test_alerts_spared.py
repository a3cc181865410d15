"""A message that calls somebody to an alarm is not sent any more once somebody deals with it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerts.life import actions
from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.tables import outbox as outbox_table
from alerts.telling import outbox
from alerts.telling.worker import AlertWorker
from campus import db
from campus.events import SensorAlarm
from tests.alerts.play import Play


class Channel:
    """An endpoint that refuses the first message for now and takes the others."""

    name = address = "there"
    min_severity = "info"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.tried: list[str] = []

    def render(self, notice: Notice) -> bytes:
        return notice.action.encode()

    def send(self, parcel: Parcel) -> Receipt:
        self.tried.append(parcel.body.decode())
        return Receipt(result="temporary" if len(self.tried) == 1 else "done", detail="busy")


def raised_refused_acknowledged(play: Play, channel: Channel) -> list[tuple[str, int]]:
    """An alarm whose first message is refused and which is acknowledged before the next attempt."""
    worker = AlertWorker(play.engine, {"there": channel}, play.clock)  # type: ignore[dict-item]
    play.handle(play.envelope("smoke-1", SensorAlarm(kind="smoke", active=True)))
    worker.run_once()
    with db.write(play.engine) as conn:
        actions.acknowledge(conn, play.the("smoke", "smoke-1").id, "guard-1", play.clock.now())
    play.clock.advance(timedelta(seconds=outbox.BACKOFF_S[1]))
    worker.run_once()
    with db.read(play.engine) as conn:
        rows = conn.execute(sa.select(outbox_table).order_by(outbox_table.c.id)).all()
    return [(row.state, row.attempts) for row in rows]


@pytest.mark.parametrize("kind", ["sms", "mail", "dingtalk"])
def test_who_would_be_called_to_an_acknowledged_alarm_is_spared_and_that_is_on_record(play: Play, kind: str) -> None:
    channel = Channel(kind)
    assert raised_refused_acknowledged(play, channel) == [("spared", 1), ("done", 1)]
    assert channel.tried == ["raise", "acknowledge"]
    delivery = play.detail(play.the("smoke", "smoke-1").id).deliveries[0]
    assert (delivery.state, delivery.last) == ("spared", outbox.SPARED)


@pytest.mark.parametrize("kind", ["webhook", "mqtt"])
def test_a_machine_hears_every_first_step_of_an_alarm(play: Play, kind: str) -> None:
    channel = Channel(kind)
    assert raised_refused_acknowledged(play, channel) == [("done", 2), ("done", 1)]
    assert sorted(channel.tried[1:]) == ["acknowledge", "raise"]
