"""Who is on a class's roll is read from the index alone."""

from alembic import op

revision = "0800"
down_revision = "0806"


def upgrade() -> None:
    op.drop_index("ix_students_school_class_id", "students")
    op.create_index("ix_students_school_class_id_active_id", "students", ["school", "class_id", "active", "id"])
