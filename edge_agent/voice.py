"""What an agent may say to the platform; `uplink` carries it, a test writes it down."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from campus.events import Event


class Voice(Protocol):
    """Takes what devices say, from any thread."""

    def event(self, device: str, event: Event, at: datetime) -> None:
        """Something happened at ``device`` at ``at``."""
        ...

    def reading(self, device: str, values: dict[str, float | bool], at: datetime) -> None:
        """Measured ``values`` of ``device`` at ``at``."""
        ...
