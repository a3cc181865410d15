"""places.csv and devices.csv: what is taken over, and how a wrong line is named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock
from campus.errors import CampusError, ImportFileError
from devices.ledger.files import Imported, import_devices, import_places
from devices.queries import device_detail, device_list, places
from devices.registry import Registry, retire
from devices.trust.quarantine import quarantine, unknown
from tests.devices.conftest import DEVICES, PLACES, SCHOOL, Rig

BEGINS = datetime(2026, 9, 1, tzinfo=UTC)


def import_all(engine: sa.Engine, folder: Path) -> tuple[Imported, Imported]:
    with db.write(engine) as conn:
        done = import_places(conn, SCHOOL, folder / "places.csv", BEGINS)
        return done, import_devices(conn, SCHOOL, folder / "devices.csv", BEGINS)


def test_both_files_are_taken_over(engine: sa.Engine, school_files: Path, clock: VirtualClock) -> None:
    done = import_all(engine, school_files)
    assert done == (Imported(4, 0, 0), Imported(4, 0, 0))
    assert str(done[0]) == "4 added, 0 changed, 0 as before"
    with db.read(engine) as conn:
        assert [(place.id, place.floor) for place in places(conn, SCHOOL)][1] == ("b1-101", 1)
        camera = Registry(engine).get(conn, SCHOOL, "cam-1")
        assert (camera.covers, camera.parent, camera.x) == (("north", "campus"), "agent-1", 40.0)
        assert device_detail(conn, SCHOOL, "gate-1", clock.now()).row.place_name == "北门"


def test_the_same_files_again_change_nothing_and_wake_nobody(engine: sa.Engine, school_files: Path) -> None:
    import_all(engine, school_files)
    registry = Registry(engine)
    with db.read(engine) as conn:
        assert registry.refresh(conn)
    assert import_all(engine, school_files) == (Imported(0, 0, 4), Imported(0, 0, 4))
    with db.read(engine) as conn:
        assert not registry.refresh(conn)


def test_a_changed_line_reaches_a_running_registry(engine: sa.Engine, school_files: Path) -> None:
    import_all(engine, school_files)
    registry = Registry(engine)
    assert registry.source(SCHOOL, "co2-101") is not None
    moved = DEVICES.replace("Room 101 air,b1-101", "Room 101 air,b1")
    (school_files / "devices.csv").write_text(moved, encoding="utf-8-sig")  # as Excel writes it
    assert import_all(engine, school_files)[1] == Imported(0, 1, 3)
    with db.read(engine) as conn:
        assert registry.refresh(conn)
    found = registry.source(SCHOOL, "co2-101")
    assert found is not None
    assert found.place == "b1"


def test_an_import_keeps_what_is_known_of_a_device(rig: Rig, school_files: Path) -> None:
    rig.handle(rig.reading("co2-101"))
    (school_files / "devices.csv").write_text(DEVICES.replace("101室空气", "101室二氧化碳"), encoding="utf-8")
    import_all(rig.engine, school_files)
    rig.tick()
    assert rig.state("co2-101") == ("online", "heard")


def test_a_retired_device_in_a_file_is_in_use_again_and_starts_anew(rig: Rig, school_files: Path) -> None:
    rig.handle(rig.reading("co2-101"))
    with db.write(rig.engine) as conn:
        retire(conn, SCHOOL, "co2-101", rig.clock.now())
    with db.read(rig.engine) as conn:
        assert "co2-101" not in [row.device.id for row in device_list(conn, SCHOOL, rig.clock.now())]
    import_all(rig.engine, school_files)
    assert rig.state("co2-101") == ("never_seen", "never heard")


def test_an_enrolled_device_leaves_the_quarantine(engine: sa.Engine, school_files: Path, clock: VirtualClock) -> None:
    with db.write(engine) as conn:
        for device in ("gate-1", "stranger", "stranger"):
            quarantine(conn, SCHOOL, device, f"campus/{SCHOOL}/{device}/event", clock.now())
        found = {one.device: (one.messages, one.topic) for one in unknown(conn, SCHOOL)}
        assert found["stranger"] == (2, f"campus/{SCHOOL}/stranger/event")
    import_all(engine, school_files)
    with db.read(engine) as conn:
        assert [one.device for one in unknown(conn, SCHOOL)] == ["stranger"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        # the header
        ("places", "name_en,floor", "english,floor", "places.csv, line 1: column 'name_en' is missing"),
        # a cell too few
        ("places", "campus,building,一号楼,", "campus,building,", "line 4: has 6 cells where the header has 7"),
        # a kind nobody knows
        ("places", "b1,campus,building", "b1,campus,castle", "places.csv, line 4: kind 'castle' is none of campus, "),
        # a place inside one that does not exist
        ("places", "b1-101,b1", "b1-101,b9", "places.csv, line 5: parent 'b9' is no place of this school"),
        # a place inside itself
        ("places", "campus,,campus", "campus,b1,campus", "line 2: parent leads in a circle: campus > b1 > campus"),
        # a floor that is a word
        ("places", "Room 101,1,", "Room 101,first,", "places.csv, line 5: floor 'first' is not a number"),
        # an outline off the plan
        ("places", "100,100 200,100", "100,900 200,100", "line 5: outline: a corner lies outside the plan of"),
        # an outline that is a line
        ("places", "100,100 200,100 200,200", "100,100 200,100", "line 5: outline: an outline needs at least 3"),
        # a device twice
        ("devices", "cam-1,", "gate-1,", "devices.csv, line 4: id 'gate-1' stands in line 3 already"),
        # an id that cannot be a topic level
        ("devices", "cam-1,", "cam/1,", "devices.csv, line 4: id 'cam/1' is not 1 to 64 letters"),
        # a device without a name
        ("devices", "北门闸机", "", "devices.csv, line 3: name is empty"),
        # in a place that does not exist
        ("devices", "North camera,north", "North camera,south", "line 4: place 'south' is no place of this school"),
        # covering a place that does not exist
        ("devices", "north campus", "north moon", "line 4: covers 'moon' is no place of this school"),
        # behind a device that does not exist
        ("devices", "gate lane,north,agent-1", "gate lane,north,agent-9", "line 3: parent 'agent-9' is no device"),
        # behind itself
        ("devices", "North agent,north,", "North agent,north,gate-1", "line 2: parent leads in a circle"),
        # off the plan
        ("devices", "b1-101,150,150", "b1-101,150,1500", "devices.csv, line 5: y 1500 is outside 0 to 640"),
        # a quote that is never closed
        ("devices", "Room 101 air", '"Room 101 air', "devices.csv, line 5: is not CSV"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(
    engine: sa.Engine, school_files: Path, file: str, old: str, new: str, message: str
) -> None:
    text = {"places": PLACES, "devices": DEVICES}[file]
    assert old in text
    (school_files / f"{file}.csv").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ImportFileError) as caught:
        import_all(engine, school_files)
    assert message in str(caught.value)
    with db.read(engine) as conn:  # whole or not at all
        assert places(conn, SCHOOL) == []


def test_a_file_as_a_spreadsheet_in_china_saves_it_is_read(engine: sa.Engine, school_files: Path) -> None:
    (school_files / "places.csv").write_bytes(PLACES.encode("gb18030"))
    import_all(engine, school_files)
    with db.read(engine) as conn:
        assert {place.name for place in places(conn, SCHOOL)} >= {"北门", "一号楼"}


def test_a_file_in_another_encoding_says_how_to_save_it(engine: sa.Engine, school_files: Path) -> None:
    (school_files / "places.csv").write_bytes(PLACES.encode("utf-16"))
    with pytest.raises(ImportFileError, match="CSV UTF-8"):
        import_all(engine, school_files)


def test_a_file_that_is_not_there_is_named(engine: sa.Engine, tmp_path: Path) -> None:
    with pytest.raises(CampusError, match=r"places\.csv, line 0: cannot be read: No such file"):
        import_all(engine, tmp_path)


def test_a_campus_hub_may_be_imported_from_another_file_later(engine: sa.Engine, school_files: Path) -> None:
    import_all(engine, school_files)
    more = "id,kind,name,name_en,place,parent,model,covers,x,y\ncam-2,camera,二号摄像头,,north,agent-1,,,,\n"
    (school_files / "devices.csv").write_text(more, encoding="utf-8")
    assert import_all(engine, school_files)[1] == Imported(1, 0, 0)
    with db.read(engine) as conn:
        assert [device.id for device in Registry(engine).all(conn, SCHOOL)] == [
            "agent-1", "cam-1", "cam-2", "co2-101", "gate-1",
        ]  # fmt: skip
