"""The detector models that are known to work: licence, address, checksum; and how one gets onto this machine."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Literal

import msgspec

from campus.errors import NotFound, SettingsError
from edge_agent.camera.network import load_network

MAX_BYTES = 256 * 1024 * 1024  # no detector for an edge machine is larger; a wrong address might never end
TIMEOUT_S = 30.0
_CHUNK = 1 << 20


class KnownModel(msgspec.Struct, frozen=True):
    """A model whose file was measured (docs/vision.md). ``sha256`` is of that file."""

    name: str
    file: str
    detector: Literal["yolox", "fastestdet"]
    input_px: int
    licence: str
    address: str
    sha256: str


KNOWN = (
    KnownModel(
        "yolox-nano",
        "yolox_nano.onnx",
        "yolox",
        416,
        "Apache-2.0",
        "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/yolox_nano.onnx",
        "d39bee73564e338080378b0ad567fbb40e818b55bbfaf971de82a0267ed16b8a",
    ),
    KnownModel(
        "fastestdet",
        "FastestDet.onnx",
        "fastestdet",
        352,
        "BSD-3-Clause",
        "https://raw.githubusercontent.com/dog-qiuqiu/FastestDet/main/example/onnx-runtime/FastestDet.onnx",
        "31cb14c017fce347cb4c846ec62fdf00d76bb3beecdf4be21e7116ac67feb880",
    ),
)


def known(name: str) -> KnownModel:
    """The known model called ``name``; raises `NotFound` naming those there are."""
    for model in KNOWN:
        if model.name == name:
            return model
    raise NotFound(f"There is no known model {name!r}; known are {', '.join(model.name for model in KNOWN)}")


def installed(model: KnownModel, folder: Path) -> bool:
    """Whether the very file of ``model`` lies in ``folder``."""
    path = folder / model.file
    return path.is_file() and sha256_of(path) == model.sha256


def install(model: KnownModel, source: str, folder: Path) -> Path:
    """Bring ``source`` (a file, or an http address) into ``folder`` as the file of ``model``; returns its path.

    It is put there only when its checksum is right and OpenCV can run it; raises `SettingsError` otherwise, and leaves
    what was there before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        fresh = Path(scratch) / model.file
        _bring(source, fresh)
        found = sha256_of(fresh)
        if found != model.sha256:
            fix = f"Take the file of {model.address}; where its makers have changed it, it was never measured here"
            raise SettingsError(source, f"has the checksum {found}, not {model.sha256}", fix)
        load_network(fresh, model.input_px)
        return fresh.replace(folder / model.file)


def sha256_of(path: Path) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bring(source: str, target: Path) -> None:
    try:
        if source.startswith(("http://", "https://")):
            with urllib.request.urlopen(source, timeout=TIMEOUT_S) as answer, target.open("wb") as file:  # noqa: S310
                _copy(source, answer, file)
        else:
            shutil.copyfile(source, target)
    except urllib.error.URLError as error:
        fix = "Bring the file over by other means, and name it with --from"
        raise SettingsError(source, f"cannot be fetched: {error.reason}", fix) from None
    except OSError as error:
        raise SettingsError(source, f"cannot be read: {error.strerror or error}", "Name a model file") from None


def _copy(source: str, answer: IO[bytes], file: IO[bytes]) -> None:
    size = 0
    while chunk := answer.read(_CHUNK):
        size += len(chunk)
        if size > MAX_BYTES:
            raise SettingsError(source, f"is larger than {MAX_BYTES >> 20} MB", "Check the address")
        file.write(chunk)
