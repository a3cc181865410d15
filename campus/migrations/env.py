"""How Alembic runs our migrations: on the engine it is handed, one program at a time."""

import sqlalchemy as sa
from alembic import context

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if engine.dialect.name == "sqlite":
        # Two programs may start at once: the second waits here and then finds nothing left to do.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(connection=connection, transactional_ddl=False)
        try:
            context.run_migrations()
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")
    else:
        with connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(7_311_000)))
            context.configure(connection=connection)
            context.run_migrations()
