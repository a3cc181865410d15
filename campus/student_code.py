"""Codes that students show as a QR code: signed by the school, expiring, and good for one use where wanted.

A code holds the keyed hash of the student's card, never its number or a name::

    C1.<credential>.<expires>.<kind><number>.<signature>

``credential`` is 32 hexadecimal digits (`campus.credentials`), ``expires`` epoch seconds, ``kind`` is ``o`` (good once)
or ``m`` (many times, for a printed card), ``number`` makes each code another. The signature is BLAKE2b, 16 bytes, with
the school's key and a purpose of its own, so that no other hash of the school can be passed off as one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from campus.errors import PayloadError

CLOCK_SLACK = timedelta(seconds=60)
LONGEST = 200
_FORM = re.compile(r"(C1\.([0-9a-f]{32})\.([0-9]{1,12})\.([om])([0-9a-f]{8}))\.([0-9a-f]{32})")
_PURPOSE = b"student code"

Why = Literal["no_code", "forged", "expired"]


class StudentCode(msgspec.Struct, frozen=True):
    """A code that the school signed. ``number`` tells it from every other; ``once``: it is good for one use."""

    credential: str
    expires: datetime
    once: bool
    number: str


def issue(key: bytes, credential: str, expires: datetime, *, once: bool) -> str:
    """A fresh code for the student with the card hash ``credential``; raises `ValueError` for a key or hash of none."""
    text = f"C1.{credential}.{int(expires.timestamp())}.{'o' if once else 'm'}{secrets.token_hex(4)}"
    code = f"{text}.{_signature(key, text)}"
    if not _FORM.fullmatch(code):
        raise ValueError(f"{credential[:40]!r} is no credential hash")
    return code


def read(key: bytes, text: str, now: datetime) -> StudentCode:
    """The code in ``text``; raises `PayloadError` with the reason ``no_code``, ``forged`` or ``expired``."""
    found = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise PayloadError("no_code", "this is no student code of a school")
    signed, credential, expires, kind, number, signature = found.groups()
    if not hmac.compare_digest(_signature(key, signed), signature):
        raise PayloadError("forged", "the signature is not this school's")
    try:
        until = datetime.fromtimestamp(int(expires), UTC)
    except (ValueError, OverflowError, OSError):
        raise PayloadError("no_code", "it expires at no time there is") from None
    if now > until + CLOCK_SLACK:
        raise PayloadError("expired", f"it was good until {until:%Y-%m-%d %H:%M:%S} UTC")
    return StudentCode(credential, until, kind == "o", number)


def _signature(key: bytes, text: str) -> str:
    if len(key) < 16:
        raise ValueError("the credential key needs at least 16 bytes")
    return hashlib.blake2b(text.encode(), digest_size=16, key=key[:64], person=_PURPOSE).hexdigest()
