"""Files that people attach (papers, photos): kept in a folder of their own, never where the console serves from."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from campus.errors import Conflict, NotFound
from campus.ids import new_id

# What a file may be, by how it begins; what its name says is not believed.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"PK\x03\x04", "application/zip"),  # also the office formats
)


class Kept(msgspec.Struct, frozen=True):
    """A file that was kept, under an id that nobody can guess a path from."""

    id: str
    media: str
    size: int
    sha256: str


class Attachments:
    """The folder of attached files; a file may have ``most`` bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self.most = most

    def keep(self, content: bytes, media: str = "") -> Kept:
        """Store ``content``, on the disk when this returns; raises `Conflict` for one too large or of no known type.

        With ``media`` it is of that type, and the caller has judged it.
        """
        if not content:
            raise Conflict("the file is empty")
        if len(content) > self.most:
            raise Conflict(f"the file has {len(content)} bytes; at most {self.most} are taken")
        media = media or media_of(content)
        made = Kept(new_id(), media, len(content), hashlib.sha256(content).hexdigest())
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{made.id}.new"
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / made.id)
        return made

    def read(self, id_: str) -> bytes:
        """The bytes of a file that a row of the database names; raises `NotFound` when the disk has it no more."""
        try:
            return (self._folder / id_).read_bytes()
        except OSError:
            raise NotFound(f"the file {id_} is not in {self._folder}; was the folder moved?") from None

    def path(self, id_: str) -> Path:
        """Where such a file lies, for one too large to be read at once; raises `NotFound`."""
        if not (found := self._folder / id_).is_file():
            raise NotFound(f"the file {id_} is not in {self._folder}; was the folder moved?")
        return found

    def drop(self, id_: str) -> None:
        """Delete a file."""
        (self._folder / id_).unlink(missing_ok=True)


def media_of(content: bytes) -> str:
    """The media type of ``content`` by its first bytes, or plain text; raises `Conflict` for anything else."""
    for begins, media in _BEGINNINGS:
        if content.startswith(begins):
            return media
    try:
        if "\0" not in content.decode():
            return "text/plain"
    except UnicodeDecodeError:
        pass
    raise Conflict("only PDF, JPEG, PNG, ZIP and office files and plain text in UTF-8 are taken")
