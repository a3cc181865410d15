"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238), each good once."""

from __future__ import annotations

import re
from datetime import datetime

import pyotp

from campus import qr

ISSUER = "Campus safety"
PERIOD_S = 30
# One step before and after the present one: phones' clocks are a little off.
TOLERANCE = 1
_SECRET = re.compile(r"[A-Z2-7]{32}")
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A fresh secret of 160 bits in Base32."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether ``text`` is a secret as `new_secret` makes them."""
    return _SECRET.fullmatch(text) is not None


def picture(secret: str, login: str) -> str:
    """What an authenticator app scans, as an SVG element."""
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)
    return qr.svg(address, module=5)


def step_of(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The time step for which ``code`` is right, or None. A code is good once: after ``last_step`` only."""
    typed = code.replace(" ", "")
    if not _CODE.fullmatch(typed):
        return None
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // PERIOD_S
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if (last_step is None or step > last_step) and pyotp.utils.strings_equal(totp.generate_otp(step), typed):
            return step
    return None
