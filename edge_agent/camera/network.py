"""Run an ONNX network by OpenCV or by ONNX Runtime; a file that is no network is an error that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np

from campus.errors import SettingsError
from edge_agent.camera.detector import Floats

Runtime = Literal["opencv", "onnxruntime"]


class Network(Protocol):
    """A network with one input and one output."""

    def run(self, batch: Floats) -> Floats:
        """The first output for ``batch`` (1 x 3 x side x side); without the dimension of the batch."""
        ...


class _ByOpenCv:
    def __init__(self, model: Path) -> None:
        self._network = cv2.dnn.readNetFromONNX(str(model))

    def run(self, batch: Floats) -> Floats:
        self._network.setInput(batch)
        first: Floats = np.asarray(self._network.forward(), dtype=np.float32)[0]
        return first


def load_network(model: Path, side: int, runtime: Runtime = "opencv") -> Network:
    """The network in ``model``, tried once on a grey input of ``side`` pixels; raises `SettingsError` when it fails.

    The trial finds a wrong file or input size when the agent starts, not when the first person walks by.
    """
    if not model.is_file():
        raise SettingsError(str(model), "there is no such model file", "Give the path of an ONNX person detector")
    grey = np.full((1, 3, side, side), 0.5, dtype=np.float32)
    fix = f"Use an ONNX model for {side} x {side} pixels"
    if runtime == "onnxruntime":
        # Loaded only where it is asked for: an edge machine need not have it.
        from edge_agent.camera.onnx_network import by_onnxruntime

        return by_onnxruntime(model, grey, fix)
    try:
        network = _ByOpenCv(model)
        network.run(grey)
    except cv2.error as error:
        raise SettingsError(str(model), f"OpenCV cannot run it: {error.err}", fix) from None
    return network
