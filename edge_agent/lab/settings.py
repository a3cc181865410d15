"""``[[labs]]`` of `edge.toml`: one VR lab, its seats and their headsets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from campus.settings import Positive, Section
from edge_agent.values import DeviceId


class Lab(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[labs]]``: one VR lab and its seats."""

    id: DeviceId
    source: Literal["sim"] = "sim"
    seats: Annotated[int, Meta(ge=1, le=500)] = 24
    session_min: Positive = 20.0  # mean length of a headset session
    sessions_per_hour: Positive = 40.0
    telemetry_s: Positive = 30.0
    cards: Path | None = None
    seed: int = 1
