"""The evidence bundle: everything in it, every hash right, nobody else's child in it, and taking it on record."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime

import sqlalchemy as sa
from console_seed import SCHOOL, STILL

from alerts.life import bundle
from alerts.tables import alarms
from campus import db
from tests.dashboards.conftest import SignIn


def the_alarm(engine: sa.Engine, rule: str) -> sa.RowMapping:
    with db.read(engine) as conn:
        return conn.execute(sa.select(alarms).where(alarms.c.school == SCHOOL, alarms.c.rule == rule)).mappings().one()


def taken(sign_in: SignIn, alarm_id: str) -> zipfile.ZipFile:
    answer = sign_in("guard").get(f"/api/v1/alarms/{alarm_id}/bundle")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith('.zip"')
    return zipfile.ZipFile(io.BytesIO(answer.content))


def rows(file: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read(name).decode("utf-8-sig"))))


def test_every_file_has_its_hash_in_manifest_and_sums(sign_in: SignIn, seeded: sa.Engine) -> None:
    file = taken(sign_in, the_alarm(seeded, "intrusion")["id"])
    manifest = json.loads(file.read("manifest.json"))
    sums = dict(reversed(line.split("  ")) for line in file.read("SHA256SUMS").decode().splitlines())
    assert set(sums) == set(file.namelist()) - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256(file.read(name)).hexdigest() == digest
        assert manifest["files"].get(name, digest) == digest
    assert manifest["made_by"] == "guard"


def test_it_holds_alarm_rule_steps_still_and_who_looked(sign_in: SignIn, seeded: sa.Engine) -> None:
    row = the_alarm(seeded, "intrusion")
    sign_in("guard").get(f"/api/v1/alarms/{row['id']}/still")
    file = taken(sign_in, row["id"])
    alarm = json.loads(file.read("alarm.json"))
    assert alarm["alarm"]["id"] == row["id"]
    assert alarm["rule"]["id"] == "intrusion"
    assert json.loads(file.read("timeline.json"))[0]["action"] == "raise"
    (still,) = (name for name in file.namelist() if name.startswith("stills/"))
    assert file.read(still) == STILL
    assert [one["action"] for one in json.loads(file.read("audit.json"))] == ["alarm.still", "alarm.bundle"]
    kinds = [json.loads(line)["kind"] for line in file.read("events.jsonl").splitlines()]
    assert "camera.intrusion" in kinds


def test_the_readings_of_the_window_are_in_it(sign_in: SignIn, seeded: sa.Engine) -> None:
    row = the_alarm(seeded, "co2-high")
    found = [one for one in rows(taken(sign_in, row["id"]), "telemetry.csv") if one["metric"] == "co2"]
    assert found
    assert {one["device"] for one in found} == {row["device"]}
    moments = [datetime.fromisoformat(one["at"]) for one in found]
    assert min(moments) >= row["began_at"] - bundle.BEFORE


def test_for_a_student_passes_and_roll_of_the_day_and_nobody_elses(sign_in: SignIn, seeded: sa.Engine) -> None:
    row = the_alarm(seeded, "left-in-school-hours")
    file = taken(sign_in, row["id"])
    assert [one["direction"] for one in rows(file, "passes.csv")] == ["in", "out"]
    assert rows(file, "roll.csv")
    students = {json.loads(line)["body"].get("student") for line in file.read("events.jsonl").splitlines()}
    assert students <= {None, row["subject"]}
    assert "passes.csv" not in taken(sign_in, the_alarm(seeded, "intrusion")["id"]).namelist()


def test_the_same_content_makes_the_same_bytes() -> None:
    made = datetime(2026, 9, 7, 2, 12, tzinfo=UTC)
    files = {"b.json": b"2", "a.json": b"1"}
    assert bundle.pack(files, {"alarm": "x"}, made) == bundle.pack(dict(reversed(files.items())), {"alarm": "x"}, made)


def test_a_persons_words_are_no_formula() -> None:
    assert b"'=1+1" in bundle.as_csv(("reason",), [("=1+1",)])


def test_another_schools_alarm_is_not_found(sign_in: SignIn) -> None:
    assert sign_in("guard").get("/api/v1/alarms/none/bundle").status_code == 404
