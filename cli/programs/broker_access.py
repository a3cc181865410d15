"""Keeps the broker's password file and access list as the accounts of the devices are; whoever runs it reloads them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from campus import db
from campus.clock import Clock
from devices.registry import Registry
from devices.trust import accounts, broker_files, steps

log = logging.getLogger("cli.programs.broker_access")


class BrokerAccess:
    """Writes both files when an account or the registry changed. Lines that are no device's stay as they are."""

    def __init__(
        self,
        engine: sa.Engine,
        registry: Registry,
        password_file: Path,
        acl_file: Path,
        clock: Clock,
        rights: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._passwords = password_file
        self._acl = acl_file
        self._clock = clock
        self._written: object = None
        self._rights = tuple(rights)  # lines of the platform's own, beside those of the devices

    def step(self) -> None:
        """End accounts whose time is over, and write what changed since the last call."""
        now = self._clock.now()
        with db.write(self._engine) as conn:
            accounts.expire(conn, now)
            self._registry.refresh(conn)
            state = (steps.newest(conn), self._registry.versions)
            if state == self._written:
                return
            working = accounts.working(conn, now)
        changed = [
            _replace(self._passwords, broker_files.passwords(_text(self._passwords), working)),
            _replace(
                self._acl, broker_files.access_list(_text(self._acl), working, self._registry.children, self._rights)
            ),
        ]
        self._written = state
        if any(changed):
            log.info("the broker's accounts were written: %d of devices", len(working))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _replace(path: Path, text: str) -> bool:
    """Replace the file in one step unless it says the same; it is for its owner, or for the broker's group."""
    if path.exists() and _text(path) == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
    return True
