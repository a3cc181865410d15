"""The asset ledger: files that come back as they went, a record of every change, labels whose codes can be read."""

import io
from datetime import date
from pathlib import Path

import numpy as np
import pypdf
import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from campus import db
from campus.errors import Conflict, ImportFileError
from devices.ledger import documents, files, labels, registry_changes
from devices.ledger.assets import Amendment, Asset, amend, asset_of
from devices.ledger.attachments import Attachments
from devices.ledger.label_texts import labels_of
from devices.ledger.retirement import take_out
from devices.ledger.table_file import rows_of, written
from devices.presence.report import Line, as_xlsx
from devices.upkeep import checks
from tests.devices.conftest import SCHOOL, Rig

LEDGER = """\
id,kind,name,name_en,place,parent,model,covers,x,y,serial,asset_number,cost,purchased,warranty_until,notes
cam-1,camera,北门摄像头,North camera,north,agent-1,C2,north campus,40,20,SN-7,G-42,"1,234.5",2025/9/1,2027-08-31,"=坏过
换过电源"
"""


def take(rig: Rig, content: bytes, by: str = "import") -> files.Imported:
    with db.write(rig.engine) as conn:
        return files.take_devices(conn, SCHOOL, files.device_rows("devices.csv", content), rig.clock.now(), by)


def exported(rig: Rig) -> bytes:
    with db.read(rig.engine) as conn:
        return files.export_devices(conn, SCHOOL)


def ledger(rig: Rig, device: str) -> Asset:
    with db.read(rig.engine) as conn:
        return asset_of(conn, SCHOOL, device)


def test_a_calibration_is_a_planned_check_and_both_move_on_together(rig: Rig) -> None:
    head = "id,kind,name,name_en,place,parent,model,covers,x,y,calibration_due,calibration_months\n"
    row = "co2-101,sensor,101室空气,Room 101 air,b1-101,,S8,b1-101,150,150,"
    take(rig, f"{head}{row}2026-09-01,6\n".encode())
    assert b"2026-09-01,6," in exported(rig)
    with db.write(rig.engine) as conn:
        now = rig.clock.now()
        (check,) = checks.planned(conn, SCHOOL)
        assert (check.device, check.every, check.unit, check.next_due) == ("co2-101", 6, "month", date(2026, 9, 1))
        said = {"by": "wang", "now": now, "note": "读数偏高"}
        checks.done(conn, SCHOOL, check.id, date(2026, 9, 7), passed=False, **said)
        assert checks.get(conn, SCHOOL, check.id).next_due == date(2026, 9, 1)  # it is as due as it was
        checks.done(conn, SCHOOL, check.id, date(2026, 9, 8), passed=True, **said)
        assert checks.get(conn, SCHOOL, check.id).next_due == date(2027, 3, 8)
    assert ledger(rig, "co2-101").calibration_due == date(2027, 3, 8)
    take(rig, f"{head}{row},6\n".encode())
    with db.read(rig.engine) as conn:
        assert checks.planned(conn, SCHOOL) == []
    with pytest.raises(ImportFileError, match=r"calibration_months '0' is no number from 1 to 60"):
        take(rig, f"{head}{row}2026-09-01,0\n".encode())


def changes(rig: Rig, device: str) -> list[tuple[str, str | None, str | None, str]]:
    with db.read(rig.engine) as conn:
        found = registry_changes.history(conn, SCHOOL, "device", device)
    return [(one.field, one.old, one.new, one.by) for one in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_ledgers_columns_are_taken_over_as_spreadsheets_write_them(rig: Rig, encoding: str) -> None:
    assert take(rig, LEDGER.encode(encoding)) == files.Imported(0, 1, 0)
    found = ledger(rig, "cam-1")
    assert (found.serial, found.asset_number, found.cost_cents) == ("SN-7", "G-42", 123_450)
    assert (found.purchased, found.warranty_until) == (date(2025, 9, 1), date(2027, 8, 31))
    assert found.notes == "=坏过\n换过电源"


def test_a_wide_sign_that_a_spreadsheet_would_run_is_text_and_comes_back(rig: Rig) -> None:
    take(rig, LEDGER.replace("=坏过", "＝坏过").encode())
    content = exported(rig)
    assert "'＝坏过".encode() in content
    assert take(rig, content) == files.Imported(0, 0, 4)


def test_a_name_with_what_no_workbook_holds_leaves_the_months_report_whole() -> None:
    book = load_workbook(io.BytesIO(as_xlsx([Line("cam-1", "East\x0b door\ufffe", "camera", "Gate", None)], "2026-09")))
    assert book.active is not None
    assert book.active["B2"].value == "East\ufffd door\ufffd"


def test_what_is_exported_comes_back_without_a_change(rig: Rig) -> None:
    take(rig, LEDGER.encode())
    content = exported(rig)
    assert b"'=" in content  # a spreadsheet would run the note otherwise
    assert take(rig, content) == files.Imported(0, 0, 4)
    assert exported(rig) == content
    with db.write(rig.engine) as conn:
        places = files.export_places(conn, SCHOOL)
        rows = files.place_rows("places.csv", places)
        assert files.take_places(conn, SCHOOL, rows, rig.clock.now(), "x") == files.Imported(0, 0, 4)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=12))
def test_any_text_survives_the_way_out_and_in(text: str) -> None:
    kept = text.strip()
    content = written(("id", "notes"), [{"id": "a", "notes": kept}])
    assert rows_of("x.csv", content, ("id", "notes"))[0].cells["notes"] == kept


def test_a_file_without_the_ledgers_columns_leaves_the_ledger_alone(rig: Rig, school_files: Path) -> None:
    take(rig, LEDGER.encode())
    assert take(rig, (school_files / "devices.csv").read_bytes()) == files.Imported(0, 0, 4)
    assert ledger(rig, "cam-1").serial == "SN-7"


