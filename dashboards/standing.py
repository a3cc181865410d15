"""Who may follow what: asked when a stream begins, and again every few seconds, for all open ones at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa
from anyio.to_thread import run_sync

from campus import db
from campus.errors import NotFound, Unavailable
from dashboards.access.accounts import Account
from dashboards.access.roles import Right, Role, may
from dashboards.access.sessions import accounts_of_sessions
from dashboards.city.scope import school_of, schools_of
from dashboards.deps import Deps
from dashboards.live import Client, Viewer
from dashboards.views.classes import own_classes

log = logging.getLogger("dashboards.standing")
LOOK_S = 2.0
# Close codes the page's script knows (4000-4999 are for applications).
SESSION_ENDED = 4401
NOT_YOURS = 4403
RIGHTS_CHANGED = 4409


class Page(msgspec.Struct, frozen=True):
    """What a page follows, the right it takes, and of which classes: all, the one it shows, or every own one."""

    right: Right
    rows: frozenset[str] = frozenset()
    nudges: frozenset[str] = frozenset()
    classes: Literal["all", "shown", "own"] = "all"


# A role that may see numbers only is nudged and asks again; no row of an alarm or a student reaches it.
PAGES: dict[str, Page] = {
    "console": Page("alarms.read", rows=frozenset({"alarm", "site", "device"})),
    "roll": Page("roll.read", rows=frozenset({"roll"}), classes="shown"),
    "leave": Page("leave.read", rows=frozenset({"leave"}), nudges=frozenset({"illness"}), classes="own"),
    "illness": Page("illness.follow", nudges=frozenset({"illness"})),
    "muster": Page("muster.read", nudges=frozenset({"muster", "site"})),
    "devices": Page("devices.read", rows=frozenset({"device"})),
    "device": Page("devices.read", rows=frozenset({"device"})),
    "coverage": Page("devices.read", nudges=frozenset({"device", "alarm"})),
    "on-site": Page("site.read", nudges=frozenset({"site", "roll"})),
    "overview": Page("overview.read", nudges=frozenset({"alarm", "roll", "device", "site"})),
    "city": Page("city.read", nudges=frozenset({"alarm", "city"})),
    "admin": Page("platform.read"),
}


class Wish(msgspec.Struct, frozen=True):
    """What an open page asks to follow, and the hash of the session's token by which it asks."""

    session: str
    page: str
    class_id: str = ""
    school: str = ""


class Standing(msgspec.Struct, frozen=True):
    """As whom somebody follows a page, and what of it."""

    account: Account
    viewer: Viewer

    @property
    def rights(self) -> tuple[Role, Viewer]:
        """What ends the stream when it changes: not the language, nor the siren's switch."""
        return self.account.role, self.viewer


def standings(conn: sa.Connection, deps: Deps, wishes: Collection[Wish]) -> dict[Wish, Standing | int]:
    """As what each wish may be followed now, or the code that closes it."""
    people = accounts_of_sessions(conn, {wish.session for wish in wishes}, deps.wall.now())
    return {wish: _standing(conn, deps, people.get(wish.session), wish) for wish in set(wishes)}


def _standing(conn: sa.Connection, deps: Deps, account: Account | None, wish: Wish) -> Standing | int:
    if account is None or account.school != deps.school.id:
        return SESSION_ENDED
    viewer = _viewer(conn, account, wish)
    return NOT_YOURS if viewer is None else Standing(account, viewer)


def _viewer(conn: sa.Connection, account: Account, wish: Wish) -> Viewer | None:
    page = PAGES.get(wish.page)
    if page is None or account.initial or not may(account.role, page.right):
        return None
    schools = _schools(conn, account, wish)
    if schools is None:
        return None
    if page.classes == "all":
        return Viewer(schools=schools, rows=page.rows, nudges=page.nudges)
    own = frozenset(one.id for one in own_classes(conn, account))
    if wish.class_id not in own:
        return None
    classes = own if page.classes == "own" else frozenset({wish.class_id})
    return Viewer(schools=schools, rows=page.rows, nudges=page.nudges, classes=classes)


def _schools(conn: sa.Connection, account: Account, wish: Wish) -> frozenset[str] | None:
    """The schools whose changes a page follows: the own one but on overview and city; None: not for this account."""
    if wish.page == "city":
        return schools_of(conn, account)
    if wish.page != "overview":
        return frozenset({account.school})
    try:
        return frozenset({school_of(conn, account, wish.school)})
    except NotFound:
        return None


class Watch:
    """Ends the streams of those whose standing has changed, within seconds. Called on the event loop's thread alone."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._seats: dict[Client, tuple[Wish, Standing]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, client: Client, wish: Wish, standing: Standing) -> None:
        """Watch over a stream."""
        self._seats[client] = wish, standing
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_again_and_again(), name="live.watch")

    def remove(self, client: Client) -> None:
        """Forget a stream; without any the looking ends."""
        self._seats.pop(client, None)

    async def close(self) -> None:
        """End the looking."""
        self._seats.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def look(self) -> None:
        """End each stream whose standing is not what it was."""
        now = await run_sync(self._standings, {wish for wish, _ in self._seats.values()})
        for client, (wish, before) in self._seats.items():
            standing = now.get(wish, before)  # who came meanwhile is looked at the next time
            if standing == SESSION_ENDED:
                client.end(SESSION_ENDED)
            elif isinstance(standing, int) or standing.rights != before.rights:
                client.end(RIGHTS_CHANGED)

    def _standings(self, wishes: set[Wish]) -> Mapping[Wish, Standing | int]:
        with db.read(self._deps.engine) as conn:
            return standings(conn, self._deps, wishes)

    async def _look_again_and_again(self) -> None:
        while self._seats:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Unavailable as error:
                log.warning("nobody knows who may still follow: %s", error)
            except Exception:  # one stream that cannot be judged must not leave the others unwatched for good
                log.exception("who may still follow could not be judged and is tried again")
