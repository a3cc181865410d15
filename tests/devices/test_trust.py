"""Codes are good once, accounts are renewed beside the old one and end for ever, and every step is on record."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock
from campus.errors import Conflict, NotFound, SettingsError
from devices.ledger.files import import_devices
from devices.ledger.retirement import take_out
from devices.registry import Registry
from devices.trust import accounts, authority, broker_files, codes, passwords
from devices.trust.adoption import Adoption, adopt, block
from devices.trust.quarantine import KEPT, LONGEST, TOPICS, quarantine, said_by, unknown
from devices.trust.steps import steps

SCHOOL = "school-1"
HEAD = "id,kind,name,name_en,place,parent,model,covers,x,y\n"


@pytest.fixture
def conn(engine: sa.Engine, tmp_path: Path, clock: VirtualClock) -> sa.Connection:
    file = tmp_path / "devices.csv"
    file.write_text(HEAD + "edge-1,agent,Edge,Edge,,,,,,\ncam-1,camera,Cam,Cam,,edge-1,,,,\nco2-1,sensor,A,A,,,,,,\n")
    with db.write(engine) as conn:
        import_devices(conn, SCHOOL, file, clock.now())
        yield conn  # type: ignore[misc]


def test_a_code_is_traded_once_however_it_is_typed(conn: sa.Connection, clock: VirtualClock) -> None:
    code = codes.make(conn, SCHOOL, "edge-1", "head", clock.now())
    made = codes.trade(conn, f" {code.lower().replace('-', ' ')} ", "10.0.0.7", clock.now())
    assert made.username == "school-1/edge-1~1"
    with pytest.raises(Conflict, match="used or has expired"):
        codes.trade(conn, code, "10.0.0.7", clock.now())
    assert [(one.what, one.by) for one in steps(conn, SCHOOL)] == [("enrolled", "head"), ("code_made", "head")]
    assert code not in str([tuple(row) for row in conn.execute(sa.text("SELECT * FROM enrolment_codes"))])


def test_a_code_expires_and_a_newer_one_replaces_it(conn: sa.Connection, clock: VirtualClock) -> None:
    first = codes.make(conn, SCHOOL, "edge-1", "head", clock.now())
    second = codes.make(conn, SCHOOL, "edge-1", "head", clock.now())
    for refused in (first, "ABCDE-FGHJK-MNPQR-STUVW"):
        with pytest.raises((Conflict, NotFound)):
            codes.trade(conn, refused, "", clock.now())
    clock.advance(codes.GOOD_FOR)
    with pytest.raises(Conflict):
        codes.trade(conn, second, "", clock.now())
    assert codes.waiting(conn, SCHOOL, clock.now()) == []


def test_codes_that_ended_are_forgotten_and_one_that_waits_is_not(conn: sa.Connection, clock: VirtualClock) -> None:
    codes.trade(conn, codes.make(conn, SCHOOL, "edge-1", "head", clock.now()), "", clock.now())
    waits = codes.make(conn, SCHOOL, "edge-1", "head", clock.now())
    clock.advance(timedelta(hours=1))
    assert codes.forget_codes(conn, clock.now(), 10) == 1
    assert codes.forget_codes(conn, clock.now(), 10) == 0
    codes.trade(conn, waits, "", clock.now())
    codes.make(conn, SCHOOL, "edge-1", "head", clock.now())
    clock.advance(codes.GOOD_FOR + timedelta(hours=1))
    assert codes.forget_codes(conn, clock.now(), 10) == 2, "one was used, one expired"


def test_a_code_is_only_for_what_is_in_the_registry(conn: sa.Connection, clock: VirtualClock) -> None:
    with pytest.raises(NotFound, match="put it into the registry first"):
        codes.make(conn, SCHOOL, "stranger", "head", clock.now())


def test_a_renewed_account_works_beside_the_old_one_for_a_day(conn: sa.Connection, clock: VirtualClock) -> None:
    old = accounts.issue(conn, SCHOOL, "edge-1", clock.now(), timedelta(0))
    new = accounts.renew(conn, old.username, old.password, clock.now())
    assert [one.username for one in accounts.working(conn, clock.now())] == [old.username, new.username]
    again = accounts.renew(conn, old.username, old.password, clock.now())  # the answer was lost on the way
    clock.advance(accounts.OVERLAP)
    assert accounts.expire(conn, clock.now()) == 2
    assert [one.username for one in accounts.working(conn, clock.now())] == [again.username]
    with pytest.raises(NotFound):
        accounts.renew(conn, old.username, old.password, clock.now())


def test_nobody_renews_an_account_with_another_password(conn: sa.Connection, clock: VirtualClock) -> None:
    old = accounts.issue(conn, SCHOOL, "edge-1", clock.now(), timedelta(0))
    for username, password in ((old.username, "x"), ("school-1/edge-1~9", old.password)):
        with pytest.raises(NotFound, match="enrol the device anew"):
            accounts.renew(conn, username, password, clock.now())


def test_a_revoked_device_has_no_account_and_is_enrolled_under_a_new_name(
    conn: sa.Connection, clock: VirtualClock
) -> None:
    accounts.issue(conn, SCHOOL, "edge-1", clock.now(), timedelta(0))
    assert accounts.revoke(conn, SCHOOL, "edge-1", "head", clock.now(), "stolen") == 1
    assert accounts.working(conn, clock.now()) == []
    assert steps(conn, SCHOOL, "edge-1")[0].detail == "stolen"
    assert accounts.issue(conn, SCHOOL, "edge-1", clock.now(), timedelta(0)).username == "school-1/edge-1~2"


@pytest.mark.parametrize("end", [accounts.revoke, take_out])
def test_a_code_that_waits_lets_nobody_in_once_its_device_is_lost_or_out_of_use(
    conn: sa.Connection, clock: VirtualClock, end: Callable[..., object]
) -> None:
    code = codes.make(conn, SCHOOL, "edge-1", "head", clock.now())
    end(conn, SCHOOL, "edge-1", "head", clock.now(), "stolen")
    with pytest.raises(Conflict, match="used or has expired"):
        codes.trade(conn, code, "10.0.0.66", clock.now())
    assert codes.waiting(conn, SCHOOL, clock.now()) == []


def test_the_files_of_the_broker_keep_what_is_the_platforms(
    conn: sa.Connection, clock: VirtualClock, engine: sa.Engine
) -> None:
    made = accounts.issue(conn, SCHOOL, "edge-1", clock.now(), timedelta(0))
    registry = Registry(engine)
    registry.refresh(conn)
    working = accounts.working(conn, clock.now())
    text = broker_files.passwords("campus:$7$x\nschool-1/gone~1:$7$y\n", working)
    assert [line.split(":")[0] for line in text.splitlines()] == ["campus", made.username]
    acl = broker_files.access_list(f"user campus\ntopic read #\n{broker_files.MARK}\nold\n", working, registry.children)
    assert acl.startswith("user campus\ntopic read #\n")
    assert "old" not in acl
    assert "topic write campus/school-1/cam-1/event" in acl  # it speaks for what stands behind it
    assert "co2-1" not in acl
    assert broker_files.access_list(acl, working, registry.children) == acl


def test_a_password_is_kept_as_mosquitto_keeps_it() -> None:
    kept = passwords.hashed("right")
    assert kept.startswith("$7$101$")
    assert passwords.matches("right", kept)
    assert not passwords.matches("wrong", kept)


def test_a_stranger_is_adopted_or_put_aside(conn: sa.Connection, clock: VirtualClock, engine: sa.Engine) -> None:
    for device in ("co2-9", "spy-1"):
        quarantine(conn, SCHOOL, device, f"campus/{SCHOOL}/{device}/telemetry", clock.now())
    adopt(conn, SCHOOL, "co2-9", Adoption(kind="sensor", name="新传感器", parent="edge-1"), "head", clock.now())
    block(conn, SCHOOL, "spy-1", "head", clock.now(), "a neighbour's")
    assert unknown(conn, SCHOOL) == []
    quarantine(conn, SCHOOL, "spy-1", "x", clock.now())  # it goes on, and is asked about no more
    assert unknown(conn, SCHOOL) == []
    registry = Registry(engine)
    registry.refresh(conn)
    source = registry.source(SCHOOL, "co2-9")
    assert source is not None
    assert source.kind == "sensor"
    assert [one.what for one in steps(conn, SCHOOL)] == ["blocked", "adopted"]


def test_of_a_stranger_a_few_messages_of_a_few_topics_are_kept_and_none_after_its_adoption(
    conn: sa.Connection, clock: VirtualClock
) -> None:
    for n in range(30):
        clock.advance(timedelta(seconds=1))
        for topic in ("telemetry", "status"):
            quarantine(conn, SCHOOL, "co2-9", topic, clock.now(), b'{"co2": %d}' % n + b"\0" + b"x" * 1000)
    for n in range(50):
        quarantine(conn, SCHOOL, "co2-9", f"more/{n}", clock.now(), b"\xff")
    found = {one.topic: one for one in said_by(conn, SCHOOL)["co2-9"]}
    assert len(found) == TOPICS
    assert (found["telemetry"].messages, len(found["telemetry"].said)) == (30, KEPT)
    newest = found["telemetry"].said[0]
    assert (newest.at, newest.size) == (clock.now(), 1012)
    assert newest.text.startswith('{"co2": 29}\ufffdx')
    assert len(newest.text) == LONGEST
    adopt(conn, SCHOOL, "co2-9", Adoption(kind="sensor", name="新传感器"), "head", clock.now())
    assert said_by(conn, SCHOOL) == {}


def test_a_flood_of_names_leaves_those_heard_last_and_those_put_aside(
    conn: sa.Connection, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.trust.quarantine.MOST", 5)
    quarantine(conn, SCHOOL, "neighbour", "t", clock.now())
    block(conn, SCHOOL, "neighbour", "head", clock.now(), "not ours")
    quarantine(conn, "school-2", "elsewhere", "t", clock.now())
    for number in range(50):
        clock.advance(timedelta(seconds=1))
        quarantine(conn, SCHOOL, f"flood-{number}", "t", clock.now(), b"x")
    assert [one.device for one in unknown(conn, SCHOOL)] == [f"flood-{number}" for number in range(49, 44, -1)]
    assert set(said_by(conn, SCHOOL)) == {"neighbour", *(f"flood-{number}" for number in range(45, 50))}
    block(conn, SCHOOL, "neighbour", "head", clock.now(), "it is still remembered")
    assert len(unknown(conn, "school-2")) == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Adoption(kind="drone", name="x"), "no kind 'drone'"),
        (Adoption(kind="sensor", name="x", place="nowhere"), "no place 'nowhere'"),
        (Adoption(kind="sensor", name="x", parent="nobody"), "no device 'nobody'"),
    ],
)
def test_an_adoption_that_cannot_work_says_why(
    conn: sa.Connection, clock: VirtualClock, said: Adoption, reason: str
) -> None:
    quarantine(conn, SCHOOL, "co2-9", "t", clock.now())
    with pytest.raises((NotFound, Conflict), match=reason):
        adopt(conn, SCHOOL, "co2-9", said, "head", clock.now())


def test_the_authority_is_made_once_and_its_key_is_its_owners(tmp_path: Path, clock: VirtualClock) -> None:
    files = authority.Files(tmp_path / "trust")
    with pytest.raises(SettingsError, match="holds no authority"):
        authority.certify_server(files, ["localhost"], clock.now())
    authority.make_authority(files, "school-1", clock.now())
    before = files.authority.read_bytes()
    authority.make_authority(files, "school-1", clock.now())
    assert files.authority.read_bytes() == before
    authority.certify_server(files, ["localhost", "127.0.0.1"], clock.now())
    for key in (files.authority_key, files.server_key):
        assert key.stat().st_mode & 0o777 == 0o600
    assert (authority.ends_at(files.server) - clock.now()).days == authority.SERVER_DAYS
    with pytest.raises(SettingsError, match="names no host"):
        authority.certify_server(files, [], clock.now())
