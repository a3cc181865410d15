"""The morning of a city: passes into durable marks, rolls final after the bell, and what one question costs.

    python -m benchmarks.attendance --schools 1 20 200 2000

Every school has 350 students in 8 classes. Each size given is filled into a fresh database, SQLite unless ``--url``
names an empty PostgreSQL one. The pass rate is measured over ``--passes`` passes of students drawn over the whole city;
then the others pass, too, but for one of twenty, and the bell rings.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from attendance import tables
from attendance.policy import Outage
from attendance.queries import roll
from attendance.rollbook import RollBook
from attendance.site.dormitories import dormitories
from attendance.site.last_places import inside_by_place
from attendance.site.whereabouts import whereabouts
from attendance.stage import AttendanceStage
from campus import db
from campus.envelope import Envelope, Source
from campus.events import GatePass
from campus.service import seldom_collect

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)
CLASSES, PUPILS = 8, 350
AIM_PER_SECOND = 700_000 / (25 * 60)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one size of a city measured; milliseconds are medians."""

    schools: int
    students: int
    passes_per_s: float
    final_s: float
    longest_transaction_s: float
    roll_ms: float
    on_site_ms: float


class NoOutages:
    """Stands for the devices: every gate works."""

    def outages_of(self, *_asked: object) -> dict[str, Sequence[Outage]]:
        """None."""
        return {}


def at(clock: str) -> datetime:
    """The moment of a wall-clock time of the measured day."""
    return datetime.combine(DAY, time.fromisoformat(clock), ZONE).astimezone(UTC)


def fill(engine: sa.Engine, schools: int, pupils: int = PUPILS) -> None:
    """Put the city into the database."""
    for number in range(schools):
        school = f"school-{number}"
        with db.write(engine) as conn:
            conn.execute(tables.schools.insert(), {"id": school, "name": school})
            conn.execute(tables.classes.insert(), [_class(school, one) for one in range(CLASSES)])
            conn.execute(tables.students.insert(), [_student(school, one) for one in range(pupils)])
            conn.execute(tables.credentials.insert(), [_card(school, number * pupils, one) for one in range(pupils)])
            conn.execute(tables.bells.insert(), list(_bells(school)))


def _class(school: str, one: int) -> dict[str, object]:
    return {"school": school, "id": f"c-{one}", "title": f"{one}", "grade": "7", "kind": "homeroom", "active": True}


def _student(school: str, one: int) -> dict[str, object]:
    home = f"c-{one % CLASSES}"
    return {"school": school, "id": f"s-{one}", "name": f"{one}", "grade": "7", "class_id": home, "active": True}


def _card(school: str, first: int, one: int) -> dict[str, object]:
    return {"school": school, "credential": f"{first + one:032x}", "student": f"s-{one}"}


def _bells(school: str) -> Iterator[dict[str, object]]:
    for period, kind, starts, ends, closes in (
        ("AR", "arrival", 420, 470, 490),
        ("P1", "lesson", 480, 525, None),
        ("DI", "dismissal", 1010, 1060, None),
    ):
        names = {"name": period, "name_en": period, "starts": starts, "ends": ends, "closes": closes}
        yield {"school": school, "day_type": "school", "period": period, "kind": kind, **names}


