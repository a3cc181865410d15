"""One camera: pictures in, readings and events out, and a word when the picture is lost or comes back."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from datetime import datetime, timedelta
from queue import SimpleQueue

from campus.clock import Clock
from campus.events import CameraStill, CameraTamper, Pictured
from edge_agent.camera.album import Album
from edge_agent.camera.analyser import Analyser, Analysis
from edge_agent.camera.detector import Image
from edge_agent.camera.overlay import overlay
from edge_agent.camera.source import Frame, NoPicture, Source
from edge_agent.camera.tamper import TamperWatch
from edge_agent.login import without_secrets
from edge_agent.settings import Camera
from edge_agent.voice import Voice

log = logging.getLogger("edge.camera")


class LostPicture:
    """Tells when a camera is blind and when it sees again, once each."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s  # real seconds: a stream's hiccup is none of anybody's business
        self._told = False

    def update(self, seconds: float) -> CameraTamper | None:
        """Given the seconds without a picture (0: there is one), the event to send, if any."""
        lost = seconds > self._after_s
        if lost == self._told or (self._told and seconds > 0):
            return None
        self._told = lost
        return CameraTamper(kind="disconnected", active=lost)


class Window:
    """The values since the last reading: counters as they stand, the others by their median, which flickers less."""

    def __init__(self) -> None:
        self._values: list[dict[str, float]] = []
        self._since = time.monotonic()

    def add(self, values: dict[str, float], health: float) -> None:
        """Take the values of one analysed frame and how well the camera saw it (0..1)."""
        self._values.append(values | {"picture.health": health})

    def take(self) -> dict[str, float | bool]:
        """The values of the window with the frames analysed per second of real time; begins the next window."""
        now = time.monotonic()
        taken: dict[str, float | bool] = {name: self._summary(name) for name in self._values[-1]}
        taken["fps"] = round(len(self._values) / max(1e-3, now - self._since), 2)
        self._values, self._since = [], now
        return taken

    def _summary(self, name: str) -> float:
        if name.startswith("line."):
            return self._values[-1][name]
        return statistics.median_low(values[name] for values in self._values if name in values)


class CameraAgent:
    """Speaks for one camera."""

    def __init__(
        self, camera: Camera, source: Source, analyser: Analyser, clock: Clock, voice: Voice, album: Album | None = None
    ) -> None:
        self._camera = camera
        self._source = source
        self._analyser = analyser
        self._clock = clock
        self._voice = voice
        self._lost = LostPicture(camera.tamper.disconnected_s)
        self._tamper = TamperWatch(camera.tamper)
        self._window = Window()
        self._due: datetime | None = None
        self._fps = 0.0
        self._album = album
        self._asked: SimpleQueue[str] = SimpleQueue()

    def run(self, stop: threading.Event) -> None:
        """Analyse pictures until ``stop`` is set or the source is at its end."""
        name = {"camera": self._camera.id, "url": without_secrets(self._camera.source)}
        log.info("watching", extra=name)
        try:
            while (seen := self._source.next(stop)) is not None:
                self._take(seen, name)
        finally:
            self._source.close()
        self._fps = 0.0
        log.info("no longer watching", extra=name)

    def health(self) -> dict[str, float]:
        """Numbers for the status: frames analysed a second, frames wanted, how well it sees (0 blind, 1 as usual)."""
        picture = self._tamper.health if self._fps else 0.0
        return {"fps": self._fps, "fps_wanted": self._camera.fps, "picture": picture}

    def ask_still(self, command: str) -> None:
        """Send a still of the next picture as the answer to ``command``; may be called on any thread."""
        if self._camera.stills:
            self._asked.put(command)

    def _take(self, seen: Frame | NoPicture, name: dict[str, str]) -> None:
        now = self._clock.now()
        change = self._lost.update(seen.seconds if isinstance(seen, NoPicture) else 0.0)
        if change is not None:
            self._tell_tamper(change, now, name)
        if isinstance(seen, Frame):
            for tamper in self._tamper.update(seen.image, seen.at):
                self._tell_tamper(tamper, now, name)
            analysis = self._analyser.analyse(seen.image, seen.at, now)
            self._tell(analysis, now)
            self._answer(seen.image, analysis, now)
        elif change is not None:
            self._fps = 0.0

    def _answer(self, image: Image, analysis: Analysis, now: datetime) -> None:
        while not self._asked.empty():
            shown = overlay(image, self._camera, analysis.boxes)
            self._voice.event(self._camera.id, CameraStill(command=self._asked.get(), still=shown), now)

    def _tell_tamper(self, event: CameraTamper, now: datetime, name: dict[str, str]) -> None:
        log.warning("the picture is lost" if event.active else "the picture is back", extra=name | {"kind": event.kind})
        self._voice.event(self._camera.id, event, now)

    def _tell(self, analysis: Analysis, now: datetime) -> None:
        # Who is blind sees nobody, which is not the same as that nobody is there: no counts then.
        blind = self._tamper.blind
        for event in () if blind else analysis.events:
            self._voice.event(self._camera.id, event, now)
            if self._album is not None and isinstance(event, Pictured) and event.still is not None:
                self._album.keep(self._camera.id, event.type.removeprefix("camera."), event.still, now)
        self._window.add({} if blind else analysis.values, self._tamper.health)
        if self._due is None or now >= self._due:
            self._due = now + timedelta(seconds=self._camera.telemetry_s)
            values = self._window.take()
            self._fps = float(values["fps"])
            self._voice.reading(self._camera.id, values, now)
