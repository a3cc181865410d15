"""What alerts need to know from elsewhere, as protocols; the composition root hands in what fits."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from alerts.rules.rule import Bilingual


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


class RosterTrouble(msgspec.Struct, frozen=True):
    """Why the roster does not keep up, and since when: the import that went wrong, or the last that went through."""

    how: Literal["refused", "failed", "stale"]
    since: datetime


class OverdueWork(msgspec.Struct, frozen=True):
    """A planned check or a ticket that nobody has done by its day."""

    id: str
    title: str
    due: date
    device: str | None
    place: str | None


class Register(Protocol):
    """What the roll, the gates and leave say together, for the rules that join them. Students by id, classes by id."""

    def absent_inside(self, conn: sa.Connection, school: str, at: datetime, /) -> Sequence[tuple[str, str]]:
        """(student, class) of those inside by the gates and marked absent in what is going on at ``at``."""
        ...

    def present_outside(self, conn: sa.Connection, school: str, at: datetime, /) -> Sequence[tuple[str, str]]:
        """(student, class) of those a person marked present at ``at`` and who are out by the gates."""
        ...

    def not_checked_out(self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /) -> Mapping[str, int]:
        """How many of each class are still inside ``after`` dismissal; empty before."""
        ...

    def roll_missing(self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /) -> Sequence[str]:
        """The classes with an open roll without any mark so long after it was due."""
        ...

    def boarders_missing(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /
    ) -> Sequence[tuple[str, str]]:
        """(student, class) of the boarders who are not in, so long after the night check was due; nobody by day."""
        ...

    def sick(self, conn: sa.Connection, school: str, since: datetime, until: datetime, /) -> Mapping[str, int]:
        """How many students of each class were on sick leave in this time."""
        ...

    def silent_gates(
        self, conn: sa.Connection, schools: Collection[str], at: datetime, within: timedelta, /
    ) -> Mapping[str, Sequence[tuple[str, str | None, float]]]:
        """(gate, place, passes expected) of the gates that are up and had none of them; nothing but during arrival.

        Of several schools at once, by school; those without one are left out.
        """
        ...

    def roster_trouble(
        self, conn: sa.Connection, school: str, at: datetime, stale: timedelta | None, /
    ) -> RosterTrouble | None:
        """What is wrong with keeping the roster current; None when it is, or never was."""
        ...

    def overdue_work(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /
    ) -> Sequence[OverdueWork]:
        """The checks and tickets that were due so long ago and are not done."""
        ...


class NoRegister:
    """`Register` for when there is none."""

    def absent_inside(self, conn: sa.Connection, school: str, at: datetime, /) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Nobody."""
        return ()

    def present_outside(self, conn: sa.Connection, school: str, at: datetime, /) -> Sequence[tuple[str, str]]:  # noqa: ARG002
        """Nobody."""
        return ()

    def not_checked_out(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /  # noqa: ARG002
    ) -> Mapping[str, int]:  # fmt: skip
        """Nobody."""
        return {}

    def roll_missing(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /  # noqa: ARG002
    ) -> Sequence[str]:  # fmt: skip
        """None."""
        return ()

    def boarders_missing(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /  # noqa: ARG002
    ) -> Sequence[tuple[str, str]]:  # fmt: skip
        """Nobody."""
        return ()

    def sick(
        self, conn: sa.Connection, school: str, since: datetime, until: datetime, /  # noqa: ARG002
    ) -> Mapping[str, int]:  # fmt: skip
        """Nobody."""
        return {}

    def silent_gates(
        self, conn: sa.Connection, schools: Collection[str], at: datetime, within: timedelta, /  # noqa: ARG002
    ) -> Mapping[str, Sequence[tuple[str, str | None, float]]]:  # fmt: skip
        """None."""
        return {}

    def roster_trouble(
        self, conn: sa.Connection, school: str, at: datetime, stale: timedelta | None, /  # noqa: ARG002
    ) -> RosterTrouble | None:  # fmt: skip
        """None."""
        return None

    def overdue_work(
        self, conn: sa.Connection, school: str, at: datetime, after: timedelta, /  # noqa: ARG002
    ) -> Sequence[OverdueWork]:  # fmt: skip
        """None."""
        return ()


class SchoolMoment(Protocol):
    """What a moment is by the school's calendar and bells."""

    @property
    def day(self) -> str:
        """The kind of day: school, makeup, exam, holiday."""
        ...

    @property
    def parts(self) -> Collection[str]:
        """The parts of the day it lies in: see `alerts.rules.rule.DayPart`."""
        ...

    @property
    def minute(self) -> int:
        """Minutes after local midnight."""
        ...


class Calendar(Protocol):
    """What the schedules of rules ask."""

    def moment(self, conn: sa.Connection, school: str, at: datetime, /) -> SchoolMoment:
        """What ``at`` is for the school."""
        ...

    def schools(self, conn: sa.Connection, /) -> Sequence[str]:
        """Ids of the schools there are."""
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


class PlainMoment(msgspec.Struct, frozen=True):
    """A moment where no bells are known."""

    day: str
    minute: int
    parts: tuple[str, ...] = ()


class WeekdaysOnly:
    """`Calendar` for when nothing better is known: school from Monday to Friday, no bells, no schools."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def moment(self, conn: sa.Connection, school: str, at: datetime, /) -> SchoolMoment:  # noqa: ARG002
        """The weekday decides."""
        wall = at.astimezone(self._zone)
        return PlainMoment("school" if wall.isoweekday() <= 5 else "holiday", wall.hour * 60 + wall.minute)

    def schools(self, conn: sa.Connection, /) -> Sequence[str]:  # noqa: ARG002
        """None is known."""
        return ()
