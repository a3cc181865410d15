"""What `campus edge check` does for each kind of device: make its source, listen, say what is wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from campus.clock import Clock
from campus.errors import SettingsError

if TYPE_CHECKING:
    from edge_agent.gate.settings import Gate
    from edge_agent.remark import Remark
    from edge_agent.settings import Camera, EdgeSettings


def check_device(settings: EdgeSettings, device: str, picture: Path | None, clock: Clock) -> bool:
    """Check the device named; returns whether nothing has to be mended. Raises `SettingsError` when there is none."""
    cameras = {camera.id: camera for camera in settings.cameras}
    if device in cameras:
        return _camera(cameras[device], picture)
    return _said(_remarks(settings, device, clock))


def _remarks(settings: EdgeSettings, device: str, clock: Clock) -> Iterable[Remark]:
    if device == settings.agent.id:
        from edge_agent.enrolment import broker_of
        from edge_agent.listening import check_agent

        return check_agent(settings.agent, settings.school.id, broker_of(settings), clock)
    for gate in settings.gates:
        if gate.id == device:
            return _gate(settings, gate, clock)
    for sensor in settings.sensors:
        if sensor.id == device:
            from edge_agent.listening import check_sensor
            from edge_agent.sensor.sources import Sources

            return check_sensor(sensor, Sources(clock).of(sensor))
    return _headsets(settings, device)


def _gate(settings: EdgeSettings, gate: Gate, clock: Clock) -> Iterator[Remark]:
    from edge_agent.gate.readers import make_reader
    from edge_agent.listening import LISTEN_S, check_gate, without_history

    key = settings.secrets.credential_key.encode()
    click.echo(f"Listening for {LISTEN_S:.0f} seconds. Show a card.")
    # The agent's own memory of how far a terminal was told stays as it is.
    with tempfile.TemporaryDirectory(prefix="campus-check-") as scratch:
        reader = make_reader(without_history(gate), settings.school.zone, key, Path(scratch), clock)
        yield from check_gate(gate, reader, key)


def _headsets(settings: EdgeSettings, device: str) -> Iterator[Remark]:
    from edge_agent.lab.joining import looks_of
    from edge_agent.listening import check_headset
    from edge_agent.remark import Remark

    labs = [lab for lab in settings.labs if device in (lab.id, *lab.devices)]
    if not labs:
        there = " ".join([settings.agent.id, *settings.devices])
        raise SettingsError("edge.toml", f"there is no device {device!r} in it", f"Devices: {there}")
    for lab in labs:
        wanted = [one for one in lab.headsets if device in (lab.id, one.id)]
        if not wanted:
            yield Remark("a simulated lab: there is nothing to check")
        for headset in wanted:
            yield check_headset(headset, looks_of(settings.agent.adb, headset))


def _camera(camera: Camera, picture: Path | None) -> bool:
    from edge_agent.camera import check as camera_check
    from edge_agent.camera.detectors import make_detector
    from edge_agent.camera.sources import make_source

    report = camera_check.check(camera, make_source(camera), make_detector(camera))
    _said(report.remarks)
    if report.picture is not None:
        written = picture or Path(f"{camera.id}.check.jpg")
        written.write_bytes(report.picture)
        click.echo(f"What it watches is drawn in {written}.")
    return report.good


def _said(remarks: Iterable[Remark]) -> bool:
    good = True
    for remark in remarks:
        click.echo(f"{click.style('problem', 'red') if remark.fix else click.style('ok     ', 'green')}  {remark.text}")
        if remark.fix:
            good = False
            click.echo(f"         -> {remark.fix}")
    return good
