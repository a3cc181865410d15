"""One contract for every series store: the embedded one and InfluxDB 2 answer alike."""

import math
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from campus import settings
from campus.errors import Unavailable
from campus.series.open import open_series
from campus.series.store import MAX_TS, Bucket, Point, Sample, SeriesKey, SeriesStore

MINUTE = 60_000
HOUR = 60 * MINUTE
START = 1_790_553_600_000  # 2026-09-28 00:00 UTC
KEY = SeriesKey("school-1", "sensor-7", "co2")


@pytest.fixture(params=["sqlite", pytest.param("influx", marks=pytest.mark.influx)])
def section(request: pytest.FixtureRequest, tmp_path: Path) -> settings.Series:
    if request.param == "influx":
        return request.getfixturevalue("influx_section")
    return settings.Series(path=tmp_path / "folder" / "series.db")


@pytest.fixture
def store(section: settings.Series) -> Iterator[SeriesStore]:
    made = open_series(section)
    yield made
    made.close()


def point(ts: int, value: float, metric: str = "co2", device: str = "sensor-7") -> Point:
    return Point("school-1", device, metric, ts, value)


def test_what_was_written_is_read_in_order_of_time(store: SeriesStore) -> None:
    result = store.write([point(START + 2000, 3.0), point(START, 1.0), point(START + 1000, 2.5)])
    assert (result.accepted, result.rejected) == (3, ())
    assert store.read(KEY, START, START + HOUR) == [
        Sample(START, 1.0),
        Sample(START + 1000, 2.5),
        Sample(START + 2000, 3.0),
    ]


def test_a_range_includes_its_start_and_not_its_end(store: SeriesStore) -> None:
    store.write([point(START + second * 1000, float(second)) for second in range(5)])
    assert [sample.value for sample in store.read(KEY, START + 1000, START + 3000)] == [1.0, 2.0]
    assert store.read(KEY, START + 1000, START + 1000) == []
    assert store.read(KEY, START + 3000, START) == []


def test_a_limit_gives_the_first_samples(store: SeriesStore) -> None:
    store.write([point(START + second * 1000, float(second)) for second in range(5)])
    assert [sample.value for sample in store.read(KEY, START, START + HOUR, limit=2)] == [0.0, 1.0]
    assert store.read(KEY, START, START + HOUR, limit=0) == []


def test_the_last_write_of_a_moment_wins_and_a_repeated_batch_changes_nothing(store: SeriesStore) -> None:
    batch = [point(START, 9.0), point(START, 1.0), point(START + 1000, 5.0)]
    assert store.write(batch).accepted == 3
    assert store.write(batch).accepted == 3
    assert store.read(KEY, START, START + HOUR) == [Sample(START, 1.0), Sample(START + 1000, 5.0)]
    store.write([point(START, 7.0)])
    assert store.read(KEY, START, START + 1000) == [Sample(START, 7.0)]


def test_a_value_that_is_no_number_is_rejected_with_its_reason_and_the_rest_is_kept(store: SeriesStore) -> None:
    bad = [point(START, math.nan), point(START + 1, math.inf), point(START + 2, -math.inf)]
    result = store.write([bad[0], point(START + 5, 1.0), *bad[1:]])
    assert result.accepted == 1
    assert {rejected.point.ts for rejected in result.rejected} == {START, START + 1, START + 2}
    assert all("not a number" in rejected.reason for rejected in result.rejected)
    assert store.read(KEY, START, START + HOUR) == [Sample(START + 5, 1.0)]


@pytest.mark.parametrize("ts", [-1, MAX_TS + 1])
def test_a_time_no_store_can_tell_is_rejected(store: SeriesStore, ts: int) -> None:
    result = store.write([point(ts, 1.0)])
    assert result.accepted == 0
    assert "epoch milliseconds" in result.rejected[0].reason


@pytest.mark.parametrize("metric", ["", "x" * 201, "a\nb", "a\\", "_field", "time"])
def test_a_name_no_store_can_keep_is_rejected(store: SeriesStore, metric: str) -> None:
    result = store.write([point(START, 1.0, metric=metric), point(START, 2.0)])
    assert result.accepted == 1
    assert "metric" in result.rejected[0].reason
    assert set(store.latest("school-1", "sensor-7")) == {"co2"}


@pytest.mark.parametrize("name", ["plain", "with space", "a=b,c", 'a "quoted" one', "${r}", "温度", "co2:raw/1"])
def test_every_other_name_is_kept_as_it_is(store: SeriesStore, name: str) -> None:
    store.write([Point(name, name, name, START, 4.0)])
    assert store.read(SeriesKey(name, name, name), START, START + 1) == [Sample(START, 4.0)]
    assert store.latest(name, name) == {name: Sample(START, 4.0)}
    assert store.latest("school-1", name) == {}


