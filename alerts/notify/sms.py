"""Alarms by SMS, through an HTTP gateway that the settings describe."""

from __future__ import annotations

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.notify.text import Message, cut, message
from alerts.notify.webhook import judge, parse_url
from alerts.rules.rule import Severity
from campus.errors import SettingsError
from campus.settings import Sms

_message = msgspec.json.Decoder(Message)


class SmsNotifier:
    """One gateway and the numbers behind it. ``{to}``, ``{text}`` and ``{key}`` in the body are filled in."""

    kind = "sms"

    def __init__(self, settings: Sms, client: httpx.Client, zone: ZoneInfo) -> None:
        where = f"alerts.sms {settings.name!r}"
        self._url = parse_url(settings.url, where)
        if not settings.to:
            raise SettingsError(where, "it is sent to nobody", "Name at least one number in `to`")
        if not any("{text}" in value for value in settings.body.values()):
            raise SettingsError(where, "its body has no {text}", 'Write body = {mobile = "{to}", content = "{text}"}')
        self._settings = settings
        self._client = client
        self._zone = zone
        self.name = settings.name
        self.min_severity: Severity = settings.min_severity
        self.address = hashlib.sha256(repr((settings.url, settings.to)).encode()).hexdigest()

    def render(self, notice: Notice) -> bytes:
        """The title alone, and the link: an SMS is short."""
        return msgspec.json.encode(message(notice, self._zone))

    def send(self, parcel: Parcel) -> Receipt:
        """Send to every number in one request, or one after the other when the gateway takes one at a time."""
        said, limit = _message.decode(parcel.body), self._settings.limit
        room = limit - len(said.link.encode()) - 1
        # Half of an address helps nobody: where the limit is too short for it, the title goes alone.
        text = f"{cut(said.title, room)} {said.link}" if said.link and room >= limit // 3 else cut(said.title, limit)
        numbers = [",".join(self._settings.to)] if self._settings.together else list(self._settings.to)
        receipts = [self._post(number, text, parcel.key) for number in numbers]
        # Whoever has it must not get it again: one success is enough.
        return next((one for one in receipts if one.result == "done"), receipts[0])

    def _post(self, to: str, text: str, key: str) -> Receipt:
        said = self._settings
        words = {"{to}": to, "{text}": text, "{key}": key}
        body = {name: _filled(value, words) for name, value in said.body.items()}
        try:
            how = {"json": body} if said.format == "json" else {"data": body}
            answer = self._client.post(self._url, headers=said.headers, **how)  # type: ignore[arg-type]
        except httpx.TimeoutException as error:
            return Receipt(result="temporary", detail=f"no answer in time ({type(error).__name__})")
        except httpx.TransportError as error:
            return Receipt(result="temporary", detail=f"not reached ({type(error).__name__})")
        if not answer.is_success or not said.ok_field:
            return judge(answer.status_code, answer.headers.get("retry-after", ""))
        return self._judge(answer)

    def _judge(self, answer: httpx.Response) -> Receipt:
        try:
            found = str(msgspec.json.decode(answer.content, type=dict[str, Any])[self._settings.ok_field])
        except (msgspec.DecodeError, KeyError):
            detail = f"the answer has no {self._settings.ok_field!r}"
            return Receipt(result="temporary", detail=detail, status=answer.status_code)
        detail = f"{self._settings.ok_field} {found}"[:300]
        result = "done" if found == self._settings.ok_value else "permanent"
        return Receipt(result=result, detail=detail, status=answer.status_code)  # type: ignore[arg-type]


def _filled(value: str, words: dict[str, str]) -> str:
    for word, text in words.items():
        value = value.replace(word, text)
    return value
