"""`campus edge`: runs the agent of `edge_agent` as a service. Needs no server parts."""

from __future__ import annotations

from pathlib import Path

from campus.clock import Clock
from campus.service import Service
from edge_agent.agent import EdgeAgent
from edge_agent.settings import load_edge


def run(config: Path, clock: Clock) -> int:
    """Run the agent from ``config`` until a signal."""
    settings = load_edge(config)
    service = Service("edge")
    if settings.metrics_port:
        service.metrics("127.0.0.1", settings.metrics_port)
    EdgeAgent(settings, clock).join(service)
    return service.run()
