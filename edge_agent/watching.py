"""Joins the cameras to the agent: the only part that needs OpenCV, loaded by an agent that has cameras."""

from __future__ import annotations

import os
from zoneinfo import ZoneInfo

import cv2

from campus.clock import Clock
from campus.service import Service
from edge_agent.camera.agent import CameraAgent
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.sources import make_source
from edge_agent.camera.turns import InTurn, Turns
from edge_agent.settings import Camera
from edge_agent.uplink import Uplink


class Watch:
    """The cameras of one agent; ``threads`` are OpenCV's for one picture (0: as many as there are cores)."""

    def __init__(self, threads: int, zone: ZoneInfo, clock: Clock) -> None:
        cv2.setNumThreads(threads or -1)  # -1 asks OpenCV for its own default
        # One turn for each core: more at once would only make each slower, and nobody's order would be known.
        cores = os.cpu_count() or 1
        self._turns = Turns(max(1, cores // (threads or cores)))
        self._zone = zone
        self._clock = clock

    def add(self, camera: Camera, uplink: Uplink, service: Service) -> None:
        """Add the camera's task; raises `SettingsError` when its model or file is unusable."""
        analyser = Analyser(camera, InTurn(make_detector(camera), self._turns), self._zone)
        agent = CameraAgent(camera, make_source(camera), analyser, self._clock, uplink)
        uplink.add_device(camera.id, agent.health)
        service.task(f"camera[{camera.id}]", agent.run)
