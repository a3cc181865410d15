"""What a check of a device found, with what to do about it."""

from __future__ import annotations

import msgspec


class Remark(msgspec.Struct, frozen=True):
    """One thing found; ``fix`` is empty when it is as it should be."""

    text: str
    fix: str = ""
