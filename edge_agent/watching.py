"""Joins the cameras to the agent: the only part that needs OpenCV, loaded by an agent that has cameras."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from zoneinfo import ZoneInfo

import cv2

from campus.clock import Clock
from campus.events import CameraStill
from campus.service import Service
from edge_agent.camera.agent import CameraAgent
from edge_agent.camera.album import Album
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.sources import make_source
from edge_agent.camera.turns import InTurn, Turns
from edge_agent.commands import Command, Verdict
from edge_agent.settings import Agent, Camera
from edge_agent.uplink import Uplink

MOST_KEPT = 10  # stills that one command brings


class Watch:
    """The cameras of one agent, and the stills that they keep."""

    def __init__(self, settings: Agent, zone: ZoneInfo, clock: Clock) -> None:
        threads = settings.threads
        cv2.setNumThreads(threads or -1)  # -1 asks OpenCV for its own default
        # One turn for each core: more at once would only make each slower, and nobody's order would be known.
        cores = os.cpu_count() or 1
        self._turns = Turns(max(1, cores // (threads or cores)))
        self._zone = zone
        self._clock = clock
        age, size = timedelta(days=settings.stills_days), int(settings.stills_mb * 1e6)
        self._album = Album(settings.stills, size, settings.stills_most, age)
        self._album.prune(clock.now())
        self._agents: dict[str, tuple[Camera, CameraAgent]] = {}

    def add(self, camera: Camera, uplink: Uplink, service: Service) -> None:
        """Add the camera's task; raises `SettingsError` when its model or file is unusable."""
        analyser = Analyser(camera, InTurn(make_detector(camera), self._turns), self._zone)
        agent = CameraAgent(camera, make_source(camera), analyser, self._clock, uplink, self._album)
        self._agents[camera.id] = camera, agent
        uplink.add_device(camera.id, agent.health)
        service.task(f"camera[{camera.id}]", agent.run)

    def still(self, command: Command, uplink: Uplink) -> Verdict:
        """Judge the command `still` (a picture of now) or `kept` (the newest that were kept), and carry it out."""
        camera, agent = self._agents.get(command.device, (None, None))
        if camera is None or agent is None:
            return Verdict(False, f"there is no camera {command.device!r}; use one of {', '.join(self._agents)}")
        if not camera.stills:
            return Verdict(False, f"stills are switched off for {camera.id}")
        if command.name == "still":
            agent.ask_still(command.id)
            return Verdict(True, "a still comes with the next picture")
        kept = self._album.newest(camera.id, MOST_KEPT)
        for one in kept:
            with suppress(OSError):  # the album may have dropped it meanwhile
                event = CameraStill(command=command.id, kind=one.kind, still=one.path.read_bytes())
                uplink.event(camera.id, event, one.at)
        return Verdict(True, f"{len(kept)} kept stills are sent")
