"""The whole agent: joins each camera, gate and lab, and the uplink, to a service."""

from __future__ import annotations

import os
from functools import partial

import cv2

from campus.clock import Clock
from campus.service import Service
from campus.topics import Channel
from edge_agent.camera.agent import CameraAgent
from edge_agent.camera.analyser import Analyser
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.sources import make_source
from edge_agent.camera.turns import InTurn, Turns
from edge_agent.commands import Commands
from edge_agent.enrolment import Renewals, broker_of
from edge_agent.extras import needs
from edge_agent.gate.agent import GateAgent
from edge_agent.gate.settings import Gate
from edge_agent.gate.source import PassSource, SimulatedReader
from edge_agent.gate.zkteco import ZktecoTerminals
from edge_agent.lab.agent import LabAgent
from edge_agent.lab.settings import Lab
from edge_agent.lab.source import SimulatedLab
from edge_agent.remote import Remote
from edge_agent.settings import Camera
from edge_agent.uplink import Uplink


class EdgeAgent:
    """The agent with the settings that ``remote`` has in force; it does nothing until `join`."""

    def __init__(self, remote: Remote, commands: Commands, clock: Clock) -> None:
        self._remote = remote
        self._commands = commands
        self._settings = settings = remote.settings
        self._clock = clock
        # One turn for each core: more at once would only make each slower, and nobody's order would be known.
        cores = os.cpu_count() or 1
        self._turns = Turns(max(1, cores // (settings.agent.threads or cores)))
        self._key = settings.secrets.credential_key.encode()

    def join(self, service: Service) -> None:
        """Add a task for each device and for the uplink; raises `SettingsError` when a model or file is unusable."""
        settings = self._settings
        if settings.cameras:
            cv2.setNumThreads(settings.agent.threads or -1)  # -1 asks OpenCV for its own default
        remote, commands = self._remote, self._commands
        hears = {Channel.CONFIG: remote.heard, Channel.COMMAND: commands.heard}
        broker = broker_of(settings)
        uplink = Uplink(settings.agent, settings.school.id, broker, self._clock, remote.revision, hears)
        service.on_stop("uplink", uplink.close)
        for camera in settings.cameras:
            self._add_camera(camera, uplink, service)
        for gate in settings.gates:
            self._add_gate(gate, uplink, service)
        for lab in settings.labs:
            self._add_lab(lab, uplink, service)
        service.task("uplink", uplink.run)
        answer = partial(uplink.reply, settings.agent.id)
        service.task("configuration", lambda stop: remote.run(stop, answer))
        service.task("enrolment", Renewals(settings.agent.enrolment, remote, self._clock).run)
        service.task("commands", lambda stop: commands.run(stop, answer))

    def _add_camera(self, camera: Camera, uplink: Uplink, service: Service) -> None:
        analyser = Analyser(camera, InTurn(make_detector(camera), self._turns), self._settings.school.zone)
        agent = CameraAgent(camera, make_source(camera), analyser, self._clock, uplink)
        uplink.add_device(camera.id, agent.health)
        service.task(f"camera[{camera.id}]", agent.run)

    def _add_gate(self, gate: Gate, uplink: Uplink, service: Service) -> None:
        agent = GateAgent(gate, self._reader(gate), self._key, self._clock, uplink)
        uplink.add_device(gate.id, agent.health, agent.reachable)
        service.task(f"gate[{gate.id}]", agent.run)

    def _reader(self, gate: Gate) -> PassSource:
        if gate.source == "zkteco":
            return ZktecoTerminals(gate, self._settings.school.zone, self._clock)
        if gate.source == "hikvision" and gate.hikvision is not None:
            with needs("gate", f"gate {gate.id}"):
                from edge_agent.gate.hikvision import HikvisionTerminal
            place = self._settings.agent.spool.with_name(f"{gate.id}.place")
            return HikvisionTerminal(gate, gate.hikvision, self._settings.school.zone, self._clock, place)
        return SimulatedReader(gate, self._clock)

    def _add_lab(self, lab: Lab, uplink: Uplink, service: Service) -> None:
        agent = LabAgent(lab, SimulatedLab(lab, self._clock), self._key, self._clock, uplink)
        uplink.add_device(lab.id, agent.health)
        service.task(f"lab[{lab.id}]", agent.run)
