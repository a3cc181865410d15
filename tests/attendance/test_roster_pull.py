"""A roster asked of a provider over REST, and kept current from a folder and from the provider."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from attendance_play import local
from provider import SECRET, Sis, person, ref, school, serving
from roster_files import CITY, delta, write_sheets, write_zip

from attendance.roster.keep import RosterKeeper
from attendance.roster.log import recent, standing
from attendance.roster.oneroster_rest import Provider
from attendance.roster.pull import pull
from attendance.roster.run import RosterRun, Wishes
from attendance.roster.tables import guardian_links, terms
from attendance.tables import enrolments, students, teachers
from campus import config, db
from campus.clock import VirtualClock
from campus.errors import CampusError, Conflict, SettingsError, Unavailable
from campus.settings import RosterFeed, RosterProvider, Settings

NOW = local("06:40")
Ask = Callable[..., Provider]


@pytest.fixture
def sis() -> Sis:
    return Sis(school(20))


@pytest.fixture
def provider(sis: Sis) -> Iterator[Ask]:
    """Makes a client of the provider; waits are noted in ``waits`` and not waited."""
    with ExitStack() as stack:
        address = stack.enter_context(serving(sis))

        def make(waits: list[float] | None = None, **settings: object) -> Provider:
            made = Provider(
                settings_of(address, **settings),
                sleep=(waits if waits is not None else []).append,
                draw=lambda _a, b: b,
            )
            stack.callback(made.close)
            return made

        yield make


def settings_of(address: str, **settings: object) -> RosterProvider:
    plain = RosterProvider(
        url=f"{address}/ims/oneroster/v1p1", token_url=f"{address}/token", client_id="campus", client_secret=SECRET
    )
    return msgspec.structs.replace(plain, **settings)


def running(engine: sa.Engine, clock: VirtualClock | None = None) -> RosterRun:
    return RosterRun(engine, "school-1", clock or VirtualClock(NOW), Wishes())


def count(engine: sa.Engine, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with db.read(engine) as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())


@pytest.mark.parametrize("paging", ["link", "total", "neither"])
def test_every_page_is_read_however_the_provider_pages(engine: sa.Engine, sis: Sis, provider: Ask, paging: str) -> None:
    sis.paging = paging
    report = pull(running(engine), provider(), "sis", "command", None)
    assert (report.students, report.counts["enrolment"][0]) == (20, 21)
    assert count(engine, students, students.c.class_id == "n-1") == 20
    assert count(engine, guardian_links) == 20
    assert count(engine, terms, terms.c.id == "t1") == 1
    assert count(engine, enrolments, enrolments.c.begins.isnot(None)) == 21
    assert not any("Secret" in str(row) for row in _everything(engine))


def _everything(engine: sa.Engine) -> list[object]:
    with engine.connect() as conn:
        return [row for table in db.metadata.sorted_tables for row in conn.execute(sa.select(table))]


def test_users_of_version_1_2_are_what_their_primary_role_says(engine: sa.Engine, sis: Sis, provider: Ask) -> None:
    sis.records = school(3, version="1.2")
    pull(running(engine), provider(), "sis", "command", None)
    assert (count(engine, students), count(engine, teachers), count(engine, guardian_links)) == (3, 1, 3)


def test_only_what_changed_is_asked_for_and_deletions_are_followed(engine: sa.Engine, sis: Sis, provider: Ask) -> None:
    run = running(engine)
    pull(run, provider(), "sis", "command", None)
    later = "2026-09-08T10:00:00.000Z"
    sis.records["users"][0] |= {"status": "tobedeleted", "dateLastModified": later}
    sis.records["users"].append(person("k900", "student", "north", later, agents=[ref("g1")]))
    place = {**sis.records["enrollments"][0], "sourcedId": "e900", "user": ref("k900"), "dateLastModified": later}
    sis.records["enrollments"].append(place)
    sis.asked.clear()
    report = pull(run, provider(), "sis", "command", local("08:00"))
    assert report.counts["student"] == (1, 0, 1)
    assert all("dateLastModified%3E" in target for target in sis.asked)
    assert count(engine, students, students.c.active) == 20


def test_a_busy_provider_is_asked_again_and_an_old_token_renewed(engine: sa.Engine, sis: Sis, provider: Ask) -> None:
    sis.troubles = [(429, {"Retry-After": "7"}), (503, {}), (500, {})]
    sis.token_lasts = 4
    waits: list[float] = []
    pull(running(engine), provider(waits), "sis", "command", None)
    assert waits == [7.0, 4.0, 8.0]
    assert sis.tokens > 1
    assert count(engine, students) == 20


def test_a_provider_that_stays_away_fails_the_import_and_changes_nothing(
    engine: sa.Engine, sis: Sis, provider: Ask
) -> None:
    sis.troubles = [(503, {})] * 50
    with pytest.raises(Unavailable, match="status 503 after 6 attempts"):
        pull(running(engine), provider(), "sis", "command", None)
    with db.read(engine) as conn:
        assert [one.state for one in recent(conn, "school-1")] == ["failed"]
    assert count(engine, students) == 0


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"client_secret": "wrong"}, r"refuses us \(401\); check client_id, secret and scope"),
        ({"page": 5}, "which is not itself; not followed"),
    ],
)
def test_a_refusal_and_a_strange_next_page_are_told_without_the_secret(
    engine: sa.Engine, sis: Sis, provider: Ask, settings: dict[str, object], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    sis.next_host = "http://elsewhere.example"
    with caplog.at_level(logging.DEBUG), pytest.raises(Conflict, match=told) as caught:
        pull(running(engine), provider(**settings), "sis", "command", None)
    assert SECRET not in str(caught.value) + caplog.text
    assert not any("elsewhere" in target for target in sis.asked)


def test_a_provider_that_ignores_the_offset_is_found_out(engine: sa.Engine, sis: Sis, provider: Ask) -> None:
    sis.paging = "neither"
    answer = sis.answer
    sis.answer = lambda target, token: answer(target.replace("offset=", "ignored="), token)  # type: ignore[method-assign]
    with pytest.raises(Conflict, match="the same page again"):
        pull(running(engine), provider(), "sis", "command", None)


def test_a_record_pushed_to_the_next_page_meanwhile_is_no_duplicate(sis: Sis, provider: Ask) -> None:
    rows = provider().rows("users.csv")
    seen = [next(rows).cells["sourcedid"] for _ in range(7)]
    sis.records["users"].insert(0, person("a000", "teacher", "north", "2026-09-01T00:00:00.000Z"))
    seen += [row.cells["sourcedid"] for row in rows]
    assert len(seen) == len(set(seen)) == 22


def test_the_secret_comes_from_a_file_and_a_roster_never_travels_in_clear(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    env = {f"CAMPUS_ROSTER__PROVIDER__{key}": value for key, value in (
        ("URL", "https://sis.example/ims/oneroster/v1p1"), ("TOKEN_URL", "https://sis.example/token"),
        ("CLIENT_ID", "campus"), ("CLIENT_SECRET_FILE", str(secret)))}  # fmt: skip
    assert config.load(Settings, None, env).roster.provider.client_secret == SECRET
    with pytest.raises(SettingsError, match="never go in clear"):
        config.load(Settings, None, {**env, "CAMPUS_ROSTER__PROVIDER__URL": "http://sis.example/x"})
    with pytest.raises(SettingsError, match="CLIENT_SECRET_FILE"):
        config.load(Settings, None, {key: value for key, value in env.items() if "SECRET" not in key})


# -- kept current ------------------------------------------------------------------------------------------------------


def north(engine: sa.Engine) -> RosterRun:
    return RosterRun(engine, "north", VirtualClock(NOW), Wishes(every_school=True))


def states(engine: sa.Engine, school: str = "north") -> list[tuple[str, str]]:
    with db.read(engine) as conn:
        return [(one.source, one.state) for one in reversed(recent(conn, school))]


def test_what_is_put_into_the_watched_folder_is_taken_once_when_it_holds_still(
    engine: sa.Engine, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    keeper = RosterKeeper(north(engine), RosterFeed(folder=folder), VirtualClock(NOW))
    write_zip(folder / "monday.zip", CITY)
    keeper.step()
    assert states(engine) == []  # it may still be being copied
    keeper.step()
    keeper.step()
    assert states(engine) == [("monday.zip", "done")]
    write_zip(folder / "tuesday.zip", delta(users="k2,active,true,north,student,k2,贰,李,,,,g3,07,\n"))
    os.utime(folder / "tuesday.zip", (2_000_000_000, 2_000_000_000))
    restarted = RosterKeeper(north(engine), RosterFeed(folder=folder), VirtualClock(NOW))
    for _ in range(3):
        restarted.step()
    assert states(engine) == [("monday.zip", "done"), ("tuesday.zip", "done")]
    assert count(engine, students, students.c.name == "李贰") == 1


def test_a_refused_export_is_told_once_and_taken_when_it_is_mended(engine: sa.Engine, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    broken = {**CITY, "enrollments.csv": CITY["enrollments.csv"] + "e11,,n-9,north,k1,student,,,\n"}
    write_sheets(folder, broken)
    keeper = RosterKeeper(north(engine), RosterFeed(folder=folder), VirtualClock(NOW))
    for _ in range(4):
        keeper.step()
    assert states(engine) == [("in", "refused")]
    (folder / "enrollments.csv").write_text(CITY["enrollments.csv"], encoding="utf-8")
    for _ in range(2):
        keeper.step()
    assert states(engine) == [("in", "refused"), ("in", "done")]


def test_the_provider_is_asked_when_it_is_time_for_changes_each_day_and_for_all_each_week(
    engine: sa.Engine, sis: Sis, provider: Ask
) -> None:
    clock = VirtualClock(NOW)
    feed = RosterFeed(provider=provider()._settings)
    keeper = RosterKeeper(running(engine, clock), feed, clock, provider)
    asked_for = []
    for hour in range(8 * 24):
        sis.asked.clear()
        keeper.step()
        if sis.asked:
            asked_for.append((hour, "filter" in sis.asked[0]))
        clock.advance(timedelta(hours=1))
    assert asked_for == [(0, False), *((24 * day, True) for day in range(1, 7)), (168, False)]


def test_a_provider_that_is_away_is_asked_again_within_the_hour_and_stands_as_trouble(
    engine: sa.Engine, sis: Sis, provider: Ask
) -> None:
    clock = VirtualClock(NOW)
    keeper = RosterKeeper(running(engine, clock), RosterFeed(provider=provider()._settings), clock, provider)
    sis.troubles = [(503, {})] * 6
    keeper.step()
    with db.read(engine) as conn:
        found = standing(conn, "school-1").trouble
    assert found is not None
    assert "503" in found.reason
    clock.advance(timedelta(minutes=61))
    keeper.step()
    with db.read(engine) as conn:
        assert standing(conn, "school-1").trouble is None
        assert [one.state for one in recent(conn, "school-1")] == ["done", "failed"]


def test_a_folder_that_is_not_there_is_an_error_in_the_log_and_no_crash(
    engine: sa.Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    RosterKeeper(north(engine), RosterFeed(folder=tmp_path / "gone"), VirtualClock(NOW)).step()
    assert "[roster] folder" in caplog.text
    assert issubclass(Conflict, CampusError)
