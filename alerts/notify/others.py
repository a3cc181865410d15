"""Alarms over any service that Apprise knows; DingTalk, WeCom and Feishu are ours, see `alerts.notify.bots`."""

from __future__ import annotations

import hashlib
import logging
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.notify.text import Message, message
from alerts.rules.rule import Severity
from campus.errors import SettingsError
from campus.settings import AppriseUrl

# Apprise counts HTTP 200 as sent; these services refuse with 200 and a code in the body, so it would lose alarms.
OURS = {"dingtalk": "dingtalk", "feishu": "feishu", "lark": "feishu", "wecombot": "wecom"}
_message = msgspec.json.Decoder(Message)


class AppriseNotifier:
    """One Apprise URL. Apprise says yes or no and never why, so a no is tried again."""

    kind = "apprise"

    def __init__(self, settings: AppriseUrl, zone: ZoneInfo) -> None:
        where = f"alerts.apprise {settings.name!r}"
        scheme = urlsplit(settings.url).scheme.lower()
        if scheme in OURS:
            fix = f"Add it under [[alerts.bots]] with kind = {OURS[scheme]!r}"
            raise SettingsError(where, f"{scheme} refuses with HTTP 200, which Apprise takes for sent", fix)
        self._sender = _sender(settings.url, where)
        self._zone = zone
        self.name = settings.name
        self.min_severity: Severity = settings.min_severity
        self.address = hashlib.sha256(settings.url.encode()).hexdigest()

    def render(self, notice: Notice) -> bytes:
        """The step in words."""
        return msgspec.json.encode(message(notice, self._zone))

    def send(self, parcel: Parcel) -> Receipt:
        """Send; done when the service took it, as far as Apprise can tell."""
        said = _message.decode(parcel.body)
        kind = "failure" if said.urgent else "info"
        if self._sender.notify(body=said.asked + said.text, title=said.title, notify_type=kind, body_format="text"):
            return Receipt(result="done", detail="taken, says Apprise")
        return Receipt(result="temporary", detail="not taken, says Apprise without a reason")


def _sender(url: str, where: str) -> Any:
    """Apprise with this one URL; raises `SettingsError` when the library is not there or does not know the URL."""
    try:
        import apprise
    except ImportError:
        fix = "Install it with pip install 'campus-safety[apprise]'"
        raise SettingsError(where, "Apprise is not installed", fix) from None
    # Its log lines name addresses, which hold passwords and tokens.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    sender = apprise.Apprise()
    if not sender.add(url):
        fix = "Write it as the Apprise documentation of the service says; quote signs that are not for URLs"
        raise SettingsError(where, "Apprise does not understand its url", fix)
    return sender
