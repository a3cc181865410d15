"""Signatures by the Standard Webhooks specification 1.0 (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from campus.errors import SettingsError

PREFIX = "whsec_"


def parse_secrets(text: str, where: str) -> tuple[bytes, ...]:
    """The keys in ``text``: none, one, or several separated by blanks while one takes over from another.

    Raises `SettingsError` naming ``where`` for a secret that is not ``whsec_`` and base64 of 24 to 64 bytes.
    """
    return tuple(_key(secret, where) for secret in text.split())


def sign(keys: tuple[bytes, ...], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: HMAC-SHA256 over ``id.timestamp.body``, one ``v1,`` entry for each key."""
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return " ".join(f"v1,{base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()}" for key in keys)


def _key(secret: str, where: str) -> bytes:
    fix = f"Make one with: echo {PREFIX}$(openssl rand -base64 32)"
    if not secret.startswith(PREFIX):
        raise SettingsError(where, f"a webhook secret begins with {PREFIX}", fix)
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SettingsError(where, f"what follows {PREFIX} is not base64", fix) from None
    if not 24 <= len(key) <= 64:
        raise SettingsError(where, f"a webhook secret has 24 to 64 bytes, this one {len(key)}", fix)
    return key
