"""The ports of the demo: chosen once, kept while they are free."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec

from campus.errors import SettingsError


class Ports(msgspec.Struct):
    """The ports of this demo folder, kept while they are free."""

    mqtt: int
    console: int
    metrics: int
    camera: int


def choose_ports(folder: Path, console: int) -> Ports:
    """The ports of ``folder``; the console takes the first free one from ``console`` on. Raises `SettingsError`."""
    file = folder / "ports.json"
    kept = _kept_ports(file)
    if kept is not None and all(_is_free(port) for port in (kept.mqtt, kept.metrics, kept.camera)):
        return msgspec.structs.replace(kept, console=_first_free(console))
    ports = Ports(_any_free(), _first_free(console), _any_free(), _any_free())
    file.write_bytes(msgspec.json.encode(ports))
    return ports


def _kept_ports(file: Path) -> Ports | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Ports)
    except (FileNotFoundError, msgspec.MsgspecError):  # an older demo wrote fewer ports
        return None


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _first_free(wanted: int) -> int:
    for port in range(wanted, wanted + 50):
        if _is_free(port):
            return port
    raise SettingsError("--port", f"{wanted} to {wanted + 49} are all taken", "Choose another port")


def _any_free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
