"""Joins a lab to the agent: simulated, or with real headsets, each a device of its own, and the reader for cards."""

from __future__ import annotations

import threading

from campus.clock import Clock
from campus.service import Service
from edge_agent.extras import needs
from edge_agent.gate.source import PassSource
from edge_agent.lab.adb import AdbHeadset
from edge_agent.lab.agent import LabAgent
from edge_agent.lab.headsets import HeadsetLab, Looks
from edge_agent.lab.settings import Headset, Lab
from edge_agent.lab.source import LabSource, SimulatedLab
from edge_agent.reader.attached import attached_reader
from edge_agent.uplink import Uplink


def add_lab(lab: Lab, adb: str, key: bytes, clock: Clock, uplink: Uplink, service: Service) -> None:
    """Add the lab's tasks; ``adb`` is the program, ``key`` the school's credential key. Raises `SettingsError`."""
    source: LabSource = (
        SimulatedLab(lab, clock) if lab.source == "sim" else _headsets(lab, adb, key, clock, uplink, service)
    )
    agent = LabAgent(lab, source, key, clock, uplink)
    uplink.add_device(lab.id, agent.health)
    service.task(f"lab[{lab.id}]", agent.run)


def _headsets(lab: Lab, adb: str, key: bytes, clock: Clock, uplink: Uplink, service: Service) -> HeadsetLab:
    looks = {headset.id: looks_of(adb, headset) for headset in lab.headsets}
    source = HeadsetLab(lab, looks, clock, uplink)
    for headset in lab.devices:
        uplink.add_device(headset, source.health(headset), source.reachable(headset))
    reader = _reader(lab, key, clock)
    if reader is not None:

        def listen(stop: threading.Event) -> None:
            source.listen(reader, key, stop)

        service.task(f"lab[{lab.id}].reader", listen)
    return source


def looks_of(adb: str, headset: Headset) -> Looks:
    """What asks the headset; raises `SettingsError` when a library is missing."""
    if headset.kind == "adb":
        return AdbHeadset(adb, headset.serial)
    with needs("steamvr", f"headset {headset.id}"):
        import openvr

        from edge_agent.lab.steamvr import SteamVrHeadset
    return SteamVrHeadset(openvr)


def _reader(lab: Lab, key: bytes, clock: Clock) -> PassSource | None:
    section = lab.wedge or lab.line
    return None if section is None else attached_reader(section, f"lab {lab.id}", key, clock)
