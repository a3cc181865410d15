"""What cameras say: how many people they count, and the intrusion that a perfect camera would report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from campus.events import CameraIntrusion
from simulator.chance import chance
from simulator.day.incidents import Script
from simulator.day.wire import Outgoing, Voice
from simulator.picture.scene import Scene
from simulator.school.bells import bell_at, is_school_day
from simulator.school.fleet import RENDERED_CAMERA
from simulator.school.values import Device, SimulatedSchool

STEP = timedelta(seconds=30)
ZONE = "fence"  # the intrusion zone of the rendered camera
FENCE = ((0.10, 0.30), (0.90, 0.30), (0.90, 0.50), (0.10, 0.50))  # where it lies, in shares of the picture
STREAM = f"/camera/{RENDERED_CAMERA}.mjpeg"  # where the rendered camera's pictures are served
CONFIRMED_AFTER = timedelta(seconds=4)  # an intruder needs so long to the fence and through confirmation
_NOTICED_AFTER = timedelta(seconds=10)  # how soon an agent notices that a camera gives no picture
# How many people each camera sees on average, by the part of the day.
_CROWD: dict[str, dict[str, float]] = {
    "cam-2": {"arrival": 14, "dismissal": 18, "lesson": 0.6},
    "cam-3": {"lunch": 90, "lesson": 4},
    "cam-4": {"break": 9, "lesson": 0.4},
    "cam-5": {"exercise": 160, "lesson": 38, "lunch": 12, "dismissal": 20},
    "cam-6": {"break": 22, "exercise": 30, "lunch": 14, "lesson": 0.5, "arrival": 9, "dismissal": 11},
}


def camera_messages(
    school: SimulatedSchool, day: date, camera: Device, script: Script, beats: Iterable[datetime], end: datetime
) -> Iterator[Outgoing]:
    """A camera's messages: heartbeats at ``beats``, counts every 30 s, nothing while it is lost."""
    beats = list(beats)
    voice = Voice(school, camera.id, beats[0])
    lost = [span for span in script.lost_cameras if span.device == camera.id]
    moments = [(at, "beat") for at in beats] + [(at, "count") for at in _every(beats[0] + STEP / 2, end)]
    moments = [moment for moment in moments if not any(span.covers(moment[0]) for span in lost)]
    moments += [(span.start + _NOTICED_AFTER, "lost") for span in lost] + [(span.end, "beat") for span in lost]
    if camera.id == RENDERED_CAMERA and script.intruder_at is not None:
        moments.append((script.intruder_at + CONFIRMED_AFTER, "intrusion"))
    counts = _Counts(school, day, camera)
    for at, what in sorted(moments):
        if what == "count":
            yield voice.readings(at, counts.at(at))
        elif what == "intrusion":
            yield voice.event(at, CameraIntrusion(zone=ZONE, track=1, confidence=0.93))
        else:
            yield voice.status(at, "offline" if what == "lost" else "online")


def _every(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += STEP


class _Counts:
    """How many people a camera counts."""

    def __init__(self, school: SimulatedSchool, day: date, camera: Device) -> None:
        self._school = school
        self._open = is_school_day(school, day)
        self._crowd = _CROWD.get(camera.id)
        self._scene = Scene(school, day) if self._crowd is None else None
        self._draw = chance(school.seed, "crowd", camera.id, day)

    def at(self, moment: datetime) -> dict[str, float]:
        """The metrics of one moment, named as the camera agent names them."""
        if self._scene is not None:
            figures = self._scene.figures(moment)
            intruders = sum(figure.known == "intruder" for figure in figures)
            return {"people": float(self._scene.count(moment)), f"zone.{ZONE}.people": float(intruders), "fps": 5.0}
        bell = bell_at(self._school, moment.astimezone(self._school.zone).time()) if self._open else None
        mean = (self._crowd or {}).get(bell.kind, 1.0) if bell is not None else 0.1
        # A crowd comes and goes in groups: its spread is wider than that of people who come one by one.
        people = self._draw.gauss(mean, 1.3 * mean**0.5)
        return {"people": float(max(0, round(people))), "fps": 5.0}
