"""Passwords as Argon2id hashes."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
_CLEAR = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
# RFC 9106, second recommended option (64 MiB, 3 passes): the library's own default, stated so that it stays.
_hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


def hash_password(password: str) -> str:
    """The salted hash of ``password`` in the PHC text form."""
    return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    """Whether ``password`` is the one that was hashed; a damaged hash matches nothing."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def made_up() -> str:
    """A random first password of some 59 bits that can be read out on the phone."""
    return "-".join("".join(secrets.choice(_CLEAR) for _ in range(4)) for _ in range(3))


@cache
def nobodys_hash() -> str:
    """A hash no password matches: checking it for an unknown login takes as long as for a known one."""
    return _hasher.hash("\0nobody")
