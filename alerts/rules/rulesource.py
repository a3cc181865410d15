"""The rules in force and the file they come from, looked at again while the program runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from alerts.rules.rulefile import RuleSet, load_rules
from alerts.rules.yaml_document import RuleFileError


class RuleSource:
    """Rules from the library and, if there is one, a school's own file.

    Raises `RuleFileError` when made from a wrong file; one that becomes wrong later leaves the rules as they were.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.rules = load_rules(path)
        self._seen = stamp_of(self.path)

    @property
    def name(self) -> str:
        """What the rules come from, for people."""
        return str(self.path) if self.path else "the shipped library"

    def poll(self) -> RuleSet | RuleFileError | None:
        """The new rules when the file has changed, the mistake in it when they are refused, None otherwise."""
        stamp = stamp_of(self.path)
        if stamp == self._seen:
            return None
        self._seen = stamp
        try:
            found = load_rules(self.path)
        except RuleFileError as error:
            return error
        if found == self.rules:
            return None
        self.rules = found
        return found


def stamp_of(path: Path | None) -> tuple[int, int, int] | None:
    """What changes when the file at ``path`` does; None for no file."""
    if path is None:
        return None
    try:
        about = path.stat()
    except OSError:
        return (0, 0, 0)
    return about.st_mtime_ns, about.st_size, about.st_ino


def digest(rules: RuleSet) -> str:
    """What tells one set of rules from another."""
    return hashlib.sha256(msgspec.json.encode(rules.rules, order="sorted")).hexdigest()[:12]
