"""Each person's main path in a real browser: sign in, see the first screen, do the one thing that matters."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from attendance.register.tables import roll
from campus import db
from campus.clock import to_ms
from campus.events import GatePass, SensorAlarm, Status
from dashboards.access.roles import HOME
from dashboards.tables import accounts
from tests.browser.conftest import SIZES, Console, Language, Visitor
from tests.dashboards.console_seed import PASSWORD

pytestmark = pytest.mark.browser
Visit = Callable[..., Visitor]
FIRST_SCREEN = {role: page for role, page in HOME.items() if page}
LANGUAGES: tuple[Language, ...] = ("zh", "en")
# A word of each first screen in both languages.
SAYS = {
    "guard": ("当前告警", "Open alarms"),
    "teacher": ("需要您核实", "Needs you"),
    "office": ("等您处理", "Waits for you"),
    "doctor": ("需要随访", "To follow up"),
    "facility": ("今天需要处理", "Needs a person today"),
    "head": ("各班到校", "Arrival by class"),
    "bureau": ("各班到校", "Arrival by class"),
    "admin": ("无法使用的消息", "Messages that could not be used"),
}


@pytest.mark.parametrize("role", FIRST_SCREEN)
def test_each_role_signs_in_to_its_first_screen(look: Visit, role: str) -> None:
    visitor = look()
    page = visitor.fill_in(role)
    assert f"/{FIRST_SCREEN[role]}" in page.url
    for language in LANGUAGES:
        visitor.turn_to(language)
        expect(page.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[language])
        for size in SIZES:
            visitor.resize(size)
            expect(page.get_by_text(SAYS[role][language == "en"], exact=True).first).to_be_visible()
            assert visitor.overflow() <= 0, (language, size)


def test_an_alarm_arrives_without_reload_and_is_dealt_with(visit: Visit, console: Console) -> None:
    page = visit().sign_in("guard")
    fire = page.locator("#alarms").get_by_text("烟雾", exact=False)
    expect(fire).to_have_count(0)
    console.play.say("smoke-library", SensorAlarm(kind="smoke", active=True))
    expect(fire.first).to_be_visible()
    fire.first.click()
    expect(page.locator("#d-runbook li").first).to_be_visible()
    expect(page.locator("#d-muster")).to_be_visible()  # a fire is one click from the muster
    expect(page.locator("#d-who")).to_have_class("nobody")
    page.keyboard.press("Escape")
    page.locator("body").press("a")
    expect(page.locator("#d-who")).to_contain_text("王建国")
    page.locator("body").press("r")
    page.locator("#resolve-box").get_by_text("演练").click()
    page.locator("#resolve-text").fill("消防演练")
    page.locator("#resolve-box button.primary").click()
    expect(page.locator("#closed")).to_contain_text("演练")
    expect(fire).to_have_count(0)


def test_two_guards_see_who_is_on_it(visit: Visit) -> None:
    first, second = visit().sign_in("guard"), visit().sign_in("guard", "en")
    hottest = first.locator("#alarms > li").first
    hottest.click()
    first.locator("#acts [data-act=acknowledge]").click()
    expect(second.locator("#alarms")).to_contain_text("王建国 is on it")


def test_an_alarm_is_given_to_somebody_with_a_word(visit: Visit) -> None:
    page = visit().sign_in("guard")
    page.locator("#alarms > li").first.click()
    page.locator("#acts [data-act=acknowledge]").click()
    expect(page.locator("#d-who")).to_contain_text("王建国")
    page.locator("#acts [data-act=assign]").click()
    page.locator("#hand-text").fill("东门读卡器不稳")
    page.locator("#hand-box button.primary").click()
    expect(page.locator("#d-steps")).to_contain_text("东门读卡器不稳")


def test_a_device_under_maintenance_says_so_until_it_is_put_back(visit: Visit) -> None:
    page = visit().sign_in("facility", "en")
    page.locator("#rows button").first.click()
    expect(page.locator("#upkeep-now")).to_contain_text("No maintenance window")
    page.locator("#upkeep-begin").click()
    page.locator("#upkeep-reason").fill("new reader")
    page.locator("#upkeep-box button.primary").click()
    expect(page.locator("#upkeep-now")).to_contain_text("new reader")
    page.locator("#upkeep-end").click()
    expect(page.locator("#upkeep-begin")).to_be_visible()


def test_the_screen_on_the_wall_shows_no_case_and_has_nothing_to_press(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("guard")
    page.goto(page.url.split("/console")[0] + "/console?wall=1")
    expect(page.locator("#alarms > li").first).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    expect(page.locator("button:visible:not(.alarm):not(#arm):not(.floors button)")).to_have_count(0)
    page.locator("body").press("a")  # no key deals with an alarm either
    expect(page.locator("#alarms")).not_to_contain_text("王建国")
    assert visitor.overflow() <= 0


def test_the_intruder_is_seen_on_the_still(visit: Visit) -> None:
    page = visit().sign_in("guard")
    page.locator("#alarms").get_by_text("禁区有人", exact=False).first.click()
    picture = page.locator("#d-stills img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_the_console_says_when_it_lost_the_platform(visit: Visit) -> None:
    visitor = visit()
    page = visitor.sign_in("guard")
    visitor.context.set_offline(True)
    page.locator("#lost").wait_for(state="visible")
    expect(page.locator("#lost")).to_contain_text("连接已断开")
    visitor.context.set_offline(False)
    page.locator("#lost").wait_for(state="hidden")
    visitor.wrong.clear()  # the browser's own words about the network we took away


def test_the_roll_fills_itself_in_and_one_touch_corrects_it(visit: Visit, console: Console) -> None:
    page = visit("phone").sign_in("teacher")
    cases = page.locator("#cases > li")
    expect(cases.first).to_be_visible()
    before = cases.count()
    name = cases.first.locator("[data-slot=name]").inner_text()
    cases.first.get_by_role("button", name="人在教室").click()
    expect(page.locator("#toasts")).to_contain_text(name)
    expect(cases).to_have_count(before - 1)
    expect(page.locator("#faces")).to_contain_text(name)
    page.locator("#toasts").get_by_role("button", name="撤销").click()
    expect(cases).to_have_count(before)


def test_a_student_who_comes_late_appears_on_the_open_roll(visit: Visit, console: Console) -> None:
    page = visit().sign_in("teacher")
    key = page.locator("#cases > li").first.get_attribute("data-key")
    credential = credential_of(console, str(key))
    console.play.say("gate-1", GatePass(credential=credential, direction="in"))
    expect(page.locator(f"#cases > li[data-key='{key}']")).to_have_count(0)
    expect(page.locator(f"#faces > li[data-key='{key}']")).to_be_visible()


def credential_of(console: Console, student: str) -> str:
    from simulator.school.school import build_school
    from tests.dashboards.console_seed import DAY, SCHOOL

    grown = build_school(7, b"k" * 16, DAY, SCHOOL)
    return next(one.credential for one in grown.students if one.id == student)


def test_a_device_that_goes_away_moves_to_the_top_by_itself(visit: Visit, console: Console) -> None:
    page = visit().sign_in("facility")
    row = page.locator("#needs > li[data-key='gate-3']")
    expect(row).to_have_count(0)
    console.play.say("gate-3", Status(state="offline", ts=to_ms(console.play.clock.now()), boot="b1"))
    console.play.clock.advance(timedelta(seconds=60))
    console.play.tick()
    expect(row).to_be_visible()
    row.locator("button").click()
    expect(page.locator("#file-title")).to_be_visible()
    expect(page.locator("#f-moves li").first).to_be_visible()


def test_a_sensor_shows_its_readings_as_a_chart(visit: Visit) -> None:
    page = visit().sign_in("facility")
    page.fill("#search", "env-a-202")
    page.locator("#rows button").first.click()
    expect(page.locator("#f-charts svg path.line").first).to_be_visible()
    expect(page.locator("#f-charts")).to_contain_text("ppm")


def test_a_person_chooses_language_and_light_and_they_stay(visit: Visit) -> None:
    page = visit().sign_in("guard")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    for choice in ("theme", "language"):
        with page.expect_navigation():
            page.locator(f"button[name={choice}]").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_an_account_that_is_disabled_is_out_at_once(visit: Visit) -> None:
    guard = visit().sign_in("guard")
    admin = visit().sign_in("admin")
    row = admin.locator("#accounts tr", has_text="guard")
    row.get_by_role("button", name="停用").click()
    expect(row).to_contain_text("已停用")
    guard.wait_for_url("**/sign-in**")
    admin.fill("#log-filter [name=login]", "guard")
    admin.select_option("#log-filter [name=action]", "sign_in.password")
    admin.locator("#log-filter button.primary").click()
    expect(admin.locator("#access tr")).to_have_text([re.compile("guard.*用密码登录")])  # what the form asks for alone


def test_a_page_is_another_one_as_soon_as_its_person_has_another_role(visit: Visit, console: Console) -> None:
    visitor = visit()
    page = visitor.sign_in("guard")
    page.goto(f"{console.url}/devices")
    firmware = page.locator("nav a[href='/firmware']")
    page.locator("#live-state[data-state=live]").wait_for()
    expect(firmware).to_have_count(0)
    with db.write(console.play.engine) as conn:
        conn.execute(accounts.update().where(accounts.c.login == "guard").values(role="facility"))
    expect(firmware).not_to_have_count(0)


def test_a_wrong_password_is_told_kindly_and_a_stranger_sees_nothing(visit: Visit, console: Console) -> None:
    visitor = visit()
    page = visitor.page
    page.goto(f"{console.url}/console")
    assert "/sign-in" in page.url
    page.fill("#login", "guard")
    page.fill("#password", "not it")
    page.locator("form[action='/sign-in'] button").click()
    expect(page.get_by_role("alert").first).to_contain_text("不正确")
    visitor.wrong.clear()  # Chromium notes the 401 of the answer itself


def test_a_drill_is_mustered_by_two_people_at_once(visit: Visit, console: Console) -> None:
    guard, teacher = visit(), visit("phone")
    desk, phone = guard.sign_in("guard"), teacher.sign_in("teacher", "en")
    phone.goto(f"{console.url}/muster")
    expect(phone.locator("#calm")).to_contain_text("appears here by itself")
    desk.goto(f"{console.url}/muster")
    desk.locator("#begin button[value=evacuation]").click()
    desk.locator("#begin-box button.primary").click()
    expect(desk.locator("#head")).to_contain_text("演练")
    pupils = phone.locator(".pupils > li")
    expect(pupils.first).to_be_visible()  # by itself, on the teacher's phone
    assert teacher.overflow() <= 0
    pupils.first.locator("button[data-state=missing]").click()
    expect(desk.locator("#missing")).to_contain_text("1")
    phone.locator("[data-rest]").click()
    expect(phone.locator(".class-count")).to_contain_text(f"{pupils.count() - 1} / {pupils.count()}")
    expect(desk.locator("#accounted")).to_have_text(str(pupils.count() - 1))
    desk.locator("#all-clear").click()
    desk.locator("#end-note").fill("第一次演练")
    desk.locator("#end-box button.primary").click()
    expect(desk.locator("#past")).to_contain_text("第一次演练")
    desk.locator("#past [data-open]").first.click()
    expect(desk.locator("#past")).to_contain_text("最慢")
    expect(phone.locator("#calm")).to_be_visible()


def test_an_administrator_makes_an_account_and_its_person_chooses_a_password(visit: Visit, console: Console) -> None:
    admin = visit().sign_in("admin")
    admin.locator("#new-account").click()
    admin.fill("#new-login", "zhang.san")
    admin.fill("#new-name", "张三")
    admin.select_option("#new-role", "teacher")
    expect(admin.locator("#new-teacher")).to_be_visible()
    admin.locator("#new-box button.primary").click()
    expect(admin.locator("#given")).not_to_be_empty()
    first = admin.locator("#given").inner_text()
    assert len(first) == 14
    admin.locator("#given-box [data-close]").click()
    expect(admin.locator("#accounts")).to_contain_text("张三")

    visitor = visit("phone")
    page = visitor.page
    page.goto(console.url)
    page.fill("#login", "zhang.san")
    page.fill("#password", first)
    page.locator("form[action='/sign-in'] button").click()
    expect(page.get_by_role("alert")).to_contain_text("初始密码")
    page.fill("#current", first)
    page.fill("#new", "my own pass phrase")
    page.locator("form[action='/me/password'] button").click()
    expect(page.get_by_role("status").first).to_contain_text("密码已更改")
    assert visitor.overflow() <= 0
    page.goto(console.url)
    assert "/roll" in page.url
    expect(page.get_by_role("heading", name="您名下还没有班级")).to_be_visible()  # the page says what to do


def test_the_second_factor_is_set_up_with_a_phone(visit: Visit, console: Console) -> None:
    visitor = visit()
    page = visitor.sign_in("facility")
    page.locator("a.who-name").click()
    page.locator(".own details summary").click()
    expect(page.locator(".qr svg")).to_be_visible()
    secret = page.locator("input[name=secret]").get_attribute("value")
    page.fill("#code", pyotp.TOTP(str(secret)).now())
    page.locator("form[action='/me/second-factor'] button").click()
    expect(page.get_by_text("两步验证已启用")).to_be_visible()
    page.locator("form[action='/sign-out'] button").click()
    page.fill("#login", "facility")
    page.fill("#password", PASSWORD)
    page.locator("form[action='/sign-in'] button").click()
    expect(page.locator("form[action='/sign-in/code']").first).to_be_visible()


def test_an_open_roll_does_not_say_that_everybody_is_accounted_for(visit: Visit, console: Console) -> None:
    with db.write(console.play.engine) as conn:  # as at seven in the morning: nobody has come, nobody is missed yet
        conn.execute(roll.delete())
    page = visit("phone").sign_in("teacher")
    expect(page.locator("#no-cases-note")).to_contain_text("人待定")
