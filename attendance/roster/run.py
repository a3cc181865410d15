"""One roster import from beginning to end: staged, brought in step, and recorded however it ends."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
import sqlalchemy as sa

from attendance.roster import log as roster_log
from attendance.roster.base import stored_base
from attendance.roster.importing import RosterReport, bring_in_step, preview
from attendance.roster.log import How, ImportEntry, State
from attendance.roster.progress import Progress, unwatched
from attendance.roster.read import Base, Staged, stage_export
from attendance.roster.store import REMOVAL_SHARE
from campus import db
from campus.clock import Clock
from campus.errors import CampusError, Conflict, ImportFileError

log = logging.getLogger("attendance.roster")
_CHUNK = 1 << 20


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How an import is to be done.

    ``every_school``: all schools of the export, not the installation's own alone; ``leave_out``: import what holds
    together and leave out rows that do not; ``confirmed``: also when many students would go; ``limit``: how many
    problems are named.
    """

    every_school: bool = False
    leave_out: bool = False
    confirmed: bool = False
    removal_share: float = REMOVAL_SHARE
    limit: int = 50


class RosterRun:
    """Imports into one installation; ``school`` is its own."""

    def __init__(self, engine: sa.Engine, school: str, clock: Clock, wishes: Wishes) -> None:
        self._engine = engine
        self._school = school
        self._clock = clock
        self._wishes = wishes
        self._only = None if wishes.every_school else school

    @property
    def wishes(self) -> Wishes:
        """How its imports are done."""
        return self._wishes

    def base(self) -> Base:
        """What is stored, for an export that says only what changed."""
        return stored_base(self._engine, self._only)

    def already_taken(self, path: Path) -> bool:
        """Whether the export at ``path`` was decided about before, as it is now."""
        with db.read(self._engine) as conn:
            return roster_log.was_taken(conn, self._school, path.name, digest_of(path))

    def newest_of(self, source: str, *digests: str) -> tuple[ImportEntry | None, ...]:
        """As `roster_log.newest_of`."""
        with db.read(self._engine) as conn:
            return roster_log.newest_of(conn, self._school, source, *digests)

    def dry(self, path: Path, progress: Progress = unwatched) -> RosterReport:
        """What importing the export at ``path`` would change; nothing is changed, and nothing recorded."""
        staged = self._stage(path, progress)
        try:
            return preview(self._engine, staged, self._only, self._clock.now(), progress)
        finally:
            staged.close()

    def take_file(self, path: Path, how: How, progress: Progress = unwatched) -> RosterReport:
        """Import the export at ``path``. Raises what `take` does."""
        return self.take(lambda: self._stage(path, progress), path.name, how, digest_of(path), progress)

    def take(
        self,
        stage: Callable[[], Staged],
        source: str,
        how: How,
        digest: str,
        progress: Progress = unwatched,
    ) -> RosterReport:
        """Import what ``stage`` reads from ``source``, with a row that says how it ended.

        Raises `ImportFileError` and `Conflict` when it is refused, other `CampusError`s when it failed.
        """
        with db.write(self._engine) as conn:
            id_ = roster_log.begin(conn, self._school, source, how, digest, self._clock.now())
        try:
            report = self._bring(stage, progress)
        except (ImportFileError, Conflict) as error:
            self._end_badly(id_, "refused", str(error))
            raise
        except CampusError as error:
            self._end_badly(id_, "failed", str(error))
            raise
        except BaseException as error:
            self._end_badly(id_, "failed", f"broke off: {type(error).__name__}")
            raise
        with db.write(self._engine) as conn:
            roster_log.end_well(conn, id_, report, self._clock.now())
        log.info("a roster was imported", extra={"count": report.students, "kind": how})
        return report

    def _bring(self, stage: Callable[[], Staged], progress: Progress) -> RosterReport:
        staged = stage()
        wishes = self._wishes
        try:
            return bring_in_step(
                self._engine,
                staged,
                self._only,
                self._clock.now(),
                confirmed=wishes.confirmed,
                removal_share=wishes.removal_share,
                progress=progress,
            )
        finally:
            staged.close()

    def _stage(self, path: Path, progress: Progress) -> Staged:
        wishes = self._wishes
        return stage_export(path, self.base(), leave_out=wishes.leave_out, limit=wishes.limit, progress=progress)

    def _end_badly(self, id_: str, state: State, reason: str) -> None:
        # The reason names ids as the export does; it stands in the record, which few may read, and not in the log.
        log.error("a roster import was %s; `campus roster status` says why", state, extra={"state": state})
        with db.write(self._engine) as conn:
            roster_log.end_badly(conn, id_, state, reason, self._clock.now())


def digest_of(path: Path) -> str:
    """SHA-256 over the names and contents of an export's files."""
    digest = hashlib.sha256()
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path] if path.is_file() else []
    for file in files:
        digest.update(file.name.encode() + b"\0")
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
