"""The page behind a link: opening it does nothing, the form does, and nothing leaks."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from console_seed import SCHOOL
from fastapi import FastAPI
from fastapi.testclient import TestClient

from alerts.tables import alarms
from alerts.telling.ack_links import Links
from campus import db
from campus.clock import VirtualClock
from tests.dashboards.conftest import BASE


@pytest.fixture
def phone(app: FastAPI) -> Iterator[TestClient]:
    """Somebody who is not signed in."""
    with TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False) as client:
        yield client


@pytest.fixture
def path(seeded: sa.Engine, noon: VirtualClock) -> str:
    """A link to the panic button's alarm."""
    with db.write(seeded) as conn:
        query = sa.select(alarms.c.id).where(alarms.c.school == SCHOOL, alarms.c.rule == "panic")
        alarm_id = conn.execute(query).scalar_one()
        url = Links(BASE, timedelta(minutes=60)).make(conn, alarm_id, "duty-sms", noon.now())
    return url.removeprefix(BASE)


def state(engine: sa.Engine) -> str:
    with db.read(engine) as conn:
        query = sa.select(alarms.c.state).where(alarms.c.school == SCHOOL, alarms.c.rule == "panic")
        return str(conn.execute(query).scalar_one())


def test_opening_shows_the_alarm_and_acknowledges_nothing(phone: TestClient, path: str, seeded: sa.Engine) -> None:
    page = phone.get(path)
    assert page.status_code == 200
    assert "紧急求助按钮" in page.text
    assert state(seeded) == "unacknowledged"


def test_the_form_acknowledges_and_a_second_time_says_so(phone: TestClient, path: str, seeded: sa.Engine) -> None:
    assert "已确认" in phone.post(path, data={"name": "李强"}).text
    assert state(seeded) == "acknowledged"
    again = phone.post(path, data={"name": "别人"})
    assert "已经使用过" in again.text
    assert "李强" not in again.text


def test_a_page_of_another_site_cannot_press_the_button(phone: TestClient, path: str, seeded: sa.Engine) -> None:
    answer = phone.post(path, data={"name": "x"}, headers={"Origin": "https://evil.test"})
    assert answer.status_code == 403
    assert state(seeded) == "unacknowledged"


def test_without_a_name_the_form_comes_again(phone: TestClient, path: str, seeded: sa.Engine) -> None:
    answer = phone.post(path, data={"name": " "})
    assert answer.status_code == 422
    assert "请填写姓名" in answer.text
    assert state(seeded) == "unacknowledged"


def test_an_expired_and_an_unknown_link_show_no_alarm(phone: TestClient, path: str, noon: VirtualClock) -> None:
    noon.advance(timedelta(hours=2))
    assert (phone.get(path).status_code, phone.get("/ack/nothing").status_code) == (410, 404)
    for one in (path, "/ack/nothing"):
        assert "紧急求助按钮" not in phone.get(one).text


def test_it_is_kept_by_nobody_and_found_by_nobody(phone: TestClient, path: str) -> None:
    headers = phone.get(path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert "noindex" in headers["x-robots-tag"]
    phone.cookies.set("campus_language", "en")
    assert "Opening this page does not acknowledge" in phone.get(path).text
