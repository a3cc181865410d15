"""Leave and illness on open pages: what others do is there without a reload, and nothing moves under a hand."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from attendance.leave import follow_ups, requests
from attendance.leave.requests import Wish
from attendance.tables import students
from campus import db
from tests.browser.conftest import Console, Visitor
from tests.dashboards.console_seed import FOREIGN_CLASS, OWN_CLASS, SCHOOL, ZONE

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
Pupil = tuple[str, str]  # id and name


def pupils_of(console: Console, class_id: str) -> Sequence[Pupil]:
    query = sa.select(students.c.id, students.c.name).where(students.c.class_id == class_id).order_by(students.c.id)
    with db.read(console.play.engine) as conn:
        return [(row.id, row.name) for row in conn.execute(query)]


def hand_in(console: Console, pupil: Pupil) -> str:
    """Somebody asks for leave: ill from now to the evening."""
    now = console.play.clock.now()
    wish = Wish(student=pupil[0], starts=now, ends=now + timedelta(hours=8), kind="sick", symptom="fever")
    with db.write(console.play.engine) as conn:
        return requests.ask(conn, SCHOOL, wish, "guardian:office", now).id


def approve(console: Console, id_: str) -> None:
    now = console.play.clock.now()
    with db.write(console.play.engine) as conn:
        requests.approve(conn, id_, "office", now, ZONE)
        follow_ups.watch(conn, SCHOOL, now, ZONE)


def leave_page(visitor: Visitor, login: str, class_id: str = OWN_CLASS) -> Page:
    page = visitor.sign_in(login, "en")
    page.goto(f"{visitor.url}/leave/{class_id}")
    visitor.arrive()
    return page


def test_a_request_and_its_decision_reach_the_open_page(visit: Visit, console: Console) -> None:
    teacher, office = leave_page(visit("phone"), "teacher"), leave_page(visit(), "office", FOREIGN_CLASS)
    pupil = pupils_of(console, OWN_CLASS)[4]
    asked = hand_in(console, pupil)
    expect(teacher.locator("#waits")).to_contain_text(pupil[1])
    expect(office.locator(f"[data-waits='{OWN_CLASS}']")).to_have_text("(1)")  # of another class: how many wait
    approve(console, asked)
    expect(teacher.locator("#runs")).to_contain_text(pupil[1])
    expect(teacher.locator("#waits > li")).to_have_count(0)
    expect(office.locator(f"[data-waits='{OWN_CLASS}']")).to_have_text("")


def test_what_the_doctor_is_asked_and_closes_reaches_both_open_pages(visit: Visit, console: Console) -> None:
    teacher, doctor = leave_page(visit(), "teacher"), visit().sign_in("doctor", "en")
    ill = pupils_of(console, OWN_CLASS)[3:6]
    for pupil in ill:
        approve(console, hand_in(console, pupil))
    case = doctor.locator("#open > li")
    for _, name in ill:
        expect(case).to_contain_text(name)
    expect(teacher.locator("#told li")).to_have_count(1)
    case.locator("input").fill("Room aired")
    case.get_by_role("button", name="Write down and close").click()
    expect(doctor.locator("#no-open")).to_be_visible()
    expect(teacher.locator("#told li")).to_have_count(0)


def test_leave_that_is_over_by_the_clock_leaves_the_open_page(visit: Visit, console: Console) -> None:
    pupil = pupils_of(console, OWN_CLASS)[4]
    approve(console, hand_in(console, pupil))
    page = leave_page(visit(), "teacher")
    expect(page.locator("#runs")).to_contain_text(pupil[1])
    console.play.clock.advance(timedelta(hours=9))
    expect(page.locator("#runs > li")).to_have_count(0)  # told with the next beat of the stream


def test_nothing_moves_under_the_pointer_until_it_is_asked_for(visit: Visit, console: Console) -> None:
    first, second = pupils_of(console, OWN_CLASS)[4:6]
    asked = hand_in(console, first)
    page = leave_page(visit(), "teacher")
    card = page.locator("#waits > li")
    expect(card).to_have_count(1)
    button = card.get_by_text("Approve", exact=True)
    button.hover()
    approve(console, asked)
    hand_in(console, second)
    expect(page.locator("#held")).to_be_visible()
    expect(button).to_be_visible()
    expect(card).to_contain_text(first[1])
    page.locator("#held").click()
    expect(page.locator("#waits")).to_contain_text(second[1])
    expect(page.locator("#runs")).to_contain_text(first[1])
    expect(page.locator("#held")).to_be_hidden()
