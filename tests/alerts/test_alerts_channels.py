"""Every channel against a local server that behaves as the real one does."""

import email
import email.policy
import queue
from collections.abc import Callable, Iterator
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from alerts.notify.kinds import make_client, make_notifiers
from alerts.notify.mqtt import MqttNotifier, Publisher
from alerts.notify.quota import TokenBucket
from alerts.notify.text import Message, cut, together
from alerts.tables import deliveries, outbox
from alerts.telling.worker import AlertWorker
from campus import db
from campus.clock import VirtualClock
from campus.errors import SettingsError, Unavailable
from campus.events import SensorAlarm
from campus.mqtt.client import Message as MqttMessage
from campus.mqtt.client import MqttClient
from campus.settings import Alerts, Bot, Mail, Mqtt, MqttOut, Sms
from cli.programs.broker import Mosquitto
from tests.alerts.play import ZONE, Play
from tests.alerts.services import BotService, MailServer, SmsGateway

SECRET = "SECabcdef"
KINDS = ("dingtalk", "wecom", "feishu")


class Away:
    """A broker that cannot be reached."""

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, on_ack: Callable[[], None] | None = None
    ) -> None:
        raise Unavailable("the MQTT broker", "not connected")


class Desk:
    def __init__(self, play: Play, settings: Alerts, **more: Publisher) -> None:
        self.play = play
        self.client = make_client()
        self.notifiers = make_notifiers(settings, self.client, play.clock, zone=ZONE, **more)
        self.worker = AlertWorker(play.engine, self.notifiers, play.clock)

    def smoke(self, count: int = 1, first: int = 1) -> None:
        for number in range(first, first + count):
            self.play.handle(self.play.envelope(f"smoke-{number}", SensorAlarm(kind="smoke", active=True)))
        self.worker.run_once()

    def states(self) -> list[str]:
        with db.read(self.play.engine) as conn:
            return list(conn.execute(sa.select(outbox.c.state).order_by(outbox.c.id)).scalars())

    def log(self) -> list[str]:
        with db.read(self.play.engine) as conn:
            return list(conn.execute(sa.select(deliveries.c.detail).order_by(deliveries.c.id)).scalars())


@pytest.fixture
def desk(play: Play) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(settings: Alerts, **more: Publisher) -> Desk:
        made.append(Desk(play, settings, **more))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


@pytest.fixture(params=KINDS)
def bot(request: pytest.FixtureRequest, play: Play) -> Iterator[BotService]:
    service = BotService(request.param, SECRET, play.clock)
    yield service
    service.close()


def settings_of(bot: BotService, secret: str = SECRET) -> Alerts:
    return Alerts(bots=(Bot(name="group", kind=bot.kind, url=bot.address, secret=secret),))  # type: ignore[arg-type]


def test_a_bot_gets_the_alarm_in_both_languages(desk: Callable[..., Desk], bot: BotService) -> None:
    mine = desk(settings_of(bot))
    mine.smoke()
    assert mine.states() == ["done"]
    assert "【紧急·报警】烟雾报警" in bot.texts[0]
    assert "Smoke alarm" in bot.texts[0]


def test_http_200_with_an_error_code_is_no_success(desk: Callable[..., Desk], bot: BotService) -> None:
    if bot.kind == "wecom":
        pytest.skip("WeCom does not sign")
    mine = desk(settings_of(bot, secret="SECwrong"))
    mine.smoke()
    assert mine.states() == ["failed"]
    assert "sign not match" in mine.log()[0]
    assert bot.texts == []


def test_a_bot_that_was_removed_is_asked_no_more(desk: Callable[..., Desk], bot: BotService) -> None:
    bot.gone = True
    mine = desk(settings_of(bot))
    mine.smoke()
    mine.smoke(first=2)
    assert mine.states() == ["failed", "failed"]
    assert bot.requests == 1


def test_a_flood_keeps_the_quota_and_every_alarm_is_told(desk: Callable[..., Desk], bot: BotService) -> None:
    mine = desk(settings_of(bot))
    for number in range(150):
        mine.smoke(first=number + 1)
    for _ in range(30):
        mine.play.clock.advance(timedelta(seconds=4))
        mine.worker.run_once()
    assert mine.states() == ["done"] * 150
    assert all("too fast" not in line for line in mine.log())
    assert bot.requests < 150 or bot.kind == "feishu"


