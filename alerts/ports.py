"""What alerts need to know from elsewhere, as protocols; the composition root hands in what fits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from alerts.rule import Bilingual


class Expected(Protocol):
    """Who should be in a place by the timetable."""

    @property
    def classes(self) -> Sequence[str]:
        """Ids of the classes."""
        ...

    @property
    def students(self) -> int:
        """How many students they have."""
        ...


class RollBook(Protocol):
    """School hours, leave and who should be where: what the joined rules ask."""

    def in_school_hours(self, conn: sa.Connection, school: str, class_id: str, at: datetime, /) -> bool:
        """Whether the class has to be at school at ``at``, breaks included."""
        ...

    def leave_now(self, conn: sa.Connection, school: str, student: str, at: datetime, /) -> object | None:
        """The approved leave that covers ``at``, or None."""
        ...

    def expected_in(self, conn: sa.Connection, school: str, place: str, at: datetime, /) -> Expected | None:
        """Who should be in ``place`` at ``at``; None when no lesson is held there."""
        ...


class Names(Protocol):
    """What people call things, for the titles of alarms. Never asked for a student."""

    def place_name(self, conn: sa.Connection, school: str, place: str, /) -> Bilingual | None:
        """The name of a place, or None when it is not known."""
        ...

    def device_name(self, conn: sa.Connection, school: str, device: str, /) -> Bilingual | None:
        """The name of a device, or None when it is not known."""
        ...

    def class_name(self, conn: sa.Connection, school: str, class_id: str, /) -> Bilingual | None:
        """The name of a class, or None when it is not known."""
        ...


class IdsAsNames:
    """`Names` for when nothing better is known: every title falls back to the id."""

    def place_name(self, conn: sa.Connection, school: str, place: str, /) -> Bilingual | None:  # noqa: ARG002
        """Nothing is known."""
        return None

    def device_name(self, conn: sa.Connection, school: str, device: str, /) -> Bilingual | None:  # noqa: ARG002
        """Nothing is known."""
        return None

    def class_name(self, conn: sa.Connection, school: str, class_id: str, /) -> Bilingual | None:  # noqa: ARG002
        """Nothing is known."""
        return None
