"""Commands from the platform: judged, answered once each, and carried out when they are in time."""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from campus import __version__
from campus.clock import Clock, to_ms
from campus.events import Millis, Name, Reply
from campus.firmware import Update
from edge_agent.remote import Remote

log = logging.getLogger("edge.commands")
REMEMBERED = 200  # the broker may bring a command twice
_WAIT_S = 0.2
_LONGEST_DETAIL = 200


class Command(msgspec.Struct, frozen=True):
    """A command as it stands on the wire."""

    id: Name
    name: Name
    expires: Millis
    device: str = ""  # which of the agent's devices is meant, where that matters
    update: Update | None = None  # the firmware of an update


class Verdict(msgspec.Struct, frozen=True):
    """Whether a command is carried out, and a word on it."""

    ok: bool
    detail: str


Carry = Callable[[Command], Verdict]
NOTHING: Mapping[str, Carry] = MappingProxyType({})


class Commands:
    """Takes commands from the connection's thread; `run` answers them. Outlives a restart within the program."""

    def __init__(self, remote: Remote, clock: Clock) -> None:
        self._remote = remote
        self._clock = clock
        self._arrived: queue.Queue[bytes] = queue.Queue(maxsize=64)
        self._answered: deque[str] = deque(maxlen=REMEMBERED)
        self.unanswered: Callable[[], tuple[str, Verdict] | None] = lambda: None
        self.carries: dict[str, Carry] = {}  # commands that a part of the agent judges and carries out

    def heard(self, payload: bytes) -> None:
        """A command arrived; it is only put aside."""
        try:
            self._arrived.put_nowait(payload)
        except queue.Full:
            log.warning("too many commands at once; the newest is left out")

    def run(self, stop: threading.Event, answer: Callable[[Reply], None]) -> None:
        """Answer and carry out what arrives until ``stop``; first what the last run left unanswered."""
        if (left := self.unanswered()) is not None:
            command_id, verdict = left
            self._answered.append(command_id)
            answer(_reply(command_id, self._clock.now(), verdict))
        while not stop.is_set():
            try:
                payload = self._arrived.get(timeout=_WAIT_S)
            except queue.Empty:
                continue
            command = self._read(payload)
            if command is None:
                continue
            reply = judge(command, self._remote, self._clock.now(), self.carries)
            log.info("a command: %s", command.name, extra={"id": command.id, "ok": reply.ok})
            answer(reply)  # before it is carried out: the answer is on the disk when the parts go down
            if reply.ok and command.name == "restart":
                self._remote.wants_restart = True
                stop.set()

    def _read(self, payload: bytes) -> Command | None:
        try:
            command = msgspec.json.decode(payload, type=Command)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("a command that cannot be read: %s", error)
            return None
        if command.id in self._answered:
            return None
        self._answered.append(command.id)
        return command


def judge(command: Command, remote: Remote, now: datetime, carries: Mapping[str, Carry] = NOTHING) -> Reply:
    """The answer to ``command`` at ``now``; one that is not ``ok`` is not carried out, one of ``carries`` is."""
    answers = {"ping": "here", "identify": _identity(remote), "restart": "restarting"}
    if to_ms(now) > command.expires:
        return Reply(id=command.id, ts=to_ms(now), ok=False, detail="came too late")
    if command.name in carries:
        return _reply(command.id, now, carries[command.name](command))
    if command.name not in answers:
        detail = f"there is no command {command.name!r}; use one of {', '.join([*answers, *carries])}"
        return Reply(id=command.id, ts=to_ms(now), ok=False, detail=detail[:_LONGEST_DETAIL])
    return Reply(id=command.id, ts=to_ms(now), ok=True, detail=answers[command.name][:_LONGEST_DETAIL])


def _reply(command_id: str, now: datetime, verdict: Verdict) -> Reply:
    return Reply(id=command_id, ts=to_ms(now), ok=verdict.ok, detail=verdict.detail[:_LONGEST_DETAIL])


def _identity(remote: Remote) -> str:
    settings = remote.settings
    devices = " ".join(settings.devices)
    return f"{settings.agent.id}, version {__version__}, configuration {remote.revision}, speaks for {devices}"
