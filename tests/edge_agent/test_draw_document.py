"""Writing what was drawn into edge.toml: comments and everything else stay, and nothing bad gets in."""

from pathlib import Path

import msgspec
import pytest

from campus.errors import Conflict, SettingsError
from edge_agent.draw.document import Drawing, read, save, with_drawing
from edge_agent.settings import Line, ZoneArea, load_edge

FILE = """\
# The agent in the porter's lodge.
[agent]
id = "edge-1"   # do not rename

[[cameras]]
id = "cam-1"
source = "sim"  # north fence
zones = [
  # the strip along the fence
  { name = "fence", kind = "intrusion", polygon = [[0.10, 0.30], [0.9, 0.3], [0.9, 0.5]], armed = ["18:00-06:30"] },
  { name = "old", polygon = [[0, 0.5], [0.4, 0.5], [0.4, 1.0]] },
]
tamper = { covered_s = 7 }

[[cameras]]
id = "cam-2"
source = "sim"

[[cameras.zones]]
name = "hall"   # by the stairs
polygon = [[0.0, 0.5], [0.4, 0.5], [0.4, 1.0]]
capacity = 25
"""
BOX = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.6))


@pytest.fixture
def edge_toml(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_text(FILE, encoding="utf-8")
    path.chmod(0o640)
    return path


def test_saving_what_is_there_changes_not_one_byte(edge_toml: Path) -> None:
    for camera in ("cam-1", "cam-2"):
        save(edge_toml, camera, read(edge_toml, camera))
    assert edge_toml.read_text(encoding="utf-8") == FILE


def test_a_zone_is_changed_one_dropped_one_added_and_the_comments_stay(edge_toml: Path) -> None:
    before = read(edge_toml, "cam-1")
    fence = msgspec.structs.replace(before.zones[0], polygon=BOX, loiter_s=60.0)
    new = ZoneArea(name="yard", polygon=BOX, capacity=12)
    drawn = msgspec.structs.replace(before, zones=(fence, new), lines=(Line(name="door", a=(0.5, 1.0), b=(0.5, 0.2)),))
    after = save(edge_toml, "cam-1", msgspec.structs.replace(drawn, masks=(BOX,)))
    text = edge_toml.read_text(encoding="utf-8")
    for kept in (
        "# The agent in the porter's lodge.",
        "# do not rename",
        "# north fence",
        "tamper = { covered_s = 7 }",
    ):
        assert kept in text
    assert "# by the stairs" in text
    camera = load_edge(edge_toml).cameras[0]
    assert camera.zones == (fence, new) == after.zones
    assert (camera.lines[0].name, camera.masks, camera.tamper.covered_s) == ("door", (BOX,), 7)
    assert edge_toml.with_name("edge.toml.bak").read_text(encoding="utf-8") == FILE
    assert edge_toml.stat().st_mode & 0o777 == 0o640
    assert sorted(one.name for one in edge_toml.parent.iterdir()) == ["edge.toml", "edge.toml.bak"]


def test_zones_that_are_sections_stay_sections(edge_toml: Path) -> None:
    before = read(edge_toml, "cam-2")
    hall = msgspec.structs.replace(before.zones[0], capacity=30)
    save(edge_toml, "cam-2", msgspec.structs.replace(before, zones=(hall, ZoneArea(name="door", polygon=BOX))))
    text = edge_toml.read_text(encoding="utf-8")
    assert text.count("[[cameras.zones]]") == 2
    assert "# by the stairs" in text
    assert [zone.capacity for zone in load_edge(edge_toml).cameras[1].zones] == [30, None]


def test_everything_may_be_taken_away(edge_toml: Path) -> None:
    save(edge_toml, "cam-1", Drawing(revision=read(edge_toml, "cam-1").revision))
    assert "zones = [" not in edge_toml.read_text(encoding="utf-8")
    assert load_edge(edge_toml).cameras[0].zones == ()


def test_what_the_agent_would_refuse_is_refused_and_the_file_stays(edge_toml: Path) -> None:
    before = read(edge_toml, "cam-1")
    twins = msgspec.structs.replace(before, zones=(before.zones[0], before.zones[0]))
    with pytest.raises(SettingsError, match=r"^edge\.toml: .*'fence' is there twice"):
        save(edge_toml, "cam-1", twins)
    assert [one.name for one in edge_toml.parent.iterdir()] == ["edge.toml"]
    assert edge_toml.read_text(encoding="utf-8") == FILE


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(edge_toml: Path) -> None:
    before = read(edge_toml, "cam-1")
    edge_toml.write_text(FILE + "# a word\n", encoding="utf-8")
    with pytest.raises(Conflict, match="changed meanwhile"):
        save(edge_toml, "cam-1", before)


def test_a_camera_or_file_that_is_not_there_is_named(edge_toml: Path) -> None:
    with pytest.raises(SettingsError, match="no camera 'cam-9'"):
        read(edge_toml, "cam-9")
    with pytest.raises(SettingsError, match="not valid TOML"):
        with_drawing("[[", "cam-1", Drawing(revision=""))
