"""A city's roster from a zip into the database: seconds, memory, and what importing it again and a delta take.

    python -m benchmarks.roster --students 3500 70000 700000

Schools of 350 students in 8 home classes and 8 teaching groups, 30 teachers, 1.6 guardians a student, two enrolments of
each student. SQLite unless ``--url`` names an empty PostgreSQL database. CPU is user and system time of this process.
"""

from __future__ import annotations

import argparse
import csv
import io
import resource
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

import msgspec
import sqlalchemy as sa

from attendance.roster.importing import RosterReport
from attendance.roster.run import RosterRun, Wishes
from campus import db
from campus.clock import VirtualClock

PUPILS, CLASSES, TEACHERS = 350, 8, 30
NOW = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
PARTS = ("orgs", "classes", "users", "enrollments")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one run took; the peak is of the whole process so far."""

    what: str
    students: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def manifest(mode: str, parts: Iterable[str]) -> str:
    """A manifest of some parts in one mode."""
    lines = [f"file.{part},{mode if part in parts else 'absent'}" for part in PARTS]
    return "\n".join(["propertyName,value", *lines]) + "\n"


def rows_of(part: str, schools: int) -> Iterator[tuple[object, ...]]:
    """The rows of a sheet of a city."""
    yield {
        "orgs": ("sourcedId", "name", "type"),
        "classes": ("sourcedId", "title", "grades", "classType", "schoolSourcedId"),
        "users": ("sourcedId", "enabledUser", "orgSourcedIds", "role", "username", "givenName", "familyName", "sms",
                  "agentSourcedIds", "grades", "password"),
        "enrollments": ("sourcedId", "classSourcedId", "userSourcedId", "role", "primary", "beginDate"),
    }[part]  # fmt: skip
    make = {"orgs": orgs, "classes": classes, "users": users, "enrollments": enrolments}[part]
    for school in range(schools):
        yield from make(school)


def orgs(school: int) -> Iterator[tuple[object, ...]]:
    """The school itself."""
    yield f"school-{school}", f"第{school}中学", "school"


def classes(school: int) -> Iterator[tuple[object, ...]]:
    """Home classes and teaching groups."""
    for n in range(CLASSES):
        yield f"c-{school}-{n}", f"七年级{n}班", "07", "homeroom", f"school-{school}"
        yield f"g-{school}-{n}", f"走班{n}", "07", "scheduled", f"school-{school}"


def users(school: int) -> Iterator[tuple[object, ...]]:
    """Students with their guardians, and teachers."""
    own = f"school-{school}"
    for n in range(PUPILS):
        agents = [f"p-{school}-{n}-{k}" for k in range(2 if n % 5 < 3 else 1)]
        yield f"s-{school}-{n}", "true", own, "student", f"s{n}", "小明", "王", "", ",".join(agents), "07", "Secret1"
        for agent in agents:
            yield agent, "true", own, "parent", agent, "大明", "王", "13700000000", "", "", "Secret2"
    for n in range(TEACHERS):
        yield f"t-{school}-{n}", "true", own, "teacher", f"t{n}", "老师", "李", "", "", "", "Secret3"


def enrolments(school: int) -> Iterator[tuple[object, ...]]:
    """Each student in a home class and a teaching group, each class with a teacher."""
    for n in range(PUPILS):
        for kind in "cg":
            yield (
                f"e-{school}-{n}-{kind}", f"{kind}-{school}-{n % CLASSES}", f"s-{school}-{n}", "student", "",
                "2026-09-01",
            )  # fmt: skip
    for n in range(CLASSES):
        yield f"et-{school}-{n}", f"c-{school}-{n}", f"t-{school}-{n}", "teacher", "true", ""


def write_city(path: Path, schools: int) -> Path:
    """A whole export as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("manifest.csv", manifest("bulk", PARTS))
        for part in PARTS:
            with packed.open(f"{part}.csv", "w") as raw, io.TextIOWrapper(raw, "utf-8", newline="") as text:
                csv.writer(text).writerows(rows_of(part, schools))
    return path


def write_delta(path: Path, schools: int) -> Path:
    """One student of each school renamed."""
    rows = list(rows_of("users", 0))
    header = [*rows[0], "status"]
    with zipfile.ZipFile(path, "w") as packed, io.StringIO() as text:
        changed = [[*next(users(school)), "active"] for school in range(schools)]
        for row in changed:
            row[5] = "改名"
        csv.writer(text).writerows([header, *changed])
        packed.writestr("manifest.csv", manifest("delta", ["users"]))
        packed.writestr("users.csv", text.getvalue())
    return path


def measured(what: str, run: Callable[[], RosterReport]) -> Figures:
    """Run it and tell what it took."""
    wall, cpu = perf_counter(), process_time()
    report = run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(
        what=what,
        students=report.students,
        wall_s=perf_counter() - wall,
        cpu_s=process_time() - cpu,
        peak_mb=peak,
    )


def measure(students: int, folder: Path, url: str) -> Iterator[Figures]:
    """A city of so many students: first import, again, a delta."""
    schools = max(1, round(students / PUPILS))
    whole, changes = write_city(folder / "city.zip", schools), write_delta(folder / "changes.zip", schools)
    engine: sa.Engine = db.open_engine(url or f"sqlite:///{folder / 'campus.db'}")
    db.migrate(engine)
    run = RosterRun(engine, "school-0", VirtualClock(NOW), Wishes(every_school=True))
    for what, path in (("first import", whole), ("the same again", whole), ("one changed in each school", changes)):
        yield measured(what, lambda path=path: run.take_file(path, "command"))  # type: ignore[misc]
    engine.dispose()


def main() -> None:
    """Print a line of the table for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, nargs="+", default=[3500])
    parser.add_argument("--url", default="", help="an empty PostgreSQL database in place of SQLite")
    asked = parser.parse_args()
    print("| students | what | wall s | CPU s | peak MB |\n|---|---|---|---|---|")
    for students in asked.students:
        with tempfile.TemporaryDirectory() as folder:
            for one in measure(students, Path(folder), asked.url):
                print(
                    f"| {one.students:,} | {one.what} | {one.wall_s:.1f} | {one.cpu_s:.1f} | {one.peak_mb:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
