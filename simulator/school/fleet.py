"""The devices of the school: gates, cameras, the VR lab, sensors and the edge agents they speak through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.school.plan import CAMPUS, centre
from simulator.school.values import Device, Place, Senses

RENDERED_CAMERA = "cam-1"
RENDERED_AGENT = "edge-1"  # the agent that runs the real vision pipeline over the rendered camera
LAB = "lab-1"
SEATS = tuple(f"seat-{number:02d}" for number in range(1, 25))

_AGENTS = (
    (RENDERED_AGENT, "视觉分析边缘节点", "Vision edge agent", "duty-room", -16),
    ("edge-cameras", "摄像机边缘节点", "Camera edge agent", "duty-room", 0),
    ("edge-sensors", "传感器边缘节点", "Sensor edge agent", "staff-room", 0),
    ("edge-lab", "VR 实验室边缘节点", "VR lab edge agent", "vr-lab", -30),
)
_CAMERAS = (
    ("cam-1", "北围栏摄像机", "North fence camera", "fence-north", RENDERED_AGENT, (360, 50)),
    ("cam-2", "正门广场摄像机", "Front square camera", "plaza", "edge-cameras", (540, 560)),
    ("cam-3", "餐厅摄像机", "Dining hall camera", "dining-hall", "edge-cameras", (690, 390)),
    ("cam-4", "实验楼二层摄像机", "Laboratory 2F camera", "lab-f2", "edge-cameras", (822, 215)),
    ("cam-5", "田径场摄像机", "Running track camera", "playground", "edge-cameras", (244, 322)),
    ("cam-6", "中庭摄像机", "Courtyard camera", "courtyard", "edge-cameras", (610, 210)),
)
AIR_ROOMS = (
    "a-101", "a-103", "a-105", "a-202", "a-204", "a-301", "a-303",
    "b-101", "b-103", "b-105", "b-202", "b-204", "b-301", "b-303",
    "vr-lab", "computer-1", "chemistry-lab", "dining-hall", "library", "gym-1",
)  # fmt: skip
_SMOKE = ("chemistry-lab", "computer-1", "vr-lab", "kitchen", "dorm-1w", "dorm-2w", "dorm-3w", "library")
_DOORS = (
    ("lab-back", "workshop", "实验楼后门", "Laboratory back door", (916, 322)),
    ("kitchen", "kitchen", "厨房后门", "Kitchen back door", (894, 440)),
    ("roof-a", "block-a-f3", "A 座天台门", "Block A roof door", (772, 155)),
    ("roof-b", "block-b-f3", "B 座天台门", "Block B roof door", (772, 265)),
    ("dormitory", "dormitory-f1", "宿舍大门", "Dormitory door", (340, 196)),
)
_PANIC = ("duty-room", "gym-1", "dorm-1e", "dining-hall", "a-101", "vr-lab")


def devices(places: Iterable[Place]) -> tuple[Device, ...]:
    """Every device, parents before children, each standing in its place on the plan."""
    at = {place.id: place for place in places}
    return (*_agents(at), *_gates(at), *_cameras(), *_lab(at), *_sensors(at))


def _agents(at: dict[str, Place]) -> Iterator[Device]:
    for agent, zh, en, place, shift in _AGENTS:
        x, y = centre(at[place].outline)
        yield Device(agent, "agent", zh, en, place, "", "campus-edge", x + shift, y, "children")


def _gates(at: dict[str, Place]) -> Iterator[Device]:
    for number in (1, 2, 3):
        place = at[f"gate-{number}"]
        x, y = centre(place.outline)
        zh, en = f"{place.name}闸机", f"{place.name_en} turnstiles"
        yield Device(place.id, "gate", zh, en, place.id, "", "Turnstile G2", x, y, "passes", (CAMPUS,))


def _cameras() -> Iterator[Device]:
    for camera, zh, en, place, agent, (x, y) in _CAMERAS:
        yield Device(camera, "camera", zh, en, place, agent, "IPC-4MP", x, y, "people", (place,))


def _lab(at: dict[str, Place]) -> Iterator[Device]:
    x, y = centre(at["vr-lab"].outline)
    model = "VR lab controller, 24 headsets"
    yield Device(
        LAB, "lab", "VR 实验室控制器", "VR lab controller", "vr-lab", "edge-lab", model, x, y, "seats", ("vr-lab",)
    )


def _sensors(at: dict[str, Place]) -> Iterator[Device]:
    for room in AIR_ROOMS:
        yield _sensor("env", "air", at[room], "环境传感器", "air sensor", (0, 14))
    for room in _SMOKE:
        yield _sensor("smoke", "smoke", at[room], "烟雾探测器", "smoke detector", (16, -10))
    yield _sensor("gas", "gas", at["kitchen"], "燃气探测器", "gas detector", (0, -30))
    for room in _PANIC:
        yield _sensor("panic", "panic", at[room], "紧急按钮", "panic button", (-18, -10))
    for door, place, zh, en, (x, y) in _DOORS:
        yield Device(f"door-{door}", "sensor", zh, en, place, "edge-sensors", "Contact-1", x, y, "door", (place,))


def _sensor(prefix: str, senses: Senses, place: Place, zh: str, en: str, shift: tuple[int, int]) -> Device:
    x, y = centre(place.outline)
    return Device(
        id=f"{prefix}-{place.id}",
        kind="sensor",
        name=place.name.removesuffix(" 教室") + zh,
        name_en=f"{place.name_en} {en}",
        place=place.id,
        parent="edge-sensors",
        model=f"{prefix.capitalize()}-1",
        x=x + shift[0],
        y=y + shift[1],
        senses=senses,
        covers=(place.id,),
    )
