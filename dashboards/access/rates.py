"""Rate limits of the interface: a bucket for each session or token and one for each address, in this process."""

from __future__ import annotations

import math
from collections import OrderedDict

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from campus.clock import Clock
from dashboards.access.sessions import token_hash

ADDRESS_FACTOR = 10  # many people of a school share one outgoing address
MOST_BUCKETS = 20_000
_PROBLEM = {
    "type": "urn:campus:problem:too_many_requests",
    "title": "too many requests",
    "status": 429,
    "code": "too_many_requests",
    "detail": "slow down: Retry-After says in how many seconds the next request will be answered",
}


class Verdict(msgspec.Struct, frozen=True):
    """Whether a request may go on; how many more may follow at once, and in how many seconds the next may."""

    allowed: bool
    left: int
    wait_s: int


class Buckets:
    """Token buckets by key: each holds a minute's allowance and fills evenly. The longest unused are forgotten."""

    def __init__(self, per_minute: int, most: int = MOST_BUCKETS) -> None:
        self.per_minute = per_minute
        self._most = most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key: level, at (seconds)

    def take(self, key: str, at_s: float) -> Verdict:
        """Take one request's worth at ``at_s`` (seconds on any clock that does not go back)."""
        level, before_s = self._levels.pop(key, (float(self.per_minute), at_s))
        rate = self.per_minute / 60
        level = min(self.per_minute, level + max(0.0, at_s - before_s) * rate)
        allowed = level >= 1
        level -= 1 if allowed else 0
        self._levels[key] = (level, at_s)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return Verdict(allowed, int(level), 0 if level >= 1 else max(1, math.ceil((1 - level) / rate)))


class RateLimits:
    """ASGI middleware that answers 429 to who asks ``/api/`` more often than allowed, before anything is read."""

    def __init__(self, app: ASGIApp, clock: Clock, per_minute: int) -> None:
        self.app = app
        self.clock = clock
        self.callers = Buckets(per_minute)
        self.addresses = Buckets(per_minute * ADDRESS_FACTOR)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or not."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self.app(scope, receive, send)
            return
        verdict = self._verdict(scope)
        headers = {"RateLimit-Limit": str(self.callers.per_minute), "RateLimit-Remaining": str(verdict.left)}
        headers["RateLimit-Reset"] = str(verdict.wait_s)

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if verdict.allowed:
            await self.app(scope, receive, send_told)
        else:
            await _refuse(verdict.wait_s, send_told)

    def _verdict(self, scope: Scope) -> Verdict:
        now_s = self.clock.now().timestamp()
        of_address = self.addresses.take(scope["client"][0] if scope.get("client") else "unknown", now_s)
        shown = _shown(Headers(scope=scope))
        # Who shows nothing has the address alone; who made its bucket empty does not also empty the caller's.
        if not of_address.allowed or not shown:
            return of_address
        return self.callers.take(token_hash(shown), now_s)


def _shown(headers: Headers) -> str:
    """What tells callers apart: the token, else the cookies. Only a hash of it is kept."""
    return headers.get("authorization") or headers.get("cookie") or ""


async def _refuse(wait_s: int, send: Send) -> None:
    body = msgspec.json.encode(_PROBLEM)
    kind = (b"content-type", b"application/problem+json")
    headers = [kind, (b"retry-after", str(wait_s).encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
