"""The errors of the platform: each names the thing that is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence


class CampusError(Exception):
    """Base of every error the platform raises on purpose."""


class SettingsError(CampusError):
    """A setting is missing, misspelt or out of range; refuse to start."""

    def __init__(self, where: str, problem: str, fix: str) -> None:
        super().__init__(f"{where}: {problem}. {fix}")
        self.where = where
        self.problem = problem
        self.fix = fix


class PayloadError(CampusError):
    """A message cannot be understood; it goes to the dead letters with this reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unavailable(CampusError):
    """A store or service cannot be reached now; keep the work and try again."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(f"{what} is unavailable: {detail}")
        self.what = what


class ImportFileError(CampusError):
    """A row of an imported file is wrong; names the file and the line."""

    def __init__(self, file: str, line: int, problem: str) -> None:
        super().__init__(f"{file}, line {line}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


class ImportFileErrors(ImportFileError):
    """Several rows are wrong: ``problems`` holds the first of them, ``count`` says how many there are in all."""

    def __init__(self, problems: Sequence[ImportFileError], count: int) -> None:
        first = problems[0]
        super().__init__(first.file, first.line, first.problem)
        self.problems = tuple(problems)
        self.count = count

    def __str__(self) -> str:
        told = [super().__str__(), *(str(one) for one in self.problems[1:])]
        more = self.count - len(self.problems)
        return "\n".join([*told, f"... and {more} more problems"] if more else told)


class NotFound(CampusError, LookupError):
    """The thing asked for does not exist, or not for this caller."""


class Conflict(CampusError):
    """The thing changed meanwhile, or its state does not allow this step."""


class Overtaken(Conflict):
    """Somebody else has spoken since this was said; their word stands."""


class Outdated(Conflict):
    """Somebody else changed the thing since the caller read it."""
