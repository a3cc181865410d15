"""What attendance needs to reach a guardian, and what it hears of an attempt; the composition root fills it."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to be sent. ``id`` is the idempotency key, the same in every ``attempt`` (from 1)."""

    id: str
    school: str
    contact: str
    language: str
    subject: str
    text: str
    attempt: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attempt: done, later (not before ``retry_after_s``), or never; ``detail`` has no address."""

    result: Literal["done", "temporary", "permanent"]
    detail: str
    retry_after_s: float = 0.0


class Post(Protocol):
    """The ways to guardians."""

    def refusal(self, contact: str) -> str:
        """Why nothing can be sent to ``contact``, as a code; empty when it can."""
        ...

    def send(self, letter: Letter) -> Answer:
        """Send one letter. Never raises for what the other side or the network does."""
        ...
