"""Configuration that the platform sends: checked whole, kept on disk, put to use or refused with the reason.

A document may set what the agent watches (cameras, gates, labs, sensors) and how often it speaks. How it reaches the
platform (school, broker, secrets, spool) is only in `edge.toml`, so that no document can cut an agent off.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from campus.clock import Clock, to_ms
from campus.errors import SettingsError
from campus.events import Reply
from campus.settings import Positive, Section
from edge_agent.extras import needs
from edge_agent.gate.settings import Gate
from edge_agent.lab.settings import Lab
from edge_agent.sensor.settings import Sensor
from edge_agent.settings import Camera, EdgeSettings

log = logging.getLogger("edge.configuration")
MAX_BYTES = 256 * 1024
_WAIT_S = 0.2
_LONGEST_DETAIL = 200


class RemoteSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a document may set; what it leaves out stays as `edge.toml` has it."""

    heartbeat_s: Positive | None = None
    cameras: tuple[Camera, ...] | None = None
    gates: tuple[Gate, ...] | None = None
    labs: tuple[Lab, ...] | None = None
    sensors: tuple[Sensor, ...] | None = None


class Document(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configuration as it stands on the wire; ``revision`` only grows."""

    revision: Annotated[int, Meta(ge=1)]
    settings: RemoteSettings


def read_document(payload: bytes) -> Document:
    """The document in ``payload``; raises `SettingsError` naming the key that is wrong."""
    if len(payload) > MAX_BYTES:
        raise _wrong(f"has {len(payload)} bytes; at most {MAX_BYTES} are taken")
    try:
        return msgspec.json.decode(payload, type=Document, dec_hook=_path)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _wrong(str(error)) from None


def merged(local: EdgeSettings, document: Document) -> EdgeSettings:
    """``local`` with what ``document`` sets; raises `SettingsError` when the whole does not fit or cannot run."""
    said = document.settings
    agent = local.agent
    if said.heartbeat_s is not None:
        agent = msgspec.structs.replace(agent, heartbeat_s=said.heartbeat_s)
    try:
        whole = EdgeSettings(
            agent=agent,
            school=local.school,
            mqtt=local.mqtt,
            secrets=local.secrets,
            metrics_port=local.metrics_port,
            firmware=local.firmware,
            cameras=local.cameras if said.cameras is None else said.cameras,
            gates=local.gates if said.gates is None else said.gates,
            labs=local.labs if said.labs is None else said.labs,
            sensors=local.sensors if said.sensors is None else said.sensors,
        )
    except ValueError as error:
        raise _wrong(str(error)) from None
    if not whole.devices:
        raise _wrong("leaves no camera, gate, lab or sensor")
    if whole.cameras:
        with needs("edge", "a camera"):
            from edge_agent.camera.detectors import make_detector
    for camera in whole.cameras:
        make_detector(camera)  # a model that is not on this machine is found now, not after the old one was stopped
    return whole


class Remote:
    """The settings in force, and what becomes of the documents that arrive.

    A document that was taken asks for a restart within the program (``wants_restart``): the parts are made anew from
    `settings`. When they fail with it, `fall_back` returns to what was in force before.
    """

    def __init__(self, local: EdgeSettings, clock: Clock) -> None:
        self._local = local
        self._clock = clock
        self._file = local.agent.spool.with_name(local.agent.spool.stem + "-config.json")
        self._arrived: queue.Queue[bytes] = queue.Queue(maxsize=16)
        self._refused: bytes | None = None
        self._answer: Reply | None = None
        self._before: tuple[EdgeSettings, int, bytes] | None = None
        self.wants_restart = False
        self.settings, self.revision, self._payload = self._load()

    def heard(self, payload: bytes) -> None:
        """A document arrived; called on the connection's thread, so it is only put aside."""
        try:
            self._arrived.put_nowait(payload)
        except queue.Full:
            log.warning("too many configurations at once; the newest is left out")

    def run(self, stop: threading.Event, answer: Callable[[Reply], None]) -> None:
        """Judge what arrives until ``stop``; ``answer`` carries the verdict to the platform."""
        if self._answer is not None:
            answer(self._answer)
            self._answer = None
        while not stop.is_set():
            try:
                payload = self._arrived.get(timeout=_WAIT_S)
            except queue.Empty:
                continue
            refusal = self.take(payload)
            if refusal is not None:
                answer(refusal)
            if self.wants_restart:
                stop.set()

    def take(self, payload: bytes) -> Reply | None:
        """Put a document to use at the next restart; the refusal when it is bad, None when it is none or known."""
        if not payload or payload in {self._payload, self._refused}:
            return None  # the broker keeps the newest document and brings it with every connection
        revision = _revision_of(payload)
        try:
            document = read_document(payload)
            if revision <= self.revision:
                raise _wrong(f"is older than revision {self.revision}, which is in force; give it a higher number")
            settings = merged(self._local, document)
            self._keep(payload)
        except (SettingsError, OSError) as error:
            return self._refuse(revision, payload, str(error))
        self._before = (self.settings, self.revision, self._payload)
        self.settings, self.revision, self._payload = settings, revision, payload
        self._answer = self._reply(revision, ok=True, detail="applied")
        self.wants_restart = True
        log.info("taking a configuration", extra={"revision": revision})
        return None

    def restarted(self) -> None:
        """The parts are about to be made from `settings`."""
        self.wants_restart = False

    @property
    def on_trial(self) -> bool:
        """Whether the document in force arrived in this run of the program."""
        return self._before is not None

    def fall_back(self, why: str) -> bool:
        """The parts failed with the document in force: return to what was before; False when there is no other."""
        if not self.revision:
            return False
        revision, payload = self.revision, self._payload
        self.settings, self.revision, self._payload = self._before or (self._local, 0, b"")
        self._before = None
        self._keep(self._payload)
        self._answer = self._refuse(revision, payload, why)
        return True

    def _refuse(self, revision: int, payload: bytes, why: str) -> Reply:
        log.error("a configuration is refused: %s", why, extra={"revision": revision})
        self._refused = payload
        return self._reply(revision, ok=False, detail=why)

    def _reply(self, revision: int, *, ok: bool, detail: str) -> Reply:
        ts = to_ms(self._clock.now())
        return Reply(id=f"config-{revision}", ts=ts, ok=ok, detail=detail[:_LONGEST_DETAIL])

    def _load(self) -> tuple[EdgeSettings, int, bytes]:
        """What was in force when the program ended; `edge.toml` alone when that no longer fits."""
        try:
            payload = self._file.read_bytes()
            document = read_document(payload)
            return merged(self._local, document), document.revision, payload
        except FileNotFoundError:
            return self._local, 0, b""
        except (SettingsError, OSError) as error:
            log.error("the kept configuration is left aside: %s", error, extra={"path": self._file.name})
            return self._local, 0, b""

    def _keep(self, payload: bytes) -> None:
        """Replace the kept document in one step, so that a power cut leaves the old one or the new one."""
        if not payload:
            self._file.unlink(missing_ok=True)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(payload)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)


class _Numbered(msgspec.Struct):
    revision: Annotated[int, Meta(ge=1)]


def _revision_of(payload: bytes) -> int:
    """Which revision a document says it is, even when the rest is bad, so that a refusal can name it; 0: none."""
    try:
        return msgspec.json.decode(payload[:MAX_BYTES], type=_Numbered).revision
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise TypeError(f"expected {kind.__name__}, not {value!r}")


def _wrong(problem: str) -> SettingsError:
    return SettingsError("the configuration", problem, "Mend the document and send it with a higher revision")
