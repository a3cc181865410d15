"""The register proved: a hash chain over its marks, and the check that finds what was changed, added or taken out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from attendance.register.tables import links, marks
from attendance.tables import schools
from campus.clock import to_ms
from campus.keylists import ask, asked, matching

_START = "0" * 64
_COLUMNS = ("session", "student", "number", "school", "status", "why", "evidence", "by", "reason", "at")
_ENCODER = msgspec.json.Encoder(order="sorted")


class Break(msgspec.Struct, frozen=True):
    """A place where the register is not what it was: the link, and what is wrong there."""

    school: str
    link: int
    what: str


class Proof(msgspec.Struct, frozen=True):
    """What a check found of one school; ``head`` is the newest digest, to be noted down outside the database."""

    school: str
    links: int
    marks: int
    unchained: int  # marks older than the chain
    head: str
    breaks: tuple[Break, ...]


def extend(conn: sa.Connection, new: Mapping[str, Sequence[Mapping[str, Any]]], now: datetime) -> dict[str, int]:
    """Append to the chain of each school the link that proves its ``new`` marks; return the links' numbers by school.

    Two links of a school can never have one number: PostgreSQL's writers wait here for each other, in order of the
    schools, and SQLite has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        locked = sa.select(schools.c.id).where(schools.c.id.in_(sorted(new)))
        conn.execute(locked.order_by(schools.c.id).with_for_update())
    heads = {school: (number, digest) for school, number, digest in ask(conn, _heads, ((one,) for one in new))}
    made = []
    for school, rows in new.items():
        number, before = heads.get(school, (0, _START))
        row = {"school": school, "number": number + 1, "marks": len(rows), "digest": _digest(before, rows), "at": now}
        made.append(row)
    conn.execute(links.insert(), made)
    return {str(row["school"]): int(str(row["number"])) for row in made}


@cache
def _heads(dialect: str) -> sa.Select[tuple[Any, ...]]:
    """Number and digest of the newest link of each school."""
    keys = asked(dialect, links.c.school)
    own = links.alias()
    newest = sa.select(sa.func.max(own.c.number)).where(own.c.school == keys.c.school).scalar_subquery()
    newest_link = sa.and_(matching(keys, links.c.school), links.c.number == newest)
    return sa.select(links.c.school, links.c.number, links.c.digest).join_from(keys, links, newest_link)


def verify(conn: sa.Connection, school: str, noted: str | None = None) -> Proof:
    """Compute the chain of ``school`` anew from its first link and say where it does not hold.

    A changed, added or removed mark breaks its link; a link taken out of the middle breaks the next one. Links cut off
    at the end show only against a head that was ``noted`` down, which must still be one of the chain's digests.
    """
    breaks: list[Break] = []
    before, count, proved = _START, 0, 0
    stored = conn.execute(sa.select(links).where(links.c.school == school).order_by(links.c.number)).all()
    batches = dict(_batches(conn, school))
    for link in stored:
        count += 1
        rows = batches.pop(link.number, [])
        proved += len(rows)
        wrong = _wrong(link, count, before, rows)
        if wrong:
            breaks.append(Break(school, link.number, wrong))
        before, count = link.digest, link.number
    breaks += [Break(school, number, "marks that name a link which is not there") for number in sorted(batches)]
    if noted is not None and noted not in {link.digest for link in stored}:
        breaks.append(Break(school, 0, "the noted head is not in the chain: links were cut off or written anew"))
    unchained = _unchained(conn, school, stored[0].at if stored else None)
    breaks += (
        [Break(school, 0, f"{unchained[1]} marks outside the chain although it had begun")] if unchained[1] else []
    )
    return Proof(school, len(stored), proved, unchained[0], before, tuple(breaks))


def _wrong(link: sa.Row[tuple[object, ...]], number: int, before: str, rows: Sequence[Mapping[str, Any]]) -> str:
    cells = link._mapping
    if cells["number"] != number:
        return f"link {number} is missing before it"
    if cells["marks"] != len(rows):
        return f"it proves {cells['marks']} marks, but {len(rows)} are there"
    return "" if _digest(before, rows) == cells["digest"] else "its marks, or the link before it, were changed"


def _batches(conn: sa.Connection, school: str) -> Iterator[tuple[int, list[Mapping[str, Any]]]]:
    columns = [marks.c[name] for name in _COLUMNS]
    query = sa.select(marks.c.link, *columns).where(marks.c.school == school, marks.c.link.isnot(None))
    number = 0
    rows: list[Mapping[str, Any]] = []
    for row in conn.execute(query.order_by(marks.c.link).execution_options(yield_per=5000)):
        if row.link != number:
            if rows:
                yield number, rows
            number, rows = row.link, []
        rows.append(dict(row._mapping))
    if rows:
        yield number, rows


def _unchained(conn: sa.Connection, school: str, begun: datetime | None) -> tuple[int, int]:
    """How many marks stand outside the chain: from before it began, and since."""
    outside = sa.select(sa.func.count()).where(marks.c.school == school, marks.c.link.is_(None))
    number = int(conn.execute(outside).scalar_one())
    since = int(conn.execute(outside.where(marks.c.at > begun)).scalar_one()) if begun else 0
    return number - since, since


def _digest(before: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 over the digest before it and the marks, in the order of their keys."""
    digest = hashlib.sha256(before.encode())
    for row in sorted(rows, key=lambda one: (one["session"], one["student"], one["number"])):
        cells = [to_ms(row[name]) if name == "at" else row[name] for name in _COLUMNS]
        digest.update(_ENCODER.encode(cells))
        digest.update(b"\n")
    return digest.hexdigest()
