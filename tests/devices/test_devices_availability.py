"""Availability by month, time between failures and to repair: by hand, and from the outages that were stored."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from campus import db
from campus.errors import NotFound
from devices.presence.availability import Away, record, record_of
from tests.devices.conftest import SCHOOL, Rig

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 10, 11, 4, tzinfo=UTC)  # ten days and a half into October, in Shanghai


def test_a_device_that_was_never_heard_has_no_record() -> None:
    assert record(None, (), NOON, SHANGHAI).months == ()


def test_months_are_the_schools_own_and_an_outage_across_midnight_is_shared_out() -> None:
    midnight = datetime(2026, 9, 30, 16, tzinfo=UTC)
    away = Away(midnight - timedelta(hours=3), midnight + timedelta(hours=2))
    october, september = record(NOON - timedelta(days=30), [away], NOON, SHANGHAI).months
    assert (october.month, october.away_s, october.failures) == ("2026-10", 7200, 0)
    assert (september.month, september.away_s, september.failures) == ("2026-09", 3 * 3600, 1)
    assert october.share == pytest.approx(1 - 2 / (10.5 * 24))
    assert not october.meets_target


def test_time_between_failures_is_up_time_and_time_to_repair_leaves_out_what_still_lasts() -> None:
    aways = [Away(NOON - timedelta(hours=50), NOON - timedelta(hours=48)), Away(NOON - timedelta(hours=8), None)]
    found = record(NOON - timedelta(hours=100), aways, NOON, SHANGHAI)
    assert found.failures == 2
    assert found.mtbf_s == 45 * 3600
    assert found.mttr_s == 2 * 3600


def test_a_device_without_a_failure_met_its_target_and_tells_no_times() -> None:
    found = record(NOON - timedelta(days=3), (), NOON, SHANGHAI)
    assert [(month.share, month.meets_target) for month in found.months] == [(1.0, True)]
    assert (found.mtbf_s, found.mttr_s) == (None, None)


def test_the_record_is_read_from_the_stored_outages(rig: Rig) -> None:
    rig.handle(rig.reading("co2-101"))
    first = rig.clock.now()
    rig.wait(400)
    rig.handle(rig.reading("co2-101"))
    rig.wait(200, "co2-101")
    with db.read(rig.engine) as conn:
        found = record_of(conn, SCHOOL, "co2-101", rig.clock.now(), SHANGHAI)
        with pytest.raises(NotFound, match="no-such"):
            record_of(conn, SCHOOL, "no-such", rig.clock.now(), SHANGHAI)
    assert found.failures == 1
    assert found.mttr_s == 400
    assert found.mtbf_s == (rig.clock.now() - first).total_seconds() - 400
