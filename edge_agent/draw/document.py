"""What is drawn for one camera in `edge.toml`: read from the file and written back, all else kept as it stands."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import tomlkit
from msgspec import Meta
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, InlineTable, Table

from campus.errors import Conflict, SettingsError
from edge_agent.settings import Camera, Corner, Line, ZoneArea, load_edge

Area = tuple[Corner, ...]
Plain = dict[str, Any]
_DIGITS = 4  # of a share: a tenth of a pixel
Shape = TypeVar("Shape", ZoneArea, Line)


class Drawing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that can be drawn for a camera; ``revision`` is the file's that it was made from."""

    revision: Annotated[str, Meta(max_length=64)]
    zones: tuple[ZoneArea, ...] = ()
    lines: tuple[Line, ...] = ()
    ignore: tuple[Area, ...] = ()
    masks: tuple[Area, ...] = ()


def read(path: Path, camera: str) -> Drawing:
    """What is drawn for ``camera`` in the settings file ``path``; raises `SettingsError` as the agent would."""
    revision = _revision(path.read_bytes())
    found = _camera(path, camera)
    return Drawing(revision=revision, zones=found.zones, lines=found.lines, ignore=found.ignore, masks=found.masks)


def save(path: Path, camera: str, drawing: Drawing) -> Drawing:
    """Write ``drawing`` into ``path``, validated exactly as the agent does; the file before stays beside it (.bak).

    Raises `Conflict` when the file was changed since it was read, and `SettingsError` when the whole does not fit.
    """
    before = path.read_bytes()
    if _revision(before) != drawing.revision:
        raise Conflict(f"{path.name} was changed meanwhile: load the page again, and draw anew")
    _fits(_camera(path, camera), drawing, path)
    after = with_drawing(before.decode("utf-8"), camera, drawing)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, fresh)
        _camera(fresh, camera)
        shutil.copy2(path, path.with_name(path.name + ".bak"))
        fresh.replace(path)
    except SettingsError as error:
        raise SettingsError(path.name, error.problem, error.fix) from None
    finally:
        fresh.unlink(missing_ok=True)
    return read(path, camera)


def with_drawing(text: str, camera: str, drawing: Drawing) -> str:
    """``text`` (TOML) with ``drawing`` as what its camera watches; comments and everything else stay."""
    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsError("edge.toml", f"is not valid TOML: {error}", "Mend that line") from None
    section = next((one for one in document.get("cameras", ()) if one.get("id") == camera), None)
    if section is None:
        raise SettingsError("edge.toml", f"there is no camera {camera!r} in it", "Add a [[cameras]] section")
    _put_shapes(section, "zones", drawing.zones)
    _put_shapes(section, "lines", drawing.lines)
    _put_areas(section, "ignore", drawing.ignore)
    _put_areas(section, "masks", drawing.masks)
    return tomlkit.dumps(document)


def _fits(camera: Camera, drawing: Drawing, path: Path) -> None:
    """Raise `SettingsError` when ``camera`` cannot have what is drawn, such as two zones of one name."""
    shapes = {name: getattr(drawing, name) for name in ("zones", "lines", "ignore", "masks")}
    try:
        msgspec.structs.replace(camera, **shapes)
    except ValueError as error:
        raise SettingsError(path.name, str(error), "Change what is drawn") from None


def _camera(path: Path, camera: str) -> Camera:
    found = next((one for one in load_edge(path).cameras if one.id == camera), None)
    if found is None:
        raise SettingsError(str(path), f"there is no camera {camera!r} in it", "Add a [[cameras]] section")
    return found


def _revision(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def plain(shape: ZoneArea | Line) -> Plain:
    """The keys of ``shape`` that are not as they would be anyway."""
    fields = msgspec.structs.fields(shape)
    values = {field.name: getattr(shape, field.name) for field in fields}
    return {
        field.name: _plain(values[field.name])
        for field in fields
        if field.required or values[field.name] != field.default
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        short = round(value, _DIGITS)
        return int(short) if short.is_integer() else short
    return value


def _put_shapes(section: Any, key: str, shapes: Iterable[ZoneArea | Line]) -> None:
    """Change the shapes that are there by name, drop those that are gone, add what is new."""
    wanted = {shape.name: plain(shape) for shape in shapes}
    there = section.get(key)
    if there is None:
        if wanted:
            section[key] = _array([_inline(one) for one in wanted.values()])
        return
    gone = [number for number in range(len(there)) if str(there[number].get("name")) not in wanted]
    for number in reversed(gone):
        del there[number]
    for item in there:
        _change(item, wanted.pop(str(item["name"])))
    for one in wanted.values():
        there.append(_table(one) if isinstance(there, AoT) else _inline(one))
    if not len(there):
        del section[key]
    elif isinstance(there, Array) and (wanted or gone):
        there.multiline(True)


def _change(item: Table | InlineTable, wanted: Mapping[str, Any]) -> None:
    for key in [key for key in item if key not in wanted]:
        del item[key]
    for key, value in wanted.items():
        if key not in item or _known(item[key]) != value:
            item[key] = value


def _known(value: Any) -> Any:
    """A value of the file as `plain` gives it, so that 0.50 in the file is no change."""
    return _plain(_tuples(value.unwrap() if hasattr(value, "unwrap") else value))


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def _put_areas(section: Any, key: str, areas: tuple[Area, ...]) -> None:
    wanted = _plain(areas)
    there = section.get(key)
    if there is not None and _known(there) == wanted:
        return
    if wanted:
        section[key] = _array(wanted)
    elif there is not None:
        del section[key]


def _array(items: Iterable[Any]) -> Array:
    array = tomlkit.array().multiline(True)
    for item in items:
        array.append(item)
    return array


def _inline(values: Mapping[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _table(values: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    table.update(values)
    return table
