"""Signing firmware, on the machine of whoever answers for it: the private key never comes to the platform."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from campus.errors import Conflict
from campus.firmware import manifest, order_of
from devices.firmware.inventory import Signed


def make_key(path: Path) -> str:
    """Write a new private key to ``path`` (mode 600, never over another); return the public key as 64 hex digits."""
    key = Ed25519PrivateKey.generate()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(f"{path} is there already; a key that agents trust is never written over") from None
    with os.fdopen(handle, "w") as file:
        file.write(key.private_bytes_raw().hex() + "\n")
    return key.public_key().public_bytes_raw().hex()


def sign(key: Path, file: Path, model: str, version: str) -> Signed:
    """Sign ``file`` as ``version`` for ``model``; raises `Conflict` for a bad version or key."""
    try:
        order_of(version)
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.read_text().strip()))
    except ValueError as error:
        raise Conflict(f"it cannot be signed: {error}") from None
    size = file.stat().st_size
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    signature = private.sign(manifest(model, version, size, digest)).hex()
    return Signed(model=model, version=version, size=size, sha256=digest, signature=signature)
