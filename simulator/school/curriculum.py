"""What is taught: the subjects with their weekly lessons in each grade, how many teachers they have, and where."""

from __future__ import annotations

import msgspec

GRADES = (7, 8, 9)
CLASSES_PER_GRADE = 10
STUDENTS_PER_CLASS = 40
LESSONS_A_WEEK = 40


class Subject(msgspec.Struct, frozen=True):
    """A subject; ``lessons`` a week in grades 7, 8 and 9; ``rooms`` one for each teacher, or none: the class's own."""

    code: str
    name: str
    lessons: tuple[int, int, int]
    teachers: int
    rooms: tuple[str, ...] = ()


MAIN = ("chinese", "maths", "english")  # their teachers have two classes each, and are the class teachers
READING, MEETING, VR = "reading", "meeting", "vr"

SUBJECTS = (
    Subject("chinese", "语文", (6, 6, 6), 15),
    Subject("maths", "数学", (6, 6, 6), 15),
    Subject("english", "英语", (6, 6, 6), 15),
    Subject("civics", "道德与法治", (3, 3, 3), 5),
    Subject("history", "历史", (2, 2, 3), 4),
    Subject("geography", "地理", (2, 2, 0), 2),
    Subject("biology", "生物", (3, 2, 0), 3),
    Subject("physics", "物理", (0, 3, 4), 4),
    Subject("chemistry", "化学", (0, 0, 4), 2),
    # One ground for each teacher of physical education, so no ground can be wanted twice.
    Subject("pe", "体育与健康", (4, 4, 4), 6, ("gym-1", "gym-2", "court-north", "court-south", "playground", "field")),
    Subject("music", "音乐", (1, 1, 1), 2, ("music-1", "music-2")),
    Subject("art", "美术", (1, 1, 1), 2, ("art-1", "art-2")),
    Subject("computing", "信息科技", (2, 1, 0), 2, ("computer-1", "computer-2")),
    Subject("labour", "劳动", (1, 0, 0), 1, ("workshop",)),
    Subject(VR, "VR 探究", (0, 1, 0), 1, ("vr-lab",)),
    # Taught by the class's teacher of Chinese and by its class teacher, so no teachers of their own.
    Subject(READING, "阅读", (2, 1, 1), 0),
    Subject(MEETING, "班会", (1, 1, 1), 0),
)
