"""What an agent and the platform say to each other when a device is enrolled; JSON over HTTPS."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

TRADE_PATH = "/api/v1/enrolment"
RENEW_PATH = "/api/v1/enrolment/renew"
AUTHORITY_PATH = "/api/v1/enrolment/authority"


class Trade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A one-time code, to be traded for an account."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]


class Renewal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account an agent has, shown for a new one."""

    username: Annotated[str, Meta(min_length=1, max_length=140)]
    password: Annotated[str, Meta(min_length=1, max_length=128)]


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The account of a device and where it is used. ``authority``: PEM to check servers against, or empty."""

    school: str
    device: str
    host: str
    port: int
    tls: bool
    username: str
    password: str
    authority: str
    renew_days: float
