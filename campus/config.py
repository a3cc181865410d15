"""Settings from a TOML file, the environment and secret files; a wrong key is an error that names it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from campus.errors import SettingsError

T = TypeVar("T", bound=msgspec.Struct)
PREFIX = "CAMPUS_"


def load(kind: type[T], path: Path | None, env: Mapping[str, str] = os.environ) -> T:
    """Settings of ``kind`` from ``path`` (may be None: defaults), overridden by the environment.

    ``CAMPUS_MQTT__PORT=1884`` overrides ``[mqtt] port``; ``CAMPUS_MQTT__PASSWORD_FILE=/run/secrets/x`` reads the value
    from a file. Unknown keys, wrong types and values out of range raise `SettingsError` naming the key.
    """
    document = _read(path) if path is not None else {}
    where = str(path) if path is not None else "settings"
    sections = set(kind.__struct_fields__)
    for name, value in sorted(env.items()):
        # One environment serves several programs: a section that this one has not got is another's.
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).lower().split("__")[0] in sections and "__" in name:
            _override(document, name, value)
    try:
        return msgspec.convert(document, kind, strict=False, dec_hook=_from_text)
    except msgspec.ValidationError as error:
        raise SettingsError(where, str(error), "See docs/reference/settings.md for every key") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(str(path), "there is no such file", "Run `campus init` to write one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"is not valid TOML: {error}", "Mend that line") from None


def _override(document: dict[str, Any], name: str, value: str) -> None:
    keys = name.removeprefix(PREFIX).lower().split("__")
    if keys[-1].endswith("_file") and value:
        keys[-1] = keys[-1].removesuffix("_file")
        value = read_secret(Path(value), name)
    target = document
    for key in keys[:-1]:
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            raise SettingsError(name, f"{key!r} is not a section", "See docs/reference/settings.md")
    target[keys[-1]] = value


def _from_text(kind: type[Any], value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    raise TypeError(f"expected {kind.__name__}, not {value!r}")


def read_secret(path: Path, where: str) -> str:
    """The content of a secret file without the line end; raises `SettingsError` when it cannot be read or is empty."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(where, f"the secret file {path} cannot be read: {error.strerror}", "Create it") from None
    if not secret:
        raise SettingsError(where, f"the secret file {path} is empty", "Write the secret into it")
    return secret
