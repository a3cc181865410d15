"""A look at a student's data is in the access log before it is answered, and reading it keeps nobody from writing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from console_seed import OWN_CLASS

from attendance.tables import students
from dashboards.access.roles import Role
from tests.dashboards.conftest import SignIn

API = "/api/v1"
LOOKS: list[tuple[Role, str]] = [
    ("teacher", f"{API}/classes/{OWN_CLASS}/roll"),
    ("teacher", f"{API}/classes/{OWN_CLASS}/warnings"),
    ("teacher", f"{API}/classes/{OWN_CLASS}/leave"),
    ("teacher", f"{API}/classes/{OWN_CLASS}/guardians"),
    ("teacher", f"{API}/classes/{OWN_CLASS}/report"),
    ("teacher", f"{API}/students/{{student}}"),
    ("teacher", f"{API}/students/{{student}}/attendance"),
    ("teacher", f"{API}/students/{{student}}/report"),
    ("head", f"{API}/attendance-report"),
    ("admin", f"{API}/access-log/table.csv"),
]


@pytest.mark.parametrize(("role", "path"), LOOKS)
def test_the_only_thing_a_look_does_while_it_holds_the_writers_lock_is_to_log_itself(
    role: Role, path: str, sign_in: SignIn, seeded: sa.Engine
) -> None:
    with seeded.connect() as conn:
        student = conn.execute(sa.select(students.c.id).where(students.c.class_id == OWN_CLASS).limit(1)).scalar_one()
    client, said = sign_in(role), list[str]()
    sa.event.listen(seeded, "before_cursor_execute", lambda *told: said.append(told[2]))
    assert client.get(path.format(student=student)).status_code == 200
    assert said.count("BEGIN IMMEDIATE") == 1
    locked = said[said.index("BEGIN IMMEDIATE") + 1 : said.index("COMMIT")]
    assert [text.split(" (")[0] for text in locked] == ["INSERT INTO access_log"]
