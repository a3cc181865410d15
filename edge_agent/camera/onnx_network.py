"""Networks by ONNX Runtime, the home of that library; the extra ``onnx`` brings it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from campus.errors import SettingsError
from edge_agent.camera.detector import Floats
from edge_agent.extras import needs


class ByOnnxRuntime:
    """One session on the processor, with as many threads as OpenCV has for one picture."""

    def __init__(self, model: Path) -> None:
        with needs("onnx", 'runtime = "onnxruntime"'):
            import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, cv2.getNumThreads())
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: a model's hints are no concern of a school
        self._session: Any = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def run(self, batch: Floats) -> Floats:
        """The first output for ``batch``."""
        first: Floats = np.asarray(self._session.run(None, {self._input: batch})[0], dtype=np.float32)[0]
        return first


def by_onnxruntime(model: Path, trial: Floats, fix: str) -> ByOnnxRuntime:
    """The network in ``model``, tried once with ``trial``; raises `SettingsError` with ``fix`` when it fails."""
    try:
        network = ByOnnxRuntime(model)
        network.run(trial)
    except SettingsError:
        raise
    except Exception as error:  # noqa: BLE001 - the library's errors have no common base but this
        first = str(error).splitlines()[0][:200]
        raise SettingsError(str(model), f"ONNX Runtime cannot run it: {first}", fix) from None
    return network