def test_a_quota_that_others_used_up_is_waited_for(desk: Callable[..., Desk], bot: BotService) -> None:
    bot._moments = [mine_now := bot.clock.now().timestamp()] * 100
    mine = desk(settings_of(bot))
    mine.smoke()
    assert mine.states() == ["queued"]
    bot.clock.advance(timedelta(seconds=61))
    mine.worker.run_once()
    assert mine.states() == ["done"]
    assert bot.clock.now().timestamp() > mine_now


def test_a_long_text_is_cut_to_what_the_service_takes(desk: Callable[..., Desk], bot: BotService) -> None:
    mine = desk(settings_of(bot))
    for number in range(1, 60):
        mine.play.handle(mine.play.envelope(f"smoke-{number}", SensorAlarm(kind="smoke", active=True)))
    mine.worker.run_once()
    assert set(mine.states()) == {"done"}
    assert "20 条报警消息" in bot.texts[0]


def test_nobody_there_is_tried_again(desk: Callable[..., Desk], bot: BotService) -> None:
    mine = desk(settings_of(bot))
    bot.close()
    try:
        mine.smoke()
        assert mine.states() == ["queued"]
        assert bot.address not in mine.log()[0]
    finally:
        bot.__init__(bot.kind, bot.secret, bot.clock)  # type: ignore[misc]


def test_a_token_bucket_lets_so_many_pass_a_minute(clock: VirtualClock) -> None:
    bucket = TokenBucket(20)
    passed: list[float] = []
    for _ in range(1500):
        if bucket.wait_s(clock.now()) == 0:
            bucket.take(clock.now())
            passed.append(clock.now().timestamp())
        clock.advance(timedelta(seconds=0.2))
    assert 55 <= len(passed) <= 61  # 10 at once, then 10 a minute
    assert max(sum(one <= other < one + 60 for other in passed) for one in passed) <= 20


def test_texts_are_cut_between_characters_and_urgent_ones_come_first() -> None:
    assert cut("烟雾报警", 10).encode().decode() == "烟雾…"
    calm = Message(alarm="a", urgent=False, title="甲", text="x\ny")
    urgent = Message(alarm="b", urgent=True, title="乙", text="x\ny")
    _, text = together([calm, urgent], 500)
    assert text.index("乙") < text.index("甲")
    _, short = together([calm] * 50, 200)
    assert len(short.encode()) <= 200
    assert "more in the console" in short


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    service = SmsGateway()
    yield service
    service.close()


def sms(gateway: SmsGateway, **more: object) -> Alerts:
    said = {"name": "duty", "url": gateway.url + "/send", "to": ["13800000001", "13800000002"], "ok_field": "result"}
    said["body"] = {"mobile": "{to}", "content": "{text}", "ref": "{key}"}
    return Alerts(sms=(msgspec.convert(said | more, Sms),))


@pytest.mark.parametrize("form", ["json", "form"])
def test_an_sms_goes_to_every_number(desk: Callable[..., Desk], gateway: SmsGateway, form: str) -> None:
    mine = desk(sms(gateway, format=form, headers={"X-Token": "t"}))
    mine.smoke()
    assert mine.states() == ["done"]
    assert [number for number, _ in gateway.sent] == ["13800000001", "13800000002"]
    assert all(text.startswith("【紧急·报警】") and len(text.encode()) <= 200 for _, text in gateway.sent)
    assert gateway.headers[0]["X-Token"] == "t"


def test_numbers_may_go_out_together(desk: Callable[..., Desk], gateway: SmsGateway) -> None:
    desk(sms(gateway, together=True)).smoke()
    assert [number for number, _ in gateway.sent] == ["13800000001,13800000002"]


def test_a_gateway_that_refuses_every_number_is_told(desk: Callable[..., Desk], gateway: SmsGateway) -> None:
    gateway.refuse = {"13800000001", "13800000002"}
    mine = desk(sms(gateway))
    mine.smoke()
    assert mine.states() == ["failed"]
    assert mine.log() == ["result 1016"]


