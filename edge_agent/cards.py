"""The card numbers that simulated readers read; they are hashed before anything leaves the machine."""

from __future__ import annotations

import random
from pathlib import Path

from campus.errors import SettingsError

MADE_UP = 200


def card_numbers(file: Path | None, chance: random.Random) -> list[str]:
    """The numbers in ``file``, one a line; made-up ones of ten digits when no file is given."""
    if file is None:
        return [f"{chance.randrange(10**10):010d}" for _ in range(MADE_UP)]
    try:
        lines = file.read_text(encoding="utf-8").split()
    except OSError as error:
        raise SettingsError(str(file), f"cannot be read: {error.strerror}", "Give a file of card numbers") from None
    if not lines:
        raise SettingsError(str(file), "has no card numbers in it", "Write one number a line, or leave `cards` out")
    return lines
