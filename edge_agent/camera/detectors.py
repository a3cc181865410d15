"""The detector that a camera's settings ask for."""

from __future__ import annotations

from edge_agent.camera.detector import Detector
from edge_agent.camera.fastestdet import FastestDetDetector
from edge_agent.camera.motion import MotionDetector
from edge_agent.camera.yolox import YoloxDetector
from edge_agent.settings import Camera


def make_detector(camera: Camera) -> Detector:
    """A fresh detector for ``camera``; raises `SettingsError` when its model cannot be run."""
    if camera.model is None or camera.detector == "motion":
        return MotionDetector()
    kind = YoloxDetector if camera.detector == "yolox" else FastestDetDetector
    _, weak = camera.scores
    if camera.input_px is None:
        return kind(camera.model, score=weak, overlap=camera.overlap, runtime=camera.runtime)
    return kind(camera.model, score=weak, overlap=camera.overlap, side=camera.input_px, runtime=camera.runtime)
