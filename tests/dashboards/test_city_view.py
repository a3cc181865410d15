"""The city in numbers over the seeded school: counted as its own overview counts, again after a change, by scope."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from city_seed import import_city
from console_seed import DAY, PASSWORD, SCHOOL, ZONE

from alerts.tables import alarms
from attendance.reports.school_day import school_day_summary
from campus import changes, db
from campus.clock import VirtualClock
from dashboards.access.accounts import create_account
from dashboards.city.keeper import AGAIN, SOON, CityKeeper
from dashboards.city.tables import city_days, city_schools
from tests.dashboards.conftest import SignIn

API = "/api/v1"


@pytest.fixture
def keeper(seeded: sa.Engine, noon: VirtualClock) -> CityKeeper:
    """The city is imported and counted once."""
    import_city(seeded, noon.now())
    made = CityKeeper(seeded, noon, ZONE)
    assert made.step() == 6
    return made


def day_of(engine: sa.Engine, school: str, day: date = DAY) -> sa.RowMapping:
    with db.read(engine) as conn:
        query = sa.select(city_days).where(city_days.c.school == school, city_days.c.day == day)
        return conn.execute(query).mappings().one()


def past(engine: sa.Engine, school: str, due: int, came: int, weeks: int = 4) -> None:
    """The same weekday of the weeks before."""
    row = dict(day_of(engine, school))
    days = [DAY - timedelta(weeks=week) for week in range(weeks + 1)]
    with db.write(engine) as conn:
        conn.execute(city_days.delete().where(city_days.c.school == school))
        conn.execute(city_days.insert(), [{**row, "day": one, "due": due, "came": came} for one in days])


@pytest.mark.usefixtures("keeper")
def test_a_day_is_counted_as_the_schools_own_overview_counts_it(seeded: sa.Engine) -> None:
    with db.read(seeded) as conn:
        classes = [one for one in school_day_summary(conn, SCHOOL, DAY) if one.state == "closed"]
    row = day_of(seeded, SCHOOL)
    assert row["came"] == sum(one.present + one.late for one in classes) > 1000
    assert row["due"] == row["came"] + sum(one.absent + one.unknown for one in classes)
    assert row["rolls_unsettled"] == sum(one.unknown + one.open > 0 for one in classes)
    assert row["devices_heard"] < row["devices"]
    assert 0.9 < row["up_share"] < 1


def test_a_school_is_counted_again_after_a_change_or_five_minutes_and_says_so_once(
    keeper: CityKeeper, seeded: sa.Engine, noon: VirtualClock
) -> None:
    assert keeper.step() == 0
    with db.write(seeded) as conn:
        changes.append(conn, noon.now(), "e-1", "device", "gate-1")
        before = changes.last_id(conn)
    assert keeper.step() == 0
    noon.advance(SOON)
    assert keeper.step() == 1
    with db.read(seeded) as conn:
        assert [one for one in changes.since(conn, before) if one.topic == "city"] == []  # the figures are the same
    noon.advance(AGAIN)
    assert keeper.step() == 6


def test_two_programs_count_a_school_once(seeded: sa.Engine, noon: VirtualClock, keeper: CityKeeper) -> None:
    noon.advance(AGAIN)
    other = CityKeeper(seeded, noon, ZONE)
    assert len(keeper._claim()) == 6
    assert other._claim() == {}


def test_a_new_day_counts_the_last_ones_again(keeper: CityKeeper, seeded: sa.Engine, noon: VirtualClock) -> None:
    noon.advance(timedelta(days=1))
    keeper.step()
    with db.read(seeded) as conn:
        at = dict(conn.execute(sa.select(city_days.c.day, city_days.c.at).where(city_days.c.school == SCHOOL)).all())
        assert set(conn.execute(sa.select(city_schools.c.counted_day)).scalars()) == {DAY + timedelta(days=1)}
    assert at[DAY] == at[DAY + timedelta(days=1)] == noon.now()
    assert at[DAY - timedelta(days=8)] < noon.now()


@pytest.mark.usefixtures("keeper")
def test_schools_stand_by_need_with_the_reasons_and_shares_against_their_past(
    seeded: sa.Engine, sign_in: SignIn
) -> None:
    past(seeded, SCHOOL, 1000, 950)
    bureau = sign_in("bureau")
    with db.read(seeded) as conn:
        worst = conn.execute(sa.select(alarms.c.severity).where(alarms.c.state != "closed")).scalars().all()
    answer = bureau.get(f"{API}/city/schools").json()
    first = answer["schools"][0]
    assert (answer["total"], first["school"], first["state"]) == (6, SCHOOL, "critical")
    assert first["reasons"][0]["code"] == "critical_alarms"
    assert first["reasons"][0]["n"] == worst.count("critical") == first["alarms"]["critical"]
    assert first["attendance"]["usual"] == pytest.approx(0.95)
    assert first["attendance"]["difference"] == pytest.approx(0)
    summary = bureau.get(f"{API}/city").json()
    assert summary["total"]["schools"] == 6
    assert {one["district"]: one["sum"]["state"] for one in summary["districts"]} == {
        "west": "critical",
        "east": "unknown",
    }
    begun = bureau.get(f"{API}/city/schools?limit=1")
    second = bureau.get(begun.links["next"]["url"]).json()["schools"]
    assert [one["school"] for one in second] == [one["school"] for one in answer["schools"][1:2]]
    assert bureau.get(f"{API}/city/schools?district=north").status_code == 404


@pytest.mark.usefixtures("keeper")
def test_a_small_school_hides_itself_and_another_and_no_total_tells_of_it(seeded: sa.Engine, sign_in: SignIn) -> None:
    for school, due in ((SCHOOL, 1000), ("w-2", 6), ("w-3", 60), ("e-1", 4)):
        past(seeded, school, due, due - 2)
    bureau = sign_in("bureau")
    found = {one["school"]: one["attendance"] for one in bureau.get(f"{API}/city/schools").json()["schools"]}
    assert {school for school, one in found.items() if one["hidden"]} == {"w-2", "w-3", "e-1"}
    assert [found[school]["now"] for school in ("w-2", "w-3", "e-1")] == [None] * 3
    summary = bureau.get(f"{API}/city").json()
    sums = {one["district"]: one["sum"]["attendance"] for one in summary["districts"]}
    assert sums["east"]["hidden"]
    assert sums["west"]["now"] == pytest.approx(1060 / 1066)
    assert summary["total"]["attendance"]["now"] == sums["west"]["now"]  # the east is left out


@pytest.mark.usefixtures("keeper")
def test_an_account_of_a_district_gets_that_district_alone(
    seeded: sa.Engine, sign_in: SignIn, noon: VirtualClock
) -> None:
    with db.write(seeded) as conn:
        create_account(conn, SCHOOL, "east", "东", "bureau", PASSWORD, noon.now(), district="east")
    east = sign_in("east")
    text = east.get(f"{API}/city").text + east.get(f"{API}/city/schools").text
    assert '"total":3' in text
    assert "west" not in text
    assert SCHOOL not in text
    assert east.get(f"{API}/city/schools?district=west").status_code == 404