def test_a_gateway_that_is_down_is_tried_again(desk: Callable[..., Desk], gateway: SmsGateway) -> None:
    gateway.down = True
    mine = desk(sms(gateway))
    mine.smoke()
    gateway.down = False
    mine.play.clock.advance(timedelta(seconds=6))
    mine.worker.run_once()
    assert mine.states() == ["done"]


@pytest.mark.parametrize("wrong", [{"to": []}, {"body": {"a": "b"}}, {"url": "ftp://x"}])
def test_an_sms_gateway_that_cannot_work_is_refused(gateway: SmsGateway, wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError), make_client() as client:
        make_notifiers(sms(gateway, **wrong), client)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    yield server
    server.close()


def mails(server: MailServer) -> Alerts:
    to = ("duty@school.test", "head@school.test")
    return Alerts(
        mails=(Mail(name="post", host="127.0.0.1", port=server.port, sender="alarms@school.test", to=to, tls="none"),)
    )


def test_a_mail_says_what_happened_and_is_one_thread_per_alarm(desk: Callable[..., Desk], mail: MailServer) -> None:
    mine = desk(mails(mail))
    mine.smoke()
    mine.play.handle(mine.play.envelope("smoke-1", SensorAlarm(kind="smoke", active=False)))
    mine.worker.run_once()
    assert mine.states() == ["done", "done"]
    first, second = (email.message_from_string(text, policy=email.policy.default) for _, text in mail.mails)
    assert mail.mails[0][0] == ["duty@school.test", "head@school.test"]
    assert first["subject"].startswith("【紧急·报警】")
    assert "Smoke alarm" in first.get_content()
    assert first["references"] == second["references"]
    assert first["message-id"] != second["message-id"]


@pytest.mark.parametrize(("code", "state"), [(451, "queued"), (552, "failed")])
def test_a_mail_server_may_say_later_or_never(
    desk: Callable[..., Desk], mail: MailServer, code: int, state: str
) -> None:
    mail.after_data = code
    mine = desk(mails(mail))
    mine.smoke()
    assert mine.states() == [state]


def test_one_good_address_is_enough_and_none_is_a_failure(desk: Callable[..., Desk], mail: MailServer) -> None:
    mail.refuse = {"head@school.test": 550}
    mine = desk(mails(mail))
    mine.smoke()
    mail.refuse["duty@school.test"] = 550
    mine.smoke(first=2)
    assert mine.states() == ["done", "failed"]
    assert "1 of 2 addresses refused" in mine.log()[0]


def test_a_siren_hears_over_the_broker(desk: Callable[..., Desk], mosquitto: Mosquitto, broker_port: int) -> None:
    heard: queue.Queue[MqttMessage] = queue.Queue()
    settings = Mqtt(port=broker_port)
    siren = MqttClient(settings, "siren", subscriptions=["campus-out/#"], on_message=heard.put)
    out = MqttClient(settings, "campus-alerts")
    siren.start()
    out.start()
    try:
        assert siren.wait_subscribed(10)
        assert out.wait_connected(10)
        mine = desk(Alerts(mqtt=(MqttOut(name="siren"),)), publisher=out)
        mine.smoke()
        message = heard.get(timeout=10)
        assert message.topic == "campus-out/school-1/alarms"
        assert msgspec.json.decode(message.payload)["type"] == "campus.alarm.raised"
        assert mine.states() == ["done"]
    finally:
        siren.stop()
        out.stop()


def test_a_broker_that_is_away_is_tried_again(desk: Callable[..., Desk]) -> None:
    mine = desk(Alerts(mqtt=(MqttOut(name="siren"),)), publisher=Away())
    mine.smoke()
    assert mine.states() == ["queued"]


@pytest.mark.parametrize("topic", ["campus/school-1/alarms", "a/#", ""])
def test_a_topic_that_cannot_work_is_refused(topic: str) -> None:
    with pytest.raises(SettingsError):
        MqttNotifier(MqttOut(name="siren", topic=topic), Away())
