"""The simulated school of the compose profile is taken over, and again without harm."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from campus import db
from deploy import simulated_school
from devices.queries import device_list

SCHOOL = "school-1"


def test_the_simulated_school_is_imported_and_doing_it_again_changes_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/campus.db"
    monkeypatch.chdir(tmp_path)  # no campus.toml here
    monkeypatch.setenv("CAMPUS_DATABASE__URL", url)
    monkeypatch.setenv("CAMPUS_SECRETS__CREDENTIAL_KEY", "a key of the tests only")
    simulated_school.main()
    first = capsys.readouterr().out
    simulated_school.main()
    assert "devices.csv: 0 added, 0 changed" in capsys.readouterr().out
    assert "devices.csv: 0 added" not in first
    engine = db.open_engine(url)
    with db.read(engine) as conn:
        assert len(device_list(conn, SCHOOL, datetime(2026, 9, 7, tzinfo=UTC))) > 20
    engine.dispose()
