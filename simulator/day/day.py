"""The stream of everything a simulated school says: a seeded, ordered day, and the quiet night after it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from operator import attrgetter

from campus.topics import ROOT
from simulator.day.cameras import camera_messages
from simulator.day.gates import gate_messages
from simulator.day.incidents import Misspoken, Script, script
from simulator.day.people import StudentDay, student_days
from simulator.day.sensors import sensor_messages
from simulator.day.vr_lab import lab_messages
from simulator.day.wire import Outgoing, Voice, heartbeats
from simulator.school.fleet import RENDERED_AGENT, RENDERED_CAMERA
from simulator.school.values import Device, SimulatedSchool

DAY_STARTS, DAY_ENDS = time(6, 45), time(18, 0)


def day_stream(
    school: SimulatedSchool,
    day: date,
    *,
    rendered: bool = False,
    played: Script | None = None,
    days: Sequence[StudentDay] | None = None,
) -> Iterator[Outgoing]:
    """Everything said on ``day`` from 06:45 to 18:00 local time, in order of time.

    ``played`` and ``days`` are another script and other ways of the students than the day's own. With ``rendered`` the
    rendered camera and its agent are silent here: the real vision pipeline speaks for them. The same school and day
    give the same bytes in every process.
    """
    start, end = school.moment(day, DAY_STARTS), school.moment(day, DAY_ENDS)
    played = script(school, day) if played is None else played
    voices = _Voices(school, day, played, student_days(school, day) if days is None else days, start, end)
    yield from heapq.merge(*voices.all(rendered), _misspoken(school, played), key=attrgetter("at"))


def night_stream(school: SimulatedSchool, day: date, *, rendered: bool = False) -> Iterator[Outgoing]:
    """Everything said from 18:00 on ``day`` to 06:45 of the next: devices live on, nobody is there."""
    start, end = school.moment(day, DAY_ENDS), school.moment(day + timedelta(days=1), DAY_STARTS)
    voices = _Voices(school, day, Script(), (), start, end)
    yield from heapq.merge(*voices.all(rendered), key=attrgetter("at"))


class _Voices:
    """The messages of each device from ``start`` to ``end``, each device's in its own order."""

    def __init__(
        self,
        school: SimulatedSchool,
        day: date,
        played: Script,
        days: Sequence[StudentDay],
        start: datetime,
        end: datetime,
    ) -> None:
        self._school = school
        self._day = day
        self._script = played
        self._days = days
        self._start = start
        self._end = end

    def all(self, rendered: bool) -> Iterator[Iterable[Outgoing]]:
        """One stream for each device that speaks."""
        silent = {RENDERED_AGENT, RENDERED_CAMERA} if rendered else set()
        for device in self._school.devices:
            if device.id not in silent:
                yield self._of(device)

    def _of(self, device: Device) -> Iterable[Outgoing]:
        school, day = self._school, self._day
        beats = heartbeats(school, device.id, self._start, self._end)
        if device.kind == "gate":
            return gate_messages(school, day, device.id, self._days, self._script, beats)
        if device.kind == "lab":
            return lab_messages(school, day, self._days, beats, self._end)
        if device.kind == "camera":
            return camera_messages(school, day, device, self._script, beats, self._end)
        if device.kind == "sensor":
            return sensor_messages(school, day, device, self._script, beats, self._end)
        return _agent_messages(school, device, beats)


def _agent_messages(school: SimulatedSchool, agent: Device, beats: Sequence[datetime]) -> Iterator[Outgoing]:
    voice = Voice(school, agent.id, beats[0])
    return (voice.status(at) for at in beats)


def _misspoken(school: SimulatedSchool, played: Script) -> list[Outgoing]:
    """What cannot be used, and what a device says that nobody registered."""
    said = sorted([*played.misspoken, *played.strangers], key=attrgetter("at"))
    return [_as_sent(school, one) for one in said]


def _as_sent(school: SimulatedSchool, one: Misspoken) -> Outgoing:
    return Outgoing(one.at, f"{ROOT}/{school.id}/{one.device}/{one.channel}", one.payload)
