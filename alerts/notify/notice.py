"""What a channel is given and what it answers: the notice, the parcel made of it, the receipt, the notifier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

import msgspec

from alerts.life.lifecycle import Action, Outcome, State
from alerts.rules.rule import Bilingual, Severity

Result = Literal["done", "temporary", "permanent", "gone"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one alarm, as it may leave the platform: ids and texts of the rule, no names, no typed-in notes."""

    key: str
    school: str
    alarm: str
    action: Action
    old: State
    new: State
    why: Bilingual
    at: datetime
    by: str
    rule: str
    rule_version: str
    severity: Severity
    title: Bilingual
    reason: Bilingual
    runbook: Bilingual | None
    subject: str
    device: str | None
    place: str | None
    class_id: str | None
    times: int
    began_at: datetime
    raised_at: datetime
    outcome: Outcome | None
    expected_students: int | None
    level: int = 0  # of escalation
    link: str = ""  # where a person acknowledges; only for channels that people read
    told: tuple[str, ...] = ()  # account and teacher ids of those who are asked to deal with it


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to be sent. ``key`` is the same in every attempt; ``attempt`` counts from 1."""

    id: int
    key: str
    school: str
    alarm: str
    endpoint: str
    body: bytes
    attempt: int
    owner: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an attempt.

    ``temporary``: try again, not before ``retry_after_s``. ``permanent``: this message will never be taken. ``gone``:
    the endpoint wants no message any more. ``detail`` names the reason and never the address, which may hold a secret.
    """

    result: Result
    detail: str
    status: int | None = None
    retry_after_s: float = 0.0


@runtime_checkable
class Batching(Protocol):
    """A channel with a quota, which takes several messages as one."""

    batch: int

    def wait_s(self) -> float:
        """Seconds until the quota allows a message."""
        ...

    def send_batch(self, parcels: Sequence[Parcel]) -> Receipt:
        """Send several messages as one; the receipt is for all of them."""
        ...


class Notifier(Protocol):
    """A channel to one endpoint."""

    @property
    def name(self) -> str:
        """The endpoint's name in the settings."""
        ...

    @property
    def kind(self) -> str:
        """The kind of channel, a key of `alerts.notify.kinds`."""
        ...

    @property
    def address(self) -> str:
        """A digest of where it sends to: a changed address is a new endpoint."""
        ...

    @property
    def min_severity(self) -> Severity:
        """The mildest severity it is told of."""
        ...

    def render(self, notice: Notice) -> bytes:
        """The body, made once; every attempt sends the same bytes."""
        ...

    def send(self, parcel: Parcel) -> Receipt:
        """Send; called from one thread per endpoint. Never raises for what the other side or the network does."""
        ...
