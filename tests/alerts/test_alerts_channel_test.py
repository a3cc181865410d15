"""A test of a channel: by the worker that was asked, without a siren, and told with what the endpoint said."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from alerts.notify.kinds import make_notifiers
from alerts.telling import channel_trial as channel_test
from alerts.telling.worker import AlertWorker
from campus import db
from campus.errors import Conflict, NotFound
from campus.events import SensorAlarm
from campus.settings import Alerts, Webhook
from tests.alerts.play import SCHOOL, Play
from tests.alerts.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def worker(play: Play, receiver: Receiver) -> Iterator[AlertWorker]:
    with httpx.Client(timeout=5.0) as client:
        settings = Alerts(webhooks=(Webhook(name="post", url=receiver.url),))
        notifiers = make_notifiers(settings, client, play.clock)
        with db.write(play.engine) as conn:
            channel_test.register(conn, notifiers, play.clock.now())
        yield AlertWorker(play.engine, notifiers, play.clock)


def ask(play: Play, name: str = "post") -> channel_test.ChannelTest:
    with db.write(play.engine) as conn:
        return channel_test.ask(conn, SCHOOL, name, "head", play.clock.now())


def results(play: Play) -> list[tuple[str, str]]:
    with db.read(play.engine) as conn:
        return [(one.state, one.detail) for one in channel_test.tests(conn, SCHOOL)]


def test_the_worker_sends_it_and_writes_what_it_met_with(play: Play, worker: AlertWorker, receiver: Receiver) -> None:
    made = ask(play)
    assert worker.run_once() == 1
    (got,) = receiver.all()
    assert got.event["type"] == "campus.alarm.resolved"  # nothing that makes a siren sound
    data = got.event["data"]
    assert (data["rule"], data["outcome"], data["alarm"], data["by"]) == ("channel-test", "test", made.id, "head")
    assert results(play) == [("done", "HTTP 200")]
    assert worker.run_once() == 0


def test_a_refusal_is_told_and_not_tried_again(play: Play, worker: AlertWorker, receiver: Receiver) -> None:
    receiver.answers.put(403)
    ask(play)
    worker.run_once()
    play.clock.advance(timedelta(hours=1))
    worker.run_once()
    assert len(receiver.all()) == 1
    assert results(play) == [("failed", "HTTP 403")]


def test_alarms_go_before_a_test(play: Play, worker: AlertWorker, receiver: Receiver) -> None:
    ask(play)
    play.handle(play.envelope("smoke-1", SensorAlarm(kind="smoke", active=True)))
    while worker.run_once():
        pass
    assert [one.event["data"]["rule"] for one in receiver.all()] == ["smoke", "channel-test"]


def test_one_test_at_a_time_of_a_channel_that_exists(play: Play, worker: AlertWorker) -> None:
    ask(play)
    with pytest.raises(Conflict):
        ask(play)
    with pytest.raises(NotFound):
        ask(play, "nobody")


def test_without_a_worker_a_test_fails_after_two_minutes_and_says_why(play: Play, worker: AlertWorker) -> None:
    ask(play)
    play.clock.advance(timedelta(minutes=3))
    ask(play)
    assert results(play)[1] == ("failed", "no worker has taken it: does `campus alerts` run?")


def test_an_endpoint_that_left_the_settings_is_no_channel_any_more(play: Play, worker: AlertWorker) -> None:
    with db.write(play.engine) as conn:
        assert [(one.name, one.kind) for one in channel_test.channels(conn)] == [("post", "webhook")]
        channel_test.register(conn, {}, play.clock.now())
        assert channel_test.channels(conn) == []
