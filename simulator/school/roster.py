"""Who is at the school: classes, students with their cards, and teachers, all invented."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from campus.credentials import hash_credential
from simulator.chance import chance
from simulator.school.curriculum import CLASSES_PER_GRADE, GRADES, STUDENTS_PER_CLASS, SUBJECTS
from simulator.school.names import given_name, surname
from simulator.school.values import SchoolClass, Student, Teacher

_GRADE_NAMES = {7: "七年级", 8: "八年级", 9: "九年级"}
CLASS_IDS = tuple(f"c-g{grade}-{number}" for grade in GRADES for number in range(1, CLASSES_PER_GRADE + 1))
_HOME_ROOMS = tuple(f"{block}-{floor}0{number}" for block in "ab" for floor in (1, 2, 3) for number in range(1, 6))


def teachers(seed: int) -> tuple[Teacher, ...]:
    """The teachers, numbered through the subjects in their order."""
    subjects = [subject.code for subject in SUBJECTS for _ in range(subject.teachers)]
    draw = chance(seed, "teachers")
    return tuple(
        Teacher(f"t-{number:02d}", surname(draw), given_name(draw, draw.random() < 0.65), subject)
        for number, subject in enumerate(subjects, start=1)
    )


def teaching(staff: tuple[Teacher, ...]) -> Mapping[tuple[str, str], str]:
    """Who teaches what: teacher of (class, subject), classes dealt in turn to the teachers of each subject."""
    shared: dict[tuple[str, str], str] = {}
    for subject in SUBJECTS:
        own = [teacher.id for teacher in staff if teacher.subject == subject.code]
        taught = [id_ for id_ in CLASS_IDS if subject.lessons[GRADES.index(grade_of(id_))]]
        for place, class_id in enumerate(taught):
            if own:
                shared[class_id, subject.code] = own[place * len(own) // len(taught)]
    for place, class_id in enumerate(CLASS_IDS):
        shared[class_id, "reading"] = shared[class_id, "chinese"]
        # Of the two classes that share teachers, one is led by the teacher of Chinese and one by that of maths.
        shared[class_id, "meeting"] = shared[class_id, "maths" if place % 2 else "chinese"]
    return shared


def classes(teaching_of: Mapping[tuple[str, str], str]) -> tuple[SchoolClass, ...]:
    """The thirty classes, each in its own room with its class teacher."""
    return tuple(
        SchoolClass(id_, grade_of(id_), f"{_GRADE_NAMES[grade_of(id_)]}{id_.rsplit('-', 1)[1]}班", room, class_teacher)
        for id_, room in zip(CLASS_IDS, _HOME_ROOMS, strict=True)
        for class_teacher in [teaching_of[id_, "meeting"]]
    )


def grade_of(class_id: str) -> int:
    """The grade 7, 8 or 9 in a class id such as ``c-g7-1``."""
    return int(class_id.split("-")[1][1:])


def students(seed: int, credential_key: bytes) -> tuple[Student, ...]:
    """Twelve hundred students; each card number is drawn, hashed with ``credential_key`` and forgotten."""
    draw = chance(seed, "students")
    return tuple(
        _student(draw, 1 + place * STUDENTS_PER_CLASS + seat, class_id, credential_key)
        for place, class_id in enumerate(CLASS_IDS)
        for seat in range(STUDENTS_PER_CLASS)
    )


def _student(draw: Random, number: int, class_id: str, credential_key: bytes) -> Student:
    # The running number in the card keeps cards of two students apart whatever is drawn.
    card = f"{draw.randrange(10**6):06d}{number:04d}"
    family, given = surname(draw), given_name(draw, draw.random() < 0.48)
    return Student(f"s-{number:04d}", class_id, family, given, hash_credential(credential_key, card))
