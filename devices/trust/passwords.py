"""Passwords of broker accounts as Mosquitto 2 keeps them: ``$7$iterations$salt$hash`` (PBKDF2 with SHA-512)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

# The passwords are 144 random bits, which nobody guesses however fast a guess is tried.
ITERATIONS = 101


def new_password() -> str:
    """A random password: 24 characters, 144 bits."""
    return secrets.token_urlsafe(18)


def hashed(password: str) -> str:
    """The line of a password file for ``password``, without the name."""
    salt = secrets.token_bytes(12)
    digest = _digest(password, salt, ITERATIONS)
    return f"$7${ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def matches(password: str, kept: str) -> bool:
    """Whether ``password`` is the one of which ``kept`` was made."""
    _, kind, iterations, salt, digest = kept.split("$")
    found = _digest(password, base64.b64decode(salt), int(iterations))
    return kind == "7" and hmac.compare_digest(found, base64.b64decode(digest))


def _digest(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)
