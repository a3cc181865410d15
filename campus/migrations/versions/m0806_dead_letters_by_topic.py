"""Dead letters are found by topic: of each the newest stay."""

from alembic import op

revision = "0806"
down_revision = "0805"


def upgrade() -> None:
    op.create_index("ix_dead_letters_topic_last_at", "dead_letters", ["topic", "last_at"])
