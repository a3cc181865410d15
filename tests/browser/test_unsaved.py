"""A teacher with a poor network: nothing is lost, nothing is saved twice, nobody else's word is written over."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect

from alerts.incidents.tables import muster_steps
from attendance.register import corrections
from attendance.register.tables import marks, roll, sessions
from campus import db
from tests.browser.conftest import Console, Visitor

Visit = Callable[..., Visitor]

WRITES = "**/api/v1/**/correction"


def away(visitor: Visitor) -> None:
    visitor.context.set_offline(True)


def back(visitor: Visitor) -> None:
    visitor.context.set_offline(False)


def forgive(visitor: Visitor) -> None:
    """The browser's own words about a network that we took away."""
    visitor.wrong.clear()


def first_case(page: Page) -> tuple[str, str]:
    """The student on top, by id and name."""
    case = page.locator("#cases > li").first
    return str(case.get_attribute("data-key")), case.locator("[data-slot=name]").inner_text()


def words_about(console: Console, student: str) -> list[str]:
    """The statuses that people gave a student, in order."""
    with db.read(console.play.engine) as conn:
        query = sa.select(marks.c.status).where(marks.c.student == student, marks.c.why == "corrected")
        return list(conn.execute(query.order_by(marks.c.number)).scalars())


def test_a_touch_without_a_network_is_kept_over_a_reload_and_saved_once_when_it_is_back(
    visit: Visit, console: Console
) -> None:
    visitor = visit("phone")
    page = visitor.sign_in("teacher")
    student, name = first_case(page)
    away(visitor)
    page.locator("#cases > li").first.get_by_role("button", name="人在教室").click()
    expect(page.locator("#unsaved")).to_contain_text("1 项尚未保存")
    expect(page.locator(f"#faces li[data-key='{student}']")).to_contain_text("尚未保存")
    assert visitor.overflow() <= 0
    kept = page.evaluate("localStorage.getItem('unsaved')")
    assert student in kept
    assert name not in kept
    page.route(WRITES, lambda route: route.abort())  # the page can be had again, and nothing be saved yet
    back(visitor)
    page.reload()
    expect(page.locator("#unsaved")).to_contain_text("1 项尚未保存")
    expect(page.locator(f"#faces li[data-key='{student}']")).to_contain_text("尚未保存")
    assert words_about(console, student) == []
    page.unroute(WRITES)
    page.locator("#unsaved-now").click()
    expect(page.locator("#unsaved")).to_be_hidden()
    expect(page.locator("#toasts")).to_contain_text("已全部保存")
    assert words_about(console, student) == ["present"]
    assert page.evaluate("localStorage.getItem('unsaved')") is None
    forgive(visitor)


def test_an_answer_that_was_lost_on_its_way_is_no_second_mark(visit: Visit, console: Console) -> None:
    visitor = visit("phone")
    page = visitor.sign_in("teacher")
    student, _ = first_case(page)

    def deliver_and_lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(WRITES, deliver_and_lose, times=1)
    page.locator("#cases > li").first.get_by_role("button", name="人在教室").click()
    expect(page.locator("#unsaved")).to_be_visible()
    page.locator("#unsaved-now").click()
    expect(page.locator("#unsaved")).to_be_hidden()
    assert words_about(console, student) == ["present"]
    forgive(visitor)


@pytest.mark.parametrize("insists", [False, True])
def test_what_somebody_else_said_meanwhile_stands_until_the_teacher_settles_it(
    visit: Visit, console: Console, insists: bool
) -> None:
    visitor = visit("phone")
    page = visitor.sign_in("teacher")
    student, name = first_case(page)
    away(visitor)
    page.locator("#cases > li").first.get_by_role("button", name="人在教室").click()
    console.play.clock.advance(timedelta(minutes=5))
    with db.write(console.play.engine) as conn:
        here = sa.select(roll.c.session).where(roll.c.student == student)
        session = conn.execute(
            sa.select(sessions.c.id).where(sessions.c.kind == "arrival", sessions.c.id.in_(here))
        ).scalar_one()
        corrections.correct(conn, session, student, "absent", "家长来电", "office", console.play.clock.now())
    back(visitor)
    told = page.locator("#overtaken > li")
    expect(told).to_contain_text(name)
    expect(told).to_contain_text("缺勤")
    assert words_about(console, student) == ["absent"]
    assert visitor.overflow() <= 0
    told.get_by_role("button", name="仍按我的" if insists else "保留对方的").click()
    expect(page.locator("#unsaved")).to_be_hidden()
    expect(page.locator(f"li[data-key='{student}']")).not_to_contain_text("尚未保存")
    assert words_about(console, student) == (["absent", "present"] if insists else ["absent"])
    forgive(visitor)


def test_signing_out_with_unsaved_words_asks_once_and_leaves_nothing_behind(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("teacher")
    page.route(WRITES, lambda route: route.abort())
    page.locator("#cases > li").first.get_by_role("button", name="人在教室").click()
    expect(page.locator("#unsaved")).to_be_visible()
    leave = page.get_by_role("button", name="退出")
    leave.click()
    expect(page.locator("#toasts")).to_contain_text("1 项尚未保存")
    leave.click()
    page.wait_for_url("**/sign-in*")
    assert page.evaluate("localStorage.getItem('unsaved')") is None
    forgive(visitor)


def test_ticks_at_the_assembly_point_reach_the_guard_when_the_network_is_back(visit: Visit, console: Console) -> None:
    guard, teacher = visit(), visit("phone")
    desk, phone = guard.sign_in("guard"), teacher.sign_in("teacher")
    desk.goto(f"{console.url}/muster")
    desk.locator("#begin button[value=evacuation]").click()
    desk.locator("#begin-box button.primary").click()
    phone.goto(f"{console.url}/muster")
    pupils = phone.locator(".pupils > li")
    expect(pupils.first).to_be_visible()
    everybody = pupils.count()
    away(teacher)
    pupils.first.locator("button[data-state=missing]").click()
    phone.locator("[data-rest]").click()
    expect(phone.locator("#unsaved")).to_contain_text("2 项尚未保存")
    expect(phone.locator(".pupils > li.unsaved")).to_have_count(everybody)
    assert teacher.overflow() <= 0
    back(teacher)
    expect(phone.locator("#unsaved")).to_be_hidden()
    expect(phone.locator(".pupils > li.unsaved")).to_have_count(0)
    with db.read(console.play.engine) as conn:
        steps = conn.execute(sa.select(muster_steps.c.new, sa.func.count()).group_by(muster_steps.c.new)).all()
    assert dict(map(tuple, steps)) == {"missing": 1, "seen": everybody - 1}
    expect(desk.locator("#accounted")).to_have_text(str(everybody - 1))
    forgive(teacher)


def test_what_went_wrong_in_a_dialogue_is_told_over_it_and_stays_when_it_closes(visit: Visit) -> None:
    visitor = visit("phone")
    page = visitor.sign_in("teacher")
    student, _ = first_case(page)
    page.locator("#cases > li").first.get_by_role("button", name="人在教室").click()
    page.locator(f"#faces li[data-key='{student}'] button").click()
    page.route("**/undo", lambda route: route.abort())
    page.locator("#pupil-undo").click()
    told = page.locator(".toast-bad")
    expect(told).to_contain_text("无法连接到平台")
    assert told.evaluate(
        "toast => { const at = toast.getBoundingClientRect();"
        " return toast.contains(document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2)); }"
    )
    page.locator("#pupil-close").click()
    told.get_by_role("button").click()
    expect(told).to_have_count(0)
    forgive(visitor)
