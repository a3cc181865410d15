"""Firmware and configuration go out by the same campaigns: one table of both, and of their steps."""

import json

import sqlalchemy as sa
from alembic import op

from campus.db import Moment

revision = "0780"
down_revision = "0750"


def upgrade() -> None:
    campaigns = op.create_table(
        "device_campaigns",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("school", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("devices", sa.Text, nullable=False),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("hours", sa.String(11), nullable=False),
        sa.Column("tolerate", sa.Integer, nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("begun_at", Moment, nullable=False),
        sa.Column("begun_by", sa.String(64), nullable=False),
        comment="a firmware or a configuration that goes to one device, then ten, then all, until too many fail",
    )
    op.create_index("ix_device_campaigns_state", "device_campaigns", ["state"])
    op.create_index("ix_device_campaigns_school_kind", "device_campaigns", ["school", "kind"])
    steps = op.create_table(
        "campaign_steps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String(36), nullable=False),
        sa.Column("old", sa.String(16), nullable=False),
        sa.Column("new", sa.String(16), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("why", sa.String(300), nullable=False),
        comment="each change of a campaign's state",
    )
    op.create_index("ix_campaign_steps_campaign", "campaign_steps", ["campaign"])
    conn = op.get_bind()
    names = ("id", "school", "devices", "state", "reason", "begun_at", "begun_by")
    firmware = sa.table("firmware_campaigns", *_columns(*names, "file", "orders", "hours", "downgrade"))
    for row in conn.execute(firmware.select()).mappings():
        same = {name: row[name] for name in (*names, "hours")}
        content = json.dumps({"file": row["file"], "downgrade": bool(row["downgrade"])})
        more = {"kind": "firmware", "content": content, "given": row["orders"], "tolerate": 0, "note": ""}
        conn.execute(campaigns.insert().values(**same, **more))
    rollouts = sa.table("device_rollouts", *_columns(*names, "settings", "revisions"))
    for row in conn.execute(rollouts.select()).mappings():
        same = {name: row[name] for name in names}
        given = json.dumps({device: str(number) for device, number in json.loads(row["revisions"]).items()})
        more = {"kind": "configuration", "content": row["settings"], "given": given, "hours": "", "tolerate": 0}
        conn.execute(campaigns.insert().values(**same, **more, note=""))
    kept = ("campaign", "old", "new", "at", "by", "why")
    old_steps = sa.table("firmware_campaign_steps", *_columns("id", *kept))
    copied = sa.select(*(old_steps.c[name] for name in kept)).order_by(old_steps.c.id)
    conn.execute(steps.insert().from_select(kept, copied))
    for table in ("firmware_campaign_steps", "firmware_campaigns", "device_rollouts"):
        op.drop_table(table)


def _columns(*names: str) -> list[sa.ColumnClause[object]]:
    return [sa.column(name, Moment if name in {"at", "begun_at"} else None) for name in names]
