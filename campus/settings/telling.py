"""Rules, and the ways over which people are told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from campus.settings.section import Port, Positive, Section

Severity = Literal["info", "warning", "major", "critical"]


class Webhook(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.webhooks]]``: where alarms are posted to. ``secret`` signs them (Standard Webhooks, ``whsec_...``)."""

    name: str
    url: str
    secret: str = ""
    min_severity: Severity = "warning"


class Bot(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.bots]]``: a bot in a group of DingTalk, WeCom or Feishu. ``secret`` signs (DingTalk, Feishu)."""

    name: str
    kind: Literal["dingtalk", "wecom", "feishu"]
    url: str
    secret: str = ""
    per_minute: Annotated[int, Meta(ge=0, le=1000)] = 0  # 0: what the service allows
    min_severity: Severity = "warning"


class Mail(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.mails]]``: alarms by e-mail."""

    name: str
    host: str
    sender: str
    to: tuple[str, ...] = ()  # at least one, except for guardians
    port: Port = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    min_severity: Severity = "warning"


class Sms(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.sms]]``: alarms by SMS through an HTTP gateway; ``body`` with ``{to}``, ``{text}``, ``{key}``."""

    name: str
    url: str
    body: dict[str, str]
    to: tuple[str, ...] = ()  # at least one, except for guardians
    format: Literal["json", "form"] = "json"
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    together: bool = False  # the gateway takes several numbers, separated by commas
    ok_field: str = ""  # a field of the answer that says whether it was taken; empty: the HTTP status says it
    ok_value: str = "0"
    limit: Annotated[int, Meta(ge=20, le=2000)] = 200  # bytes of text
    min_severity: Severity = "major"


class MqttOut(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.mqtt]]``: alarms over our own broker, for sirens and screens."""

    name: str
    topic: str = "campus-out/{school}/alarms"
    min_severity: Severity = "major"


class AppriseUrl(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[alerts.apprise]]``: alarms over any service Apprise knows; needs the extra ``apprise``."""

    name: str
    url: str
    min_severity: Severity = "warning"


class Alerts(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[alerts]``: rules, routes and the channels over which people are told."""

    rules: Path | None = None  # None: the rules shipped with the platform
    routes: Path | None = None  # who is told until the console's first revision; None: every endpoint, by its severity
    link_minutes: Annotated[float, Meta(ge=0, le=1440)] = 60.0  # a link in a message acknowledges so long; 0: no links
    history_days: Positive = 60.0  # events are kept so long for `campus rules replay`
    webhooks: tuple[Webhook, ...] = ()
    bots: tuple[Bot, ...] = ()
    mails: tuple[Mail, ...] = ()
    sms: tuple[Sms, ...] = ()
    mqtt: tuple[MqttOut, ...] = ()
    apprise: tuple[AppriseUrl, ...] = ()

    def endpoints(self) -> dict[str, Severity]:
        """The mildest severity that each endpoint asks for, by its name."""
        every: tuple[Webhook | Bot | Mail | Sms | MqttOut | AppriseUrl, ...]
        every = (*self.webhooks, *self.bots, *self.mails, *self.sms, *self.mqtt, *self.apprise)
        return {one.name: one.min_severity for one in every}


class Guardians(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[guardians]``: when guardians are told what, and the ways to them; none of them, nothing goes out."""

    settle_minutes: Positive = 10.0  # an absence waits so long for late evidence and for a teacher's word
    gather_minutes: Positive = 2.0  # a message waits so long for others to the same guardian
    fresh_minutes: Positive = 60.0  # afterwards an arrival or a leaving is no news
    quiet_from: str = "21:30"  # from here to quiet_until nothing goes out
    quiet_until: str = "06:30"
    keep_days: Positive = 180.0  # notices and messages are kept so long
    sms: Sms | None = None  # its ``to`` is left out: the guardian's number is put in
    mail: Mail | None = None
    webhook: Webhook | None = None
