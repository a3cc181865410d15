"""Where sheets come from, a folder or a zip, and in which encoding their text is."""

from __future__ import annotations

import codecs
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import msgspec

from campus.errors import ImportFileError

# A roster of 700,000 students is some 200 MB of text; a sheet beyond this is no roster.
MAX_SHEET = 1 << 30
_BUFFER = 1 << 18
_CHUNK = 1 << 20
_BOM_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
Opener = Callable[[], IO[bytes]]
Told = Callable[[int], None]  # so many bytes more were read


class Sheet(msgspec.Struct, frozen=True):
    """What opens a sheet, and its size in bytes."""

    opened: Opener
    size: int


class _Counted(io.RawIOBase):
    """A stream that tells how much of it is read."""

    def __init__(self, stream: IO[bytes], told: Told) -> None:
        self._stream = stream
        self._told = told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        self._told(len(found))
        return len(found)

    def close(self) -> None:
        self._stream.close()
        super().close()


def open_text(name: str, opened: Opener, told: Told | None = None) -> io.TextIOWrapper:
    """A sheet as text: UTF-8 with or without a byte order mark, else GB18030 as Chinese systems export it.

    ``told`` hears how much of it is read.

    Raises `ImportFileError` with the line for a NUL byte and for text that is neither.
    """
    encoding = _encoding(name, opened)
    stream = opened() if told is None else io.BufferedReader(_Counted(opened(), told), _BUFFER)
    return io.TextIOWrapper(stream, encoding=encoding, newline="")


def _encoding(name: str, opened: Opener) -> str:
    utf8 = codecs.getincrementaldecoder("utf-8-sig")()
    with opened() as stream:
        chunk, line = stream.read(_CHUNK), 1
        if chunk.startswith(_BOM_16):
            raise ImportFileError(name, 1, "is UTF-16 text; save it as 'CSV UTF-8'")
        while chunk:
            nul = chunk.find(b"\0")
            if nul >= 0:
                raise ImportFileError(name, line + chunk.count(b"\n", 0, nul), "holds a NUL byte; export it again")
            try:
                utf8.decode(chunk)
            except UnicodeDecodeError as error:
                # The decoder may have held back up to three bytes of the chunk before, none of them a line's end.
                return _not_utf8(name, opened, line + chunk.count(b"\n", 0, error.start))
            line += chunk.count(b"\n")
            chunk = stream.read(_CHUNK)
        return _ended(name, opened, utf8, line)


def _ended(name: str, opened: Opener, utf8: codecs.IncrementalDecoder, line: int) -> str:
    try:
        utf8.decode(b"", final=True)
    except UnicodeDecodeError:
        return _not_utf8(name, opened, line)
    return "utf-8-sig"


def _not_utf8(name: str, opened: Opener, line: int) -> str:
    """GB18030, when what stands there is mostly the everyday characters; a Latin-1 text decodes to rare ones."""
    common = rare = 0
    try:
        with io.TextIOWrapper(opened(), encoding="gb18030", newline="") as text:
            while chunk := text.read(_CHUNK):
                foreign = "".join(one for one in chunk if not one.isascii())
                everyday = len(foreign.encode("gb2312", "ignore")) // 2
                common, rare = common + everyday, rare + len(foreign) - everyday
                if "\0" in chunk:
                    raise ImportFileError(name, line, "holds a NUL byte; export it again")
    except UnicodeDecodeError:
        common, rare = 0, 1
    if common <= rare:
        raise ImportFileError(name, line, "is neither UTF-8 nor GB18030 text; save it as 'CSV UTF-8'")
    return "gb18030"


def files_of(path: Path) -> dict[str, Sheet]:
    """Each CSV sheet of a folder or zip, by its name in small letters. Raises `ImportFileError`."""
    if path.is_dir():
        found = [file for file in path.iterdir() if file.suffix.lower() == ".csv"]
        return {file.name.lower(): Sheet(_opener(file), file.stat().st_size) for file in found}
    if not path.is_file():
        raise ImportFileError(str(path), 0, "there is no such folder or zip")
    if not zipfile.is_zipfile(path):
        raise ImportFileError(path.name, 0, "is neither a folder nor a zip")
    return _files_of_zip(path)


def _opener(file: Path) -> Opener:
    return lambda: file.open("rb")


def _files_of_zip(path: Path) -> dict[str, Sheet]:
    files: dict[str, Sheet] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.rsplit("/", 1)[-1].lower()
            if not name.endswith(".csv") or "__MACOSX" in info.filename:
                continue
            if info.file_size > MAX_SHEET:
                raise ImportFileError(name, 0, f"has {info.file_size} bytes; at most {MAX_SHEET} are read")
            if name in files:
                raise ImportFileError(path.name, 0, f"holds {name} twice; zip one export only")
            files[name] = Sheet(_member(path, info.filename), info.file_size)
    return files


def _member(path: Path, member: str) -> Opener:
    def opened() -> IO[bytes]:
        with zipfile.ZipFile(path) as archive:
            # The member stays readable: it keeps the archive's file open for itself.
            return archive.open(member)

    return opened
