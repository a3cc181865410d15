"""`campus demo`: a living console from nothing, accounts that only the owner may read, kept over a Ctrl-C."""

import re
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from campus import db
from campus.tables import seen_events
from cli.demo.days import DemoDays
from tests.cli.running import Running
from tests.conftest import free_port
from tests.flow.running_school import eventually

Start = Callable[..., Running]


def accounts(folder: Path) -> dict[str, str]:
    """Logins and passwords of the demo."""
    lines = (folder / "demo-data" / "accounts.txt").read_text().splitlines()
    return {line.split("\t")[0]: line.split("\t")[1] for line in lines}


def url_of(running: Running) -> str:
    found = re.search(r"http://\S+", running.until("http://127.0.0.1"))
    assert found is not None
    return found[0].rstrip("/")


def events(folder: Path) -> int:
    engine = db.open_engine(f"sqlite:///{folder}/demo-data/campus.db")
    try:
        with db.read(engine) as conn:
            return len(conn.execute(seen_events.select()).all())
    finally:
        engine.dispose()


@pytest.mark.broker
def test_the_demo_lives_stops_cleanly_and_goes_on_where_it_was(start: Start, tmp_path: Path) -> None:
    port = str(free_port())
    first = start("demo", "--port", port, "--speed", "600")
    url = url_of(first)
    first.until("Ctrl-C")
    kept = accounts(tmp_path)
    assert set(kept) == {"guard", "teacher", "facility", "bureau", "admin"}
    assert stat.S_IMODE((tmp_path / "demo-data" / "accounts.txt").stat().st_mode) == 0o600
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=60) as guard:
        assert guard.post("/sign-in", data={"login": "guard", "password": kept["guard"]}).status_code == 303
        assert guard.get("/api/v1/alarms").status_code == 200
        assert eventually(lambda: guard.get("/api/v1/alarms").json()["site"]["inside"] > 0)  # a student passed a gate
    second = start("demo", "--port", str(free_port()))
    second.until("is in use: it runs already")
    assert second.process.wait(timeout=20) == 2

    assert first.interrupt() == 0, "".join(first.said)
    assert "Stopped" in first.said[-1]
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    before = events(tmp_path)
    assert before > 0

    third = start("demo", "--port", port, "--speed", "600")
    third.until("Ctrl-C")
    assert accounts(tmp_path) == kept
    assert third.interrupt() == 0, "".join(third.said)
    assert events(tmp_path) >= before


def test_the_day_goes_on_where_it_stopped_and_never_back(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    days = DemoDays(file, "07:00", date(2026, 11, 20))  # a Friday
    assert days.moment() == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    days.save(datetime(2026, 11, 20, 2, 0, tzinfo=UTC))
    days.save(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    assert DemoDays(file, "07:00", date(2026, 11, 23)).moment() == datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def test_after_a_friday_comes_monday(tmp_path: Path) -> None:
    days = DemoDays(tmp_path / "state.json", "07:00", date(2026, 11, 20))
    assert not days.is_over(datetime(2026, 11, 20, 9, 59, tzinfo=UTC))
    assert days.is_over(datetime(2026, 11, 20, 10, 0, tzinfo=UTC))  # 18:00 at the school
    days.next_day()
    assert days.today() == date(2026, 11, 23)


def test_a_day_that_was_over_at_the_stop_is_not_played_again(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    DemoDays(file, "07:00", date(2026, 11, 18)).save(datetime(2026, 11, 18, 12, 0, tzinfo=UTC))
    assert DemoDays(file, "07:00", date(2026, 11, 18)).today() == date(2026, 11, 19)
