"""How far the roster imports are that people at this console wait for."""

from __future__ import annotations

import msgspec

from attendance.roster.progress import Phase, Progress


class ImportStep(msgspec.Struct, frozen=True, kw_only=True):
    """The phase that runs and how much of it is done: bytes, steps of the check, or schools; no phase, no import."""

    phase: Phase | None = None
    done: int = 0
    of: int = 0


class ImportSteps:
    """The newest step of each account's import; written by the thread that imports, read by any."""

    def __init__(self) -> None:
        self._by_account: dict[str, ImportStep] = {}

    def of(self, account: str) -> ImportStep:
        """Where the account's import is."""
        return self._by_account.get(account, ImportStep())

    def watch(self, account: str) -> Progress:
        """What notes the steps of an import of the account."""

        def step(phase: Phase, done: int, of: int) -> None:
            self._by_account[account] = ImportStep(phase=phase, done=done, of=of)

        return step

    def end(self, account: str) -> None:
        """Forget an import that has ended, however it did."""
        self._by_account.pop(account, None)