@pytest.mark.parametrize("value", [0.0, -0.1, 1e-300, 1.7976931348623157e308, 812, True, 0.1 + 0.2])
def test_a_value_comes_back_to_the_last_bit(store: SeriesStore, value: float) -> None:
    store.write([point(START, value)])
    assert store.read(KEY, START, START + 1) == [Sample(START, float(value))]


def test_the_first_and_the_last_moment_are_kept(store: SeriesStore) -> None:
    store.write([point(0, 1.0), point(MAX_TS, 2.0)])
    assert store.read(KEY, 0, MAX_TS + 1) == [Sample(0, 1.0), Sample(MAX_TS, 2.0)]
    assert store.latest("school-1", "sensor-7") == {"co2": Sample(MAX_TS, 2.0)}


def test_series_of_other_schools_devices_and_metrics_stay_apart(store: SeriesStore) -> None:
    store.write([Point(school, device, metric, START, 1.0) for school in "ab" for device in "cd" for metric in "ef"])
    store.write([Point("a", "c", "e", START, 2.0)])
    assert store.read(SeriesKey("a", "c", "e"), START, START + 1) == [Sample(START, 2.0)]
    for other in (SeriesKey("b", "c", "e"), SeriesKey("a", "d", "e"), SeriesKey("a", "c", "f")):
        assert store.read(other, START, START + 1) == [Sample(START, 1.0)]


def test_buckets_are_aligned_to_the_epoch_and_an_empty_one_is_left_out(store: SeriesStore) -> None:
    store.write([point(START + offset, value) for offset, value in ((0, 1.0), (59_999, 3.0), (3 * MINUTE, 8.0))])
    assert store.aggregate(KEY, START, START + HOUR, MINUTE) == [
        Bucket(START, 2, 2.0, 1.0, 3.0),
        Bucket(START + 3 * MINUTE, 1, 8.0, 8.0, 8.0),
    ]


def test_a_range_within_buckets_is_widened_to_whole_ones(store: SeriesStore) -> None:
    store.write([point(START + second * 1000, float(second)) for second in range(180)])
    assert store.aggregate(KEY, START + 70_000, START + 80_000, MINUTE) == [Bucket(START + MINUTE, 60, 89.5, 60, 119)]
    assert store.aggregate(KEY, START + MINUTE, START + MINUTE, MINUTE) == []


