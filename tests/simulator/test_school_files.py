"""The written files are read back with `csv` and held against each other, as an import would."""

import csv
from collections import Counter
from datetime import date, datetime
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from simulator.school.files import write_files
from simulator.school.school import build_school
from simulator.school.values import SimulatedSchool

Rows = list[dict[str, str]]


def rows(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def ids(table: Rows, column: str = "id") -> set[str]:
    return {row[column] for row in table}


def test_the_school_has_its_promised_size(files: Path) -> None:
    roles = Counter(row["role"] for row in rows(files / "oneroster/users.csv"))
    assert roles["student"] == 1200
    assert 70 <= roles["teacher"] <= 80
    classes = rows(files / "oneroster/classes.csv")
    assert len(classes) == 30
    enrolled = Counter(r["classSourcedId"] for r in rows(files / "oneroster/enrollments.csv") if r["role"] == "student")
    assert set(enrolled.values()) == {40}
    kinds = Counter(row["kind"] for row in rows(files / "devices.csv"))
    assert (kinds["gate"], kinds["camera"], kinds["lab"], kinds["agent"]) == (3, 6, 1, 4)


def test_every_enrolment_names_a_known_user_class_and_school(files: Path) -> None:
    users = ids(rows(files / "oneroster/users.csv"), "sourcedId")
    classes = ids(rows(files / "oneroster/classes.csv"), "sourcedId")
    schools = ids(rows(files / "oneroster/orgs.csv"), "sourcedId")
    enrolments = rows(files / "oneroster/enrollments.csv")
    assert len(ids(enrolments, "sourcedId")) == len(enrolments)
    for row in enrolments:
        assert row["userSourcedId"] in users
        assert row["classSourcedId"] in classes
        assert row["schoolSourcedId"] in schools


def test_every_class_has_one_class_teacher_who_teaches_it(files: Path) -> None:
    primary = Counter(
        row["classSourcedId"]
        for row in rows(files / "oneroster/enrollments.csv")
        if row["role"] == "teacher" and row["primary"] == "true"
    )
    assert primary == Counter(dict.fromkeys(ids(rows(files / "oneroster/classes.csv"), "sourcedId"), 1))


def test_every_place_and_device_stands_in_a_known_place(files: Path) -> None:
    places, devices = rows(files / "places.csv"), rows(files / "devices.csv")
    known = ids(places)
    assert len(known) == len(places)
    assert all(row["parent"] in known for row in places if row["parent"])
    assert len(ids(devices)) == len(devices)
    for row in devices:
        assert row["place"] in known
        assert set(row["covers"].split()) <= known
        assert row["parent"] in ids(devices) | {""}
        assert 30 <= int(row["x"]) <= 970
        assert 30 <= int(row["y"]) <= 610


def test_parents_come_before_their_children(files: Path) -> None:
    for name in ("places.csv", "devices.csv"):
        seen = {""}
        for row in rows(files / name):
            assert row["parent"] in seen
            seen.add(row["id"])


def box(outline: str) -> tuple[int, int, int, int]:
    points = [tuple(map(int, point.split(","))) for point in outline.split()]
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return min(xs), min(ys), max(xs), max(ys)


def test_no_two_places_side_by_side_overlap_on_the_plan(files: Path) -> None:
    places = [row for row in rows(files / "places.csv") if row["kind"] != "floor"]
    for one, other in combinations(places, 2):
        if one["parent"] == other["parent"] and one["floor"] == other["floor"]:
            a, b = box(one["outline"]), box(other["outline"])
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert apart, f"{one['id']} lies on {other['id']}"


def test_every_place_lies_within_its_parent(files: Path) -> None:
    outlines = {row["id"]: box(row["outline"]) for row in rows(files / "places.csv")}
    for row in rows(files / "places.csv"):
        if row["parent"]:
            inner, outer = outlines[row["id"]], outlines[row["parent"]]
            assert outer[0] <= inner[0] < inner[2] <= outer[2], row["id"]
            assert outer[1] <= inner[1] < inner[3] <= outer[3], row["id"]


def test_the_timetable_names_known_classes_teachers_rooms_and_periods(files: Path) -> None:
    lessons = rows(files / "timetable.csv")
    assert len(lessons) == 30 * 5 * 8
    assert ids(lessons, "class") == ids(rows(files / "oneroster/classes.csv"), "sourcedId")
    assert ids(lessons, "teacher") <= ids(rows(files / "oneroster/users.csv"), "sourcedId")
    assert ids(lessons, "room") <= ids(rows(files / "places.csv"))
    periods = {row["period"] for row in rows(files / "bells.csv") if row["kind"] == "lesson"}
    assert ids(lessons, "period") == periods


@pytest.mark.parametrize("wanted", ["class", "teacher", "room"])
def test_nobody_and_no_room_is_wanted_twice_at_once(files: Path, wanted: str) -> None:
    slots = Counter((row[wanted], row["weekday"], row["period"]) for row in rows(files / "timetable.csv"))
    assert max(slots.values()) == 1


def test_no_class_has_a_subject_more_than_twice_a_day(files: Path) -> None:
    counts = Counter((row["class"], row["weekday"], row["subject"]) for row in rows(files / "timetable.csv"))
    assert max(counts.values()) <= 2


def test_the_vr_lab_is_used_in_periods_three_and_six_of_every_day(files: Path) -> None:
    used = {(row["weekday"], row["period"]) for row in rows(files / "timetable.csv") if row["room"] == "vr-lab"}
    assert used == {(str(day), period) for day in range(1, 6) for period in ("P3", "P6")}


def test_bells_follow_each_other_without_overlap(files: Path) -> None:
    bells = [row for row in rows(files / "bells.csv") if row["kind"] != "arrival"]
    for one, other in pairwise(bells):
        assert one["start"] < one["end"] <= other["start"]
    (arrival,) = (row for row in rows(files / "bells.csv") if row["kind"] == "arrival")
    assert arrival["start"] < arrival["end"] < arrival["closes"]


def test_every_student_has_a_card_of_his_own(files: Path) -> None:
    cards = rows(files / "credentials.csv")
    assert len(ids(cards, "student")) == len(ids(cards, "credential")) == 1200
    assert all(len(row["credential"]) == 32 for row in cards)


def test_leave_is_approved_by_a_known_teacher_and_ends_after_it_starts(files: Path) -> None:
    users = ids(rows(files / "oneroster/users.csv"), "sourcedId")
    leaves = rows(files / "leave.csv")
    assert sum(row["from"].startswith("2026-09-07") for row in leaves) == 15
    for row in leaves:
        assert {row["student"], row["approved_by"]} <= users
        assert datetime.fromisoformat(row["from"]) < datetime.fromisoformat(row["to"])


def test_a_weekend_day_becomes_a_working_one_with_bells_and_lessons(tmp_path: Path) -> None:
    write_files(build_school(7, b"k" * 16, date(2026, 9, 12)), tmp_path)
    assert {"date": "2026-09-12", "day_type": "makeup", "name": "调休上课"} in rows(tmp_path / "calendar.csv")
    assert "makeup" in ids(rows(tmp_path / "bells.csv"), "day_type")
    assert "6" in ids(rows(tmp_path / "timetable.csv"), "weekday")


def test_the_same_seed_gives_the_same_bytes(school: SimulatedSchool, files: Path, tmp_path: Path) -> None:
    write_files(build_school(7, b"a key of the tests only", date(2026, 9, 7)), tmp_path)
    for path in sorted(tmp_path.rglob("*.csv")):
        assert path.read_bytes() == (files / path.relative_to(tmp_path)).read_bytes()


def test_another_seed_gives_other_people(school: SimulatedSchool) -> None:
    other = build_school(8, b"a key of the tests only", date(2026, 9, 7))
    assert other.students != school.students
    assert other.places == school.places
