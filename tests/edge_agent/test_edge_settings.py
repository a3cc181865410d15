"""`edge.toml`: what is wrong is named, with the camera and the key."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from campus.errors import SettingsError
from edge_agent.camera.schedule import ArmedHours
from edge_agent.settings import load_edge

CAMERA = '[[cameras]]\nid = "yard"\nsource = "sim"\n'
ZONE = '[[cameras.zones]]\nname = "fence"\npolygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\n'


def load(tmp_path: Path, text: str):
    path = tmp_path / "edge.toml"
    path.write_text(text, encoding="utf-8")
    return load_edge(path)


def test_a_camera_needs_little(tmp_path: Path) -> None:
    (camera,) = load(tmp_path, CAMERA + ZONE).cameras
    assert (camera.fps, camera.detector, camera.zones[0].kind, camera.scores) == (5.0, "motion", "count", (0.5, 0.5))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no camera, gate, lab or sensor"),
        (CAMERA + "colour = 1\n", "colour"),
        (CAMERA + "fps = 0\n", r"cameras\[.*\]\.fps"),
        (CAMERA + 'detector = "yolox"\n', "camera 'yard': model is missing"),
        (CAMERA + "confirm_n = 7\n", "camera 'yard': confirm_n 7 is above confirm_m 6"),
        (CAMERA + "score = 0.2\nweak_score = 0.3\n", "camera 'yard': weak_score 0.3 is above score 0.2"),
        (CAMERA + "ignore = [[[0, 0], [1, 1]]]\n", "camera 'yard': ignore"),
        (CAMERA + ZONE + ZONE, "camera 'yard': zones: 'fence' is there twice"),
        (CAMERA + ZONE + 'armed = ["7-8"]\n', "zone 'fence': armed: '7-8' is not HH:MM-HH:MM"),
        (CAMERA + ZONE + 'armed = ["07:00-24:00"]\n', "'07:00-24:00' is not"),
        (CAMERA + '[[cameras.zones]]\nname = "z"\npolygon = [[0, 0], [1, 1]]\n', "zone 'z': polygon has 2 corners"),
        (CAMERA + '[[cameras.zones]]\nname = "z"\npolygon = [[0, 0], [1, 1], [2, 0]]\n', "polygon"),
        (CAMERA + '[[cameras.lines]]\nname = "l"\na = [0, 0]\nb = [0, 0]\n', "line 'l': a and b"),
        (CAMERA + CAMERA, "devices: 'yard' is there twice"),
        ('[agent]\nid = "yard"\n' + CAMERA, "devices: 'yard' is there twice"),
        ('[[gates]]\nid = "g"\n', "credential_key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(tmp_path, text)


def test_the_environment_may_hold_the_platforms_sections_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPUS_DATABASE__URL", "postgresql://somewhere")
    monkeypatch.setenv("CAMPUS_MQTT__PORT", "1884")
    assert load(tmp_path, CAMERA).mqtt.port == 1884
    monkeypatch.setenv("CAMPUS_MQTT__PROT", "1884")
    with pytest.raises(SettingsError, match="prot"):
        load(tmp_path, CAMERA)


@pytest.mark.parametrize(
    ("spans", "utc", "armed"),
    [
        ([], "12:00", True),  # no hours given: always
        (["18:00-06:30"], "09:59", False),  # 17:59 in Shanghai
        (["18:00-06:30"], "10:00", True),  # 18:00
        (["18:00-06:30"], "20:00", True),  # 04:00 the next day: the span passes midnight
        (["18:00-06:30"], "22:30", False),  # 06:30: the last minute is not in it
        (["12:00-13:00", "18:00-20:00"], "04:30", True),  # 12:30, the first of two
        (["12:00-13:00", "18:00-20:00"], "06:00", False),  # 14:00, between them
    ],
)
def test_a_zone_is_armed_in_its_local_hours(spans: list[str], utc: str, armed: bool) -> None:
    now = datetime.fromisoformat(f"2026-09-07T{utc}").replace(tzinfo=UTC)
    assert ArmedHours(spans, ZoneInfo("Asia/Shanghai")).armed(now) is armed
