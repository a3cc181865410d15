"""Plays the simulated school on a clock: each message in its time, day after day and through the nights."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from campus.clock import Clock
from campus.errors import Unavailable
from simulator.day.day import day_stream, night_stream
from simulator.day.wire import Outgoing
from simulator.school.values import SimulatedSchool

RETRY_S = 0.2


def messages_from(school: SimulatedSchool, day: date, *, rendered: bool) -> Iterator[Outgoing]:
    """The stream of ``day``, of its night, of the next day and so on."""
    while True:
        yield from day_stream(school, day, rendered=rendered)
        yield from night_stream(school, day, rendered=rendered)
        day += timedelta(days=1)


def play(
    school: SimulatedSchool,
    day: date,
    clock: Clock,
    publish: Callable[[Outgoing], None],
    stop: threading.Event,
    *,
    rendered: bool = False,
) -> None:
    """Publish what is said from now on, in time, until ``stop`` is set; what was said earlier is left out.

    ``publish`` may raise `Unavailable`: the message is then tried again, and those after it wait.
    """
    begin = clock.now()
    for outgoing in messages_from(school, day, rendered=rendered):
        if outgoing.at < begin:
            continue
        ahead = (outgoing.at - clock.now()).total_seconds()
        if ahead > 0 and clock.wait(stop, ahead):
            return
        if stop.is_set():
            return
        _insist(publish, outgoing, stop)


def _insist(publish: Callable[[Outgoing], None], outgoing: Outgoing, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            publish(outgoing)
        except Unavailable:
            stop.wait(RETRY_S)
        else:
            return
