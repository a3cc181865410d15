"""The campus plan: grounds, buildings, floors and rooms, drawn as polygons on a plan of 1000 x 640."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.school.values import Outline, Place, PlaceKind

CAMPUS = "campus"

_PLAYGROUND = (
    (150, 314), (338, 314), (376, 330), (398, 372), (404, 437), (398, 502), (376, 544), (338, 560),
    (150, 560), (112, 544), (90, 502), (84, 437), (90, 372), (112, 330),
)  # fmt: skip


def box(left: int, top: int, right: int, bottom: int) -> Outline:
    """The rectangle between two corners, clockwise from the upper left."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


# Grounds under the open sky: id, parent, kind, names, outline.
_GROUNDS: tuple[tuple[str, str, PlaceKind, str, str, Outline], ...] = (
    ("gate-1", CAMPUS, "gate", "南门（正门）", "South gate (main)", box(470, 586, 560, 610)),
    ("gate-2", CAMPUS, "gate", "东门", "East gate", box(946, 350, 970, 400)),
    ("gate-3", CAMPUS, "gate", "西门", "West gate", box(30, 310, 54, 360)),
    ("fence-north", CAMPUS, "outdoor", "北围栏", "North fence", box(60, 38, 880, 62)),
    ("fence-east", CAMPUS, "outdoor", "东围栏", "East fence", box(938, 130, 962, 330)),
    ("fence-west", CAMPUS, "outdoor", "西围栏", "West fence", box(38, 80, 62, 290)),
    ("fence-south", CAMPUS, "outdoor", "南围栏", "South fence", box(60, 578, 440, 602)),
    ("playground", CAMPUS, "outdoor", "田径场", "Running track", _PLAYGROUND),
    ("field", "playground", "outdoor", "足球场", "Football field", box(146, 354, 342, 520)),
    ("court-north", CAMPUS, "outdoor", "篮球场", "Basketball court", box(90, 226, 232, 294)),
    ("court-south", CAMPUS, "outdoor", "排球场", "Volleyball court", box(252, 226, 400, 294)),
    ("courtyard", CAMPUS, "outdoor", "中庭", "Courtyard", box(440, 176, 780, 244)),
    ("plaza", CAMPUS, "outdoor", "校前广场", "Front square", box(440, 466, 640, 566)),
    ("garden", CAMPUS, "outdoor", "花园", "Garden", box(680, 516, 900, 566)),
)

# Buildings: id, names, outline; then for each floor its rooms: id, names, outline.
_Room = tuple[str, str, str, Outline]


def _classrooms(block: str, floor: int, top: int, bottom: int) -> tuple[_Room, ...]:
    """Five classrooms in a row, 68 wide."""
    rooms = []
    for number in range(5):
        label = f"{block.upper()}{floor}0{number + 1}"
        left = 440 + 68 * number
        name = (f"{block}-{floor}0{number + 1}", f"{label} 教室", f"Classroom {label}")
        rooms.append((*name, box(left, top, left + 68, bottom)))
    return tuple(rooms)


def _dormitories(floor: int) -> tuple[_Room, ...]:
    """Two wings of a dormitory floor."""
    east = (f"dorm-{floor}e", f"宿舍 {floor} 层东", f"Dormitory {floor}F east", box(340, 84, 400, 180))
    west = (f"dorm-{floor}w", f"宿舍 {floor} 层西", f"Dormitory {floor}F west", box(280, 84, 340, 180))
    return (west, east)


_BUILDINGS: tuple[tuple[str, str, str, Outline, tuple[tuple[_Room, ...], ...]], ...] = (
    ("block-a", "教学楼 A 座", "Teaching block A", box(440, 84, 780, 164),
     tuple(_classrooms("a", floor, 84, 146) for floor in (1, 2, 3))),
    ("block-b", "教学楼 B 座", "Teaching block B", box(440, 256, 780, 336),
     tuple(_classrooms("b", floor, 274, 336) for floor in (1, 2, 3))),
    ("lab", "实验楼", "Laboratory building", box(812, 100, 922, 330), (
        (("physics-lab", "物理实验室", "Physics lab", box(832, 100, 922, 176)),
         ("chemistry-lab", "化学实验室", "Chemistry lab", box(832, 176, 922, 252)),
         ("workshop", "劳动教室", "Workshop", box(832, 252, 922, 330))),
        (("vr-lab", "VR 实验室", "VR lab", box(832, 100, 922, 214)),
         ("computer-1", "计算机教室 1", "Computer room 1", box(832, 214, 922, 272)),
         ("computer-2", "计算机教室 2", "Computer room 2", box(832, 272, 922, 330))),
        (("music-1", "音乐教室 1", "Music room 1", box(832, 100, 922, 158)),
         ("music-2", "音乐教室 2", "Music room 2", box(832, 158, 922, 214)),
         ("art-1", "美术教室 1", "Art room 1", box(832, 214, 922, 272)),
         ("art-2", "美术教室 2", "Art room 2", box(832, 272, 922, 330))))),
    ("canteen", "食堂", "Canteen", box(680, 380, 900, 500), (
        (("dining-hall", "餐厅", "Dining hall", box(680, 380, 826, 500)),
         ("kitchen", "厨房", "Kitchen", box(826, 380, 900, 500))),)),
    ("gym", "体育馆", "Gymnasium", box(90, 84, 250, 204), (
        (("gym-1", "体育馆 1 号厅", "Gym hall 1", box(90, 84, 170, 204)),
         ("gym-2", "体育馆 2 号厅", "Gym hall 2", box(170, 84, 250, 204))),)),
    ("dormitory", "学生宿舍", "Dormitory", box(280, 84, 400, 204), tuple(_dormitories(floor) for floor in (1, 2, 3))),
    ("office", "综合楼", "Office building", box(440, 366, 640, 446), (
        (("duty-room", "安保值班室", "Duty room", box(440, 366, 500, 430)),
         ("clinic", "医务室", "Clinic", box(500, 366, 560, 430)),
         ("reception", "接待室", "Reception", box(560, 366, 640, 430))),
        (("library", "图书馆", "Library", box(440, 366, 570, 430)),
         ("staff-room", "教师办公室", "Staff room", box(570, 366, 640, 430))))),
)  # fmt: skip

_CAMPUS_OUTLINE = ((30, 30), (890, 30), (970, 110), (970, 610), (30, 610))


def places(name: str, name_en: str) -> tuple[Place, ...]:
    """Every place of the school called ``name``, parents before children."""
    campus = Place(CAMPUS, "", "campus", name, name_en, 0, _CAMPUS_OUTLINE)
    grounds = (Place(id_, parent, kind, zh, en, 0, outline) for id_, parent, kind, zh, en, outline in _GROUNDS)
    return (campus, *grounds, *_indoors())


def _indoors() -> Iterator[Place]:
    for building, zh, en, outline, floors in _BUILDINGS:
        yield Place(building, CAMPUS, "building", zh, en, 0, outline)
        for number, rooms in enumerate(floors, start=1):
            floor = f"{building}-f{number}"
            yield Place(floor, building, "floor", f"{zh} {number} 层", f"{en}, floor {number}", number, outline)
            for room, room_zh, room_en, room_outline in rooms:
                yield Place(room, floor, "room", room_zh, room_en, number, room_outline)


def centre(outline: Outline) -> tuple[int, int]:
    """The middle of the box around an outline."""
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    return (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2
