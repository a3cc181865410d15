"""The declared tables are the ones the migrations make."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from alerts import tables
from campus.db import metadata

MINE = {value.name for value in vars(tables).values() if isinstance(value, sa.Table)}


def test_the_migrations_make_what_is_declared(engine: sa.Engine) -> None:
    only = {"include_name": lambda name, kind, parents: kind != "table" or name in MINE}
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True, **only})
        found = [difference for difference in compare_metadata(context, metadata) if _is_mine(difference)]
    assert not found


def _is_mine(difference: object) -> bool:
    return any(f"'{name}'" in repr(difference) for name in MINE)


def test_one_rule_and_subject_cannot_have_two_open_alarms(engine: sa.Engine) -> None:
    indexes = {index["name"]: index for index in sa.inspect(engine).get_indexes("alarms")}
    assert indexes["uq_alarms_open"]["unique"]
    assert "closed" in str(indexes["uq_alarms_open"]["dialect_options"]["sqlite_where"])
