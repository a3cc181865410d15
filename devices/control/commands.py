"""Commands to agents: asked for by somebody, sent, answered or given up after their time; all of it kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from campus.clock import to_ms
from campus.errors import Conflict
from campus.ids import new_id
from campus.retention import forget_rows
from devices.control.configuration import refuse_others
from devices.control.tables import device_commands as commands
from devices.control.tables import kept_by_campaign

NAMES = ("ping", "identify", "restart")
ABOUT = ("still", "kept")  # these are about a camera of the agent: "still cam-1"
_LONGEST = 32
TIMEOUT = timedelta(seconds=60)
LONGEST = timedelta(hours=24)
State = Literal["waiting", "sent", "done", "refused", "expired"]
_DETAIL = 200


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command, who asked for it, and what became of it."""

    id: str
    device: str
    name: str
    asked_at: datetime
    asked_by: str
    expires_at: datetime
    state: State
    detail: str = ""
    settled_at: datetime | None = None
    arguments: str | None = None  # a JSON object that goes with it


def ask(
    conn: sa.Connection, school: str, device: str, name: str, by: str, now: datetime, timeout: timedelta = TIMEOUT
) -> Command:
    """Have ``name`` sent to an agent; it answers within ``timeout`` or the command expires.

    Raises `NotFound` for a device that is not there and `Conflict` for a command nobody knows.
    """
    verb, _, about = name.partition(" ")
    if name not in NAMES and not (verb in ABOUT and about.strip()):
        known = ", ".join([*NAMES, *(f"{verb} CAMERA" for verb in ABOUT)])
        raise Conflict(f"there is no command {name!r}; use one of {known}")
    if len(name) > _LONGEST:
        raise Conflict(f"a command has at most {_LONGEST} characters, with the camera's id")
    return order(conn, school, device, name, None, by, now, timeout)


def order(
    conn: sa.Connection, school: str, device: str, name: str, arguments: Mapping[str, object] | None, by: str,
    now: datetime, timeout: timedelta, campaign: str | None = None,
) -> Command:  # fmt: skip
    """As `ask`, for what the platform itself sends, with ``arguments`` that go with it, for a ``campaign``."""
    if not timedelta(seconds=1) <= timeout <= LONGEST:
        raise Conflict("the timeout must be between 1 second and 24 hours")
    refuse_others(conn, school, device)
    asked = Command(
        id=new_id(), device=device, name=name, asked_at=now, asked_by=by, expires_at=now + timeout, state="waiting",
        arguments=msgspec.json.encode(arguments).decode() if arguments else None,
    )  # fmt: skip
    conn.execute(commands.insert().values(school=school, campaign=campaign, **msgspec.structs.asdict(asked)))
    return asked


def get(conn: sa.Connection, command_id: str) -> Command | None:
    """One command, if it is there."""
    row = conn.execute(commands.select().where(commands.c.id == command_id)).first()
    return None if row is None else _command(row)


def history(
    conn: sa.Connection, school: str, device: str, limit: int = 50, before: tuple[datetime, str] | None = None
) -> list[Command]:
    """The commands to a device, the newest first; older than the one asked at that moment with that id."""
    this = (commands.c.school == school) & (commands.c.device == device)
    query = commands.select().where(this).order_by(commands.c.asked_at.desc(), commands.c.id.desc())
    if before is not None:
        at, last = before
        query = query.where((commands.c.asked_at < at) | ((commands.c.asked_at == at) & (commands.c.id < last)))
    return [_command(row) for row in conn.execute(query.limit(limit))]


def waiting(conn: sa.Connection, now: datetime) -> list[tuple[str, Command]]:
    """What is to be sent and has time left, with its school, the oldest first."""
    due = (commands.c.state == "waiting") & (commands.c.expires_at > now)
    return [(row.school, _command(row)) for row in conn.execute(commands.select().where(due).order_by(commands.c.id))]


def mark_sent(conn: sa.Connection, command_id: str) -> None:
    """The broker has it."""
    this = (commands.c.id == command_id) & (commands.c.state == "waiting")
    conn.execute(commands.update().where(this).values(state="sent"))


def settle(
    conn: sa.Connection, school: str, device: str, command_id: str, now: datetime, *, ok: bool, detail: str
) -> None:
    """The device answered, in time or not; only the device that was asked can answer, and only once."""
    this = (commands.c.id == command_id) & (commands.c.school == school) & (commands.c.device == device)
    unanswered = commands.c.state.in_(("waiting", "sent", "expired"))
    values = {"state": "done" if ok else "refused", "detail": detail[:_DETAIL], "settled_at": now}
    conn.execute(commands.update().where(this, unanswered).values(**values))


def expire(conn: sa.Connection, now: datetime) -> None:
    """Give up what was not answered in time."""
    late = commands.c.state.in_(("waiting", "sent")) & (commands.c.expires_at <= now)
    values = {"state": "expired", "detail": "no answer in time", "settled_at": now}
    conn.execute(commands.update().where(late).values(**values))


def forget_commands(conn: sa.Connection, before: datetime, limit: int) -> int:
    """Retention: commands that came to an end, or to nothing, before; a campaign's go after it."""
    old = sa.and_(commands.c.settled_at < before, ~kept_by_campaign(commands.c.campaign))
    return forget_rows(conn, commands, old, limit)


def payload(command: Command) -> bytes:
    """The command as it goes to the device."""
    verb, _, about = command.name.partition(" ")
    said: dict[str, object] = {"id": command.id, "name": verb, "expires": to_ms(command.expires_at)}
    more: dict[str, object] = msgspec.json.decode(command.arguments) if command.arguments else {}
    return msgspec.json.encode(said | more | ({"device": about.strip()} if about else {}))


def _command(row: sa.Row[Any]) -> Command:
    return Command(**{name: row._mapping[name] for name in Command.__struct_fields__})
