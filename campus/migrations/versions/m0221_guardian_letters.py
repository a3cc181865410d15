"""What guardians want to hear and how, and the letters that tell them."""

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0221"
down_revision = "0701"


def upgrade() -> None:
    op.create_table(
        "guardian_profiles",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("guardian", sa.String(64), primary_key=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("by", sa.String(8), nullable=False),
        sa.Column("quiet_from", sa.Integer),
        sa.Column("quiet_until", sa.Integer),
        comment="how a guardian of the roster wants to be written to; without a row as the school writes to everybody",
    )
    op.create_table(
        "guardian_wishes",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("guardian", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("since", Moment, nullable=False),
        sa.Column("entered_by", sa.String(64), nullable=False),
        comment="what a guardian agreed to be told of; without a row nothing is told",
    )
    op.create_table(
        "guardian_looks",
        sa.Column("school", sa.String(64), primary_key=True),
        sa.Column("student", sa.String(64), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("due_at", Moment, nullable=False),
        comment="students whose day changed in a way a guardian may want to hear of; looked at and taken out",
    )
    op.create_index("ix_guardian_looks_due_at", "guardian_looks", ["due_at"])
    _notices()
    _letters()


def _notices() -> None:
    op.create_table(
        "guardian_notices",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("guardian", sa.String(64), nullable=False),
        sa.Column("student", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("status", sa.String(16)),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("send_at", Moment),
        sa.Column("stale_at", Moment),
        sa.Column("letter", sa.String(36)),
        sa.UniqueConstraint(
            "school", "guardian", "student", "key", name="uq_guardian_notices_school_guardian_student_key"
        ),
        comment="what a guardian is to be told, and what became of it",
    )
    op.create_index("ix_guardian_notices_school_student_day", "guardian_notices", ["school", "student", "day"])
    op.create_index("ix_guardian_notices_state_send_at", "guardian_notices", ["state", "send_at"])


def _letters() -> None:
    op.create_table(
        "guardian_letters",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("guardian", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("next_at", Moment, nullable=False),
        sa.Column("stale_at", Moment),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_until", Moment),
        sa.Column("lease_owner", sa.String(36), nullable=False),
        sa.Column("ended_at", Moment),
        sa.Column("detail", sa.String(300), nullable=False),
        comment="messages to guardians, each of one or several notices: leased, sent, done",
    )
    op.create_index("ix_guardian_letters_state_next_at", "guardian_letters", ["state", "next_at"])
    op.create_index("ix_guardian_letters_school_made_at", "guardian_letters", ["school", "made_at"])
