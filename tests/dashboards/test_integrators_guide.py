"""The guide for integrators is a program: it runs as it stands against a console, a webhook's sender and a broker."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alerts.notify.kinds import make_client
from alerts.notify.notice import Parcel
from alerts.notify.webhook import WebhookNotifier
from campus import codec
from campus.clock import SystemClock
from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt, Webhook
from campus.topics import Channel
from tests.alerts.receiver import Receiver
from tests.dashboards.test_api_page import shell
from tests.flow.running_school import eventually

GUIDES = Path(__file__).parents[2] / "docs/guides"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

__all__ = ["shell"]


def blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (GUIDES / name).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    def set_(values: dict[str, str]) -> None:
        for key, value in values.items():
            monkeypatch.setenv(key, value)

    return set_


@pytest.mark.broker
@pytest.mark.parametrize("name", ["integrators.md", "integrators.zh.md"])
def test_the_program_of_the_guide_runs_from_its_first_line_to_its_last(
    name: str, shell: dict[str, str], mqtt: Mqtt, environment: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    environment({"CAMPUS": shell["CAMPUS"], "TOKEN": shell["TOKEN"], "WEBHOOK_SECRET": SECRET})
    environment({"BROKER": "127.0.0.1", "BROKER_PORT": str(mqtt.port)})
    heard: list[Message] = []
    platform = MqttClient(mqtt, "platform", subscriptions=["campus/#"], on_message=heard.append)
    platform.start()
    assert platform.wait_subscribed(10)
    program: dict[str, Any] = {}
    for block in blocks(name):
        exec(compile(block, name, "exec"), program)
    program["campus"].close()
    assert eventually(lambda: len(heard) == 2)
    platform.stop()
    said = capsys.readouterr().out
    assert "city may alarms.act, alarms.read" in said
    assert "Fire station 3 is informed" in said
    assert len(program["alarms"]) > 3
    channels = [Channel(message.topic.rsplit("/", 1)[1]) for message in heard]
    assert channels == [Channel.STATUS, Channel.TELEMETRY]
    for channel, message in zip(channels, heard, strict=True):
        codec.decode(channel, message.payload)  # raises for what the door would refuse


def test_the_receiver_takes_what_the_platform_signs_and_nothing_else(
    shell: dict[str, str], environment: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    environment({"CAMPUS": shell["CAMPUS"], "TOKEN": shell["TOKEN"], "WEBHOOK_SECRET": SECRET})
    program: dict[str, Any] = {}
    for block in blocks("integrators.md")[:4]:
        exec(compile(block, "integrators.md", "exec"), program)
    program["campus"].close()
    body = b'{"id":"msg_1","type":"campus.alarm.raised","data":{"severity":"critical","title":{"zh":"x"},"place":"p"}}'
    parcel = Parcel(id=1, key="msg_1", school="s", alarm="a", endpoint="post", body=body, attempt=1, owner="w")
    receiver = Receiver()
    with make_client() as client:
        settings = Webhook(name="post", url=receiver.url, secret=SECRET)
        for _ in range(2):
            assert WebhookNotifier(settings, client, SystemClock()).send(parcel).result == "done"
    first, again = receiver.all()
    receiver.close()
    assert [program["receive"](one.body, one.headers) for one in (first, again)] == [204, 204]
    assert capsys.readouterr().out.count("campus.alarm.raised critical x at p") == 1
    assert program["receive"](first.body.replace(b"critical", b"harmless"), first.headers) == 401
