"""A command and a configuration name the campaign that gave them, and are kept as long as that."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0805"
down_revision = "0781"


def upgrade() -> None:
    for table in ("device_commands", "device_configurations"):
        op.add_column(table, sa.Column("campaign", sa.String(36)))
    commands = sa.table("device_commands", sa.column("id"), sa.column("campaign"))
    names = ("school", "device", "revision", "campaign")
    revisions = sa.table("device_configurations", *map(sa.column, names))
    campaigns = sa.table("device_campaigns", *map(sa.column, ("id", "school", "kind", "given")))
    conn = op.get_bind()
    for one in conn.execute(sa.select(campaigns)).all():
        for device, given in json.loads(one.given).items():
            if one.kind == "firmware":
                conn.execute(commands.update().where(commands.c.id == given).values(campaign=one.id))
                continue
            its = (revisions.c.school == one.school) & (revisions.c.device == device)
            its &= revisions.c.revision == int(given)
            conn.execute(revisions.update().where(its).values(campaign=one.id))
