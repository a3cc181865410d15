"""Card numbers become keyed hashes at the edge, so that no number is stored or sent anywhere."""

from __future__ import annotations

import hashlib


def hash_credential(key: bytes, number: str) -> str:
    """The keyed hash of a card ``number``: BLAKE2b with ``key``, 16 bytes, as 32 hexadecimal digits.

    The same school key is used by the gate agents and by the roster import. Leading and trailing blanks and the
    letters' case do not matter, since readers differ in both.
    """
    if len(key) < 16:
        raise ValueError("the credential key needs at least 16 bytes")
    return hashlib.blake2b(number.strip().upper().encode(), digest_size=16, key=key[:64]).hexdigest()
