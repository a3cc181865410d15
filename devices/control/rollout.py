"""Staged roll-out of a configuration: one device, then ten, then all; the first refusal stops it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import sqlalchemy as sa

from campus.errors import CampusError, Conflict
from campus.ids import new_id
from devices.control import configuration
from devices.control.configuration import Settings, State
from devices.control.tables import device_configurations as configurations
from devices.control.tables import device_rollouts as rollouts

WAVES = (1, 10)  # so many devices have it after the first and the second wave; after the third, all
PATIENCE = timedelta(minutes=30)  # an agent that was asked answers within seconds; one that is away stops the roll-out
_REASON = 300


class Step(msgspec.Struct, frozen=True):
    """What a roll-out does next: ``send`` to these devices, or why it waits, stops or is done."""

    verdict: Literal["send", "wait", "stopped", "done"]
    reason: str
    send: tuple[str, ...] = ()


def next_step(devices: Sequence[str], given: Mapping[str, State], wave_at: datetime, now: datetime) -> Step:
    """The next step of a roll-out to ``devices``, of which those in ``given`` have it in that state; pure."""
    for device, state in given.items():
        if state in {"refused", "replaced"}:
            return Step("stopped", f"{device} {'refused it' if state == 'refused' else 'was given another'}")
    behind = [device for device, state in given.items() if state != "applied"]
    if behind and now - wave_at >= PATIENCE:
        return Step("stopped", f"{behind[0]} has not answered within {PATIENCE.seconds // 60} minutes")
    if behind:
        return Step("wait", f"waiting for {len(behind)} of {len(given)}")
    if len(given) >= len(devices):
        return Step("done", f"applied by all {len(devices)}")
    size = next((wave for wave in WAVES if wave > len(given)), len(devices))
    return Step("send", f"to {min(size, len(devices))} of {len(devices)}", tuple(devices[len(given) : size]))


def begin(conn: sa.Connection, school: str, devices: Sequence[str], settings: Settings, by: str, now: datetime) -> str:
    """Begin a roll-out of ``settings``, laid over what each device has; returns its id. Raises `Conflict`."""
    configuration.check(settings)
    chosen = list(dict.fromkeys(devices))
    if not chosen:
        raise Conflict("a roll-out needs at least one device")
    made = new_id()
    conn.execute(
        rollouts.insert().values(
            id=made, school=school, settings=msgspec.json.encode(settings).decode(), begun_at=now, begun_by=by,
            devices=msgspec.json.encode(chosen).decode(), revisions="{}", state="running", reason="", wave_at=now,
        )
    )  # fmt: skip
    return made


def advance(conn: sa.Connection, now: datetime) -> None:
    """Take every running roll-out its next step."""
    for row in conn.execute(rollouts.select().where(rollouts.c.state == "running")).all():
        devices = msgspec.json.decode(row.devices, type=list[str])
        revisions = msgspec.json.decode(row.revisions, type=dict[str, int])
        step = next_step(devices, _states(conn, row.school, revisions), row.wave_at, now)
        change: dict[str, object] = {"reason": step.reason[:_REASON]}
        if step.verdict in {"stopped", "done"}:
            change["state"] = step.verdict
        if step.verdict == "send":
            change |= _send(conn, row, step, revisions, now)
        conn.execute(rollouts.update().where(rollouts.c.id == row.id).values(**change))


def _send(
    conn: sa.Connection, row: sa.Row[tuple[object, ...]], step: Step, revisions: dict[str, int], now: datetime
) -> dict[str, object]:
    patch = msgspec.json.decode(row.settings)
    try:
        for device in step.send:
            before = configuration.history(conn, row.school, device, 1)
            whole = {**(before[0].settings if before else {}), **patch}
            made = configuration.propose(conn, row.school, device, whole, row.begun_by, now, f"roll-out {row.id}")
            revisions[device] = made.revision
    except CampusError as error:
        return {"state": "stopped", "reason": str(error)[:_REASON], "revisions": _encoded(revisions)}
    return {"revisions": _encoded(revisions), "wave_at": now}


def _encoded(revisions: dict[str, int]) -> str:
    return msgspec.json.encode(revisions).decode()


def _states(conn: sa.Connection, school: str, revisions: Mapping[str, int]) -> dict[str, State]:
    columns = (configurations.c.device, configurations.c.revision, configurations.c.state)
    query = sa.select(*columns).where(configurations.c.school == school, configurations.c.device.in_(list(revisions)))
    found = {(device, revision): state for device, revision, state in conn.execute(query)}
    return {device: found[device, revision] for device, revision in revisions.items()}
