"""The channels there are, and the notifiers made of the settings."""

from __future__ import annotations

import logging

import httpx

from alerts.notify.notice import Notifier
from alerts.notify.webhook import WebhookNotifier
from campus.clock import Clock, SystemClock
from campus.errors import SettingsError
from campus.settings import Alerts

TIMEOUT = httpx.Timeout(15.0, connect=5.0)


def make_client() -> httpx.Client:
    """The HTTP client of every notifier: 5 s to connect, 15 s for an answer, no redirects."""
    # An address may hold a token, and httpx writes every address it visits into the log.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False)


def make_notifiers(settings: Alerts, client: httpx.Client, wall: Clock | None = None) -> dict[str, Notifier]:
    """The notifiers by endpoint name; raises `SettingsError` for one that cannot work or a name that stands twice.

    ``wall`` is real time, also where the platform runs on a scaled clock.
    """
    notifiers: dict[str, Notifier] = {}
    for webhook in settings.webhooks:
        if webhook.name in notifiers:
            raise SettingsError("alerts.webhooks", f"the name {webhook.name!r} stands twice", "Give each its own name")
        notifiers[webhook.name] = WebhookNotifier(webhook, client, wall or SystemClock())
    return notifiers
