"""Secrets of accounts, sealed before they are stored: Fernet (AES-128-CBC with HMAC) under keys of the settings."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from campus.errors import SettingsError, Unavailable

SHORTEST = 16


class Sealer:
    """Seals with the newest key and opens with any of them; without a key nothing is sealed."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self._keys = tuple(Fernet(_derived(key)) for key in keys)

    @property
    def works(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def seal(self, owner: str, secret: str) -> str:
        """What is stored of ``secret``. It opens for the same owner alone: moved to another row it is no use."""
        return self._keys[0].encrypt(f"{owner} {secret}".encode()).decode()

    def open(self, owner: str, sealed: str) -> tuple[str, bool]:
        """The secret, and whether it was sealed with the newest key. Raises `Unavailable` when no key fits."""
        for place, key in enumerate(self._keys):
            try:
                whose, _, secret = key.decrypt(sealed.encode()).decode().partition(" ")
            except InvalidToken:
                continue
            if whose == owner:
                return secret, place == 0
        detail = "no key of [dashboards] account_key opens what is stored: put the former key back as a second line"
        raise Unavailable("the second factor", detail)


@cache
def sealer_of(account_key: str) -> Sealer:
    """The sealer of ``[dashboards] account_key``: a key a line, the newest first. Raises `SettingsError`."""
    keys = tuple(line.strip() for line in account_key.splitlines() if line.strip())
    if any(len(key) < SHORTEST for key in keys):
        raise SettingsError("dashboards.account_key", f"a key is shorter than {SHORTEST} characters", "Make it random")
    return Sealer(keys)


def _derived(key: str) -> bytes:
    # RFC 5869; the key is random, so no slow derivation is needed.
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"campus account secrets")
    return base64.urlsafe_b64encode(hkdf.derive(key.encode()))
