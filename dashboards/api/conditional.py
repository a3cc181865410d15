"""ETags (RFC 9110, 13.1): `If-None-Match` of every read as pure ASGI middleware, `If-Match` of writes that edit."""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from fastapi import Header
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from campus.errors import Outdated
from dashboards.api.answers import Json

_ABOUT = "The `ETag` of the GET that the edit was made from; 412 when somebody else has changed the thing since."
IfMatch = Annotated[str | None, Header(max_length=200, description=_ABOUT)]


class Conditional:
    """ASGI middleware: JSON answers to GET carry the hash of their body; who has that very body gets 304 without it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Other answers than JSON to a GET pass through unheld."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        held: Message | None = None
        body = bytearray()

        async def send_tagged(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _takes_tag(message):
                held = message
            elif held is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _finish(scope, held, bytes(body), send)

        await self.app(scope, receive, send_tagged)


def _takes_tag(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and headers.get("content-type", "").startswith("application/json")


def tag_of(body: bytes) -> str:
    """The tag of an answer with this body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def matches(asked: str, tag: str) -> bool:
    """Whether ``If-None-Match``, or ``If-Match`` of a write, names ``tag``.

    Weak and strong tags compare alike: a proxy that compresses weakens them.
    """
    named = {one.strip().removeprefix("W/") for one in asked.split(",")}
    return "*" in named or tag in named


def must_match(if_match: str | None, thing: object) -> None:
    """Refuse, as `Outdated`, to edit a ``thing`` that the GET answers otherwise by now than the named tag says.

    To be asked in the transaction that writes. Who names no tag writes upon whatever is there.
    """
    if if_match is not None and not matches(if_match, tag_of(msgspec.json.encode(thing))):
        raise Outdated("somebody else has changed it since it was read; read it again, then decide what to write")


def tagged(thing: object) -> Json:
    """The answer of a write: the ``thing`` as it is now, with the tag that the next write upon it names."""
    answer = Json(thing)
    answer.headers["ETag"] = tag_of(bytes(answer.body))
    return answer


async def _finish(scope: Scope, start: Message, body: bytes, send: Send) -> None:
    tag = tag_of(body)
    MutableHeaders(raw=start["headers"])["ETag"] = tag
    if matches(Headers(scope=scope).get("if-none-match", ""), tag):
        kept = [pair for pair in start["headers"] if pair[0].lower() not in {b"content-length", b"content-type"}]
        start, body = {**start, "status": 304, "headers": kept}, b""
    await send(start)
    await send({"type": "http.response.body", "body": body})
