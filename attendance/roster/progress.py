"""How far an import has come: its sheets read, held together, compared with what is stored, and applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Phase = Literal["reading", "checking", "comparing", "applying"]
# The phase, how much of it is done, and of how much: bytes of the sheets, steps of the check, schools.
Progress = Callable[[Phase, int, int], None]


def unwatched(_phase: Phase, _done: int, _of: int) -> None:
    """Nobody looks."""
