"""Every route and every role: who gets in is a table, and a route that is not in it fails the test."""

from collections.abc import Iterable, Iterator

import pytest
import sqlalchemy as sa
from console_seed import FOREIGN_CLASS, OWN_CLASS, SCHOOL
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount, Route

from alerts.tables import alarms
from attendance.register.tables import roll, sessions
from attendance.tables import students
from dashboards.access.roles import RIGHTS, ROLES, Right, Role
from dashboards.tables import accounts
from tests.dashboards.conftest import BASE, SignIn

API = "/api/v1"
# What a route takes: a right, "person" (whoever is signed in) or "anyone".
TABLE: dict[tuple[str, str], Right | str] = {
    ("GET", "/"): "person",
    ("GET", "/sign-in"): "anyone",
    ("POST", "/sign-in"): "anyone",
    ("GET", "/sign-in/sso"): "anyone",
    ("GET", "/sign-in/sso/callback"): "anyone",
    ("GET", "/sign-in/code"): "anyone",
    ("POST", "/sign-in/code"): "anyone",
    ("POST", "/sign-out"): "anyone",
    ("GET", "/ack/{token}"): "anyone",
    ("POST", "/ack/{token}"): "anyone",
    ("GET", "/me"): "person",
    ("GET", "/help"): "person",
    ("GET", "/roster"): "roster.import",
    ("POST", f"{API}/roster/dry-run"): "roster.import",
    ("POST", f"{API}/roster/import"): "roster.import",
    ("GET", f"{API}/roster/progress"): "roster.import",
    ("GET", "/plan"): "plan.draw",
    ("GET", f"{API}/plan/drawings/{{floor}}"): "devices.read",
    ("POST", f"{API}/plan/drawings/{{floor}}"): "plan.draw",
    ("POST", f"{API}/plan/drawings/{{floor}}/remove"): "plan.draw",
    ("POST", f"{API}/plan/devices/{{device}}"): "plan.draw",
    ("POST", f"{API}/plan/places/{{place}}"): "plan.draw",
    ("GET", "/telling"): "platform.read",
    ("GET", f"{API}/shifts"): "platform.read",
    ("POST", f"{API}/shifts"): "platform.read",
    ("POST", f"{API}/shifts/{{shift}}/cancel"): "platform.read",
    ("GET", "/rules"): "rules.change",
    ("GET", f"{API}/rules"): "rules.change",
    ("POST", f"{API}/rules"): "rules.change",
    ("GET", f"{API}/rules/schema"): "rules.change",
    ("POST", f"{API}/rules/check"): "rules.change",
    ("GET", f"{API}/rules/replay"): "rules.change",
    ("POST", f"{API}/rules/replay"): "rules.change",
    ("POST", f"{API}/rules/replay/stop"): "rules.change",
    ("GET", f"{API}/rules/revisions/{{number}}"): "rules.change",
    ("GET", "/routes"): "rules.change",
    ("GET", f"{API}/routes"): "rules.change",
    ("POST", f"{API}/routes"): "rules.change",
    ("GET", f"{API}/routes/table"): "rules.change",
    ("GET", f"{API}/routes/schema"): "rules.change",
    ("POST", f"{API}/routes/check"): "rules.change",
    ("POST", f"{API}/routes/trial"): "rules.change",
    ("GET", f"{API}/routes/revisions/{{number}}"): "rules.change",
    ("GET", "/help/{page}"): "person",
    ("GET", "/help/guide/{name}"): "person",
    ("POST", "/me/password"): "person",
    ("POST", "/me/recovery-codes"): "person",
    ("POST", "/me/second-factor"): "person",
    ("POST", "/me/second-factor/remove"): "person",
    ("POST", "/me/sign-out-elsewhere"): "person",
    ("POST", "/preferences"): "anyone",
    ("GET", "/healthz"): "anyone",
    ("GET", "/metrics"): "anyone",
    ("GET", "/console"): "alarms.read",
    ("GET", "/load"): "alarms.read",
    ("GET", "/roll"): "roll.read",
    ("GET", "/roll/{class_id}"): "roll.read",
    ("GET", "/students/{student}"): "roll.read",
    ("GET", "/warnings"): "roll.read",
    ("GET", "/warnings/{class_id}"): "roll.read",
    ("GET", "/leave"): "leave.read",
    ("GET", "/leave/{class_id}"): "leave.read",
    ("GET", "/guardians"): "guardians.read",
    ("GET", "/guardians/{class_id}"): "guardians.read",
    ("GET", "/illness"): "illness.follow",
    ("GET", "/muster"): "muster.read",
    ("GET", "/devices"): "devices.read",
    ("GET", "/devices/{device}"): "devices.read",
    ("GET", "/coverage"): "devices.read",
    ("GET", f"{API}/coverage"): "devices.read",
    ("GET", "/overview"): "overview.read",
    ("GET", "/admin"): "platform.read",
    ("GET", "/enrolment"): "devices.trust",
    ("GET", "/enrol"): "anyone",
    ("POST", f"{API}/enrolment"): "anyone",
    ("POST", f"{API}/enrolment/renew"): "anyone",
    ("GET", f"{API}/enrolment/authority"): "anyone",
    ("GET", f"{API}/trust"): "devices.trust",
    ("POST", f"{API}/trust/devices/{{device}}/code"): "devices.trust",
    ("POST", f"{API}/trust/devices/{{device}}/withdraw"): "devices.trust",
    ("POST", f"{API}/trust/devices/{{device}}/revoke"): "devices.trust",
    ("POST", f"{API}/trust/strangers/{{device}}/adopt"): "devices.trust",
    ("POST", f"{API}/trust/strangers/{{device}}/block"): "devices.trust",
    ("GET", f"{API}/openapi.json"): "anyone",
    ("GET", f"{API}/me"): "person",
    ("PATCH", f"{API}/me"): "person",
    ("GET", f"{API}/me/views/{{page}}"): "person",
    ("POST", f"{API}/me/views"): "person",
    ("POST", f"{API}/me/views/{{view_id}}/remove"): "person",
    ("GET", f"{API}/alarms"): "alarms.read",
    ("GET", f"{API}/alarm-load"): "alarms.read",
    ("GET", f"{API}/channels"): "platform.read",
    ("GET", f"{API}/platform/retention"): "platform.read",
    ("GET", f"{API}/platform/health"): "platform.read",
    ("GET", f"{API}/roster/imports"): "platform.read",
    ("POST", f"{API}/channels/{{name}}/test"): "platform.read",
    ("GET", f"{API}/alarms/history"): "alarms.read",
    ("GET", f"{API}/alarms/takers"): "alarms.act",
    ("POST", f"{API}/alarms/hand-over"): "alarms.act",
    ("POST", f"{API}/alarms/{{alarm_id}}/assign"): "alarms.act",
    ("GET", f"{API}/alarms/{{alarm_id}}"): "alarms.read",
    ("GET", f"{API}/alarms/{{alarm_id}}/still"): "alarms.read",
    ("GET", f"{API}/alarms/{{alarm_id}}/bundle"): "alarms.act",
    ("POST", f"{API}/alarms/{{alarm_id}}/acknowledge"): "alarms.act",
    ("POST", f"{API}/alarms/{{alarm_id}}/comment"): "alarms.act",
    ("POST", f"{API}/alarms/{{alarm_id}}/resolve"): "alarms.act",
    ("POST", f"{API}/alarms/{{alarm_id}}/shelve"): "alarms.act",
    ("POST", f"{API}/alarms/{{alarm_id}}/unshelve"): "alarms.act",
    ("GET", f"{API}/classes"): "roll.read",
    ("GET", f"{API}/classes/{{class_id}}/roll"): "roll.read",
    ("POST", f"{API}/sessions/{{session}}/students/{{student}}/correction"): "roll.correct",
    ("POST", f"{API}/sessions/{{session}}/students/{{student}}/undo"): "roll.correct",
    ("POST", f"{API}/sessions/{{session}}/corrections"): "roll.correct",
    ("POST", f"{API}/sessions/{{session}}/undo"): "roll.correct",
    ("GET", f"{API}/sessions/{{session}}/students/{{student}}/history"): "roll.read",
    ("GET", f"{API}/students/{{student}}"): "roll.read",
    ("GET", f"{API}/students/{{student}}/attendance"): "roll.read",
    ("GET", f"{API}/classes/{{class_id}}/warnings"): "roll.read",
    ("GET", f"{API}/students/{{student}}/report"): "roll.read",
    ("GET", f"{API}/classes/{{class_id}}/report"): "roll.read",
    ("GET", f"{API}/attendance-report"): "overview.read",
    ("GET", f"{API}/classes/{{class_id}}/leave"): "leave.read",
    ("GET", f"{API}/classes/{{class_id}}/guardians"): "guardians.read",
    ("POST", f"{API}/guardians"): "guardians.edit",
    ("POST", f"{API}/guardians/{{guardian}}"): "guardians.edit",
    ("POST", f"{API}/guardians/{{guardian}}/remove"): "guardians.edit",
    ("POST", f"{API}/guardian-sheet/dry-run"): "guardians.edit",
    ("POST", f"{API}/guardian-sheet/import"): "guardians.edit",
    ("POST", f"{API}/leave"): "leave.decide",
    ("POST", f"{API}/leave/{{request_id}}/{{decision}}"): "leave.decide",
    ("GET", f"{API}/illness"): "illness.follow",
    ("POST", f"{API}/illness/{{follow_up}}"): "illness.follow",
    ("GET", f"{API}/muster"): "muster.read",
    ("POST", f"{API}/incidents"): "muster.lead",
    ("POST", f"{API}/incidents/{{incident_id}}/tick"): "muster.read",
    ("POST", f"{API}/incidents/{{incident_id}}/end"): "muster.lead",
    ("GET", f"{API}/incidents/{{incident_id}}/figures"): "muster.lead",
    ("GET", f"{API}/incidents/{{incident_id}}/report"): "muster.lead",
    ("GET", f"{API}/maintenance"): "devices.read",
    ("GET", "/maintenance"): "devices.read",
    ("GET", f"{API}/upkeep"): "devices.read",
    ("POST", f"{API}/upkeep/tickets"): "devices.maintain",
    ("GET", f"{API}/upkeep/devices/{{device}}/tickets"): "devices.read",
    ("GET", f"{API}/upkeep/tickets/{{ticket}}"): "devices.read",
    ("POST", f"{API}/upkeep/tickets/{{ticket}}/act/{{act}}"): "devices.maintain",
    ("POST", f"{API}/upkeep/tickets/{{ticket}}/comments"): "devices.maintain",
    ("POST", f"{API}/upkeep/tickets/{{ticket}}/photos"): "devices.maintain",
    ("GET", f"{API}/upkeep/tickets/{{ticket}}/photos/{{comment_id}}"): "devices.read",
    ("POST", f"{API}/upkeep/checks"): "devices.control",
    ("POST", f"{API}/upkeep/checks/{{check}}/done"): "devices.maintain",
    ("POST", f"{API}/upkeep/checks/{{check}}/end"): "devices.control",
    ("POST", f"{API}/upkeep/parts"): "devices.control",
    ("POST", f"{API}/upkeep/parts/{{part}}/move"): "devices.maintain",
    ("POST", f"{API}/maintenance"): "devices.maintain",
    ("POST", f"{API}/maintenance/{{window_id}}/end"): "devices.maintain",
    ("GET", "/roll-outs"): "devices.control",
    ("GET", f"{API}/roll-outs"): "devices.control",
    ("POST", f"{API}/roll-outs/campaigns"): "devices.control",
    ("POST", f"{API}/roll-outs/dry-run"): "devices.control",
    ("POST", f"{API}/roll-outs/campaigns/{{campaign}}/{{act}}"): "devices.control",
    ("GET", "/firmware"): "devices.control",
    ("GET", f"{API}/firmware"): "devices.control",
    ("POST", f"{API}/firmware/files"): "devices.control",
    ("POST", f"{API}/firmware/campaigns"): "devices.control",
    ("POST", f"{API}/firmware/uploads"): "devices.control",
    ("GET", f"{API}/firmware/content/{{sha256}}"): "anyone",
    ("POST", f"{API}/firmware/campaigns/{{campaign}}/{{act}}"): "devices.control",
    ("GET", f"{API}/devices"): "devices.read",
    ("GET", f"{API}/devices/{{device}}/asset"): "devices.read",
    ("PATCH", f"{API}/devices/{{device}}/asset"): "devices.control",
    ("POST", f"{API}/devices/{{device}}/retire"): "devices.control",
    ("POST", f"{API}/devices/{{device}}/documents"): "devices.control",
    ("POST", f"{API}/devices/{{device}}/document-links"): "devices.control",
    ("GET", f"{API}/devices/{{device}}/documents/{{document}}"): "devices.read",
    ("POST", f"{API}/devices/{{device}}/documents/{{document}}/remove"): "devices.control",
    ("GET", f"{API}/device-ledger"): "devices.read",
    ("POST", f"{API}/device-ledger"): "devices.control",
    ("GET", f"{API}/place-table"): "devices.read",
    ("POST", f"{API}/place-table"): "devices.control",
    ("GET", f"{API}/device-labels"): "devices.read",
    ("GET", f"{API}/prometheus/devices"): "devices.read",
    ("GET", f"{API}/devices/table.csv"): "devices.read",
    ("GET", f"{API}/devices/{{device}}"): "devices.read",
    ("GET", f"{API}/devices/{{device}}/health"): "devices.read",
    ("GET", f"{API}/device-report"): "devices.read",
    ("GET", f"{API}/devices/{{device}}/configurations"): "devices.control",
    ("POST", f"{API}/devices/{{device}}/configurations"): "devices.control",
    ("POST", f"{API}/devices/{{device}}/configurations/{{revision}}/roll-back"): "devices.control",
    ("GET", f"{API}/devices/{{device}}/commands"): "devices.control",
    ("POST", f"{API}/devices/{{device}}/commands"): "devices.control",
    ("GET", f"{API}/devices/{{device}}/latest"): "series.read",
    ("GET", f"{API}/devices/{{device}}/series"): "series.read",
    ("GET", f"{API}/devices/{{device}}/marks"): "devices.read",
    ("GET", f"{API}/on-site"): "site.read",
    ("GET", f"{API}/on-site/now"): "site.read",
    ("GET", "/on-site"): "site.read",
    ("GET", f"{API}/on-site/dormitories"): "site.read",
    ("GET", f"{API}/on-site/places"): "site.read",
    ("GET", f"{API}/plan"): "site.read",
    ("GET", f"{API}/overview"): "overview.read",
    ("GET", f"{API}/city"): "city.read",
    ("POST", f"{API}/city/map"): "city.import",
    ("GET", f"{API}/city/schools"): "city.read",
    ("GET", f"{API}/platform"): "platform.read",
    ("GET", f"{API}/access-log"): "platform.read",
    ("GET", f"{API}/access-log/table.csv"): "platform.read",
    ("GET", f"{API}/sign-on/people"): "accounts.manage",
    ("POST", f"{API}/sign-on/people/{{person}}"): "accounts.manage",
    ("GET", f"{API}/tokens"): "accounts.manage",
    ("POST", f"{API}/tokens"): "accounts.manage",
    ("POST", f"{API}/tokens/{{token_id}}/revoke"): "accounts.manage",
    ("POST", f"{API}/accounts"): "accounts.manage",
    ("POST", f"{API}/accounts/{{account_id}}/password"): "accounts.manage",
    ("GET", f"{API}/teachers"): "accounts.manage",
    ("GET", f"{API}/accounts/{{account_id}}"): "accounts.manage",
    ("POST", f"{API}/accounts/{{account_id}}/second-factor/remove"): "accounts.manage",
    ("POST", f"{API}/accounts/{{account_id}}/sessions/{{session}}/end"): "accounts.manage",
    ("PATCH", f"{API}/accounts/{{account_id}}"): "accounts.manage",
    ("POST", f"{API}/accounts/{{account_id}}/sign-out"): "accounts.manage",
}


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of the app but HEAD, the stream and the static files."""
    yield from _routes(app.routes, "")


def _routes(routes: Iterable[BaseRoute], prefix: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Route):
            yield from ((method, prefix + route.path) for method in sorted((route.methods or set()) - {"HEAD"}))
        elif (router := getattr(route, "original_router", None)) is not None:  # FastAPI keeps included routers whole
            yield from _routes(router.routes, prefix + route.include_context.prefix)  # type: ignore[attr-defined]


def test_every_route_is_in_the_table_and_the_table_names_no_other(app: FastAPI) -> None:
    assert set(routes_of(app)) == set(TABLE)
    assert [route.path for route in app.routes if isinstance(route, Mount)] != []  # the static files


@pytest.fixture
def real_ids(seeded: sa.Engine) -> dict[str, str]:
    """Ids that exist, for the places in the paths: an alarm, the own class and one of its students."""
    with seeded.connect() as conn:
        student = conn.execute(sa.select(students.c.id).where(students.c.class_id == OWN_CLASS).limit(1)).scalar_one()
        session = (
            conn.execute(
                sa.select(sessions.c.id).join(roll, roll.c.session == sessions.c.id).where(roll.c.student == student)
            )
            .scalars()
            .first()
        )
        return {
            "alarm_id": str(conn.execute(sa.select(alarms.c.id).limit(1)).scalar_one()),
            "class_id": OWN_CLASS,
            "incident_id": "no-such-incident",
            "token": "no-such-link",
            "token_id": "no-such-token",
            "document": "no-such-document",
            "ticket": "no-such-ticket",
            "campaign": "no-such-campaign",
            "sha256": "0" * 64,
            "act": "verify",
            "comment_id": "1",
            "check": "no-such-check",
            "part": "no-such-part",
            "name": "no-such-channel",
            "window_id": "no-such-window",
            "follow_up": "no-such-follow-up",
            "request_id": "no-such-request",
            "guardian": "no-such-guardian",
            "decision": "approve",
            "student": str(student),
            "session": str(session),
            "device": "gate-1",
            "revision": "1",
            "floor": "1",
            "place": "no-such-place",
            "shift": "no-such-shift",
            "number": "1",
            "page": "devices",
            "person": "no-such-person",
            "view_id": "no-such-view",
            "account_id": str(conn.execute(sa.select(accounts.c.id).where(accounts.c.login == "bureau")).scalar_one()),
        }  # fmt: skip


def ask(client: TestClient, method: str, path: str, ids: dict[str, str]) -> int:
    body = {} if path.startswith(API) and method in {"POST", "PATCH"} else None
    return client.request(method, path.format(**ids), json=body).status_code


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_the_table_says_so_and_nowhere_else(
    role: Role, sign_in: SignIn, real_ids: dict[str, str]
) -> None:
    wrong = []
    client = sign_in(role)
    for (method, path), takes in TABLE.items():
        if path == "/sign-out":
            continue  # it would end the session of the test
        status = ask(client, method, path, real_ids)
        allowed = takes in {"anyone", "person"} or takes in RIGHTS[role]
        if (status in {401, 403}) == allowed or status >= 500:
            wrong.append((method, path, status))
    assert wrong == []


def test_nobody_gets_in_without_signing_in(app: FastAPI, real_ids: dict[str, str]) -> None:
    wrong = []
    with TestClient(app, base_url=BASE, headers={"Origin": BASE}, follow_redirects=False) as client:
        for (method, path), takes in TABLE.items():
            if takes != "anyone":
                answer = client.request(method, path.format(**real_ids))
                turned_away = (
                    answer.status_code == 401
                    if path.startswith(API)
                    else (answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"))
                )
                if not turned_away:
                    wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_another_site_writes_nothing(sign_in: SignIn, real_ids: dict[str, str]) -> None:
    clients = {role: sign_in(role) for role in ROLES}
    for client in clients.values():
        client.headers["Origin"] = "https://evil.example"
    written = []
    for (method, path), takes in TABLE.items():
        if method != "GET":
            client = clients[next((role for role in ROLES if takes in RIGHTS[role]), "guard")]
            form = {"login": "guard", "password": "x"} if path == "/sign-in" else None
            if client.request(method, path.format(**real_ids), data=form).status_code != 403:
                written.append((method, path))
    assert written == []


def test_a_teacher_sees_the_own_class_and_no_other(sign_in: SignIn) -> None:
    teacher = sign_in("teacher")
    assert teacher.get(f"{API}/classes/{OWN_CLASS}/roll").status_code == 200
    for path in (f"{API}/classes/{FOREIGN_CLASS}/roll", f"/roll/{FOREIGN_CLASS}", f"{API}/classes/no-such/roll"):
        assert teacher.get(path).status_code == 404, path


def test_a_teacher_corrects_nobody_of_another_class(sign_in: SignIn, seeded: sa.Engine) -> None:
    with seeded.connect() as conn:
        row = conn.execute(
            sa.select(roll.c.session, roll.c.student)
            .join(students, students.c.id == roll.c.student)
            .where(students.c.class_id == FOREIGN_CLASS)
        ).first()
    assert row is not None
    path = f"{API}/sessions/{row.session}/students/{row.student}"
    said = {"status": "present", "reason": "seen in class"}
    assert sign_in("teacher").post(f"{path}/correction", json=said).status_code == 404
    assert sign_in("teacher2").post(f"{path}/correction", json=said).status_code == 200


@pytest.mark.parametrize("path", ["/overview", f"{API}/overview"])
def test_the_bureau_reads_numbers_and_no_student(path: str, sign_in: SignIn, seeded: sa.Engine) -> None:
    with seeded.connect() as conn:
        people = conn.execute(sa.select(students.c.id, students.c.name).where(students.c.school == SCHOOL)).all()
    text = sign_in("bureau").get(path).text
    assert len(people) == 1200
    assert [row for row in people if row.name in text or f'"{row.id}"' in text] == []
