"""Which places are watched: blind when nothing that covers them works, a tampered camera counting as none."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from campus.clock import VirtualClock
from campus.events import CameraTamper
from dashboards.deps import Deps
from dashboards.views.coverage import Watcher, cover_of
from tests.dashboards.conftest import SignIn
from tests.dashboards.console_seed import NOW, Play

API = "/api/v1/coverage"


def watcher(trouble: str) -> Watcher:
    return Watcher(id="w", kind="camera", name_zh="", name_en="", trouble=trouble, since=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("troubles", "cover"),
    [(("",), "watched"), (("offline",), "blind"), (("offline", ""), "partly"), (("tampered", "never_seen"), "blind")],
)
def test_a_place_is_as_covered_as_what_works(troubles: tuple[str, ...], cover: str) -> None:
    assert cover_of([watcher(one) for one in troubles]) == cover


def test_an_offline_camera_leaves_its_area_blind_and_it_comes_first(sign_in: SignIn) -> None:
    found = sign_in("facility").get(API).json()["places"]
    blind = {one["place"]: one for one in found if one["cover"] == "blind"}
    assert [one["cover"] for one in found[: len(blind)]] == ["blind"] * len(blind)
    assert [one["trouble"] for one in blind["lab-f2"]["watchers"]] == ["offline"]
    assert blind["lab-f2"]["key"] is True


def test_a_covered_lens_is_blind_although_the_camera_is_online(
    sign_in: SignIn, deps: Deps, seeded: sa.Engine, noon: VirtualClock
) -> None:
    from campus import db
    from campus.settings import Settings

    play = Play(seeded, noon, Settings())
    with db.read(seeded) as conn:
        play.registry.refresh(conn)
    play.say("cam-6", CameraTamper(kind="covered", active=True))
    found = {one["place"]: one for one in sign_in("facility").get(API).json()["places"]}
    assert [one["trouble"] for one in found["courtyard"]["watchers"]] == ["tampered"]
    assert found["courtyard"]["cover"] == "blind"
    assert datetime.fromisoformat(found["courtyard"]["watchers"][0]["since"]) == NOW


def test_a_view_is_kept_for_its_owner_alone_and_exported_as_it_is_filtered(sign_in: SignIn) -> None:
    mine, other = sign_in("facility"), sign_in("guard")
    said = {"page": "devices", "name": "断线摄像机", "query": "kind=camera&state=offline"}
    kept = mine.post("/api/v1/me/views", json=said).json()
    assert [one["query"] for one in kept] == ["kind=camera&state=offline"]
    again = mine.post("/api/v1/me/views", json=said | {"query": "kind=camera"}).json()
    assert [one["query"] for one in again] == ["kind=camera"]  # the same name is the same view
    assert other.get("/api/v1/me/views/devices").json() == []
    assert other.post(f"/api/v1/me/views/{kept[0]['id']}/remove").status_code == 404
    assert mine.post(f"/api/v1/me/views/{kept[0]['id']}/remove").status_code == 200
    rows = mine.get("/api/v1/devices/table.csv?kind=camera&state=offline").text.strip().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["cam-4"]
