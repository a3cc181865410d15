"""Runs the agent, again with each new configuration, and returns to the one before when the new one fails."""

from __future__ import annotations

import time

from campus.clock import Clock
from campus.errors import CampusError
from campus.service import Service
from edge_agent.agent import EdgeAgent
from edge_agent.commands import Commands
from edge_agent.remote import Remote
from edge_agent.settings import EdgeSettings

TRIAL_S = 60.0  # real seconds: a part that fails sooner after a new configuration fails because of it


def run_agent(local: EdgeSettings, clock: Clock) -> int:
    """Run the agent of ``local`` until a signal; return the exit code. A bad configuration does not end it."""
    remote = Remote(local, clock)
    commands = Commands(remote, clock)
    while True:
        began = time.monotonic()
        code = _run_once(remote, commands, clock)
        if remote.wants_restart or code is None:
            remote.restarted()
            continue
        early = time.monotonic() - began < TRIAL_S
        if code and early and remote.on_trial and remote.fall_back("a part of the agent failed soon after it began"):
            continue
        return code


def _run_once(remote: Remote, commands: Commands, clock: Clock) -> int | None:
    """Run with the settings in force; None when they could not even begin and those before are in force again."""
    service = Service("edge")
    if remote.settings.metrics_port:
        service.metrics("127.0.0.1", remote.settings.metrics_port)
    try:
        EdgeAgent(remote, commands, clock).join(service)
    except CampusError as error:
        service.stop.set()
        service.run()  # ends at once, and lets go of what was opened
        if not remote.fall_back(str(error)):
            raise
        return None
    return service.run()
