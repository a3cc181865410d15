"""Apprise as it is, against a local server: what it takes, what it refuses, and what we do not leave to it."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.notify.kinds import make_client, make_notifiers
from alerts.telling import outbox
from alerts.telling.worker import AlertWorker
from campus.errors import SettingsError
from campus.events import SensorAlarm
from campus.settings import Alerts, AppriseUrl
from tests.alerts.play import Play

pytest.importorskip("apprise")
# One of its hundred plug-ins still imports what Python 3.13 has no more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Service:
    """Takes what Apprise's json:// posts, or refuses it."""

    def __init__(self) -> None:
        self.said: list[dict[str, str]] = []
        self.status = 200
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.said.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_address[1]}/alarms"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


def make(url: str) -> dict:  # type: ignore[type-arg]
    settings = Alerts(apprise=(AppriseUrl(name="other", url=url),))
    with make_client() as client:
        return make_notifiers(settings, client, zone=ZoneInfo("Asia/Shanghai"))


def test_an_alarm_goes_out_and_a_refusal_is_tried_again(play: Play, service: Service) -> None:
    worker = AlertWorker(play.engine, make(service.url), play.clock)
    service.status = 500
    play.handle(play.envelope("smoke-1", SensorAlarm(kind="smoke", active=True)))
    worker.run_once()
    service.status = 200
    play.clock.advance(timedelta(seconds=outbox.BACKOFF_S[1]))
    worker.run_once()
    assert len(service.said) == 2
    assert "烟雾报警" in service.said[1]["title"]
    assert service.said[1]["type"] == "failure"
    delivery = play.detail(play.the("smoke", "smoke-1").id).deliveries[0]
    assert (delivery.state, delivery.attempts, delivery.kind) == ("done", 2, "apprise")


@pytest.mark.parametrize("url", ["dingtalk://token/13800000000", "wecombot://key", "feishu://token", "lark://token"])
def test_the_bots_it_would_lose_messages_of_are_refused_with_the_section_to_use(url: str) -> None:
    with pytest.raises(SettingsError, match=r"alerts\.bots"):
        make(url)


def test_a_url_it_does_not_know_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="does not understand"):
        make("nonsense://x")


def test_nobody_listening_is_temporary_and_no_address_is_told(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    notifiers = make("json://user:s3cret@127.0.0.1:9/alarms")
    play.handle(play.envelope("smoke-1", SensorAlarm(kind="smoke", active=True)))
    AlertWorker(play.engine, notifiers, play.clock).run_once()
    delivery = play.detail(play.the("smoke", "smoke-1").id).deliveries[0]
    assert delivery.state == "queued"
    assert "s3cret" not in caplog.text + delivery.last
