"""What only the embedded series store has: roll-ups, a file shared by processes, and its failures."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.errors import Unavailable
from campus.series import points as series_points
from campus.series import rollup as series_rollup
from campus.series import sqlite as series_sqlite
from campus.series.sqlite import SqliteSeries
from campus.series.store import Bucket, Point, SeriesKey

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_790_553_600_000
KEYS = [SeriesKey("school-1", device, "co2") for device in ("a", "b")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteSeries]:
    made = SqliteSeries(tmp_path / "series.db")
    yield made
    made.close()


def point(ts: int, value: float, key: SeriesKey = KEYS[0]) -> Point:
    return Point(key.school, key.device, key.metric, ts, value)


def expected(truth: dict[tuple[SeriesKey, int], float], key: SeriesKey, every: int) -> list[Bucket]:
    values: dict[int, list[float]] = {}
    for (owner, ts), value in truth.items():
        if owner == key:
            values.setdefault(ts // every * every, []).append(value)
    return [Bucket(ts, len(v), sum(v) / len(v), min(v), max(v)) for ts, v in sorted(values.items())]


# Few distinct moments, so that duplicates, cut minutes and shared hours are common.
moments = st.integers(0, 300).map(lambda step: START + step * 24_500)
points = st.builds(point, moments, st.integers(-50, 50).map(float), st.sampled_from(KEYS))
batches = st.tuples(st.just("write"), st.lists(points, max_size=30))
rolls = st.tuples(st.just("rollup"), moments)
cuts = st.tuples(st.just("delete"), moments.map(lambda ts: ts - HOUR))


@settings(max_examples=120)
@given(st.lists(st.one_of(batches, batches, rolls, cuts), max_size=12))
def test_every_answer_equals_one_computed_from_all_points_whatever_happened_before(
    steps: list[tuple[str, object]],
) -> None:
    truth: dict[tuple[SeriesKey, int], float] = {}
    with TemporaryDirectory() as folder:
        store = SqliteSeries(Path(folder) / "series.db")
        for what, given_ in steps:
            if what == "write":
                store.write(given_)
                truth.update({(SeriesKey(*p[:3]), p.ts): p.value for p in given_})
            elif what == "rollup":
                store.rollup(given_)
            else:
                gone = [place for place in truth if place[1] < given_]
                assert store.delete_before(given_) == len(gone)
                for place in gone:
                    del truth[place]
            for every in (MINUTE, HOUR, 7000):
                for key in KEYS:
                    assert store.aggregate(key, START - DAY, START + DAY, every) == expected(truth, key, every)
        for key in KEYS:
            stored = {(key, ts): value for ts, value in store.read(key, 0, START + DAY)}
            assert stored == {place: value for place, value in truth.items() if place[0] == key}
        store.close()


@settings(max_examples=40)
@given(st.lists(points, max_size=40, unique_by=lambda p: (p.device, p.ts)), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(batch: list[Point], order: object) -> None:
    shuffled = list(batch)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    answers = []
    for arrived in (batch, shuffled):
        with TemporaryDirectory() as folder:
            store = SqliteSeries(Path(folder) / "series.db")
            for part in (arrived[::2], arrived[1::2]):
                store.write(part)
                store.rollup(START + HOUR)
            answers.append([store.aggregate(key, START, START + DAY, HOUR) for key in KEYS])
            store.close()
    assert answers[0] == answers[1]


def test_a_rollup_computes_finished_minutes_and_hours_once(store: SqliteSeries) -> None:
    store.write([point(START + second * 1000, 1.0) for second in range(0, 3600, 10)])
    assert store.rollup(START + 59_999) == 0
    assert store.rollup(START + HOUR - 1) == 59
    assert store.rollup(START + HOUR) == 2
    assert store.rollup(START + DAY) == 0
    store.write([point(START + 1, 5.0)])
    assert store.rollup(START + DAY) == 2


def test_rolled_up_buckets_are_answered_without_touching_points(store: SqliteSeries, tmp_path: Path) -> None:
    store.write([point(START + second * 1000, 1.0) for second in range(3600)])
    store.rollup(START + DAY)
    with sqlite3.connect(tmp_path / "series.db") as conn:
        conn.execute("DELETE FROM points")
    conn.close()
    assert store.aggregate(KEYS[0], START, START + HOUR, HOUR) == [Bucket(START, 3600, 1.0, 1.0, 1.0)]
    assert len(store.aggregate(KEYS[0], START, START + HOUR, MINUTE)) == 60


def test_a_rollup_of_many_buckets_goes_in_small_transactions(
    store: SqliteSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_sqlite, "BREATH_S", 0.0)
    step = series_rollup.CHUNK // 2 + 1
    store.write([point(START + minute * MINUTE, 1.0, key) for minute in range(step) for key in KEYS])
    hours = -(-step // 60) * 2
    assert store.rollup(START + 30 * DAY) == 2 * step + hours


def test_retention_of_many_points_goes_in_small_transactions(
    store: SqliteSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_points, "DELETE_CHUNK", 100)
    monkeypatch.setattr(series_sqlite, "BREATH_S", 0.0)
    store.write([point(START + second * 1000, 1.0) for second in range(1000)])
    store.rollup(START + DAY)
    assert store.delete_before(START + 950_500) == 951
    assert [b.count for b in store.aggregate(KEYS[0], START, START + HOUR, HOUR)] == [49]


def test_two_writers_of_one_file_keep_the_roll_ups_right(tmp_path: Path) -> None:
    first, second = SqliteSeries(tmp_path / "series.db"), SqliteSeries(tmp_path / "series.db")
    first.write([point(START, 1.0)])
    second.write([point(START + 1000, 3.0)])
    second.rollup(START + DAY)
    # The first has marked this minute before and must notice that the mark is gone.
    first.write([point(START + 2000, 8.0)])
    second.rollup(START + DAY)
    for store in (first, second):
        assert store.aggregate(KEYS[0], START, START + HOUR, HOUR) == [Bucket(START, 3, 4.0, 1.0, 8.0)]
        store.close()


WRITER = """
import sys
from pathlib import Path
from campus.series.store import Point
from campus.series.sqlite import SqliteSeries
store = SqliteSeries(Path(sys.argv[1]))
for batch in range(100_000):
    store.write([Point("s", "d", "m", batch * 50 + i, float(batch)) for i in range(50)])
    print(batch, flush=True)
