"""Keeps the roster current: looks into the watched folder and asks the provider when it is time to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from attendance.roster.oneroster_rest import Provider
from attendance.roster.pull import pull, since_when
from attendance.roster.run import RosterRun
from campus.clock import Clock
from campus.errors import CampusError
from campus.settings import RosterFeed

log = logging.getLogger("attendance.roster")
# A provider that could not be reached is asked again so soon.
_AGAIN = timedelta(hours=1)
_Look = tuple[tuple[str, int, int], ...]  # name, bytes, modified


class RosterKeeper:
    """Call `step` every now and then; it does nothing while nothing is new. What it did stands in the record."""

    def __init__(
        self, run: RosterRun, feed: RosterFeed, clock: Clock, provider: Callable[[], Provider] | None = None
    ) -> None:
        self._run = run
        self._feed = feed
        self._clock = clock
        self._provider = provider or (lambda: Provider(feed.provider))
        self._seen: dict[Path, _Look] = {}
        self._settled: dict[Path, _Look] = {}

    def step(self) -> None:
        """Import what is new in the folder, then ask the provider if it is time to."""
        if self._feed.folder is not None:
            self._look(self._feed.folder)
        if self._feed.provider.url and self._due():
            self.ask()

    def _look(self, folder: Path) -> None:
        """Import each export that has held still since the last look and is not as it was when it was decided about.

        Exports stay where they are: the record knows which were taken.
        """
        for path in _exports(folder):
            look = _look_of(path)
            still, self._seen[path] = self._seen.get(path) == look, look
            if still and self._settled.get(path) != look and self._take(path):
                self._settled[path] = look

    def _take(self, path: Path) -> bool:
        """Import; whether it is decided about, so that it need not be looked at again."""
        try:
            if not self._run.already_taken(path):
                self._run.take_file(path, "watched")
        except CampusError:
            return self._decided(path)  # it is in the record, and logged
        return True

    def _decided(self, path: Path) -> bool:
        try:
            return self._run.already_taken(path)
        except CampusError:
            return False  # the database is away: later

    def ask(self) -> None:
        """Ask the provider for what changed, or for everything."""
        source, provider = self._feed.provider.url, self._provider()
        try:
            since = since_when(self._run, source, self._clock.now(), timedelta(days=self._feed.whole_days))
            pull(self._run, provider, source, "schedule", since)
        except CampusError as error:
            log.warning("the roster provider was asked in vain: %s", type(error).__name__)
        finally:
            provider.close()

    def _due(self) -> bool:
        newest, *_ = self._run.newest_of(self._feed.provider.url)
        if newest is None:
            return True
        pause = timedelta(hours=self._feed.pull_hours)
        if newest.state in ("failed", "running"):
            pause = min(pause, _AGAIN)
        return newest.began_at + pause <= self._clock.now()


def _exports(folder: Path) -> Iterator[Path]:
    """Zips, folders with sheets, and the folder itself when sheets lie in it; the oldest first."""
    if not folder.is_dir():
        log.error("the watched roster folder is not there; mend [roster] folder", extra={"path": str(folder)})
        return
    inside = [one for one in folder.iterdir() if one.suffix.lower() == ".zip" or _holds_sheets(one)]
    if _holds_sheets(folder):
        inside.append(folder)
    yield from sorted(inside, key=lambda one: (max(file[2] for file in _look_of(one)), one.name))


def _holds_sheets(path: Path) -> bool:
    return path.is_dir() and any(path.glob("*.csv"))


def _look_of(path: Path) -> _Look:
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    stats = [(file.name, file.stat()) for file in files]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
