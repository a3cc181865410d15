"""`campus edge check`: what is wrong with a camera, in words with a fix, and a picture of what it watches."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from cli.commands.edge import edge
from edge_agent.camera.check import Report, check
from edge_agent.camera.detector import Detection, Image
from edge_agent.camera.geometry import Box
from edge_agent.camera.overlay import overlay
from edge_agent.camera.privacy import MaskedSource, masked
from edge_agent.camera.rendered import Scene, SceneSource, Walker, crossing_scene
from edge_agent.camera.source import Frame, NoPicture
from edge_agent.settings import Camera, Line, ZoneArea

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class Pictures:
    """A `Source` of given pictures, then none."""

    def __init__(self, images: Sequence[Image | None], fps: float = 5.0) -> None:
        self._items = iter(
            NoPicture(number * 0.5) if image is None else Frame(image, number / fps)
            for number, image in enumerate(images)
        )
        self.closed = False

    def next(self, stop: threading.Event) -> Frame | NoPicture | None:
        return next(self._items, None)

    def close(self) -> None:
        self.closed = True


class Finds:
    """A `Detector` that always finds one person."""

    def detect(self, image: Image) -> list[Detection]:
        return [Detection(Box(0.4, 0.3, 0.5, 0.9), 0.9)]


def scene(seconds: float = 6.0, fps: float = 5.0) -> Sequence[Image]:
    drawn = crossing_scene(seed=1, seconds=60)
    return [drawn.picture(number / fps) for number in range(int(seconds * fps))]


def looked_at(images: Sequence[Image | None], fps: float = 5.0, **settings: Any) -> Report:
    return check(Camera(id="yard", source="sim", **settings), Pictures(images, fps), Finds())


def problems(report: Report) -> list[str]:
    return [remark.text for remark in report.remarks if remark.fix]


def test_a_camera_in_order_has_no_problem_and_a_picture() -> None:
    report = looked_at(scene(), zones=(ZoneArea(name="fence", polygon=LEFT),))
    assert report.good, report.remarks
    assert report.picture is not None
    assert any("people: 1 in the last picture" in remark.text for remark in report.remarks)


@pytest.mark.parametrize(
    ("images", "problem"),
    [
        ([np.full((360, 640, 3), 4, np.uint8)] * 30, "light 4 of 255: frozen"),
        ([np.clip(picture * 0.02, 0, 255).astype(np.uint8) + n % 2 for n, picture in enumerate(scene())], "dark"),
        ([np.full((360, 640, 3), 253, np.uint8) + n % 2 for n in range(30)], "overexposed"),
        ([np.random.default_rng(n).integers(118, 122, (360, 640, 3), dtype=np.uint8) for n in range(30)], "recognise"),
        ([picture[:90, :160] for picture in scene()], "160 x 90"),
        ([None] * 40, "sim: no picture in 10 s"),
    ],
)
def test_what_is_wrong_with_the_picture_is_told_with_a_fix(
    images: Sequence[Image | None], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(1000))
    monkeypatch.setattr(
        "edge_agent.camera.check.time.monotonic", lambda: next(ticks)
    )  # a source without pictures takes its time
    assert any(problem in text for text in problems(looked_at(images)))


def test_a_stream_slower_than_it_is_to_be_analysed_is_told() -> None:
    assert "1.0 pictures a second" in problems(looked_at(scene(8, 1.0), fps=1.0))


def test_zones_in_which_nobody_is_ever_found_are_told() -> None:
    tiny = ZoneArea(name="tiny", polygon=((0.5, 0.5), (0.51, 0.5), (0.51, 0.52)))
    hidden = ZoneArea(name="hidden", polygon=((0.1, 0.1), (0.4, 0.1), (0.4, 0.4)))
    found = problems(looked_at(scene(), zones=(tiny, hidden), masks=(LEFT,)))
    assert any("zone tiny" in text for text in found)
    assert "zone hidden: wholly inside an area of masks" in found


def test_the_picture_shows_zones_and_lines_and_no_face() -> None:
    picture = Scene((Walker(0.0, 0.25, 0.0, 0.8, 0.4, 50),)).picture(0.0)
    camera = Camera(
        id="yard",
        source="sim",
        zones=(ZoneArea(name="fence", polygon=LEFT),),
        lines=(Line(name="door", a=(0.7, 1.0), b=(0.7, 0.2)),),
        ignore=(((0.8, 0.0), (1.0, 0.0), (1.0, 0.2)),),
    )
    box = Box(0.19, 0.38, 0.31, 0.82)
    shown = cv2.imdecode(np.frombuffer(overlay(picture, camera, [box]), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    head = (slice(140, 170), slice(150, 170))
    assert cv2.Laplacian(shown[head], cv2.CV_64F).std() < 0.5 * cv2.Laplacian(picture[head], cv2.CV_64F).std()
    assert np.abs(shown[180, 440:456].astype(int) - picture[180, 440:456]).max() > 60  # the line


# -- masks -------------------------------------------------------------------------------------------------------------


def test_nothing_of_a_masked_area_is_left_and_all_of_the_rest() -> None:
    picture = crossing_scene(seed=1, seconds=60).picture(5.0)
    source = MaskedSource(Pictures([picture, None]), (LEFT,))
    first, second = source.next(threading.Event()), source.next(threading.Event())
    assert isinstance(first, Frame)
    assert first.image[:, :320].std() == 0
    assert np.array_equal(first.image[:, 322:], picture[:, 322:])
    assert isinstance(second, NoPicture)
    assert source.next(threading.Event()) is None


def test_the_unmasked_picture_is_not_changed_itself() -> None:
    picture = np.full((90, 160, 3), 7, np.uint8)
    masked(picture, (LEFT,))
    assert (picture == 7).all()


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    zone = '{ name = "fence", kind = "intrusion", polygon = [[0.1, 0.4], [0.9, 0.4], [0.9, 0.9]] }'
    path.write_text(f'[[cameras]]\nid = "cam-1"\nsource = "sim"\nzones = [{zone}]\n', encoding="utf-8")
    return path


def test_the_command_writes_the_picture_and_says_that_all_is_well(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = SceneSource(5.0, paced=False)
    monkeypatch.setattr("edge_agent.camera.sources.SceneSource", lambda fps: drawn)
    picture = tmp_path / "cam-1.jpg"
    result = CliRunner().invoke(edge, ["check", "cam-1", "--config", str(config), "--picture", str(picture)])
    assert result.exit_code == 0, result.output
    assert "640 x 360" in result.output
    assert picture.read_bytes().startswith(b"\xff\xd8")


def test_a_camera_that_is_not_there_is_told_with_those_that_are(config: Path) -> None:
    result = CliRunner().invoke(edge, ["check", "cam-9", "--config", str(config)])
    assert result.exit_code != 0
    assert "cam-9" in str(result.exception)
    assert "cam-1" in str(result.exception)
