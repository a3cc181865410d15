"""Tables of the shared floor: seen events, dead letters, the series spool and the change log."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

seen_events = sa.Table(
    "seen_events",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    comment="ids of events already taken: a duplicate delivery is recognised here",
)

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.String(32), nullable=False, unique=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("last_at", Moment, nullable=False, index=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("topic", sa.String(256), nullable=False),
    sa.Column("reason", sa.String(64), nullable=False),
    sa.Column("detail", sa.String(500), nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Index("ix_dead_letters_topic_last_at", "topic", "last_at"),
    comment="messages that could not be used, with the reason and how often the same one came",
)

series_spool = sa.Table(
    "series_spool",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("points", sa.LargeBinary, nullable=False),
    comment="points taken while the series store was down, drained in order when it returns",
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("topic", sa.String(32), nullable=False),
    sa.Column("key", sa.String(128), nullable=False),
    sa.Column("scope", sa.String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
    comment="what changed, in commit order: the live stream reads it by id > last seen",
)

retention_runs = sa.Table(
    "retention_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("what", sa.String(32), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("before", Moment, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    comment="what was forgotten: which kind of data, when, from before when, how many rows",
)

program_beats = sa.Table(
    "program_beats",
    metadata,
    sa.Column("program", sa.String(32), primary_key=True),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("beat_at", Moment, nullable=False),
    comment="the programs of the platform and when each last said that it lives, by the machine's clock",
)

backup_runs = sa.Table(
    "backup_runs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    comment="backups that were whole when they were made",
)
