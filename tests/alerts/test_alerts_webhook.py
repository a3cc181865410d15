"""The webhook: signature, body, what an answer means, settings that cannot work."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from alerts.life.lifecycle import Action, State
from alerts.life.words import both
from alerts.notify.cloudevent import TYPES, to_cloudevent
from alerts.notify.kinds import make_client, make_notifiers
from alerts.notify.notice import Notice
from alerts.notify.signing import parse_secrets, sign
from alerts.notify.webhook import judge
from alerts.telling.routing import decide
from campus.errors import SettingsError
from campus.settings import Alerts, Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOTICE = Notice(
    key="msg_1", school="school-1", alarm="a-1", action="raise", old="normal", new="unacknowledged",
    why=both("条件成立", "the condition holds"), at=datetime(2026, 9, 7, 1, 0, tzinfo=UTC), by="machine",
    rule="smoke", rule_version="abc", severity="critical", title=both("烟", "Smoke"), reason=both("烟", "smoke"),
    runbook=both("去看", "Go and see"), subject="smoke-1", device="smoke-1", place="lab", class_id=None, times=1,
    began_at=datetime(2026, 9, 7, 1, 0, tzinfo=UTC), raised_at=datetime(2026, 9, 7, 1, 0, tzinfo=UTC), outcome=None,
    expected_students=43,
)  # fmt: skip


def test_the_signature_is_the_one_of_the_published_example() -> None:
    keys = parse_secrets(SECRET, "test")
    signature = sign(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_while_a_secret_is_replaced_both_sign() -> None:
    other = "whsec_" + base64.b64encode(b"k" * 32).decode()
    first, second = sign(parse_secrets(f"{SECRET} {other}", "test"), "id", 5, b"body").split(" ")
    expected = base64.b64encode(hmac.digest(b"k" * 32, b"id.5.body", hashlib.sha256)).decode()
    assert second == f"v1,{expected}"
    assert first != second


@pytest.mark.parametrize("secret", ["hunter2", "whsec_???", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_cannot_sign_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_secrets(secret, "alerts.webhooks 'post'")
    assert "alerts.webhooks 'post'" in str(refused.value)
    assert secret not in str(refused.value)


@pytest.mark.parametrize("url", ["", "example.org/x", "ftp://example.org/", "http://", "http://[::1"])
def test_an_address_nothing_can_be_posted_to_is_refused(url: str) -> None:
    with make_client() as client, pytest.raises(SettingsError, match="post"):
        make_notifiers(Alerts(webhooks=(Webhook(name="post", url=url),)), client)


def test_two_webhooks_of_one_name_are_refused() -> None:
    twice = (Webhook(name="post", url="http://a.example/"), Webhook(name="post", url="http://b.example/"))
    with make_client() as client, pytest.raises(SettingsError, match="stands twice"):
        make_notifiers(Alerts(webhooks=twice), client)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, "done"), (202, "done"), (204, "done"), (299, "done"),
        (301, "permanent"), (307, "permanent"), (400, "permanent"), (401, "permanent"), (404, "permanent"),
        (408, "temporary"), (425, "temporary"), (429, "temporary"), (410, "gone"),
        (500, "temporary"), (502, "temporary"), (503, "temporary"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, result: str) -> None:
    assert judge(status).result == result


def test_a_receiver_may_ask_for_patience_up_to_a_day() -> None:
    assert judge(429, "120").retry_after_s == 120
    assert judge(503, "9999999").retry_after_s == 86_400
    assert judge(503, "Wed, 21 Oct 2026 07:28:00 GMT").retry_after_s == 0


def test_the_body_is_a_cloudevent() -> None:
    event = msgspec.json.decode(to_cloudevent(NOTICE))
    assert {name: event[name] for name in ("specversion", "id", "source", "type", "subject", "time")} == {
        "specversion": "1.0",
        "id": "msg_1",
        "source": "/campus/school-1",
        "type": "campus.alarm.raised",
        "subject": "a-1",
        "time": "2026-09-07T01:00:00Z",
    }
    assert event["datacontenttype"] == "application/json"
    assert event["data"]["title"] == {"zh": "烟", "en": "Smoke"}
    assert event["data"]["runbook"]["en"] == "Go and see"
    assert event["data"]["expected_students"] == 43


@pytest.mark.parametrize(
    ("action", "old", "new", "severity", "least", "reason"),
    [
        ("raise", "normal", "unacknowledged", "critical", "warning", "wanted"),
        ("raise", "normal", "unacknowledged", "warning", "warning", "wanted"),
        ("raise", "normal", "unacknowledged", "info", "warning", "below_severity"),
        ("comment", "acknowledged", "acknowledged", "critical", "info", "comment"),
        ("return", "shelved", "shelved", "critical", "info", "shelved"),
        ("raise", "shelved", "shelved", "critical", "info", "shelved"),
        ("shelve", "unacknowledged", "shelved", "critical", "info", "wanted"),
        ("resolve", "shelved", "closed", "critical", "info", "wanted"),
    ],
)
def test_which_steps_are_told(action, old, new, severity, least, reason) -> None:  # type: ignore[no-untyped-def]
    decision = decide(action, old, new, severity, least)
    assert (decision.send, decision.reason) == (reason == "wanted", reason)


def test_every_step_that_is_told_has_a_type() -> None:
    told = {
        action
        for action in get_args(Action)
        for old in get_args(State)
        for new in get_args(State)
        if decide(action, old, new, "critical", "info").send
    }
    assert set(TYPES) == told
