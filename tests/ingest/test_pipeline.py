"""The pipeline: one transaction, the series beside it, the acknowledgement last."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from campus import codec, tables
from campus.clock import to_ms
from campus.errors import Unavailable
from campus.events import Reading, SensorAlarm, Status
from campus.mqtt.client import Message
from campus.series.store import SeriesKey
from tests.ingest.conftest import SCHOOL, Bench

CO2 = SeriesKey(SCHOOL, "dev-1", "co2")


def message(channel: str, payload: bytes, device: str = "dev-1", *, retain: bool = False, mid: int = 1) -> Message:
    return Message(f"campus/{SCHOOL}/{device}/{channel}", payload, 1, retain, mid, 1)


def reading(bench: Bench, value: float, seconds: float = 0, device: str = "dev-1") -> Message:
    ts = to_ms(bench.clock.now() + timedelta(seconds=seconds))
    return message("telemetry", codec.encode_readings((Reading(ts=ts, values={"co2": value}),)), device)


def alarm(bench: Bench, event_id: str = "event-0001") -> Message:
    event = SensorAlarm(kind="smoke", active=True)
    return message("event", codec.encode_event(event, id=event_id, ts=to_ms(bench.clock.now()), seq=1, boot="b"))


def stored(bench: Bench) -> list[float]:
    start = to_ms(bench.clock.now()) - 3_600_000
    return [sample.value for sample in bench.series.read(CO2, start, start + 7_200_000)]  # type: ignore[operator]


def test_a_message_is_acknowledged_after_everything_it_caused_is_durable(bench: Bench) -> None:
    bench.pipeline.process([reading(bench, 800), alarm(bench)])
    order = ["received", "decoded", "written", "committed", "stored", "ack", "acknowledged"]
    assert bench.steps == order
    assert stored(bench) == [800]
    assert len(bench.rows(tables.changes)) == 2


def test_the_points_of_a_batch_are_written_while_the_next_is_decoded_and_each_is_acknowledged_when_durable(
    bench: Bench,
) -> None:
    first, second = reading(bench, 800), reading(bench, 810, seconds=1)
    bench.pipeline.begin([first])
    assert bench.acked == []
    bench.pipeline.begin([second])
    assert bench.acked == [first]
    assert bench.steps.index("ack") > bench.steps.index("decoded", 4)  # the second was decoded before
    bench.pipeline.settle()
    bench.pipeline.settle()  # nothing is left
    assert bench.acked == [first, second]
    assert stored(bench) == [800, 810]


def test_a_batch_whose_points_find_the_store_gone_is_spooled_when_it_is_settled(bench: Bench) -> None:
    bench.series.away = True
    bench.pipeline.begin([reading(bench, 800)])
    bench.pipeline.begin([reading(bench, 810, seconds=1)])
    bench.pipeline.settle()
    assert len(bench.acked) == 2
    bench.series.away = False
    assert bench.sink.drain() == 2
    assert stored(bench) == [800, 810]


def test_an_event_delivered_twice_is_taken_once_in_one_batch_and_in_two(bench: Bench) -> None:
    bench.pipeline.process([alarm(bench), alarm(bench)])
    bench.pipeline.process([alarm(bench)])
    assert len(bench.stage.handled) == 1
    assert len(bench.acked) == 3


def test_a_bad_payload_goes_to_the_dead_letters_with_its_reason_and_is_acknowledged(bench: Bench) -> None:
    bad = message("telemetry", b"{nonsense")
    bench.pipeline.process([reading(bench, 800), bad])
    (letter,) = bench.rows(tables.dead_letters)
    assert (letter.reason, letter.payload, letter.topic) == ("not JSON", b"{nonsense", bad.topic)
    assert len(bench.acked) == 2
    assert stored(bench) == [800]


def test_the_same_bad_payload_is_kept_once_and_counted_but_not_when_the_broker_repeats_itself(bench: Bench) -> None:
    bad = message("telemetry", b"{nonsense")
    bench.pipeline.process([bad])
    bench.pipeline.process([bad])
    bench.pipeline.process([bad._replace(dup=True)])
    (letter,) = bench.rows(tables.dead_letters)
    assert letter.times == 2


def test_a_device_that_talks_nonsense_all_day_fills_no_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.deadletters.KEPT_OF_TOPIC", 3)
    bench.pipeline.process([message("event", b"nonsense of another", "dev-2")])
    for number in range(10):
        bench.clock.advance(timedelta(seconds=1))
        bench.pipeline.process([message("event", f"nonsense {number} {more}".encode()) for more in range(2)])
    kept = [(letter.topic.split("/")[2], letter.payload.decode()) for letter in bench.rows(tables.dead_letters)]
    assert kept == [
        ("dev-2", "nonsense of another"),
        ("dev-1", "nonsense 8 1"),
        ("dev-1", "nonsense 9 0"),
        ("dev-1", "nonsense 9 1"),
    ]


def test_points_the_store_refuses_while_draining_become_dead_letters(bench: Bench) -> None:
    bench.series.away = True
    bench.pipeline.process([message("telemetry", b'{"ts": 9999999999999, "values": {"co2": 1}}'), reading(bench, 5)])
    bench.series.away = False
    bench.sink.drain()
    assert [letter.reason for letter in bench.rows(tables.dead_letters)] == ["series refused"]
    assert stored(bench) == [5]


def test_an_unknown_device_is_held_in_quarantine_and_its_message_kept(bench: Bench) -> None:
    bench.pipeline.process([reading(bench, 800, device="stranger")])
    (letter,) = bench.rows(tables.dead_letters)
    assert letter.reason == "unknown device"
    assert bench.quarantined == [(SCHOOL, "stranger", f"campus/{SCHOOL}/stranger/telemetry")]


def test_while_the_series_store_is_down_points_wait_in_the_database_and_are_drained_later(bench: Bench) -> None:
    bench.series.away = True
    bench.pipeline.process([reading(bench, 1)])  # finds out that the store is down
    bench.pipeline.process([reading(bench, 2, seconds=1)])  # knows it: same transaction
    assert len(bench.acked) == 2
    assert len(bench.rows(tables.series_spool)) == 2
    assert bench.sink.drain() == 0
    bench.series.away = False
    assert bench.sink.drain() == 2
    assert stored(bench) == [1, 2]
    assert bench.rows(tables.series_spool) == []
    assert bench.sink.down is False


def test_alarms_do_not_wait_for_the_series_store(bench: Bench) -> None:
    bench.series.away = True
    bench.pipeline.process([reading(bench, 1), alarm(bench)])
    assert "event-0001" in [envelope.id for envelope in bench.stage.handled]
    assert bench.stage.outcomes == ["committed"]


def test_when_the_database_is_away_nothing_is_acknowledged_and_the_stages_forget(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = sa.Connection.execute
    failures = iter([True])

    def failing(self: sa.Connection, *args: object, **kwargs: object) -> object:
        if next(failures, False):
            raise sa.exc.OperationalError("insert", {}, Exception("disk I/O error"))
        return original(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(sa.Connection, "execute", failing)
    with pytest.raises(Unavailable, match="disk I/O error"):
        bench.pipeline.process([alarm(bench)])
    assert bench.acked == []
    assert bench.stage.outcomes == ["rolled back"]
    bench.pipeline.process([alarm(bench)])
    assert len(bench.stage.handled) == 1


def test_a_message_that_breaks_a_stage_holds_up_nothing_else(bench: Bench) -> None:
    bench.stage.poison = "poison-0001"
    bench.pipeline.process([alarm(bench, "event-0001"), alarm(bench, "poison-0001"), alarm(bench, "event-0002")])
    (letter,) = bench.rows(tables.dead_letters)
    assert letter.reason == "broke a stage"
    assert "ZeroDivisionError" in letter.detail
    assert {row.key for row in bench.rows(tables.changes)} == {"event-0001", "event-0002"}
    assert len(bench.acked) == 3


def test_a_reading_the_series_refuse_is_a_dead_letter_of_its_own(bench: Bench) -> None:
    infinite = message("telemetry", b'{"ts": 9999999999999, "values": {"co2": 1}}')
    bench.pipeline.process([infinite, reading(bench, 700)])
    assert stored(bench) == [700]
    assert len(bench.acked) == 2


@pytest.mark.parametrize(
    ("minutes", "late", "suspect"),
    [
        (0, False, False),  # on time
        (4, False, False),  # within the tolerance of five minutes
        (6, False, True),  # the device's clock runs ahead
        (-6, False, True),  # the device's clock is behind
        (-600, True, False),  # stored while offline: old, and rightly so
        (600, True, True),  # late from the future: no
    ],
)
def test_a_time_too_far_off_is_kept_and_flagged(bench: Bench, minutes: int, late: bool, suspect: bool) -> None:
    ts = to_ms(bench.clock.now() + timedelta(minutes=minutes))
    bench.pipeline.process([message("telemetry", codec.encode_readings((Reading(ts=ts, values={"x": 1}, late=late),)))])
    assert bench.stage.handled[0].clock_suspect is suspect


def test_a_retained_status_may_be_old(bench: Bench) -> None:
    status = Status(state="online", ts=to_ms(bench.clock.now() - timedelta(days=2)))
    bench.pipeline.process([message("status", codec.encode(status), retain=True)])
    assert bench.stage.handled[0].clock_suspect is False


def test_a_stage_that_is_behind_is_ticked_again_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.stage, "behind", lambda: len(bench.stage.ticks) < 3, raising=False)
    for _ in range(5):
        bench.pipeline.tick()
    assert len(bench.stage.ticks) == 3
    assert not bench.pipeline.behind()


def test_the_stages_tick_once_a_second_of_clock_time(bench: Bench) -> None:
    bench.pipeline.tick()
    bench.pipeline.tick()
    bench.clock.advance(timedelta(seconds=1))
    bench.pipeline.tick()
    assert len(bench.stage.ticks) == 2
