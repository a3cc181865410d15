"""What only the InfluxDB store has: a server that refuses, limps or is away."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import msgspec
import pytest

from campus import settings
from campus.clock import SystemClock, to_ms
from campus.errors import SettingsError, Unavailable
from campus.series.influx import InfluxSeries
from campus.series.store import Point, Sample, SeriesKey

START = 1_790_553_600_000
KEY = SeriesKey("school-1", "sensor-7", "co2")


def point(ts: int, value: float = 1.0, metric: str = "co2") -> Point:
    return Point("school-1", "sensor-7", metric, ts, value)


class Answers:
    """A server that answers every request with one status and body, and remembers the writes."""

    def __init__(self) -> None:
        self.status = 204
        self.body = b""
        self.writes: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    outer.writes.append(gzip.decompress(sent).decode())
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.section = settings.Series(
            kind="influx", url=f"http://127.0.0.1:{self.server.server_port}", token="t", bucket="b"
        )


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def opened() -> Iterator[Callable[[settings.Series], InfluxSeries]]:
    made: list[InfluxSeries] = []

    def open_one(section: settings.Series) -> InfluxSeries:
        made.append(InfluxSeries(section))
        return made[-1]

    yield open_one
    for store in made:
        store.close()


Opened = Callable[[settings.Series], InfluxSeries]


def test_the_values_of_one_moment_share_a_line(answers: Answers, opened: Opened) -> None:
    opened(answers.section).write([point(START, 812, "co2"), point(START, 0.5, "hum idity"), point(START + 1, 9.0)])
    assert answers.writes == [
        f"reading,school=school-1,device=sensor-7 co2=812.0,hum\\ idity=0.5 {START}\n"
        f"reading,school=school-1,device=sensor-7 co2=9.0 {START + 1}"
    ]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_limping_server_is_unavailable_and_the_batch_is_kept(answers: Answers, opened: Opened, status: int) -> None:
    answers.status, answers.body = status, b'{"message": "out of breath"}'
    with pytest.raises(Unavailable, match=f"answered {status}: out of breath"):
        opened(answers.section).write([point(START)])


def test_a_refusal_nobody_foresaw_keeps_the_batch(answers: Answers, opened: Opened) -> None:
    answers.status, answers.body = 400, b"a proxy says no"
    with pytest.raises(Unavailable, match="answered 400: a proxy says no"):
        opened(answers.section).write([point(START)])


def test_a_server_that_is_away_is_unavailable(opened: Opened) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        section = settings.Series(kind="influx", url=f"http://127.0.0.1:{taken.getsockname()[1]}", token="t")
        store = opened(section)
        for ask in (store.ping, lambda: store.write([point(START)]), lambda: store.latest("a", "b")):
            with pytest.raises(Unavailable, match=r"does not answer.*series\.url"):
                ask()


def test_a_server_that_says_nothing_is_unavailable_after_the_timeout(opened: Opened) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        store = opened(settings.Series(kind="influx", url=url, token="t", timeout_s=0.1))
        with pytest.raises(Unavailable, match="does not answer"):
            store.write([point(START)])


def test_a_missing_token_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match=r"series\.token: is empty.*CAMPUS_SERIES__TOKEN_FILE"):
        InfluxSeries(settings.Series(kind="influx"))


@pytest.mark.influx
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"token": "stale"}, r"refuses the token \(401\).*series\.token"),
        ({"bucket": "nowhere"}, r"\"nowhere\".*series\.bucket"),
        ({"org": "nobody"}, r"\"nobody\" not found.*series\.org"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_dropped(
    influx_section: settings.Series, opened: Opened, wrong: dict[str, str], message: str
) -> None:
    store = opened(msgspec.structs.replace(influx_section, **wrong))
    for ask in (store.ping, lambda: store.write([point(START)]), lambda: store.read(KEY, START, START + 1)):
        with pytest.raises(Unavailable, match=message):
            ask()


@pytest.mark.influx
def test_a_token_that_may_only_read_does_not_pass_the_ping(
    influxd: httpx.Client, influx_section: settings.Series, opened: Opened
) -> None:
    bucket = influxd.get("/api/v2/buckets", params={"name": influx_section.bucket}).json()["buckets"][0]
    resource = {"type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"]}
    made = influxd.post(
        "/api/v2/authorizations",
        json={"orgID": bucket["orgID"], "permissions": [{"action": "read", "resource": resource}]},
    ).json()
    with pytest.raises(Unavailable, match="read and write the bucket"):
        opened(msgspec.structs.replace(influx_section, token=made["token"])).ping()


@pytest.mark.influx
def test_points_older_than_the_bucket_keeps_are_rejected_and_the_rest_is_stored(
    make_bucket: Callable[[int], settings.Series], opened: Opened
) -> None:
    store = opened(make_bucket(3600))
    now = to_ms(SystemClock().now())  # the server judges by the machine's clock, so the test must as well
    fresh = [point(now - second * 1000, float(second), metric) for second in range(50) for metric in ("co2", "temp")]
    old = [point(START - 10**12 + number, 1.0, metric) for number in range(20) for metric in ("co2", "temp", "noise")]
    result = store.write([*old[:30], *fresh[:33], *old[30:], *fresh[33:]])
    assert result.accepted == len(fresh)
    assert sorted(rejected.point for rejected in result.rejected) == sorted(old)
    assert all("retention policy" in rejected.reason for rejected in result.rejected)
    assert len(store.read(KEY, 0, now + 1)) == 50
    assert set(store.latest("school-1", "sensor-7")) == {"co2", "temp"}


@pytest.mark.influx
def test_only_the_metric_whose_type_is_taken_by_others_is_rejected(
    influx_section: settings.Series, influxd: httpx.Client, opened: Opened
) -> None:
    influxd.post(
        "/api/v2/write",
        params={"org": "campus", "bucket": influx_section.bucket, "precision": "ms"},
        content=f"reading,school=x,device=y co2=1i {START}",
    ).raise_for_status()
    store = opened(influx_section)
    result = store.write([point(START + n, 2.0, metric) for n in range(100) for metric in ("co2", "temp")])
    assert result.accepted == 100
    assert {rejected.point.metric for rejected in result.rejected} == {"co2"}
    assert "field type conflict" in result.rejected[0].reason
    assert store.latest("school-1", "sensor-7") == {"temp": Sample(START + 99, 2.0)}


@pytest.mark.influx
def test_a_failing_query_is_unavailable(influx_section: settings.Series, opened: Opened) -> None:
    store = opened(influx_section)
    influx_text = "from(bucket: bucket) |> range(start: 0) |> nonsense()"
    with pytest.raises(Unavailable, match="nonsense"):
        store._query(influx_text, {"bucket": influx_section.bucket})
