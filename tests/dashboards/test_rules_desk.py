"""Rules over the console: checked with the line, written into the file the engine reads, kept, replayed."""

import threading
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from fastapi.testclient import TestClient

from alerts.review.replay_report import Report
from alerts.rules.rulefile import RuleSet
from alerts.rules.rulesource import RuleSource
from campus.errors import Conflict
from dashboards.app import create_app
from dashboards.deps import Deps
from dashboards.replays import Replays
from tests.dashboards import console_seed
from tests.dashboards.conftest import BASE

API = "/api/v1/rules"
OFF = "without: [door-open]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.yaml"


@pytest.fixture
def admin(deps: Deps, file: Path) -> TestClient:
    app = create_app(msgspec.structs.replace(deps, rules=file))
    client = TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False)
    client.post("/sign-in", data={"login": "admin", "password": console_seed.PASSWORD})
    return client


def test_a_draft_is_refused_with_the_line_the_command_names_too(admin: TestClient) -> None:
    answer = admin.post(f"{API}/check", json={"text": "rules:\n  - id: x-1\n    kind: threshold\n    severity: loud\n"})
    assert answer.json()["mistake"]["line"] in {2, 3, 4}
    assert "severity" in answer.json()["mistake"]["problem"] or "title" in answer.json()["mistake"]["problem"]
    right = admin.post(f"{API}/check", json={"text": OFF}).json()
    assert right["changes"] == [{"rule": "door-open", "what": "drops"}]


def test_what_is_put_in_force_is_what_the_engine_reads_and_there_is_a_way_back(admin: TestClient, file: Path) -> None:
    file.write_text("without: []\n# by hand\n")
    engine = RuleSource(file)
    desk = admin.post(API, json={"text": OFF, "reason": "the door squeaks"}).json()
    assert isinstance(engine.poll(), RuleSet)
    assert engine.rules.get("door-open") is None
    assert [one["on"] for one in desk["rules"] if one["id"] == "door-open"] == [False]
    assert [(one["number"], one["made_by"]) for one in desk["revisions"]] == [(2, "管理员"), (1, "file")]
    (noted,) = admin.get("/api/v1/access-log", params={"action": "rules.change"}).json()
    assert (noted["login"], noted["subject"]) == ("admin", "2")
    old = admin.get(f"{API}/revisions/1").json()["text"]
    assert "# by hand" in old
    admin.post(API, json={"text": old, "reason": "back"})
    engine.poll()
    assert engine.rules.get("door-open") is not None


def test_a_title_has_stand_ins_where_an_alarm_has_names(admin: TestClient) -> None:
    titles = {one["id"]: one["title"] for one in admin.get(API).json()["rules"]}
    assert titles["co2-high"] == {
        "zh": "〔地点〕 二氧化碳过高：〔数值〕 ppm",
        "en": "CO2 too high in [place]: [value] ppm",
    }
    assert [one for one in titles.values() if "{" in one["zh"] + one["en"] or "—" in one["zh"] + one["en"]] == []


def test_a_wrong_text_never_reaches_the_file(admin: TestClient, file: Path) -> None:
    assert admin.post(API, json={"text": "rules: 3\n", "reason": "x"}).status_code == 422
    assert not file.exists()


def test_without_a_file_nothing_is_put_in_force_and_the_fix_is_named(deps: Deps) -> None:
    client = TestClient(create_app(deps), base_url=BASE, headers={"Origin": BASE})
    client.post("/sign-in", data={"login": "admin", "password": console_seed.PASSWORD})
    answer = client.post(API, json={"text": OFF, "reason": "x"})
    assert (answer.status_code, "campus.toml" in answer.json()["detail"]) == (409, True)


def finished(replays: Replays) -> str:
    for _ in range(3000):
        if replays.state.state != "running":
            break
        time.sleep(0.01)
    return replays.state.state


def test_a_replay_tells_its_progress_and_is_stopped_or_given_up() -> None:
    come, go = threading.Event(), threading.Event()

    def slow(_rules: RuleSet, _since: timedelta, watch) -> Report:  # type: ignore[no-untyped-def]
        watch(0.5)
        come.set()
        go.wait(30)
        watch(0.6)
        raise AssertionError("the watch should have ended it")

    replays = Replays(slow)
    replays.start(RuleSet(()), 7, "x")
    assert come.wait(30)
    assert (replays.state.state, replays.state.share) == ("running", 0.5)
    with pytest.raises(Conflict):
        replays.start(RuleSet(()), 7, "x")
    replays.stop()
    go.set()
    assert finished(replays) == "stopped"
    hasty = Replays(slow, limit_s=-1.0)
    hasty.start(RuleSet(()), 7, "x")
    assert finished(hasty) == "too_long"


def test_the_real_replay_runs_over_the_seeded_morning(deps: Deps, tmp_path: Path) -> None:
    from campus.settings import Database, Settings
    from cli.commands.rules_replay import replay_rules

    database = Database(url=str(deps.engine.url))
    settings = msgspec.structs.replace(Settings(), database=database)
    settings = msgspec.structs.replace(
        settings, series=msgspec.structs.replace(settings.series, path=tmp_path / "series.db")
    )
    shares: list[float] = []
    report = replay_rules(settings, deps.clock, RuleSource().rules, timedelta(hours=4), 1, shares.append)
    assert report.alarms > 0
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0
