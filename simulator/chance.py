"""Seeded chance: one independent stream of random numbers for each purpose, the same in every process."""

from __future__ import annotations

import hashlib
from random import Random


def digest(seed: int, *names: object) -> bytes:
    """32 bytes that depend on ``seed`` and on each name in order, and on nothing else (not on PYTHONHASHSEED)."""
    return hashlib.blake2b("\x1f".join(str(part) for part in (seed, *names)).encode(), digest_size=32).digest()


def chance(seed: int, *names: object) -> Random:
    """A generator of its own for the purpose ``names``: drawing more for one purpose never shifts another."""
    return Random(digest(seed, *names))  # noqa: S311 - play, not secrecy


def event_id(seed: int, ms: int, *names: object) -> str:
    """A well-formed UUIDv7 of the moment ``ms`` (epoch milliseconds) that is the same in every run of the day."""
    noise = int.from_bytes(digest(seed, ms, *names)[:10], "big")
    value = (ms & (1 << 48) - 1) << 80 | 7 << 76 | (noise >> 68 & 0xFFF) << 64 | 0b10 << 62 | noise & (1 << 62) - 1
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