def passes(schools: int) -> list[Envelope]:
    """The passes of nineteen students of twenty, in an order drawn over the city, spread over 25 minutes."""
    everyone = list(range(schools * PUPILS))
    Random(7).shuffle(everyone)
    coming = everyone[: len(everyone) * 19 // 20]
    start, step = at("07:25"), timedelta(minutes=25) / len(coming)
    return [_pass(student, start + step * place) for place, student in enumerate(coming)]


def _pass(student: int, when: datetime, pupils: int = PUPILS) -> Envelope:
    source = Source(f"school-{student // pupils}", f"gate-{student % 3}", "gate", "main-gate")
    body = GatePass(credential=f"{student:032x}", direction="in")
    return Envelope(source=source, body=body, at=when, received=when, id=f"pass-{student}")


def measure(engine: sa.Engine, schools: int, wanted: int, batch: int) -> Figures:
    """Play the morning of a filled city and measure it."""
    stage = AttendanceStage(NoOutages(), ZONE)
    _settle(engine, stage, at("06:50"))
    _settle(engine, stage, at("07:00"))
    coming = passes(schools)
    measured, others = coming[:wanted], coming[wanted:]
    rate = len(measured) / _take(engine, stage, measured, batch)
    # The order of the others is no part of the measurement: by school they are in sooner.
    _take(engine, stage, sorted(others, key=lambda one: one.school), 5000)
    transactions = _settle(engine, stage, at("08:10"))
    return Figures(
        schools=schools,
        students=schools * PUPILS,
        passes_per_s=rate,
        final_s=sum(transactions),
        longest_transaction_s=max(transactions),
        roll_ms=_asked(engine, schools, lambda conn, school: roll(conn, school, "c-1", DAY)),
        on_site_ms=_asked(engine, schools, RollBook(ZONE).on_site_by_class),
    )


def _take(engine: sa.Engine, stage: AttendanceStage, coming: Sequence[Envelope], batch: int) -> float:
    """Seconds until the passes are durable marks, each batch in a transaction."""
    started = perf_counter()
    for first in range(0, len(coming), batch):
        part = coming[first : first + batch]
        with db.write(engine) as conn:
            stage.handle(conn, part, max(one.at for one in part))
    return perf_counter() - started


def _settle(engine: sa.Engine, stage: AttendanceStage, now: datetime) -> list[float]:
    """Tick until nothing is due at ``now``; seconds of each transaction."""
    taken = []
    while True:
        started = perf_counter()
        with db.write(engine) as conn:
            stage.tick(conn, now)
        taken.append(perf_counter() - started)
        if not stage.behind():
            return taken


def _asked(engine: sa.Engine, schools: int, question: Callable[[sa.Connection, str], object]) -> float:
    """Milliseconds of a question about one school, the median over a hundred of them."""
    random, taken = Random(11), []
    with db.read(engine) as conn:
        for _ in range(100):
            school = f"school-{random.randrange(schools)}"
            started = perf_counter()
            question(conn, school)
            taken.append((perf_counter() - started) * 1000)
    return statistics.median(taken)


def on_site(students: int) -> str:
    """Milliseconds of what is asked of a school of ``students``: by class, by place, by dormitory, the muster list."""
    stage = AttendanceStage(NoOutages(), ZONE)
    with tempfile.TemporaryDirectory() as folder:
        engine = db.open_engine(f"sqlite:///{Path(folder) / 'school.db'}")
        db.migrate(engine)
        fill(engine, 1, students)
        _settle(engine, stage, at("07:00"))
        _take(engine, stage, [_pass(one, at("07:30"), students) for one in range(students * 19 // 20)], 500)
        start = at("00:00")
        questions: dict[str, Callable[[sa.Connection, str], object]] = {
            "by class": RollBook(ZONE).on_site_by_class,
            "by place": lambda conn, school: inside_by_place(conn, school, start),
            "by dormitory": lambda conn, school: dormitories(conn, school, start),
            "muster list": whereabouts,
        }
        told = [f"{name} {_asked(engine, 1, question):.1f} ms" for name, question in questions.items()]
        engine.dispose()
    return f"On site, a school of {students:,}: {', '.join(told)}"


def main() -> None:
    """Measure the sizes asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schools", type=int, nargs="+", default=[1, 20, 200])
    parser.add_argument("--passes", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--url", help="an empty database for a single size, such as a PostgreSQL one")
    parser.add_argument("--on-site", type=int, help="instead: who is on site, of a school of so many students")
    asked = parser.parse_args()
    seldom_collect()  # as the programs do
    if asked.on_site:
        print(on_site(asked.on_site))
        return
    print("| schools | students | passes/s | all rolls final, s | longest transaction, s | roll, ms | on-site, ms |")
    print("|---|---|---|---|---|---|---|")
    for schools in asked.schools:
        with tempfile.TemporaryDirectory() as folder:
            engine = db.open_engine(asked.url or f"sqlite:///{Path(folder) / 'city.db'}")
            db.migrate(engine)
            fill(engine, schools)
            found = measure(engine, schools, asked.passes, asked.batch)
            engine.dispose()
        print(
            f"| {found.schools:,} | {found.students:,} | {found.passes_per_s:,.0f} | {found.final_s:.2f} | "
            f"{found.longest_transaction_s:.2f} | {found.roll_ms:.1f} | {found.on_site_ms:.1f} |",
            flush=True,
        )
    print(f"\nAim: {AIM_PER_SECOND:.0f} passes/s, all rolls final within 5 s of the bell, on-site in under 50 ms.")


if __name__ == "__main__":
    main()
