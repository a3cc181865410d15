"""The platform's vital signs: judged from facts, read from a real school, shown and counted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from campus import __version__, db
from campus.clock import VirtualClock
from campus.heartbeat import Heartbeat
from campus.tables import backup_runs, dead_letters, program_beats
from dashboards.app import create_app
from dashboards.deps import Deps
from dashboards.vitals import Beat, Facts, Sign, State, Waiting, judge
from devices.trust.authority import Files, make_authority
from tests.dashboards.conftest import BASE
from tests.dashboards.console_seed import NOW, PASSWORD

T = datetime(2026, 9, 7, 2, tzinfo=UTC)
NOTHING = Waiting(0, None)
WELL = Facts(
    now=T, wall=T, version="1.0", heard_at=T, series_problem=False, spool=NOTHING, outbox=NOTHING, channels_off=(),
    dead_today=0, roster_trouble=None, certificates=(("broker.crt", T + timedelta(days=90)),), disk_free=50 * 10**9,
    database_bytes=10**9, backup_at=T - timedelta(hours=20), beats=(Beat("ingest", "1.0", T - timedelta(seconds=40)),),
)  # fmt: skip


def ago(**age: float) -> datetime:
    return T - timedelta(**age)


@pytest.mark.parametrize(
    ("sign", "state", "change"),
    [
        ("program", "bad", {"beats": (Beat("ingest", "1.0", ago(minutes=3)),)}),
        ("program", "watch", {"beats": (Beat("ingest", "0.9", T),)}),
        ("heard", "watch", {"heard_at": None}),
        ("heard", "ok", {"heard_at": ago(minutes=1.9)}),
        ("heard", "watch", {"heard_at": ago(minutes=2)}),
        ("heard", "bad", {"heard_at": ago(minutes=5)}),
        ("series", "bad", {"series_problem": True}),
        ("spool", "watch", {"spool": Waiting(3, T)}),
        ("spool", "bad", {"spool": Waiting(3, ago(hours=1))}),
        ("outbox", "ok", {"outbox": Waiting(200, ago(minutes=4))}),
        ("outbox", "watch", {"outbox": Waiting(1, ago(minutes=5))}),
        ("outbox", "bad", {"outbox": Waiting(1, ago(minutes=30))}),
        ("channel", "bad", {"channels_off": (("duty", T),)}),
        ("roster", "bad", {"roster_trouble": ago(hours=1)}),
        ("certificate", "ok", {"certificates": (("broker.crt", T + timedelta(days=30)),)}),
        ("certificate", "watch", {"certificates": (("broker.crt", T + timedelta(days=29)),)}),
        ("certificate", "bad", {"certificates": (("broker.crt", T + timedelta(days=6)),)}),
        ("certificate", "bad", {"certificates": (("broker.crt", None),)}),
        ("disk", "watch", {"disk_free": 9 * 10**9}),
        ("disk", "bad", {"disk_free": 10**9}),
        ("database", "watch", {"database_bytes": 51 * 10**9}),
        ("backup", "watch", {"backup_at": None}),
        ("backup", "watch", {"backup_at": ago(days=2)}),
        ("backup", "bad", {"backup_at": ago(days=7)}),
        ("dead", "watch", {"dead_today": 1}),
        ("dead", "bad", {"dead_today": 1000}),
    ],
)
def test_each_sign_is_judged_and_nothing_else_with_it(sign: Sign, state: State, change: dict[str, object]) -> None:
    found = judge(msgspec.structs.replace(WELL, **change))
    assert {one.state for one in found if one.sign == sign} == {state}
    assert {one.sign for one in found if one.state != "ok"} <= {sign}
    assert found[0].sign == sign or state == "ok"  # what is bad stands first


def test_a_platform_that_is_well_has_no_sign_to_watch() -> None:
    assert {one.state for one in judge(WELL)} == {"ok"}


def test_a_real_school_tells_its_signs_to_the_administrator_and_to_prometheus(deps: Deps, tmp_path: Path) -> None:
    files = Files(tmp_path / "keys")
    files.folder.mkdir()
    make_authority(files, "A school", NOW)
    wall = VirtualClock(NOW)
    Heartbeat(deps.engine, "ingest", wall).step()
    Heartbeat(deps.engine, "alerts", VirtualClock(NOW - timedelta(minutes=4))).step()
    with db.write(deps.engine) as conn:
        conn.execute(dead_letters.update().values(last_at=NOW, times=3))
        conn.execute(backup_runs.insert().values(at=NOW - timedelta(days=8), bytes=1))
    told = msgspec.structs.replace(deps, certificates=(files.authority, tmp_path / "none.crt"))
    with TestClient(create_app(told), base_url=BASE, headers={"Origin": BASE}) as client:
        client.post("/sign-in", data={"login": "admin", "password": PASSWORD})
        signs = {(one["sign"], one["of"]): one for one in client.get("/api/v1/platform/health").json()}
        page, figures = client.get("/admin").text, client.get("/metrics").text
    assert signs["program", "ingest"]["state"] == "ok"
    assert signs["program", "alerts"]["state"] == "bad"
    assert signs["certificate", "authority.crt"]["state"] == "ok"
    assert signs["certificate", "none.crt"]["state"] == "bad"
    assert (signs["backup", ""]["state"], signs["backup", ""]["figure"]) == ("bad", 8)
    assert (signs["dead", ""]["state"], signs["dead", ""]["figure"]) == ("watch", 3)
    assert signs["database", ""]["figure"] > 0
    assert 'campus_platform_health{of="alerts",sign="program"} 2.0' in figures
    assert __version__ in page


def test_a_program_that_is_gone_for_a_week_is_forgotten(engine: sa.Engine, clock: VirtualClock) -> None:
    Heartbeat(engine, "ingest 2/2", clock).step()
    later = VirtualClock(clock.now() + timedelta(days=8))
    Heartbeat(engine, "ingest", later).step()
    with db.read(engine) as conn:
        assert conn.execute(sa.select(program_beats.c.program)).scalars().all() == ["ingest"]
