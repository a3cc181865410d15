"""The worker against a receiver on a real socket: nothing is lost, nothing is told under two keys."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from alerts.life import actions, queries
from alerts.notify.kinds import make_notifiers
from alerts.notify.signing import parse_secrets, sign
from alerts.tables import alarm_steps, deliveries
from alerts.tables import outbox as outbox_table
from alerts.telling import outbox
from alerts.telling.worker import AlertWorker
from campus import db
from campus.clock import SystemClock, VirtualClock
from campus.events import SensorAlarm
from campus.facts import StudentPassed
from campus.settings import Alerts, Webhook
from tests.alerts.play import SCHOOL, Play, at
from tests.alerts.receiver import Receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Hire = Callable[..., AlertWorker]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=httpx.Timeout(5.0)) as made:
        yield made


@pytest.fixture
def hire(play: Play, receiver: Receiver, client: httpx.Client) -> Hire:
    """Make a worker that posts to the receiver, or to ``webhooks``."""

    def make(*webhooks: Webhook, using: httpx.Client | None = None) -> AlertWorker:
        chosen = webhooks or (Webhook(name="post", url=receiver.url, secret=SECRET),)
        notifiers = make_notifiers(Alerts(webhooks=chosen), using or client, play.clock)
        return AlertWorker(play.engine, notifiers, play.clock)

    return make


def smoke(play: Play, number: int = 1, active: bool = True) -> None:
    play.handle(play.envelope(f"smoke-{number}", SensorAlarm(kind="smoke", active=active)))


def sent(play: Play) -> list[tuple[str, int]]:
    """State and attempts of every message."""
    with db.read(play.engine) as conn:
        rows = conn.execute(sa.select(outbox_table).order_by(outbox_table.c.id)).all()
    return [(row.state, row.attempts) for row in rows]


def log_of(play: Play) -> list[tuple[str, int | None]]:
    with db.read(play.engine) as conn:
        rows = conn.execute(sa.select(deliveries).order_by(deliveries.c.id)).all()
    return [(row.result, row.status) for row in rows]


def test_an_alarm_is_posted_signed_and_logged(play: Play, receiver: Receiver, hire: Hire) -> None:
    smoke(play)
    hire().run_once()
    (got,) = receiver.all()
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert got.event["type"] == "campus.alarm.raised"
    assert got.event["id"] == got.id
    timestamp = int(got.headers["webhook-timestamp"])
    assert timestamp == int(play.clock.now().timestamp())
    assert got.headers["webhook-signature"] == sign(parse_secrets(SECRET, ""), got.id, timestamp, got.body)
    assert sent(play) == [("done", 1)]
    assert log_of(play) == [("done", 200)]


def test_each_step_of_an_alarm_is_told_once(play: Play, receiver: Receiver, hire: Hire) -> None:
    worker = hire()
    smoke(play)
    alarm_id = play.the("smoke", "smoke-1").id
    with db.write(play.engine) as conn:
        actions.comment(conn, alarm_id, "王小明说他看见了烟", "guard-1", play.clock.now())
        actions.acknowledge(conn, alarm_id, "guard-1", play.clock.now())
    smoke(play, active=False)
    for _ in range(3):
        worker.run_once()
    got = receiver.all()
    assert [one.event["type"] for one in got] == [
        "campus.alarm.raised", "campus.alarm.acknowledged", "campus.alarm.returned",
    ]  # fmt: skip
    assert [one.event["data"]["new"] for one in got] == ["unacknowledged", "acknowledged", "closed"]
    assert len({one.id for one in got}) == 3
    assert all("王小明".encode() not in one.body for one in got), "a person's own words stay inside"


def test_without_a_secret_nothing_is_signed(receiver: Receiver, play: Play, hire: Hire) -> None:
    smoke(play)
    hire(Webhook(name="open", url=receiver.url)).run_once()
    assert "webhook-signature" not in receiver.all()[0].headers


def test_mild_alarms_are_not_posted_to_who_asked_for_worse(play: Play, receiver: Receiver, hire: Hire) -> None:
    play.handle(play.envelope("door-1", SensorAlarm(kind="door", active=True)))
    smoke(play)
    hire(Webhook(name="post", url=receiver.url, min_severity="critical")).run_once()
    assert [one.event["data"]["rule"] for one in receiver.all()] == ["smoke"]


def test_after_a_500_the_same_message_comes_again(play: Play, receiver: Receiver, hire: Hire) -> None:
    worker = hire()
    receiver.answers.put(500)
    smoke(play)
    worker.run_once()
    play.clock.advance(timedelta(seconds=4))
    assert worker.run_once() == 0, "five seconds are not over"
    play.clock.advance(timedelta(seconds=1))
    worker.run_once()
    first, second = receiver.all()
    assert first.id == second.id
    assert first.body == second.body
    assert sent(play) == [("done", 2)]
    assert log_of(play) == [("temporary", 500), ("done", 200)]


def test_a_receiver_that_asks_for_patience_gets_it(play: Play, receiver: Receiver, hire: Hire) -> None:
    worker = hire()
    receiver.answers.put((429, {"retry-after": "90"}))
    smoke(play)
    worker.run_once()
    play.clock.advance(timedelta(seconds=89))
    assert worker.run_once() == 0
    play.clock.advance(timedelta(seconds=1))
    assert worker.run_once() == 1


def test_a_receiver_that_stays_down_is_given_up_and_that_is_seen(play: Play, receiver: Receiver, hire: Hire) -> None:
    worker = hire()
    for _ in range(len(outbox.BACKOFF_S)):
        receiver.answers.put(503)
    smoke(play)
    waits = []
    for wait in (*outbox.BACKOFF_S, 100_000, 100_000):
        play.clock.advance(timedelta(seconds=wait))
        worker.run_once()
        waits.append(len(receiver.all()))
    assert waits == [1] * len(outbox.BACKOFF_S) + [0, 0]
    assert sent(play) == [("failed", len(outbox.BACKOFF_S))]
    delivery = play.detail(play.the("smoke", "smoke-1").id).deliveries[0]
    assert (delivery.endpoint, delivery.state, delivery.last) == ("post", "failed", "HTTP 503")


def test_a_refused_message_is_not_sent_again_and_the_next_one_is(play: Play, receiver: Receiver, hire: Hire) -> None:
    worker = hire()
    receiver.answers.put(400)
    smoke(play, 1)
    worker.run_once()
    smoke(play, 2)
    play.clock.advance(timedelta(days=2))
    worker.run_once()
    assert [one.event["data"]["subject"] for one in receiver.all()] == ["smoke-1", "smoke-2"]
    assert sent(play) == [("failed", 1), ("done", 1)]


def test_410_disables_the_endpoint_until_its_address_changes(play: Play, receiver: Receiver, hire: Hire) -> None:
    receiver.answers.put(410)
    smoke(play, 1)
    smoke(play, 2)
    hire().run_once()
    smoke(play, 3)
    hire().run_once()
    assert len(receiver.all()) == 1
    assert [state for state, _ in sent(play)] == ["failed"] * 3
    with db.read(play.engine) as conn:
        (disabled,) = queries.disabled_endpoints(conn)
    assert (disabled.name, disabled.why) == ("post", "HTTP 410: the endpoint wants no messages any more")
    smoke(play, 4)
    hire(Webhook(name="post", url=receiver.url + "/new")).run_once()
    assert [one.event["data"]["subject"] for one in receiver.all()] == ["smoke-4"]


def test_a_redirect_is_not_followed(play: Play, receiver: Receiver, hire: Hire) -> None:
    receiver.answers.put((307, {"location": "http://127.0.0.1:9/elsewhere"}))
    smoke(play)
    hire().run_once()
    assert len(receiver.all()) == 1
    assert sent(play) == [("failed", 1)]


def test_an_answer_that_does_not_come_in_time_is_asked_for_again(play: Play, receiver: Receiver, hire: Hire) -> None:
    receiver.answers.put("hang")
    smoke(play)
    with httpx.Client(timeout=httpx.Timeout(5.0, read=0.2)) as hasty:
        hire(using=hasty).run_once()
    assert log_of(play) == [("temporary", None)]
    play.clock.advance(timedelta(seconds=5))
    hire().run_once()
    first, second = receiver.all()
    assert first.id == second.id
    assert sent(play) == [("done", 2)]


def test_nobody_listening_is_temporary_and_the_log_holds_no_address(
    play: Play, hire: Hire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    smoke(play)
    hire(Webhook(name="post", url="http://127.0.0.1:9/hook?token=s3cret")).run_once()
    assert log_of(play) == [("temporary", None)]
    assert "s3cret" not in caplog.text
    assert "s3cret" not in play.detail(play.the("smoke", "smoke-1").id).deliveries[0].last


def test_a_slow_endpoint_holds_up_no_other(play: Play, receiver: Receiver, client: httpx.Client) -> None:
    slow = Receiver()
    slow.answers.put("hang")
    for number in range(10):
        smoke(play, number)
    both = (Webhook(name="slow", url=slow.url), Webhook(name="post", url=receiver.url))
    worker = AlertWorker(play.engine, make_notifiers(Alerts(webhooks=both), client), SystemClock())
    with running(worker):
        got = [receiver.arrived.get(timeout=10) for _ in range(10)]
        assert slow.arrived.get(timeout=10).id
        assert slow.arrived.empty(), "the slow one still holds its first message"
        slow.release.set()
    slow.close()
    assert len({one.id for one in got}) == 10


class running:  # noqa: N801 - reads as a verb
    """Run a worker in a thread while the block lasts."""

    def __init__(self, *workers: AlertWorker) -> None:
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=worker.run, args=(self.stop,)) for worker in workers]

    def __enter__(self) -> None:
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=20)
            assert not thread.is_alive(), "the worker did not stop"


def test_two_workers_share_the_work_and_tell_everything_once(
    play: Play, receiver: Receiver, client: httpx.Client
) -> None:
    for number in range(60):
        smoke(play, number)
    webhook = (Webhook(name="post", url=receiver.url),)
    workers = [
        AlertWorker(play.engine, make_notifiers(Alerts(webhooks=webhook), client), SystemClock()) for _ in range(2)
    ]
    with running(*workers):
        got = [receiver.arrived.get(timeout=20) for _ in range(60)]
    assert receiver.arrived.empty()
    assert len({one.id for one in got}) == 60
    assert len({one.event["data"]["alarm"] for one in got}) == 60
    assert sent(play) == [("done", 1)] * 60


def test_a_worker_that_hangs_longer_than_its_lease_sends_under_the_same_key(
    play: Play, receiver: Receiver, hire: Hire
) -> None:
    """The second worker takes over; the first one comes back late and spoils nothing."""
    smoke(play)
    first, second = hire(), hire()
    with db.write(play.engine) as conn:
        first._dispatcher.route_steps(conn, play.clock.now(), play.clock.now())
    parcel = first._lease(first._notifiers["post"])
    assert parcel is not None
    assert second.run_once() == 0, "the lease holds"
    play.clock.advance(outbox.LEASE)
    assert second.run_once() == 1
    first._attempt(first._notifiers["post"], [parcel])
    ids = [one.id for one in receiver.all()]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert sent(play) == [("done", 2)]


def test_killed_between_send_and_done_it_sends_the_same_id_again(
    play: Play, receiver: Receiver, client: httpx.Client
) -> None:
    smoke(play)
    script = Path(__file__).with_name("dying_worker.py")
    url = play.engine.url.render_as_string(hide_password=False)
    root = Path(__file__).parents[2]
    died = subprocess.run(
        [sys.executable, str(script), url, receiver.url], cwd=root, env={"PYTHONPATH": str(root)}, timeout=60
    )
    assert died.returncode == -9
    (before,) = receiver.all()
    assert sent(play) == [("queued", 1)]
    later = VirtualClock(SystemClock().now() + outbox.LEASE)
    webhooks = (Webhook(name="post", url=receiver.url),)
    AlertWorker(play.engine, make_notifiers(Alerts(webhooks=webhooks), client), later).run_once()
    (after,) = receiver.all()
    assert (after.id, after.body) == (before.id, before.body)
    assert sent(play) == [("done", 2)]


def test_a_step_routed_by_two_workers_is_one_message(play: Play, hire: Hire) -> None:
    smoke(play)
    worker = hire()
    for _ in range(2):
        with db.write(play.engine) as conn:
            conn.execute(alarm_steps.update().values(routed_at=None))
            worker._dispatcher.route_steps(conn, play.clock.now(), play.clock.now())
    assert sent(play) == [("queued", 0)]


def test_messages_to_an_endpoint_taken_out_of_the_settings_are_failed_with_the_reason(play: Play, hire: Hire) -> None:
    smoke(play)
    worker = hire()
    with db.write(play.engine) as conn:
        worker._dispatcher.route_steps(conn, play.clock.now(), play.clock.now())
    AlertWorker(play.engine, {}, play.clock).run_once()
    delivery = play.detail(play.the("smoke", "smoke-1").id).deliveries[0]
    assert (delivery.state, delivery.last) == ("failed", "it is not in the settings any more")


def test_a_step_with_nobody_to_tell_is_routed_all_the_same(play: Play) -> None:
    smoke(play)
    assert AlertWorker(play.engine, {}, play.clock).run_once() == 1
    assert AlertWorker(play.engine, {}, play.clock).run_once() == 0


def test_the_worker_ends_shelves_and_says_so(play: Play, receiver: Receiver, hire: Hire) -> None:
    smoke(play)
    alarm_id, now = play.the("smoke", "smoke-1").id, play.clock.now()
    worker = hire()
    with db.write(play.engine) as conn:
        actions.shelve(conn, alarm_id, now + timedelta(minutes=30), "welding", "guard-1", now)
    worker.run_once()
    smoke(play, active=False)
    smoke(play)
    worker.run_once()
    assert [one.event["type"] for one in receiver.all()] == ["campus.alarm.raised", "campus.alarm.shelved"]
    play.clock.advance(timedelta(minutes=30))
    worker.run_once()
    (got,) = receiver.all()
    assert (got.event["type"], got.event["data"]["new"]) == ("campus.alarm.unshelved", "unacknowledged")


def test_a_fault_in_a_notifier_costs_no_message(play: Play, receiver: Receiver, hire: Hire) -> None:
    worker = hire()
    notifier = worker._notifiers["post"]
    good, notifier.send = notifier.send, _broken  # type: ignore[method-assign]
    smoke(play)
    worker.run_once()
    assert sent(play) == [("queued", 1)]
    notifier.send = good  # type: ignore[method-assign]
    play.clock.advance(timedelta(seconds=5))
    worker.run_once()
    assert sent(play) == [("done", 2)]


def _broken(parcel: object) -> None:
    raise ZeroDivisionError


def test_no_student_name_leaves_in_a_webhook_or_the_log(
    play: Play, receiver: Receiver, hire: Hire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    play.clock.move_to(at("10:00"))
    fact = StudentPassed(student="s-0001", class_id="c-g7-1", direction="out", gate="gate-1")
    play.handle(play.envelope("gate-1", fact))
    hire().run_once()
    (got,) = receiver.all()
    data = got.event["data"]
    assert (data["subject"], data["class_id"], data["school"]) == ("s-0001", "c-g7-1", SCHOOL)
    known = {"student", "name", "students"}
    assert not known & set(data)
