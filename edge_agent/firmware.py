"""Firmware that the platform offers: signature first, then the download, its size and hash, then the school's own hook.

The key is pinned in `edge.toml`, which no document of the platform can change. A journal on the disk says how far an
update came, so that after a power cut it is taken back, or judged and answered, before anything else is done.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from campus.errors import CampusError
from campus.firmware import Update, is_signed, manifest, order_of
from edge_agent.commands import Command, Verdict
from edge_agent.firmware_hook import run_hook
from edge_agent.settings import Firmware

log = logging.getLogger("edge.firmware")
Fetch = Callable[[str, Path, int], None]


class Refused(CampusError):
    """An update is not installed; the text says why."""


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """How far an update came: about to be installed, or installed and on trial."""

    command: str
    stage: Literal["installing", "trial"]
    version: str


class Outcome(msgspec.Struct, frozen=True):
    """How an update ended, for the command that asked for it."""

    command: str
    ok: bool
    detail: str


class Installer:
    """Installs updates of one machine; ``running`` is the version that the agent was built as."""

    def __init__(self, settings: Firmware, running: str, fetch: Fetch) -> None:
        self._settings = settings
        self._running = running
        self._fetch = fetch
        self._journal = settings.folder / "journal.json"
        self._installed = settings.folder / "installed"

    @property
    def version(self) -> str:
        """What is installed: the last update that passed its trial, or what the agent was built as."""
        try:
            return self._installed.read_text(encoding="ascii").strip() or self._running
        except OSError:
            return self._running

    def update(self, command: str, said: Update) -> Outcome:
        """Check, fetch and install ``said``; whatever goes wrong leaves, or brings back, what was there before."""
        try:
            self._judge(said)
            self._settings.folder.mkdir(parents=True, exist_ok=True)
            file = self._settings.folder / "update.bin"
            self._download(said, file)
            return self._install(command, said, file)
        except (Refused, OSError) as error:
            log.error("an update is refused: %s", error, extra={"version": said.version})
            return Outcome(command, ok=False, detail=str(error))

    def carry(self, command: Command) -> Verdict:
        """The `update` command: its verdict when everything is done."""
        if command.update is None:
            return Verdict(ok=False, detail="the command says no update")
        done = self.update(command.id, command.update)
        return Verdict(ok=done.ok, detail=done.detail)

    def left(self) -> tuple[str, Verdict] | None:
        """What `resume` ended, as the answer to its command."""
        done = self.resume()
        return None if done is None else (done.command, Verdict(ok=done.ok, detail=done.detail))

    def resume(self) -> Outcome | None:
        """End what a power cut, or the update itself by a restart, broke off; None when nothing was."""
        try:
            found = msgspec.json.decode(self._journal.read_bytes(), type=Journal)
        except OSError:
            return None
        except msgspec.DecodeError:
            found = Journal(command="unknown", stage="installing", version="?")
        if found.stage == "installing":
            return self._take_back(found, "the installation was broken off")
        return self._try_out(found)

    def _judge(self, said: Update) -> None:
        """Everything that can be known before a byte is fetched; raises `Refused`."""
        wanted = self._settings
        if not wanted.public_key or not wanted.install:
            raise Refused("this machine takes no updates: [firmware] public_key and install are not set")
        text = manifest(said.model, said.version, said.size, said.sha256)
        if not _is_ours(wanted.public_key, said.signature, text):
            raise Refused("the signature is not of the key that is pinned here")
        if said.model != wanted.model:
            raise Refused(f"it is for model {said.model!r}, this is {wanted.model!r}")
        if said.size > wanted.largest_mb * 1024 * 1024:
            raise Refused(f"it has {said.size} bytes; at most {wanted.largest_mb:g} MB are taken")
        try:
            older = order_of(said.version) <= order_of(self.version)
        except ValueError as error:
            raise Refused(str(error)) from None
        if older and not (said.downgrade and wanted.allow_downgrade):
            raise Refused(f"{said.version} is not newer than {self.version}, which is installed")

    def _download(self, said: Update, file: Path) -> None:
        part = file.with_suffix(".part")
        part.unlink(missing_ok=True)
        self._fetch(said.url, part, said.size)
        size = part.stat().st_size
        if size != said.size:
            raise Refused(f"the file has {size} bytes, {said.size} were signed")
        with part.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        if digest != said.sha256:
            raise Refused("the file is not the one that was signed: its hash is another")
        part.replace(file)

    def _install(self, command: str, said: Update, file: Path) -> Outcome:
        found = Journal(command=command, stage="installing", version=said.version)
        self._note(found)
        problem = run_hook(self._settings, self._settings.install, file, said.version)
        if problem:
            return self._take_back(found, f"the installation failed: {problem}")
        trial = msgspec.structs.replace(found, stage="trial")
        self._note(trial)
        return self._try_out(trial)

    def _try_out(self, found: Journal) -> Outcome:
        problem = self._settings.check and run_hook(
            self._settings, self._settings.check, self._settings.folder / "update.bin", found.version
        )
        if problem:
            return self._take_back(found, f"it is not well with {found.version}: {problem}")
        write_whole(self._installed, found.version.encode())
        self._journal.unlink(missing_ok=True)
        log.info("updated", extra={"version": found.version})
        return Outcome(found.command, ok=True, detail=f"installed {found.version}")

    def _take_back(self, found: Journal, why: str) -> Outcome:
        file = self._settings.folder / "update.bin"
        if self._settings.rollback:
            problem = run_hook(self._settings, self._settings.rollback, file, self.version)
            why = f"{why}; {f'going back failed, too: {problem}' if problem else f'went back to {self.version}'}"
        self._journal.unlink(missing_ok=True)
        return Outcome(found.command, ok=False, detail=why)

    def _note(self, found: Journal) -> None:
        write_whole(self._journal, msgspec.json.encode(found))


def _is_ours(public_key: str, signature: str, text: bytes) -> bool:
    try:
        return is_signed(public_key, signature, text)
    except ImportError:
        raise Refused("the library cryptography is not installed: pip install 'campus-safety[firmware]'") from None


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: after a power cut it is the old one or the new one."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
