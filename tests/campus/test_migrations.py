"""The migrations and the tables that the code declares are the same schema, in both databases."""

import importlib
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from campus import db
from devices.control import campaigns

for module in ("campus.tables", "devices.tables", "attendance.tables", "alerts.tables", "dashboards.tables"):
    importlib.import_module(module)  # declares its tables
importlib.import_module("alerts.incidents.tables")
importlib.import_module("alerts.telling.tables")
importlib.import_module("devices.control.tables")
importlib.import_module("devices.trust.tables")
importlib.import_module("attendance.calendar.tables")
importlib.import_module("devices.plan.tables")
importlib.import_module("devices.ledger.tables")
importlib.import_module("devices.upkeep.tables")
importlib.import_module("devices.firmware.tables")
importlib.import_module("devices.health.tables")
importlib.import_module("attendance.leave.follow_up_tables")
importlib.import_module("attendance.roster.tables")
importlib.import_module("attendance.register.tables")
importlib.import_module("attendance.guardians.tables")
importlib.import_module("dashboards.city.tables")
MIGRATIONS = Path(db.__file__).parent / "migrations"


def differences(engine: sa.Engine) -> list[object]:
    """What Alembic would still change to make the database what the tables say."""
    # SQLite tells a default as it was typed, which is never what Alembic compares with.
    defaults = engine.dialect.name != "sqlite"
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, "compare_server_default": defaults})
        return list(compare_metadata(context, db.metadata))


def test_a_migrated_sqlite_database_is_what_the_tables_say(engine: sa.Engine) -> None:
    assert differences(engine) == []


def test_a_migrated_postgresql_database_is_what_the_tables_say(postgresql: sa.Engine) -> None:
    assert differences(postgresql) == []


def test_migrations_form_one_line() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    assert [one.down_revision for one in scripts.walk_revisions() if one.down_revision is None] == [None]


def test_campaigns_of_before_go_on_as_campaigns_of_now(tmp_path: Path) -> None:
    engine = db.open_engine(f"sqlite:///{tmp_path}/old.db")
    config = db._alembic()
    config.attributes["engine"] = engine
    command.upgrade(config, "0750")
    same = "'s', '[\"edge-1\"]', 'running', '', 1757210400000, 'lin'"
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO firmware_campaigns"
            " (school, devices, state, reason, begun_at, begun_by, id, file, orders, hours, downgrade, wave_at)"
            f" VALUES ({same}, 'c-1', 'f-1', '{{\"edge-1\": \"o-1\"}}', '22:00-05:00', 1, 1757210400000)"
        )
        conn.exec_driver_sql(
            "INSERT INTO device_rollouts"
            " (school, devices, state, reason, begun_at, begun_by, id, settings, revisions, wave_at)"
            f" VALUES ({same}, 'c-2', '{{\"heartbeat_s\": 30}}', '{{\"edge-1\": 2}}', 1757210400000)"
        )
        conn.exec_driver_sql(
            "INSERT INTO firmware_campaign_steps (campaign, old, new, at, by, why)"
            " VALUES ('c-1', '', 'running', 1757210400000, 'lin', '')"
        )
        conn.exec_driver_sql(
            "INSERT INTO device_configurations (school, device, revision, settings, made_at, made_by, note, state,"
            " detail) VALUES ('s', 'edge-1', 1, '{}', 1, 'x', '', 'sent', ''),"
            " ('s', 'edge-1', 2, '{}', 1, 'x', '', 'sent', '')"
        )
    db.migrate(engine)
    with db.read(engine) as conn:
        sent = conn.exec_driver_sql("SELECT revision, campaign FROM device_configurations ORDER BY revision").all()
        (firmware,), (rollout,) = campaigns.all_of(conn, "s", "firmware"), campaigns.all_of(conn, "s", "configuration")
        assert [step.new for step in campaigns.steps(conn, "c-1")] == ["running"]
    engine.dispose()
    assert [tuple(row) for row in sent] == [(1, None), (2, "c-2")]
    assert (firmware.id, firmware.given, firmware.hours, firmware.state) == (
        "c-1", {"edge-1": "o-1"}, "22:00-05:00", "running",
    )  # fmt: skip
    assert firmware.content == {"file": "f-1", "downgrade": True}
    assert (rollout.id, rollout.given, rollout.content) == ("c-2", {"edge-1": "2"}, {"heartbeat_s": 30})
    assert rollout.begun_at == datetime(2025, 9, 7, 2, tzinfo=UTC)