def test_every_change_is_a_row_that_says_what_was_what_is_and_who(rig: Rig) -> None:
    take(rig, LEDGER.replace("C2", "C3").encode(), by="王工")
    found = changes(rig, "cam-1")
    assert ("model", "C2", "C3", "王工") in found
    assert ("serial", None, "SN-7", "王工") in found
    assert found[-1] == ("added", None, "北门摄像头", "import")
    with db.write(rig.engine) as conn:
        amend(conn, SCHOOL, "cam-1", Amendment(notes="  ", cost_cents=None), "facility", rig.clock.now())
        take_out(conn, SCHOOL, "cam-1", "facility", rig.clock.now(), "摔坏")
    assert {("notes", "=坏过\n换过电源", None, "facility"), ("cost_cents", "123450", None, "facility")} <= set(
        changes(rig, "cam-1")
    )
    assert changes(rig, "cam-1")[0] == ("retired_at", None, "摔坏", "facility")
    assert b"cam-1" not in exported(rig)
    assert ledger(rig, "cam-1").serial == "SN-7"  # the books keep it


def test_every_wrong_line_is_told_at_once_and_nothing_is_kept(rig: Rig) -> None:
    head = "id,kind,name,name_en,place,parent,model,covers,x,y,cost,purchased,asset_number"
    lines = [
        head,
        "a-1,camera,一,,,,,,,,12.345,,",
        "a-2,camera,二,,,,,,,,,2026-02-30,",
        "a-3,camera,三,,,,,,,,5,2026-2-3,N-1",
    ]
    with pytest.raises(ImportFileError) as caught:
        take(rig, "\n".join(lines).encode())
    told = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in told] == ["devices.csv, line 2", "devices.csv, line 3"]
    assert "two decimals" in told[0]
    assert "write it as 2026-09-01" in told[1]
    assert changes(rig, "a-3") == []


def test_an_asset_number_belongs_to_one_thing(rig: Rig) -> None:
    take(rig, LEDGER.encode())
    twin = "id,kind,name,name_en,place,parent,model,covers,x,y,asset_number\nnew-1,sensor,新,,,,,,,,G-42\n"
    with pytest.raises(ImportFileError, match="line 2: asset_number 'G-42' is also that of 'cam-1'"):
        take(rig, twin.encode())
    with db.write(rig.engine) as conn, pytest.raises(Conflict, match="is that of 'cam-1'"):
        amend(conn, SCHOOL, "gate-1", Amendment(asset_number="G-42"), "x", rig.clock.now())


def test_papers_are_kept_by_what_they_are_and_not_by_what_they_are_called(rig: Rig, tmp_path: Path) -> None:
    store = Attachments(tmp_path / "files", most=1000)
    kept = store.keep(b"%PDF-1.7 invoice")
    with db.write(rig.engine) as conn:
        documents.add_file(conn, SCHOOL, "cam-1", "发票", kept, "facility", rig.clock.now())
        documents.add_link(conn, SCHOOL, "cam-1", "手册", "https://maker.example/c2", "facility", rig.clock.now())
        with pytest.raises(Conflict, match="no web address"):
            documents.add_link(conn, SCHOOL, "cam-1", "x", "javascript:alert(1)", "facility", rig.clock.now())
        found = documents.documents(conn, SCHOOL, "cam-1")
    assert [(one.title, one.media) for one in found] == [("手册", ""), ("发票", "application/pdf")]
    assert store.read(kept.id) == b"%PDF-1.7 invoice"
    for content, why in ((b"", "empty"), (b"MZ\x90\x00", "only PDF"), (b"%PDF-" + b"x" * 1000, "at most 1000")):
        with pytest.raises(Conflict, match=why):
            store.keep(content)


def test_a_labels_code_is_read_by_a_camera_and_its_chinese_text_is_there(rig: Rig) -> None:
    take(rig, LEDGER.encode())
    with db.read(rig.engine) as conn:
        found = labels_of(conn, SCHOOL, "https://campus.school.example", ["cam-1"])
    page = pypdf.PdfReader(io.BytesIO(labels.as_pdf(found, "roll-62x29"))).pages[0]
    text = page.extract_text()
    assert "北门摄像头" in text
    assert "G-42" in text
    (code,) = zxingcpp.read_barcodes(painted(page))
    assert code.text == "https://campus.school.example/devices/cam-1"


def painted(page: pypdf.PageObject, scale: int = 8) -> np.ndarray:
    """The filled rectangles of a page as a printer would put them on paper."""
    width, height = (int(float(edge) * scale) for edge in (page.mediabox.width, page.mediabox.height))
    paper = np.full((height, width), 255, np.uint8)
    content = page.get_contents()
    assert content is not None
    for numbers, operator in pypdf.generic.ContentStream(content, page.pdf).operations:
        if operator == b"re":
            x, y, wide, high = (float(number) * scale for number in numbers)
            paper[round(height - y - high) : round(height - y), round(x) : round(x + wide)] = 0
    return paper


def test_a_sheet_that_was_begun_goes_on_where_it_ended(rig: Rig) -> None:
    with db.read(rig.engine) as conn:
        found = labels_of(conn, SCHOOL, "", place="campus")
    assert found[0].code.startswith(f"campus:{SCHOOL}/")
    assert len(found) == 4
    assert len(pypdf.PdfReader(io.BytesIO(labels.as_pdf(found, "a4-24", skip=20))).pages) == 1
    assert len(pypdf.PdfReader(io.BytesIO(labels.as_pdf(found, "a4-24", skip=21))).pages) == 2
    with pytest.raises(Conflict, match="a4-65"):
        labels.as_pdf(found, "letter")
