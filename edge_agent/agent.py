"""The whole agent: joins each camera, gate, lab and sensor, and the uplink, to a service."""

from __future__ import annotations

from functools import partial

from campus import __version__
from campus.clock import Clock
from campus.service import Service
from campus.topics import Channel
from edge_agent.commands import Commands
from edge_agent.enrolment import Renewals, broker_of
from edge_agent.extras import needs
from edge_agent.firmware import Installer
from edge_agent.firmware_fetch import fetch
from edge_agent.gate.agent import GateAgent
from edge_agent.gate.readers import make_reader
from edge_agent.gate.settings import Gate
from edge_agent.lab.joining import add_lab
from edge_agent.remote import Remote
from edge_agent.sensor.agent import SensorAgent
from edge_agent.sensor.settings import Sensor
from edge_agent.sensor.sources import Sources
from edge_agent.supervised import Watchdog
from edge_agent.timekeeping import ClockWatch
from edge_agent.uplink import Uplink


class EdgeAgent:
    """The agent with the settings that ``remote`` has in force; it does nothing until `join`."""

    def __init__(self, remote: Remote, commands: Commands, clock: Clock) -> None:
        self._remote = remote
        self._commands = commands
        self._settings = settings = remote.settings
        self._clock = clock
        self._key = settings.secrets.credential_key.encode()

    def join(self, service: Service) -> None:
        """Add a task for each device and for the uplink; raises `SettingsError` when a model or file is unusable."""
        settings = self._settings
        remote, commands = self._remote, self._commands
        hears = {Channel.CONFIG: remote.heard, Channel.COMMAND: commands.heard}
        broker = broker_of(settings)
        commands.carries = {}
        installer = Installer(settings.firmware, __version__, partial(fetch, ca_file=broker.ca_file))
        uplink = Uplink(
            settings.agent, settings.school.id, broker, self._clock, remote.revision, hears, lambda: installer.version
        )
        service.on_stop("uplink", uplink.close)
        if settings.cameras:
            self._add_cameras(uplink, service)
        for gate in settings.gates:
            self._add_gate(gate, uplink, service)
        for lab in settings.labs:
            add_lab(lab, settings.agent.adb, self._key, self._clock, uplink, service)
        sources = Sources(self._clock)
        for sensor in settings.sensors:
            self._add_sensor(sensor, sources, uplink, service)
        watch = ClockWatch(settings.agent.time_server, self._clock)
        uplink.tell_too(watch.health)
        service.task("clock", watch.run)
        service.task("watchdog", Watchdog(uplink.moves).run)
        service.task("uplink", uplink.run)
        answer = partial(uplink.reply, settings.agent.id)
        service.task("configuration", lambda stop: remote.run(stop, answer))
        service.task("enrolment", Renewals(settings.agent.enrolment, remote, self._clock).run)
        commands.carries["update"] = installer.carry
        commands.unanswered = installer.left
        service.task("commands", lambda stop: commands.run(stop, answer))

    def _add_cameras(self, uplink: Uplink, service: Service) -> None:
        with needs("edge", "a camera"):
            from edge_agent.watching import Watch
        watch = Watch(self._settings.agent, self._settings.school.zone, self._clock)
        for camera in self._settings.cameras:
            watch.add(camera, uplink, service)
        self._commands.carries = dict.fromkeys(("still", "kept"), lambda command: watch.still(command, uplink))

    def _add_gate(self, gate: Gate, uplink: Uplink, service: Service) -> None:
        settings = self._settings
        reader = make_reader(gate, settings.school.zone, self._key, settings.agent.spool.parent, self._clock)
        agent = GateAgent(gate, reader, self._key, self._clock, uplink)
        uplink.add_device(gate.id, agent.health, agent.reachable)
        service.task(f"gate[{gate.id}]", agent.run)

    def _add_sensor(self, sensor: Sensor, sources: Sources, uplink: Uplink, service: Service) -> None:
        agent = SensorAgent(sensor, sources.of(sensor), self._clock, uplink)
        uplink.add_device(sensor.id, agent.health, agent.reachable)
        service.task(f"sensor[{sensor.id}]", agent.run)
