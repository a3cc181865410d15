"""The source of passes that a gate's settings ask for; libraries are loaded for the sources that are used."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from campus.clock import Clock
from edge_agent.extras import needs
from edge_agent.gate.settings import Gate, Hikvision
from edge_agent.gate.source import PassSource, SimulatedReader
from edge_agent.gate.zkteco import ZktecoTerminals
from edge_agent.reader.attached import attached_reader


def make_reader(gate: Gate, zone: ZoneInfo, key: bytes, folder: Path, clock: Clock) -> PassSource:
    """The gate's reader; ``folder`` is where it may keep what it must remember. Raises `SettingsError`."""
    if gate.source == "zkteco":
        return ZktecoTerminals(gate, zone, clock)
    source = gate.attached
    if source is None:
        return SimulatedReader(gate, clock)
    if isinstance(source, Hikvision):
        with needs("gate", f"gate {gate.id}"):
            from edge_agent.gate.hikvision import HikvisionTerminal
        return HikvisionTerminal(gate, source, zone, clock, folder / f"{gate.id}.place")
    return attached_reader(source, f"gate {gate.id}", key, clock)
