"""Passwords as Argon2id hashes."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
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


@cache
def nobodys_hash() -> str:
    """A hash no password matches: checking it for an unknown login takes as long as for a known one."""
    return _hasher.hash("\0nobody")
