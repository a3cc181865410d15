"""Load an ONNX network into OpenCV's runner; a file that is no network is an error that names it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from campus.errors import SettingsError


def load_network(model: Path, side: int) -> cv2.dnn.Net:
    """The network in ``model``, tried once on a grey input of ``side`` pixels; raises `SettingsError` when it fails.

    The trial finds a wrong file or input size when the agent starts, not when the first person walks by.
    """
    if not model.is_file():
        raise SettingsError(str(model), "there is no such model file", "Give the path of an ONNX person detector")
    try:
        network = cv2.dnn.readNetFromONNX(str(model))
        network.setInput(np.full((1, 3, side, side), 0.5, dtype=np.float32))
        network.forward()
    except cv2.error as error:
        raise SettingsError(
            str(model), f"OpenCV cannot run it: {error.err}", f"Use an ONNX model for {side} x {side} pixels"
        ) from None
    return network
