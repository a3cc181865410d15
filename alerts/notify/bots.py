"""Group bots of DingTalk, WeCom and Feishu: signatures, quotas, sizes, and the result code in the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.notify.quota import TokenBucket
from alerts.notify.text import Message, message, together
from alerts.notify.webhook import judge, parse_url
from alerts.rules.rule import Severity
from campus.clock import Clock
from campus.settings import Bot

_message = msgspec.json.Decoder(Message)


class BotKind(msgspec.Struct, frozen=True, kw_only=True):
    """What one service asks for.

    ``code``: the field of the answer that is 0 when the message was taken. ``too_many``, ``gone``, ``again``: codes
    that mean the quota, an address that is no more, and a fault of the service.
    """

    per_minute: int
    limit: int  # bytes of text
    code: str
    says: str
    too_many: frozenset[int]
    gone: frozenset[int]
    again: frozenset[int]
    body: Callable[[str, str], dict[str, Any]]  # of title and text
    sign: Callable[[str, int], tuple[dict[str, str], dict[str, str]]]  # of secret and milliseconds: query, fields


def _dingtalk_sign(secret: str, ms: int) -> tuple[dict[str, str], dict[str, str]]:
    digest = hmac.digest(secret.encode(), f"{ms}\n{secret}".encode(), hashlib.sha256)
    return {"timestamp": str(ms), "sign": base64.b64encode(digest).decode()}, {}


def _feishu_sign(secret: str, ms: int) -> tuple[dict[str, str], dict[str, str]]:
    seconds = str(ms // 1000)
    digest = hmac.digest(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256)
    return {}, {"timestamp": seconds, "sign": base64.b64encode(digest).decode()}


# DingTalk: open.dingtalk.com, custom robots (20 a minute, then 10 minutes of silence; 20 kB). WeCom: developer.work
# .weixin.qq.com, group robots (20 a minute; text of 2048 bytes). Feishu: open.feishu.cn, custom bots (100 a minute and
# 5 a second; 20 kB).
KINDS: dict[str, BotKind] = {
    "dingtalk": BotKind(
        per_minute=20,
        limit=15_000,
        code="errcode",
        says="errmsg",
        too_many=frozenset({130101, 410100, 660026}),
        gone=frozenset({300001, 400101, 400102}),
        again=frozenset({-1, 130102}),
        body=lambda _title, text: {"msgtype": "text", "text": {"content": text}},
        sign=_dingtalk_sign,
    ),
    "wecom": BotKind(
        per_minute=20,
        limit=2048,
        code="errcode",
        says="errmsg",
        too_many=frozenset({45009, 45033}),
        gone=frozenset({93000, 93004}),
        again=frozenset({-1}),
        body=lambda _title, text: {"msgtype": "text", "text": {"content": text}},
        sign=lambda _secret, _ms: ({}, {}),  # the key in the address is the secret
    ),
    "feishu": BotKind(
        per_minute=100,
        limit=15_000,
        code="code",
        says="msg",
        too_many=frozenset({9499, 11232}),
        gone=frozenset({19001}),
        again=frozenset({19002, 11200}),
        body=lambda _title, text: {"msg_type": "text", "content": {"text": text}},
        sign=_feishu_sign,
    ),
}


class BotNotifier:
    """One bot in one group. Several messages that wait go out as one, so that a quota is no dam."""

    batch = 20
    max_wait_s = 3600.0

    def __init__(self, settings: Bot, client: httpx.Client, wall: Clock, zone: ZoneInfo) -> None:
        self._service = KINDS[settings.kind]
        self._url = parse_url(settings.url, f"alerts.bots {settings.name!r}")
        self._secret = settings.secret
        self._client = client
        self._wall = wall
        self._zone = zone
        self._bucket = TokenBucket(settings.per_minute or self._service.per_minute)
        self.name = settings.name
        self.kind = settings.kind
        self.min_severity: Severity = settings.min_severity
        self.address = hashlib.sha256(settings.url.encode()).hexdigest()

    def render(self, notice: Notice) -> bytes:
        """The step in words; put together with others when it is sent."""
        return msgspec.json.encode(message(notice, self._zone))

    def wait_s(self) -> float:
        """Seconds until the quota allows a message."""
        return self._bucket.wait_s(self._wall.now())

    def send(self, parcel: Parcel) -> Receipt:
        """Send one message."""
        return self.send_batch([parcel])

    def send_batch(self, parcels: Sequence[Parcel]) -> Receipt:
        """Send several messages as one; the receipt is for all of them."""
        now = self._wall.now()
        self._bucket.take(now)
        title, text = together([_message.decode(parcel.body) for parcel in parcels], self._service.limit)
        query, fields = ({}, {}) if not self._secret else self._service.sign(self._secret, int(now.timestamp() * 1000))
        body = self._service.body(title, text) | fields
        try:
            answer = self._client.post(self._url.copy_merge_params(query), json=body)
        except httpx.TimeoutException as error:
            return Receipt(result="temporary", detail=f"no answer in time ({type(error).__name__})")
        except httpx.TransportError as error:
            return Receipt(result="temporary", detail=f"not reached ({type(error).__name__})")
        if not answer.is_success:
            return judge(answer.status_code, answer.headers.get("retry-after", ""))
        receipt = self._judge(answer)
        if receipt.retry_after_s:
            self._bucket.empty(now)
        return receipt

    def _judge(self, answer: httpx.Response) -> Receipt:
        """HTTP 200 says nothing: the body has a code of its own."""
        service = self._service
        try:
            said = msgspec.json.decode(answer.content, type=dict[str, Any])
            code = int(said[service.code])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return Receipt(result="temporary", detail="the answer has no result code", status=answer.status_code)
        detail = f"{service.code} {code}: {str(said.get(service.says, ''))[:200]}"
        if code == 0:
            return Receipt(result="done", detail=detail, status=answer.status_code)
        if code in service.too_many:
            return Receipt(result="temporary", detail=detail, status=answer.status_code, retry_after_s=60.0)
        if code in service.gone:
            return Receipt(result="gone", detail=detail, status=answer.status_code)
        result = "temporary" if code in service.again else "permanent"
        return Receipt(result=result, detail=detail, status=answer.status_code)  # type: ignore[arg-type]
