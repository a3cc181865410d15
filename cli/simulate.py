"""`campus simulate`: the school that does not exist, over MQTT."""

from __future__ import annotations

from pathlib import Path

from campus.clock import Clock
from campus.errors import SettingsError
from campus.mqtt import MqttClient
from campus.service import Service
from campus.settings import Settings
from simulator.foretold import truth_of
from simulator.program import play
from simulator.school import build_school
from simulator.truth import write_truth
from simulator.wire import Outgoing


def run(settings: Settings, clock: Clock, seed: int, real_camera: bool, truth: Path | None) -> int:
    """Play until a signal; ``truth`` is where the day's incidents and marks are written."""
    key = settings.secrets.credential_key.encode()
    if len(key) < 16:
        raise SettingsError("secrets.credential_key", "is missing or too short", "Give it 16 characters or more")
    day = clock.now().astimezone(settings.school.zone).date()
    school = build_school(seed, key, day, settings.school.id, settings.school.timezone)
    if truth is not None:
        write_truth(truth_of(school, day, rendered=real_camera), truth)
    client = MqttClient(settings.mqtt, "campus-simulator")

    def publish(outgoing: Outgoing) -> None:
        client.publish(outgoing.topic, outgoing.payload, retain=outgoing.retain)

    service = Service("simulate")
    service.on_stop("broker", client.stop)
    service.task("play", lambda stop: play(school, day, clock, publish, stop, rendered=real_camera))
    client.start()
    return service.run()
