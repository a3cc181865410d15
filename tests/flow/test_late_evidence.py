"""A gate that was offline catches up: the day is decided anew, and a message that was wrong is taken back once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from alerts.notify.kinds import make_client
from attendance import queries
from attendance.guardians.worker import GuardianWorker
from attendance.register import corrections
from attendance.stage import AttendanceStage
from campus import db
from campus.clock import VirtualClock
from campus.envelope import Envelope, Source
from campus.events import GatePass
from campus.settings import Guardians, School, Settings, Sms
from cli.commands.school_files import import_school
from cli.joins.guardian_post import GuardianPost, timing_of
from devices import queries as device_queries

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 9, 7)
SCHOOL = School(id="school-1", timezone="Asia/Shanghai")
SHEETS = {
    "oneroster/manifest.csv": "propertyName,value\nfile.orgs,bulk\nfile.classes,bulk\nfile.users,bulk\n"
    "file.enrollments,bulk\n",
    "oneroster/orgs.csv": "sourcedId,status,name,type\nschool-1,,晨星中学,school\n",
    "oneroster/classes.csv": "sourcedId,title,grades,classType,schoolSourcedId\nc-1,七年级1班,07,homeroom,school-1\n",
    "oneroster/users.csv": "sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName,grades\n"
    "t-1,true,school-1,teacher,t-1,敏,赵,\ns-1,true,school-1,student,s-1,小明,王,07\ns-2,true,school-1,student,s-2,小红,李,07\n",
    "oneroster/enrollments.csv": "sourcedId,classSourcedId,userSourcedId,role,primary\n"
    "e-1,c-1,s-1,student,\ne-2,c-1,s-2,student,\ne-3,c-1,t-1,teacher,true\n",
    "bells.csv": "day_type,period,kind,name,name_en,start,end,closes\n"
    "school,AR,arrival,到校,Arrival,07:00,07:50,08:10\n",
    "credentials.csv": f"student,credential\ns-1,{'1' * 32}\ns-2,{'2' * 32}\n",
    "guardians.csv": "guardian,name,student,relation,phone,language,wants\n"
    "p-1,王大明,s-1,father,13800138000,zh,absent arrived\np-2,Ann Lee,s-2,mother,13900139000,en,absent\n",
}


@contextmanager
def gateway() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """An SMS gateway as they are: a form comes in, a code goes out."""
    taken: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["content-length"])).decode()
            taken.append({name: values[0] for name, values in parse_qs(text).items()})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"code": "0"}')

        def log_message(self, *_: object) -> None:
            """Silence."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/send", taken
    server.shutdown()
    server.server_close()
    thread.join()


def at(clock: str) -> datetime:
    return datetime.combine(DAY, time.fromisoformat(clock), ZONE).astimezone(UTC)


class School1:
    """One school's stage and worker on a virtual clock, as `campus ingest` and `campus alerts` run them."""

    def __init__(self, engine: sa.Engine, folder: Path, url: str) -> None:
        body = {"mobile": "{to}", "content": "{text}", "id": "{key}"}
        sms = Sms(name="gateway", url=url, body=body, format="form", ok_field="code")
        settings = Settings(school=SCHOOL, guardians=Guardians(sms=sms))
        self.engine, self.clock = engine, VirtualClock(at("06:40"))
        self.client = make_client()
        post = GuardianPost(settings.guardians, settings, self.client)
        self.worker = GuardianWorker(engine, post, self.clock, timing_of(settings), timedelta(days=180))
        self.stage = AttendanceStage(device_queries, ZONE)
        for name, text in SHEETS.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        with db.write(engine) as conn:
            import_school(conn, SCHOOL, folder, self.clock.now())

    def until(self, clock: str) -> None:
        """Let the minutes pass, with a tick and the worker in each."""
        while self.clock.now() < at(clock):
            self.clock.advance(timedelta(minutes=1))
            with db.write(self.engine) as conn:
                self.stage.tick(conn, self.clock.now())
            self.worker.run_once()

    def catches_up(self, student: int, clock: str) -> None:
        now = self.clock.now()
        body = GatePass(credential=f"{student}" * 32, direction="in")
        source = Source("school-1", "gate-1", "gate")
        late = Envelope(source=source, body=body, at=at(clock), received=now, id=f"pass-{student}", late=True)
        with db.write(self.engine) as conn:
            self.stage.handle(conn, [late], now)

    def history(self, student: str) -> list[str | None]:
        with db.read(self.engine) as conn:
            session = queries.roll(conn, "school-1", "c-1", DAY).session
            assert session is not None
            return [one.status for one in queries.mark_history(conn, session.id, student)]

    def correct(self, student: str) -> None:
        with db.write(self.engine) as conn:
            session = queries.roll(conn, "school-1", "c-1", DAY).session
            assert session is not None
            corrections.correct(conn, session.id, student, "official", "比赛", "t-1", self.clock.now())


@pytest.fixture
def school_1(engine: sa.Engine, tmp_path: Path) -> Iterator[tuple[School1, list[dict[str, str]]]]:
    with gateway() as (url, taken):
        made = School1(engine, tmp_path / "files", url)
        yield made, taken
        made.client.close()


def test_late_evidence_takes_the_message_back_once_and_a_teachers_word_stays(
    school_1: tuple[School1, list[dict[str, str]]],
) -> None:
    school, taken = school_1
    school.until("08:30")
    assert [(one["mobile"], "没有到校记录" in one["content"]) for one in taken if one["mobile"] == "13800138000"] == [
        ("13800138000", True)
    ]
    assert [one["content"] for one in taken if one["mobile"] == "13900139000"] == [
        "[晨星中学] 李小红 was not seen arriving on Sep 7, and no leave is known. Please call the class teacher."
    ]
    school.correct("s-2")
    school.until("09:00")
    for student in (1, 2):
        school.catches_up(student, "07:41")
    school.until("09:30")
    school.catches_up(1, "07:41")  # the gate sends its memory again
    school.until("12:00")

    assert school.history("s-1") == ["absent", "present"]
    assert school.history("s-2") == ["absent", "official"]  # appended by the teacher, overwritten by nobody
    told = [one["content"] for one in taken]
    assert len(told) == 4
    assert "【晨星中学】更正：此前关于 王小明 9月7日 未到校的消息有误，07:41 已到校。让您担心，十分抱歉。" in told
    assert "[晨星中学] Correction: 李小红 was not absent on Sep 7: on leave or not required. Sorry for it." in told
    assert len({one["id"] for one in taken}) == 4