@pytest.mark.parametrize("every", [1000, 7000, MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR])
def test_buckets_of_any_length_hold_every_point_once(store: SeriesStore, every: int) -> None:
    moments = range(START, START + 8 * HOUR, 97_000)
    store.write([point(ts, float(number % 11)) for number, ts in enumerate(moments)])
    store.rollup(START + 4 * HOUR + 1)
    found = store.aggregate(KEY, START, START + 8 * HOUR, every)
    expected: dict[int, list[float]] = {}
    for number, ts in enumerate(moments):
        expected.setdefault(ts // every * every, []).append(float(number % 11))
    assert [(b.ts, b.count, b.min, b.max) for b in found] == [
        (ts, len(values), min(values), max(values)) for ts, values in sorted(expected.items())
    ]
    assert [b.mean for b in found] == pytest.approx([sum(v) / len(v) for _, v in sorted(expected.items())])


def test_late_and_corrected_points_reach_buckets_already_rolled_up(store: SeriesStore) -> None:
    store.write([point(START, 1.0), point(START + 30_000, 3.0)])
    store.rollup(START + 2 * HOUR)
    store.write([point(START + 45_000, 5.0), point(START, 10.0)])
    for every in (MINUTE, HOUR):
        assert store.aggregate(KEY, START, START + HOUR, every) == [Bucket(START, 3, 6.0, 3.0, 10.0)]
    store.rollup(START + 3 * HOUR)
    for every in (MINUTE, HOUR):
        assert store.aggregate(KEY, START, START + HOUR, every) == [Bucket(START, 3, 6.0, 3.0, 10.0)]


def test_a_bucket_must_last_something(store: SeriesStore) -> None:
    with pytest.raises(ValueError, match="at least 1 ms"):
        store.aggregate(KEY, START, START + HOUR, 0)


def test_the_latest_of_each_metric_is_told_even_when_it_lies_ahead(store: SeriesStore) -> None:
    ahead = START + 10 * 365 * 24 * HOUR
    store.write([point(START, 1.0), point(START + 1, 2.0), point(ahead, 20.0, metric="temp")])
    store.write([point(START - 5000, 0.0)])
    assert store.latest("school-1", "sensor-7") == {"co2": Sample(START + 1, 2.0), "temp": Sample(ahead, 20.0)}
    assert store.latest("school-1", "nobody") == {}


def test_many_series_of_a_school_are_read_at_once_each_as_by_itself(store: SeriesStore) -> None:
    moments = range(START, START + 30 * MINUTE, 20_000)
    wanted = [(device, metric) for device in ("a", 'b " or true', "c") for metric in ("co2", "temp")]
    for number, (device, metric) in enumerate([*wanted, ("d", "co2"), ("a", "noise")]):
        if (device, metric) != ("c", "temp"):
            store.write([point(ts, number + ts % 7, metric=metric, device=device) for ts in moments])
    store.write([Point("school-2", "a", "co2", START, 99.0)])
    store.rollup(START + 20 * MINUTE)
    devices, metrics, end = {device for device, _ in wanted}, {"co2", "temp"}, START + 25 * MINUTE
    read = store.read_many("school-1", devices, metrics, START + 1, end)
    assert set(read) == set(wanted) - {("c", "temp")}
    assert read == {(d, m): store.read(SeriesKey("school-1", d, m), START + 1, end) for d, m in read}
    means = store.read_many("school-1", devices, metrics, START + 1, end, mean_ms=10 * MINUTE)
    assert set(means) == set(read)
    for (device, metric), samples in means.items():
        buckets = store.aggregate(SeriesKey("school-1", device, metric), START + 1, end, 10 * MINUTE)
        assert samples == [Sample(bucket.ts, pytest.approx(bucket.mean)) for bucket in buckets]
    first = store.read_many("school-1", ["a"], ["co2"], START, end, limit=2)
    assert [sample.ts for sample in first["a", "co2"]] == [START, START + 20_000]
    assert store.read_many("school-1", [], metrics, START, end) == {}


def test_a_school_may_have_as_many_devices_as_it_likes(store: SeriesStore) -> None:
    names = [f"sensor-{number}" for number in range(700)]
    store.write([point(START, float(number), device=name) for number, name in enumerate(names)])
    read = store.read_many("school-1", names, ["co2", "temp", "noise"], START, START + 1)
    assert [read[name, "co2"][0].value for name in names] == list(range(700))
    assert len(read) == 700


def test_what_is_unknown_is_empty(store: SeriesStore) -> None:
    assert store.read(KEY, START, START + HOUR) == []
    assert store.aggregate(KEY, START, START + HOUR, MINUTE) == []
    assert store.write([]).accepted == 0
    assert store.delete_before(START) in (0, -1)


def test_retention_forgets_what_is_older_and_nothing_else(store: SeriesStore) -> None:
    store.write([point(START + second * 1000, 1.0, metric=name) for second in range(120) for name in ("co2", "temp")])
    store.rollup(START + 2 * HOUR)
    assert store.delete_before(START + 30_000) in (60, -1)
    for name in ("co2", "temp"):
        key = SeriesKey("school-1", "sensor-7", name)
        assert store.read(key, 0, START + HOUR)[0].ts == START + 30_000
        assert [b.count for b in store.aggregate(key, START, START + HOUR, MINUTE)] == [30, 60]
        assert [b.count for b in store.aggregate(key, START, START + HOUR, HOUR)] == [90]
    store.rollup(START + 2 * HOUR)
    assert [b.count for b in store.aggregate(KEY, START, START + HOUR, HOUR)] == [90]


def test_a_big_batch_is_stored_whole(store: SeriesStore) -> None:
    batch = [point(START + number, float(number), device=f"d{number % 7}") for number in range(25_001)]
    assert store.write(batch).accepted == len(batch)
    counts = [
        sum(b.count for b in store.aggregate(SeriesKey("school-1", f"d{d}", "co2"), START, START + HOUR, HOUR))
        for d in range(7)
    ]
    assert sum(counts) == len(batch)


def test_data_are_there_when_the_store_is_opened_again(section: settings.Series) -> None:
    first = open_series(section)
    first.write([point(START, 1.0)])
    first.close()
    second = open_series(section)
    second.write([point(START + 1, 2.0)])
    assert second.read(KEY, START, START + 2) == [Sample(START, 1.0), Sample(START + 1, 2.0)]
    second.close()


def test_several_threads_write_and_read_at_once(store: SeriesStore) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        key = SeriesKey("school-1", f"d{number}", "co2")
        try:
            for turn in range(10):
                store.write([point(START + turn * 100 + i, 1.0, device=f"d{number}") for i in range(100)])
                assert len(store.read(key, START, START + HOUR)) == (turn + 1) * 100
                store.rollup(START + HOUR)
        except BaseException as error:  # noqa: BLE001  told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_ping_answers(store: SeriesStore) -> None:
    store.ping()


def test_a_closed_embedded_store_says_so(tmp_path: Path) -> None:
    store = open_series(settings.Series(path=tmp_path / "series.db"))
    store.close()
    for ask in (store.ping, lambda: store.read(KEY, 0, 1), lambda: store.write([point(START, 1.0)])):
        with pytest.raises(Unavailable, match="closed"):
            ask()
