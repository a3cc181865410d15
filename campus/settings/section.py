"""The base of the sections of a settings file."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

Port = Annotated[int, Meta(ge=1, le=65535)]
Positive = Annotated[float, Meta(gt=0)]
# Only on this machine may a secret or a roster travel unencrypted.
HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the sections: frozen, and a key nobody knows is an error."""


def is_private(url: str) -> bool:
    """Whether what is sent to ``url`` is read by nobody else: HTTPS, or this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)
