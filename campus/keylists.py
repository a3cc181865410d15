"""Lists of keys as tables: one statement asks about many rows by one parameter, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from campus.clock import to_ms

Question = Callable[[str], sa.Select[tuple[Any, ...]]]  # a statement for a dialect; `functools.cache` makes it once


def asked(dialect: str, *like: sa.Column[Any]) -> sa.FromClause:
    """The keys of a `Question` as a table with the columns ``like`` (text, numbers and moments), to be joined.

    SQLite reads them from a JSON parameter, PostgreSQL from one array for each column: the statement stays the same.
    """
    if dialect == "postgresql":
        arrays = [sa.bindparam(f"keys_{place}", type_=postgresql.ARRAY(_type(one))) for place, one in enumerate(like)]
        typed = [sa.cast(array, array.type) for array in arrays]
        return sa.func.unnest(*typed).table_valued(*(one.name for one in like)).render_derived()
    found = sa.func.json_each(sa.bindparam("keys", type_=sa.Text())).table_valued("value")
    cells = (
        sa.func.json_extract(found.c.value, sa.literal_column(f"'$[{place}]'"), type_=_type(one)).label(one.name)
        for place, one in enumerate(like)
    )
    return sa.select(*cells).subquery()


def matching(keys: sa.FromClause, *columns: sa.Column[Any]) -> sa.ColumnElement[bool]:
    """The condition that joins ``keys`` to a table: each of ``columns`` is as the column of that name in ``keys``."""
    return sa.and_(*(column == keys.c[column.name] for column in columns))


def ask(conn: sa.Connection, question: Question, keys: Iterable[Sequence[object]], **values: object) -> Sequence[Any]:
    """The rows that answer ``question`` about ``keys``; no keys, no rows. A key that comes twice counts once.

    ``values`` are the statement's other parameters.
    """
    rows = list(dict.fromkeys(tuple(map(_stored, key)) for key in keys))
    if not rows:
        return []
    dialect = conn.dialect.name
    if dialect == "postgresql":
        values.update({f"keys_{place}": list(column) for place, column in enumerate(zip(*rows, strict=True))})
    else:
        values["keys"] = msgspec.json.encode(rows).decode()
    return conn.execute(question(dialect), values).all()


def _stored(value: object) -> object:
    return to_ms(value) if isinstance(value, datetime) else value


def _type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    return sa.Text() if isinstance(column.type, sa.String) else sa.BigInteger()
