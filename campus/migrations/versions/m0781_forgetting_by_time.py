"""Passes, sightings and changes of accounts are forgotten by their time, and found by it."""

from alembic import op

revision = "0781"
down_revision = "0780"


def upgrade() -> None:
    for table in ("passes", "sightings"):
        op.create_index(f"ix_{table}_at", table, ["at"])
