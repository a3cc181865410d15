"""Asking a OneRoster provider: everything, or only what was modified since the last time."""

from __future__ import annotations

from datetime import datetime, timedelta

from attendance.roster.importing import RosterReport
from attendance.roster.log import How
from attendance.roster.oneroster import PARTS, Mode, Part
from attendance.roster.oneroster_rest import PARTS as OVER_REST
from attendance.roster.oneroster_rest import Provider, Since
from attendance.roster.progress import Progress, unwatched
from attendance.roster.read import Staged, Told, stage
from attendance.roster.run import RosterRun
from attendance.sheets.rows import Problems

WHOLE = "whole"
CHANGES = "changes"
# Clocks of two systems differ, and a record may be modified while it is read: a little is asked for twice.
_OVERLAP = timedelta(minutes=15)


def pull(
    run: RosterRun,
    provider: Provider,
    source: str,
    how: How,
    since: datetime | None,
    progress: Progress = unwatched,
) -> RosterReport:
    """Import what ``provider`` has: all, or what was modified after ``since``. Raises what `RosterRun.take` does."""
    mode: Mode = "bulk" if since is None else "delta"
    modes: dict[Part, Mode] = {part: mode if part in OVER_REST else "absent" for part in PARTS}

    def staged() -> Staged:
        wishes = run.wishes
        rows = provider if since is None else Since(provider, since - _OVERLAP)
        told, base = Told(terms=True, kin=True), run.base()
        return stage(rows, modes, Problems(wishes.limit), told, base, leave_out=wishes.leave_out, progress=progress)

    return run.take(staged, source, how, WHOLE if since is None else CHANGES, progress)


def since_when(run: RosterRun, source: str, now: datetime, whole_every: timedelta) -> datetime | None:
    """From when on changes are asked for; None asks for everything: the first time, and every ``whole_every``.

    Providers that drop a record instead of marking it deleted would else keep it for ever.
    """
    _, whole, changes = run.newest_of(source, WHOLE, CHANGES)
    if whole is None or whole.began_at + whole_every <= now:
        return None
    return max(whole.began_at, changes.began_at) if changes else whole.began_at