"""


def test_a_batch_is_there_whole_after_its_writer_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(20):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    acknowledged = 20 + len([line for line in writer.stdout.read().split("\n")[:-1] if line])
    writer.stdout.close()
    writer.wait(20)
    store = SqliteSeries(path)
    stored = len(store.read(SeriesKey("s", "d", "m"), 0, 100_000_000, limit=10_000_000))
    assert stored >= acknowledged * 50
    assert stored % 50 == 0
    store.close()


def test_the_newest_batches_survive_a_power_cut(store: SqliteSeries) -> None:
    """FULL is 2; with NORMAL (1) SQLite leaves the last commits to the operating system."""
    assert store._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_locked_by_another_program_is_unavailable_and_nothing_is_half_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_sqlite, "BUSY_S", 0.01)
    store = SqliteSeries(tmp_path / "series.db")
    other = sqlite3.connect(tmp_path / "series.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="end that program"):
        store.write([point(START, 1.0)])
    with pytest.raises(Unavailable, match="locked"):
        store.ping()
    assert store.read(KEYS[0], START, START + 1) == []
    other.execute("ROLLBACK")
    other.close()
    assert store.write([point(START, 1.0)]).accepted == 1
    store.close()


def test_a_full_disk_is_unavailable_and_a_later_attempt_stores_all(store: SqliteSeries) -> None:
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages}")
    batch = [point(START + second, 1.0) for second in range(5000)]
    with pytest.raises(Unavailable, match="Free disk space"):
        store.write(batch)
    assert store.read(KEYS[0], START, START + DAY) == []
    store._writer.execute("PRAGMA max_page_count = 1000000")
    assert store.write(batch).accepted == 5000
    assert store.aggregate(KEYS[0], START, START + HOUR, HOUR) == [Bucket(START, 5000, 1.0, 1.0, 1.0)]


def test_a_file_that_is_no_database_is_named_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    path.write_text("this is a text, long enough to be read as the head of a database file " * 20)
    with pytest.raises(Unavailable, match=r"series\.db is unavailable.*series\.path"):
        SqliteSeries(path)


def test_a_file_of_a_newer_version_is_left_alone(store: SqliteSeries, tmp_path: Path) -> None:
    store._writer.execute("PRAGMA user_version = 99")
    with pytest.raises(Unavailable, match="Update this program"):
        SqliteSeries(tmp_path / "series.db")
