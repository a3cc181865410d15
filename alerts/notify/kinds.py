"""The channels there are, and the notifiers made of the settings."""

from __future__ import annotations

import logging
from zoneinfo import ZoneInfo

import httpx

from alerts.notify.bots import BotNotifier
from alerts.notify.mail import MailNotifier
from alerts.notify.mqtt import MqttNotifier, Publisher
from alerts.notify.notice import Notifier
from alerts.notify.others import AppriseNotifier
from alerts.notify.sms import SmsNotifier
from alerts.notify.webhook import WebhookNotifier
from campus.clock import Clock, SystemClock
from campus.errors import SettingsError
from campus.settings import Alerts

_SECTIONS = {
    "webhook": "webhooks", "dingtalk": "bots", "wecom": "bots", "feishu": "bots", "mail": "mails", "sms": "sms",
    "mqtt": "mqtt", "apprise": "apprise",
}  # fmt: skip
_OWN_NAME = "Give each endpoint its own name"
TIMEOUT = httpx.Timeout(15.0, connect=5.0)


def make_client() -> httpx.Client:
    """The HTTP client of every notifier: 5 s to connect, 15 s for an answer, no redirects."""
    # An address may hold a token, and httpx writes every address it visits into the log.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False)


def make_notifiers(
    settings: Alerts,
    client: httpx.Client,
    wall: Clock | None = None,
    *,
    zone: ZoneInfo | None = None,
    publisher: Publisher | None = None,
) -> dict[str, Notifier]:
    """The notifiers by endpoint name; raises `SettingsError` for one that cannot work or a name that stands twice.

    ``wall`` is real time, also where the platform runs on a scaled clock; ``zone`` the school's; ``publisher`` the
    broker, needed when there are endpoints of MQTT.
    """
    wall, zone = wall or SystemClock(), zone or ZoneInfo("UTC")
    made: list[Notifier] = [WebhookNotifier(one, client, wall) for one in settings.webhooks]
    made += [BotNotifier(one, client, wall, zone) for one in settings.bots]
    made += [MailNotifier(one, wall, zone) for one in settings.mails]
    made += [SmsNotifier(one, client, zone) for one in settings.sms]
    made += [AppriseNotifier(one, zone) for one in settings.apprise]
    if publisher is not None:
        made += [MqttNotifier(one, publisher) for one in settings.mqtt]
    notifiers: dict[str, Notifier] = {}
    for one in made:
        if one.name in notifiers:
            raise SettingsError(f"alerts.{_SECTIONS[one.kind]}", f"the name {one.name!r} stands twice", _OWN_NAME)
        notifiers[one.name] = one
    return notifiers
