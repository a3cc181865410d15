"""How often a device is to be calibrated."""

import sqlalchemy as sa
from alembic import op

revision = "0653"
down_revision = "0652"


def upgrade() -> None:
    op.add_column("device_assets", sa.Column("calibration_months", sa.Integer))
