"""Tables of the messages to guardians: what they want to hear and how, what there is to tell, and the letters."""

from __future__ import annotations

import sqlalchemy as sa

from campus.db import Moment, metadata

guardian_profiles = sa.Table(
    "guardian_profiles",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("guardian", sa.String(64), primary_key=True),
    sa.Column("language", sa.String(8), nullable=False),  # zh | en
    sa.Column("by", sa.String(8), nullable=False),  # phone | email: which is tried where the roster knows both
    # Minutes after local midnight between which no letter goes out; None: as the school has it.
    sa.Column("quiet_from", sa.Integer),
    sa.Column("quiet_until", sa.Integer),
    comment="how a guardian of the roster wants to be written to; without a row as the school writes to everybody",
)

guardian_wishes = sa.Table(
    "guardian_wishes",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("guardian", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),  # see `attendance.guardians.wishes.KINDS`
    sa.Column("since", Moment, nullable=False),
    sa.Column("entered_by", sa.String(64), nullable=False),  # the account, or the file, that says the guardian agreed
    comment="what a guardian agreed to be told of; without a row nothing is told",
)

guardian_looks = sa.Table(
    "guardian_looks",
    metadata,
    sa.Column("school", sa.String(64), primary_key=True),
    sa.Column("student", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("due_at", Moment, nullable=False, index=True),
    comment="students whose day changed in a way a guardian may want to hear of; looked at and taken out",
)

guardian_notices = sa.Table(
    "guardian_notices",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("guardian", sa.String(64), nullable=False),
    sa.Column("student", sa.String(64), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("key", sa.String(120), nullable=False),  # names the fact: one notice for one fact
    sa.Column("status", sa.String(16)),  # the status that is told, of the kinds that tell one
    sa.Column("facts", sa.JSON, nullable=False),  # what the wording needs: moments in epoch milliseconds, words
    sa.Column("state", sa.String(16), nullable=False),  # held | waiting | lettered | dropped
    sa.Column("why", sa.String(32), nullable=False),
    sa.Column("at", Moment, nullable=False),  # when it happened
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("send_at", Moment),
    sa.Column("stale_at", Moment),  # from then on it is no news any more
    sa.Column("letter", sa.String(36)),
    sa.UniqueConstraint("school", "guardian", "student", "key"),
    sa.Index(None, "school", "student", "day"),
    sa.Index(None, "state", "send_at"),
    comment="what a guardian is to be told, and what became of it",
)

guardian_letters = sa.Table(
    "guardian_letters",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),  # also the idempotency key: the same in every attempt
    sa.Column("school", sa.String(64), nullable=False),
    sa.Column("guardian", sa.String(64), nullable=False),
    sa.Column("contact", sa.String(200), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("subject", sa.String(200), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # queued | sent | failed
    sa.Column("made_at", Moment, nullable=False),
    sa.Column("next_at", Moment, nullable=False),
    sa.Column("stale_at", Moment),  # not tried after that
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("lease_owner", sa.String(36), nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("detail", sa.String(300), nullable=False),  # what the channel said last; never an address
    sa.Index(None, "state", "next_at"),
    sa.Index(None, "school", "made_at"),
    comment="messages to guardians, each of one or several notices: leased, sent, done",
)
