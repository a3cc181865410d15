"""Configurations of devices as numbered documents: proposed, told apart, settled by the device's word, rolled back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from campus.errors import Conflict, NotFound, Outdated
from campus.retention import forget_rows
from devices.control.tables import device_configurations as configurations
from devices.control.tables import kept_by_campaign
from devices.tables import devices

MAX_BYTES = 200 * 1024  # an agent takes 256 KiB with what is around it
DEEPEST = 16  # what an agent takes has five levels
State = Literal["waiting", "sent", "applied", "refused", "replaced"]
Settings = dict[str, Any]
_DETAIL = 200


class _Listed(msgspec.Struct):
    """One camera, gate, lab or sensor; the agent knows the rest of its keys."""

    id: str


class _Shape(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the platform checks before it sends; the agent checks the whole."""

    heartbeat_s: float | None = None
    cameras: tuple[_Listed, ...] | None = None
    gates: tuple[_Listed, ...] | None = None
    labs: tuple[_Listed, ...] | None = None
    sensors: tuple[_Listed, ...] | None = None


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One document of one device and what became of it."""

    device: str
    revision: int
    settings: Settings
    made_at: datetime
    made_by: str
    note: str
    state: State
    detail: str = ""
    settled_at: datetime | None = None


class SettingChange(msgspec.Struct, frozen=True):
    """One difference at ``path`` (like ``cameras[cam-1].fps``); None: not there."""

    path: str
    old: Any
    new: Any


def check(settings: Settings) -> None:
    """Raise `Conflict` naming the key when ``settings`` cannot be a configuration of an agent."""
    if not _is_shallow(settings, DEEPEST):
        raise Conflict(f"the configuration has values within values, more than {DEEPEST} deep; no key of an agent has")
    try:
        shape = msgspec.convert(settings, _Shape)
    except msgspec.ValidationError as error:
        raise Conflict(f"this is no configuration: {error}; see docs/reference/edge.md for its keys") from None
    if shape.heartbeat_s is not None and not shape.heartbeat_s > 0:
        raise Conflict("heartbeat_s must be above 0 seconds")
    ids = [one.id for group in (shape.cameras, shape.gates, shape.labs, shape.sensors) for one in group or ()]
    if twins := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        raise Conflict(f"{twins[0]!r} is there twice; every device needs its own id")
    if len(msgspec.json.encode(settings)) > MAX_BYTES:
        raise Conflict(f"the configuration has more than {MAX_BYTES // 1024} KiB; leave out what the agent has already")


def diff(old: Any, new: Any, path: str = "") -> tuple[SettingChange, ...]:
    """What differs from ``old`` to ``new``, by path; things in lists are told apart by their ``id``."""
    if _is_named(old) and _is_named(new):
        before, after = ({f"[{one['id']}]": one for one in group} for group in (old, new))
    elif isinstance(old, dict) and isinstance(new, dict):
        dot = "." if path else ""
        before, after = ({dot + key: value for key, value in group.items()} for group in (old, new))
    else:
        return () if old == new else (SettingChange(path, old, new),)
    keys = dict.fromkeys([*before, *after])
    return tuple(found for key in keys for found in diff(before.get(key), after.get(key), path + key))


def propose(
    conn: sa.Connection, school: str, device: str, settings: Settings, by: str, now: datetime, note: str = "",
    campaign: str | None = None, after: int | None = None,
) -> Revision:  # fmt: skip
    """Give an agent the next revision; it is sent within seconds. Raises `NotFound` or `Conflict` with the reason.

    ``after`` is the revision that the settings were made from (0: none), `Outdated` when there is a newer one.
    """
    check(settings)
    refuse_others(conn, school, device)
    newest = conn.execute(
        sa.select(sa.func.max(configurations.c.revision)).where(_of(school, device))
    ).scalar()  # fmt: skip
    if after is not None and after != (newest or 0):
        raise Outdated(
            f"{device} has revision {newest or 0} by now, made by somebody else; look at it, then propose again"
        )
    # Only the newest document stays at the broker: what was not sent yet never will be.
    waiting = _of(school, device) & (configurations.c.state == "waiting")
    conn.execute(configurations.update().where(waiting).values(state="replaced", settled_at=now))
    made = Revision(
        device=device, revision=(newest or 0) + 1, settings=settings, made_at=now, made_by=by, note=note,
        state="waiting",
    )  # fmt: skip
    row = {**msgspec.structs.asdict(made), "settings": msgspec.json.encode(settings).decode()}
    conn.execute(configurations.insert().values(**row, school=school, campaign=campaign))
    return made


def roll_back(conn: sa.Connection, school: str, device: str, revision: int, by: str, now: datetime) -> Revision:
    """Give the device again what it had as ``revision``, under a new number: an agent takes none that is older."""
    old = get(conn, school, device, revision)
    return propose(conn, school, device, old.settings, by, now, f"back to revision {revision}")


def get(conn: sa.Connection, school: str, device: str, revision: int) -> Revision:
    """One revision; raises `NotFound`."""
    row = conn.execute(
        configurations.select().where(_of(school, device), configurations.c.revision == revision)
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(f"{device!r} has no configuration of revision {revision}; see `campus devices config list`")
    return _revision(row)


def history(conn: sa.Connection, school: str, device: str, limit: int | None = 50) -> list[Revision]:
    """The revisions of a device, the newest first; None: every one."""
    query = configurations.select().where(_of(school, device)).order_by(configurations.c.revision.desc())
    return [_revision(row) for row in conn.execute(query.limit(limit))]


def waiting(conn: sa.Connection) -> list[tuple[str, Revision]]:
    """What is to be sent, with its school, the oldest first."""
    query = configurations.select().where(configurations.c.state == "waiting").order_by(configurations.c.made_at)
    return [(row.school, _revision(row)) for row in conn.execute(query)]


def mark_sent(conn: sa.Connection, school: str, device: str, revision: int) -> None:
    """The broker keeps this revision for the device."""
    this = _of(school, device) & (configurations.c.revision == revision) & (configurations.c.state == "waiting")
    conn.execute(configurations.update().where(this).values(state="sent"))


def settle(
    conn: sa.Connection, school: str, device: str, revision: int, now: datetime, *, ok: bool, detail: str
) -> None:
    """The device says that it applied or refused a revision. One that it applied may still fail a moment later."""
    open_states = ("waiting", "sent") if ok else ("waiting", "sent", "applied")
    this = _of(school, device) & (configurations.c.revision == revision)
    values = {"state": "applied" if ok else "refused", "detail": detail[:_DETAIL], "settled_at": now}
    conn.execute(configurations.update().where(this, configurations.c.state.in_(open_states)).values(**values))


def forget_configurations(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: revisions from before; the newest of a device, the one it would go back to, and those that a campaign
    gave which is there stay."""
    newer = configurations.alias()
    same = (newer.c.school == configurations.c.school) & (newer.c.device == configurations.c.device)
    newest = sa.select(sa.func.max(newer.c.revision)).where(same).scalar_subquery()
    old = sa.and_(
        configurations.c.made_at < before,
        configurations.c.revision < newest - 1,
        ~kept_by_campaign(configurations.c.campaign),
    )
    return forget_rows(conn, configurations, old, limit)


def refuse_others(conn: sa.Connection, school: str, device: str) -> None:
    """Raise `NotFound` or `Conflict` when ``device`` is no agent in use: the others cannot be told anything."""
    this = (devices.c.school == school) & (devices.c.id == device) & devices.c.retired_at.is_(None)
    kind = conn.execute(sa.select(devices.c.kind).where(this)).scalar()
    if kind is None:
        raise NotFound(f"no device {device!r} in use at {school!r}; see the device list for its id")
    if kind != "agent":
        raise Conflict(f"{device!r} is a {kind}; name the agent that speaks for it")


def payload(revision: Revision) -> bytes:
    """The document as it goes to the device."""
    return msgspec.json.encode({"revision": revision.revision, "settings": revision.settings})


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(one, levels - 1) for one in inside)


def _is_named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "id" in one for one in value)


def _of(school: str, device: str) -> sa.ColumnElement[bool]:
    return (configurations.c.school == school) & (configurations.c.device == device)


def _revision(row: sa.Row[Any]) -> Revision:
    values = {name: row._mapping[name] for name in Revision.__struct_fields__}
    return Revision(**{**values, "settings": msgspec.json.decode(values["settings"])})
