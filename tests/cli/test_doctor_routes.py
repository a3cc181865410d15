"""`campus doctor` speaks of the routes that are in force: the newest revision, or else the file."""

from pathlib import Path

import pytest

from alerts.telling.in_force import put
from campus import db
from campus.clock import SystemClock
from campus.settings import Alerts, Database, Settings, Webhook
from cli.commands.doctor import Finding, examine
from cli.wiring import open_database
from dashboards.access.accounts import create_account

HOOK = Webhook(name="hook", url="https://example.org/alarms")
FILE = "root: {name: file, levels: [{to: [guard], by: [hook]}]}"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "routes.yaml").write_text(FILE, encoding="utf-8")
    alerts = Alerts(routes=tmp_path / "routes.yaml", webhooks=(HOOK,))
    return Settings(database=Database(url=f"sqlite:///{tmp_path}/campus.db"), alerts=alerts)


def routes(settings: Settings) -> Finding:
    return next(one for one in examine(settings) if one.what == "routes")


def test_the_file_speaks_until_there_is_a_revision(settings: Settings) -> None:
    assert "campus migrate" in routes(settings).fix
    engine = open_database(settings)
    now = SystemClock().now()
    with db.write(engine) as conn:
        create_account(conn, settings.school.id, "guard", "保安", "guard", "correct horse 9", now)
    said = routes(settings)
    assert (said.verdict, "routes.yaml is in force" in said.says) == ("ok", True)
    text = FILE.replace("by: [hook]", "by: [hook]}, {after_s: 60, to: [facility], by: [hook]")
    with db.write(engine) as conn:
        put(conn, settings.alerts.routes, text, "a-1", "asked", now, ["hook"])
    said = routes(settings)
    assert said.verdict == "warning"
    assert "revision 2 of the routes is in force; level 2 of 'file' asks 'facility', which nobody is" in said.says
    engine.dispose()
