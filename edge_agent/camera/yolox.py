"""YOLOX (Megvii, Apache-2.0 models) as an ONNX network: grid output to people."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from edge_agent.camera.detector import Detection, Floats, Image, keep_best
from edge_agent.camera.network import Runtime, load_network

STRIDES = (8, 16, 32)
PERSON = 0  # COCO's first class
PADDING = 114  # the grey the models were trained with around the picture


@lru_cache(maxsize=8)
def grid(side: int) -> tuple[Floats, Floats]:
    """Cell corners (n x 2, in cells) and strides (n x 1, pixels) of the output rows for an input of ``side`` pixels."""
    cells, strides = [], []
    for stride in STRIDES:
        count = side // stride
        y, x = np.mgrid[:count, :count]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full((count * count, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def decode(output: Floats, side: int, ratio: float, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """People in a raw output of n x (5 + classes): boxes n x 4 in shares of the frame, and scores n.

    ``side`` is the input's edge in pixels, ``ratio`` what the frame was shrunk by to fit, ``size`` the frame's
    (width, height) in pixels. A row is an offset from its cell (in cells), the logarithm of the size (in cells), how
    sure the cell is of any object, and of each class (Ge and others, "YOLOX", arXiv 2107.08430).
    """
    cells, strides = grid(side)
    if output.ndim != 2 or output.shape[0] != len(cells) or output.shape[1] <= 5 + PERSON:
        raise ValueError(f"a YOLOX output for {side} pixels has {len(cells)} rows of 6 or more, not {output.shape}")
    centre = (output[:, 0:2] + cells) * strides
    half = np.exp(output[:, 2:4]) * strides / 2
    scale = np.array([*size, *size], dtype=np.float32) * ratio
    boxes = np.concatenate([centre - half, centre + half], axis=1) / scale
    return boxes, output[:, 4] * output[:, 5 + PERSON]


def letterbox(image: Image, side: int) -> tuple[Image, float]:
    """``image`` shrunk or enlarged into the upper left of a grey square of ``side`` pixels, and the ratio used."""
    height, width = image.shape[:2]
    ratio = min(side / height, side / width)
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    canvas: Image = np.full((side, side, 3), PADDING, dtype=np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
    return canvas, ratio


class YoloxDetector:
    """People by a YOLOX model; ``side`` is the input's edge in pixels (416 for nano and tiny, 640 for the others)."""

    def __init__(
        self, model: Path, *, score: float, overlap: float, side: int = 416, runtime: Runtime = "opencv"
    ) -> None:
        self._network = load_network(model, side, runtime)
        self._side = side
        self._score = score
        self._overlap = overlap

    def detect(self, image: Image) -> list[Detection]:
        """The people in ``image``, best first."""
        canvas, ratio = letterbox(image, self._side)
        output = self._network.run(canvas.transpose(2, 0, 1)[np.newaxis].astype(np.float32))
        boxes, scores = decode(output, self._side, ratio, (image.shape[1], image.shape[0]))
        return keep_best(boxes, scores, self._score, self._overlap)
