"""`campus simulate`: the school that does not exist, over MQTT."""

from __future__ import annotations

from pathlib import Path

from campus.clock import Clock, ScaledClock
from campus.errors import SettingsError
from campus.mqtt.client import MqttClient
from campus.service import Service
from campus.settings import Settings
from simulator.day.foretold import truth_of
from simulator.day.truth import write_truth
from simulator.day.wire import Outgoing
from simulator.program import play
from simulator.school.school import build_school


def run(
    settings: Settings, clock: Clock, seed: int, real_camera: bool, camera_port: int | None, truth: Path | None
) -> int:
    """Play until a signal; ``truth`` is where the day's incidents and marks are written.

    ``camera_port``: serve the rendered camera there. Then, or with a ``real_camera``, an edge agent speaks for it.
    """
    key = settings.secrets.credential_key.encode()
    if len(key) < 16:
        raise SettingsError("secrets.credential_key", "is missing or too short", "Give it 16 characters or more")
    day = clock.now().astimezone(settings.school.zone).date()
    school = build_school(seed, key, day, settings.school.id, settings.school.timezone)
    rendered = real_camera or camera_port is not None
    if truth is not None:
        speed = clock.speed if isinstance(clock, ScaledClock) else 1.0
        write_truth(truth_of(school, day, rendered=rendered, speed=speed), truth)
    client = MqttClient(settings.mqtt, "campus-simulator")

    def publish(outgoing: Outgoing) -> None:
        client.publish(outgoing.topic, outgoing.payload, retain=outgoing.retain)

    service = Service("simulate")
    service.on_stop("broker", client.stop)
    service.task("play", lambda stop: play(school, day, clock, publish, stop, rendered=rendered))
    if camera_port is not None:
        from simulator.picture.camera_server import CameraServer  # needs OpenCV, which only this does

        service.task("camera", CameraServer(school, clock, camera_port).run)
    client.start()
    return service.run()
