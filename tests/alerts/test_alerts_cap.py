"""CAP messages: valid by the schema of OASIS, and what they say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.incidents.cap import NAMESPACE, all_clear_to_cap, incident_to_cap
from alerts.incidents.incidents import Incident, Kind
from alerts.life.words import both
from tests.alerts.xsd import Schema

ZONE = ZoneInfo("Asia/Shanghai")
NAME = both("实验中学 & 附小", "Test School <1>")
SENDER = "alarms@school.example"
BEGAN = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)


def incident(kind: Kind = "evacuation", exercise: bool = False) -> Incident:
    return Incident(
        id="0199-7a", school="s", kind=kind, exercise=exercise, alarm=None, opened_at=BEGAN, opened_by="guard",
        closed_at=BEGAN + timedelta(minutes=12), closed_by="head", note="",
    )  # fmt: skip


def text(document: bytes, name: str) -> list[str | None]:
    return [one.text for one in ET.fromstring(document).iter(f"{{{NAMESPACE}}}{name}")]


@pytest.mark.real_data
@pytest.mark.parametrize("zone", [ZONE, ZoneInfo("UTC"), ZoneInfo("America/St_Johns")])
@pytest.mark.parametrize("exercise", [True, False])
@pytest.mark.parametrize("kind", ["evacuation", "lockdown"])
def test_every_message_is_valid_by_the_schema(real_data: Path, kind: Kind, exercise: bool, zone: ZoneInfo) -> None:
    schema = Schema(real_data / "cap/xsd/cap12.xsd")
    one = incident(kind, exercise)
    assert schema.errors(incident_to_cap(one, SENDER, NAME, zone)) == []
    assert schema.errors(all_clear_to_cap(one, SENDER, NAME, zone)) == []


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("<status>Actual</status>", "", "lacks status"),
        ("Actual", "Real", "none of"),
        ("+08:00</sent>", "Z</sent>", "is not like"),
        ("2026-09-07T10:00:00+08:00</sent>", "2026-09-37T10:00:00+08:00</sent>", "is no xs:dateTime"),
        ("<scope>", "<colour>red</colour><scope>", "lacks scope"),
        ("<language>zh-CN</language>", "<language>zh CN</language>", "is no xs:language"),
        ("</alert>", "<extra/></alert>", "where it may not stand"),
    ],
)
def test_the_check_itself_refuses_what_is_wrong(real_data: Path, old: str, new: str, error: str) -> None:
    schema = Schema(real_data / "cap/xsd/cap12.xsd")
    good = incident_to_cap(incident(), SENDER, NAME, ZONE).decode()
    assert old in good
    found = schema.errors(good.replace(old, new, 1).encode())
    assert any(error in line for line in found), found


@pytest.mark.real_data
def test_the_check_takes_real_messages_of_others(real_data: Path) -> None:
    schema = Schema(real_data / "cap/xsd/cap12.xsd")
    taken = 0
    for file in (real_data / "cap/alerts").glob("*.cap"):
        document = file.read_bytes()
        if NAMESPACE.encode() in document and file.stem != "invalid":
            assert schema.errors(document) == [], file.name
            taken += 1
    assert taken


def test_a_drill_is_an_exercise_and_an_incident_is_not() -> None:
    assert text(incident_to_cap(incident(exercise=True), SENDER, NAME, ZONE), "status") == ["Exercise"]
    assert text(incident_to_cap(incident(), SENDER, NAME, ZONE), "status") == ["Actual"]


def test_the_all_clear_refers_to_the_first_message() -> None:
    first = incident_to_cap(incident(), SENDER, NAME, ZONE)
    clear = all_clear_to_cap(incident(), SENDER, NAME, ZONE)
    identity = ",".join(str(text(first, name)[0]) for name in ("sender", "identifier", "sent"))
    assert text(clear, "references") == [identity]
    assert text(clear, "responseType") == ["AllClear", "AllClear"]
    assert text(clear, "identifier") != text(first, "identifier")


def test_it_speaks_chinese_and_english_and_keeps_signs_of_xml_as_they_are() -> None:
    message = incident_to_cap(incident("lockdown"), SENDER, NAME, ZONE)
    assert text(message, "language") == ["zh-CN", "en-US"]
    assert text(message, "senderName") == [NAME.zh, NAME.en]
    assert text(message, "responseType") == ["Shelter", "Shelter"]


def test_there_is_no_all_clear_while_it_runs() -> None:
    with pytest.raises(ValueError, match="still runs"):
        all_clear_to_cap(msgspec.structs.replace(incident(), closed_at=None), SENDER, NAME, ZONE)


@pytest.mark.parametrize("sender", ["", "a b", "a,b", "a<b", "a&b"])
def test_a_sender_the_protocol_forbids_is_refused(sender: str) -> None:
    with pytest.raises(ValueError, match="cannot be the sender"):
        incident_to_cap(incident(), sender, NAME, ZONE)
