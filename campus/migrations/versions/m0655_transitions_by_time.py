"""Changes of presence of a school by their time: who comes and goes."""

from alembic import op

revision = "0655"
down_revision = "0632"


def upgrade() -> None:
    op.create_index("ix_device_transitions_school_at", "device_transitions", ["school", "at"])
