"""Which routes are in force: the newest revision put there over the console; before the first one the file's, or all.

Every program asks the database, and the worker does so in the transaction in which it routes: from the commit of a
revision on, no step is routed by the one before.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import sqlalchemy as sa

from alerts.rules import revisions
from alerts.rules.rulesource import stamp_of
from alerts.rules.yaml_document import RuleFileError
from alerts.telling.routefile import read_routes, text_of
from alerts.telling.routes import EVERYONE, Routes
from alerts.telling.tables import route_revisions
from campus.errors import Conflict

log = logging.getLogger(__name__)
Origin = Literal["revision", "file", "everyone"]


class InForce(msgspec.Struct, frozen=True):
    """The text in force and where it is from; ``number`` of the revision, 0 where there is none."""

    origin: Origin
    number: int
    text: str

    def name(self, path: Path | None) -> str:
        """What it is called in an error."""
        if self.number:
            return f"revision {self.number} of the routes"
        return f"the file {path}" if path else "no routes: every endpoint by its severity"


def in_force(conn: sa.Connection, path: Path | None) -> InForce:
    """What is in force where the settings name the file ``path``; raises `RuleFileError` for one that is not there."""
    newest = revisions.newest(conn, route_revisions)
    if newest is not None:
        return InForce("revision", newest.number, newest.text)
    return InForce("file" if path else "everyone", 0, text_of(path))


def put(
    conn: sa.Connection, path: Path | None, text: str, by: str, reason: str, now: datetime, endpoints: Collection[str]
) -> int:
    """Put ``text`` in force and return its number. Raises `RuleFileError`, or `Conflict` saying what to do first.

    What the first revision takes the place of is kept before it, so that there is a way back.
    """
    why = revisions.reason_of(reason)
    read_routes(text, "draft", endpoints)
    try:
        was = in_force(conn, path)
    except RuleFileError:
        was = InForce("file", 0, "")  # a file that cannot be read is no reason to go without routes
    if was.text == text:
        raise Conflict("exactly this is in force already")
    if was.text and not was.number:
        revisions.keep(conn, route_revisions, was.text, revisions.BY_HAND, revisions.AS_FOUND, now)
    return revisions.keep(conn, route_revisions, text, by, why, now)


class RouteSource:
    """The routes in force, read again when there is a newer revision or, before the first one, another file.

    A text that is refused leaves the routes as they were, and the log says why.
    """

    def __init__(self, path: Path | None, endpoints: Collection[str]) -> None:
        self._path = path
        self._endpoints = frozenset(endpoints)
        self._routes = EVERYONE
        self._seen: object = None

    def check(self, conn: sa.Connection) -> None:
        """Raise `RuleFileError` for a file that cannot be used: at the start somebody is there to mend it."""
        found = in_force(conn, self._path)
        if not found.number:
            read_routes(found.text, found.name(self._path), self._endpoints)

    def __call__(self, conn: sa.Connection) -> Routes:
        """The routes in force in the transaction of ``conn``."""
        number = revisions.last_number(conn, route_revisions)
        seen = (number, None if number else stamp_of(self._path))
        if seen != self._seen:
            self._take(conn)
            self._seen = seen
        return self._routes

    def _take(self, conn: sa.Connection) -> None:
        try:
            found = in_force(conn, self._path)
            name = found.name(self._path)
            self._routes = read_routes(found.text, name)
            read_routes(found.text, name, self._endpoints)
            log.info("routes taken up: %s", name)
        except RuleFileError as error:
            log.error("the routes are not as they should be: %s", error)
