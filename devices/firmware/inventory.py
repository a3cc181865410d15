"""Firmware files as they were signed, and which version runs on how many devices."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from campus.errors import Conflict, NotFound
from campus.firmware import is_signed, manifest, order_of
from campus.ids import new_id
from campus.settings import SigningKey
from devices.firmware.tables import firmware_files as table
from devices.tables import device_states, devices


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A firmware file; agents fetch it from ``url`` and check it by the rest."""

    id: str
    model: str
    version: str
    size: int
    sha256: str
    signature: str
    url: str
    added_at: datetime
    added_by: str
    signed_by: str = ""  # the name of the key of `[firmware]`; empty: it was put on the list without a check
    kept: str = ""  # where an uploaded file lies; empty: it lies elsewhere


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A version on devices of one kind and model; ``old`` when another of them runs a newer one."""

    kind: str
    model: str
    version: str
    devices: tuple[str, ...]
    old: bool


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `campus devices firmware sign` writes beside a file."""

    model: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[str, Meta(min_length=1, max_length=32)]
    size: Annotated[int, Meta(ge=1)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    signature: Annotated[str, Meta(pattern=r"^[0-9a-f]{128}$")]


def signer(keys: Sequence[SigningKey], signed: Signed) -> str:
    """The name of the key that signed; empty without keys. Raises `Conflict` when none of them did."""
    text = manifest(signed.model, signed.version, signed.size, signed.sha256)
    for key in keys:
        if is_signed(key.public_key, signed.signature, text):
            return key.name
    if keys:
        names = ", ".join(key.name for key in keys)
        raise Conflict(
            f"the signature of {signed.model} {signed.version} is of none of the keys in [firmware] ({names}); "
            "sign the file anew with `campus devices firmware sign`"
        )
    return ""


def refuse_other(signed: Signed, content: bytes) -> None:
    """Raise `Conflict` when ``content`` is not the file that was signed."""
    if len(content) != signed.size:
        raise Conflict(f"the file has {len(content)} bytes, {signed.size} were signed; was another file chosen?")
    if hashlib.sha256(content).hexdigest() != signed.sha256:
        raise Conflict("the file is not the one that was signed: its SHA-256 is another")


def add(
    conn: sa.Connection, school: str, signed: Signed, url: str, by: str, now: datetime, *,
    signed_by: str = "", kept: str = "",
) -> File:  # fmt: skip
    """Put a signed file on the list; raises `Conflict` for a bad version or address, or one that is there already."""
    try:
        order_of(signed.version)
    except ValueError as error:
        raise Conflict(str(error)) from None
    if not url.startswith(("http://", "https://")):
        raise Conflict(f"{url!r} is no http or https address from which agents could fetch the file")
    if any(one.model == signed.model and one.version == signed.version for one in files(conn, school)):
        raise Conflict(f"{signed.model} {signed.version} is there already; another file needs another version")
    made = File(
        id=new_id(), url=url, added_at=now, added_by=by, signed_by=signed_by, kept=kept,
        **msgspec.structs.asdict(signed),
    )  # fmt: skip
    conn.execute(table.insert().values(school=school, **msgspec.structs.asdict(made)))
    return made


def get(conn: sa.Connection, school: str, file: str) -> File:
    """One file; raises `NotFound`."""
    row = conn.execute(_select(school).where(table.c.id == file)).mappings().first()
    if row is None:
        raise NotFound(f"no firmware file {file!r} at {school!r}")
    return File(**row)


def by_hash(conn: sa.Connection, sha256: str) -> File:
    """An uploaded file by its hash, of whichever school; raises `NotFound`."""
    wanted = (table.c.sha256 == sha256) & (table.c.kept != "")
    columns = (table.c[name] for name in File.__struct_fields__)
    row = conn.execute(sa.select(*columns).where(wanted).limit(1)).mappings().first()
    if row is None:
        raise NotFound("no uploaded firmware has this hash")
    return File(**row)


def files(conn: sa.Connection, school: str) -> list[File]:
    """The files of a school, the newest first."""
    return [File(**row) for row in conn.execute(_select(school).order_by(table.c.id.desc())).mappings()]


def running(conn: sa.Connection, school: str) -> list[Running]:
    """Which versions devices in use say that they run, by kind and model, the newest first."""
    of_state = (device_states.c.school == devices.c.school) & (device_states.c.device == devices.c.id)
    query = (
        sa.select(devices.c.kind, devices.c.model, device_states.c.agent, devices.c.id)
        .join(device_states, of_state)
        .where(devices.c.school == school, devices.c.retired_at.is_(None), device_states.c.agent != "")
        .order_by(devices.c.kind, devices.c.model, devices.c.id)
    )
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for kind, model, version, device in conn.execute(query):
        found.setdefault((kind, model), {}).setdefault(version, []).append(device)
    return [
        Running(kind=kind, model=model, version=version, devices=tuple(versions[version]), old=number > 0)
        for (kind, model), versions in found.items()
        for number, version in enumerate(sorted(versions, key=_newest, reverse=True))
    ]


def _newest(version: str) -> tuple[tuple[int, ...], str]:
    try:
        return order_of(version), version
    except ValueError:
        return (-1,), version  # what calls itself otherwise stands behind


def _select(school: str) -> sa.Select[Any]:
    return sa.select(*(table.c[name] for name in File.__struct_fields__)).where(table.c.school == school)
