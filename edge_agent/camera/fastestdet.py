"""FastestDet (dog-qiuqiu, BSD-3-Clause models) as an ONNX network: grid output to people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge_agent.camera.detector import Detection, Floats, Image, keep_best
from edge_agent.camera.network import Runtime, load_network

PERSON = 0  # COCO's first class


def decode(output: Floats) -> tuple[Floats, Floats]:
    """People in a raw output of (5 + classes) x rows x columns: boxes n x 4 in shares of the frame, and scores n.

    Planes are: how sure the cell is of an object, offset of the centre (through tanh, in cells), width and height
    (through the logistic function, in frames), and the share of each class. The score weighs the object by 0.6 and the
    class by 0.4 in the exponent, as the model was trained to be read.
    """
    if output.ndim != 3 or output.shape[0] <= 5 + PERSON:
        raise ValueError(f"a FastestDet output has 6 or more planes of cells, not {output.shape}")
    _, rows, columns = output.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    cx = (np.tanh(output[1]) + x) / columns
    cy = (np.tanh(output[2]) + y) / rows
    half_width, half_height = _logistic(output[3]) / 2, _logistic(output[4]) / 2
    boxes = np.stack([cx - half_width, cy - half_height, cx + half_width, cy + half_height], axis=-1).reshape(-1, 4)
    scores = np.clip(output[0], 0, 1) ** 0.6 * np.clip(output[5 + PERSON], 0, 1) ** 0.4
    return boxes, np.where(output[5:].argmax(axis=0) == PERSON, scores, 0.0).reshape(-1).astype(np.float32)


def _logistic(values: Floats) -> Floats:
    return (1.0 / (1.0 + np.exp(-values))).astype(np.float32)


class FastestDetDetector:
    """People by a FastestDet model; ``side`` is the input's edge in pixels."""

    def __init__(
        self, model: Path, *, score: float, overlap: float, side: int = 352, runtime: Runtime = "opencv"
    ) -> None:
        self._network = load_network(model, side, runtime)
        self._side = side
        self._score = score
        self._overlap = overlap

    def detect(self, image: Image) -> list[Detection]:
        """The people in ``image``, best first."""
        shrunk = cv2.resize(image, (self._side, self._side), interpolation=cv2.INTER_LINEAR)
        boxes, scores = decode(self._network.run(shrunk.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / 255.0))
        return keep_best(boxes, scores, self._score, self._overlap)
