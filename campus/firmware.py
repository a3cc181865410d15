"""What platform and agents agree on about firmware: the text that is signed, its check, which version is newer."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")
_HEX = r"^[0-9a-f]{64}$"


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """A firmware file as an agent is told of it. ``size`` in bytes, ``signature`` 128 hex digits of Ed25519."""

    model: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[str, Meta(min_length=1, max_length=32)]
    size: Annotated[int, Meta(ge=1)]
    sha256: Annotated[str, Meta(pattern=_HEX)]
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]
    url: Annotated[str, Meta(max_length=500)]
    downgrade: bool = False  # the campaign means to go back; the agent's own settings must allow it, too


def manifest(model: str, version: str, size: int, sha256: str) -> bytes:
    """The text that is signed: the file by its hash, and what it is, so that no other can be passed off as it."""
    return f"campus firmware 1\n{model}\n{version}\n{size}\n{sha256}\n".encode()


def is_signed(public_key: str, signature: str, text: bytes) -> bool:
    """Whether ``signature`` (hex) over ``text`` is of the Ed25519 key ``public_key`` (64 hex digits), RFC 8032.

    Raises `ImportError` where the library cryptography is not installed.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def order_of(version: str) -> tuple[int, int, int, int]:
    """A version of one to four numbers (``1.4.0``) as what it sorts by; raises `ValueError` for any other text."""
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version of one to four numbers, such as 1.4.0")
    numbers = [int(part) for part in version.split(".")]
    first, second, third, fourth = [*numbers, 0, 0, 0][:4]
    return first, second, third, fourth
