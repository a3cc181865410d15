"""The network outputs become boxes: on outputs written by hand, where the answer is known."""

import math
from pathlib import Path

import numpy as np
import pytest

from campus.errors import SettingsError
from edge_agent.camera import fastestdet, yolox
from edge_agent.camera.detector import keep_best
from edge_agent.camera.network import load_network

ROWS = 52 * 52 + 26 * 26 + 13 * 13


def empty_yolox() -> np.ndarray:
    output = np.zeros((ROWS, 85), dtype=np.float32)
    output[:, 4] = 1e-6
    return output


@pytest.mark.parametrize(
    ("row", "centre"),
    [
        (0, (4, 4)),  # first cell of stride 8: half a cell in
        (53, (12, 12)),  # second row, second column of stride 8
        (52 * 52, (8, 8)),  # first cell of stride 16
        (52 * 52 + 26 * 26 + 13 * 13 - 1, (400, 400)),  # last cell of stride 32
    ],
)
def test_a_yolox_row_is_an_offset_from_its_cell(row: int, centre: tuple[int, int]) -> None:
    output = empty_yolox()
    stride = 8 if row < 52 * 52 else 16 if row < 52 * 52 + 26 * 26 else 32
    output[row, :4] = (0.5, 0.5, math.log(32 / stride), math.log(64 / stride))
    output[row, 4:6] = (0.9, 0.8)
    boxes, scores = yolox.decode(output, 416, 1.0, (416, 416))
    x1, y1, x2, y2 = boxes[row] * 416
    assert ((x1 + x2) / 2, (y1 + y2) / 2) == pytest.approx(centre, abs=0.01)
    assert (x2 - x1, y2 - y1) == pytest.approx((32, 64), rel=1e-4)
    assert scores[row] == pytest.approx(0.72)


def test_a_letterboxed_yolox_box_is_told_in_shares_of_the_frame() -> None:
    # A frame of 832 x 416 is shrunk by half and fills the upper half of the input.
    canvas, ratio = yolox.letterbox(np.zeros((416, 832, 3), dtype=np.uint8), 416)
    assert ratio == 0.5
    assert canvas[207, 0, 0] == 0
    assert canvas[208, 0, 0] == yolox.PADDING
    output = empty_yolox()
    output[52 * 13 + 26, :6] = (0.0, 0.0, math.log(2), math.log(4), 1.0, 1.0)  # centre (208, 104), 16 x 32
    boxes, _ = yolox.decode(output, 416, ratio, (832, 416))
    assert boxes[52 * 13 + 26] == pytest.approx([200 / 416, 88 / 208, 216 / 416, 120 / 208], abs=1e-5)


def test_a_yolox_output_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="3549 rows"):
        yolox.decode(np.zeros((100, 85), dtype=np.float32), 416, 1.0, (416, 416))


def test_a_fastestdet_cell_holds_offset_size_and_classes() -> None:
    output = np.zeros((85, 22, 22), dtype=np.float32)
    output[:5, 10, 5] = (0.9, math.atanh(0.5), math.atanh(-0.5), 0.0, math.log(0.25 / 0.75))
    output[5, 10, 5] = 0.8
    boxes, scores = fastestdet.decode(output)
    index = 10 * 22 + 5
    x1, y1, x2, y2 = boxes[index]
    assert ((x1 + x2) / 2 * 22, (y1 + y2) / 2 * 22) == pytest.approx((5.5, 9.5), abs=1e-4)
    assert (x2 - x1, y2 - y1) == pytest.approx((0.5, 0.25), abs=1e-4)
    assert scores[index] == pytest.approx(0.9**0.6 * 0.8**0.4)


def test_a_fastestdet_cell_of_another_class_is_no_person() -> None:
    output = np.zeros((85, 22, 22), dtype=np.float32)
    output[0, 3, 3] = 0.9
    output[5, 3, 3], output[7, 3, 3] = 0.4, 0.6  # more car than person
    _, scores = fastestdet.decode(output)
    assert scores.max() == 0


def test_of_two_boxes_on_one_person_the_better_one_stays() -> None:
    boxes = np.array([[0.1, 0.1, 0.2, 0.5], [0.11, 0.1, 0.21, 0.5], [0.6, 0.1, 0.7, 0.5]], dtype=np.float32)
    found = keep_best(boxes, np.array([0.6, 0.9, 0.5], dtype=np.float32), 0.3, 0.5)
    assert [round(d.score, 2) for d in found] == [0.9, 0.5]


def test_boxes_are_cut_at_the_frame_and_weak_or_empty_ones_are_left_out() -> None:
    boxes = np.array([[-0.1, 0.5, 0.1, 1.2], [1.1, 0.1, 1.3, 0.5], [0.4, 0.4, 0.5, 0.6]], dtype=np.float32)
    found = keep_best(boxes, np.array([0.9, 0.9, 0.1], dtype=np.float32), 0.3, 0.5)
    assert [(d.box.x1, d.box.y2) for d in found] == [(0.0, 1.0)]


def test_a_file_that_is_no_model_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such model"):
        load_network(tmp_path / "gone.onnx", 416)
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(SettingsError, match=r"text\.onnx.*cannot run"):
        load_network(tmp_path / "text.onnx", 416)
