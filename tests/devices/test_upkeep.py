"""Tickets go only where the table says, checks come due by their schedule, parts never go below nothing."""

import io
import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from campus import db
from campus.errors import Conflict, NotFound
from devices.presence.availability import record_of
from devices.upkeep import checks, photos, spares, tickets
from devices.upkeep.ticket_states import DUE, STEPS, Act, acts_in, next_state
from devices.upkeep.tickets import Doing, Work
from tests.devices.conftest import SCHOOL, Rig

WORDS = {"assignee": "wang", "outcome": "repaired", "note": "why"}


def opened(rig: Rig, **work: object) -> tickets.Ticket:
    with db.write(rig.engine) as conn:
        values = {"title": "画面模糊", "device": "cam-1", **work}
        return tickets.open_ticket(conn, SCHOOL, Work(**values), "guard", rig.clock.now())  # type: ignore[arg-type]


def act(rig: Rig, ticket: tickets.Ticket, name: Act, **said: str) -> tickets.Ticket:
    with db.write(rig.engine) as conn:
        return tickets.act(conn, SCHOOL, ticket.id, Doing(act=name, **said), "wang", rig.clock.now())


def test_a_ticket_lives_from_opening_to_verification_and_each_step_is_a_row(rig: Rig) -> None:
    ticket = opened(rig, severity="high")
    assert ticket.due_at - ticket.opened_at == DUE["high"]
    act(rig, ticket, "assign", assignee="wang")
    act(rig, ticket, "wait", note="等镜头")
    act(rig, ticket, "resume")
    rig.clock.advance(timedelta(hours=3))
    assert act(rig, ticket, "done", outcome="replaced").done_at == rig.clock.now()
    assert act(rig, ticket, "redo", note="还是模糊").done_at is None
    act(rig, ticket, "done", outcome="replaced")
    act(rig, ticket, "verify")
    with db.read(rig.engine) as conn:
        states = [(move.old, move.new) for move in tickets.moves(conn, ticket.id)]
        assert tickets.living(conn, SCHOOL) == []
        assert [one.id for one in tickets.past(conn, SCHOOL, "cam-1")] == [ticket.id]
    assert [new for _, new in states] == [
        "open", "assigned", "waiting", "assigned", "done", "assigned", "done", "verified",
    ]  # fmt: skip
    assert all(before[1] == after[0] for before, after in itertools.pairwise(states))


def test_a_ticket_is_on_a_device_and_in_a_place_that_are_there(rig: Rig) -> None:
    assert opened(rig, device=None, place="campus").place == "campus"
    for nowhere in ({"device": "cam-x"}, {"device": None, "place": "cellar-9"}, {"device": "cam-1", "place": "x"}):
        with pytest.raises(NotFound, match=r"cam-x|cellar-9|'x'"):
            opened(rig, **nowhere)


@given(st.lists(st.sampled_from(list(STEPS)), max_size=12))
def test_no_order_of_acts_leaves_the_table(acts: list[Act]) -> None:
    state = "open"
    for one in acts:
        if one in acts_in(state):  # type: ignore[arg-type]
            state = next_state(state, one, WORDS)  # type: ignore[arg-type]
            assert state == STEPS[one].to
        else:
            with pytest.raises(Conflict, match="cannot be given"):
                next_state(state, one, WORDS)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [act for act, step in STEPS.items() if step.needs])
def test_an_act_that_needs_a_word_is_refused_without_it(name: Act) -> None:
    with pytest.raises(Conflict, match=f"needs {STEPS[name].needs}"):
        next_state(STEPS[name].since[0], name, {})


def test_an_alarm_has_one_living_ticket(rig: Rig) -> None:
    first = opened(rig, alarm="a-1")
    with pytest.raises(Conflict, match="has a ticket already: 画面模糊"):
        opened(rig, alarm="a-1")
    act(rig, first, "reject", note="误报")
    assert opened(rig, alarm="a-1").state == "open"
    with pytest.raises(NotFound):
        opened(rig, device="no-such")


def test_a_repair_without_an_outage_counts_and_one_within_an_outage_counts_once(rig: Rig) -> None:
    rig.handle(rig.reading("cam-1"))
    rig.wait(60, "cam-1")
    ticket = opened(rig)  # blurred, but never silent
    rig.wait(3600, "cam-1")
    act(rig, ticket, "done", outcome="adjusted")
    nothing = opened(rig, title="误会")
    act(rig, nothing, "done", outcome="no_fault")
    with db.read(rig.engine) as conn:
        found = record_of(conn, SCHOOL, "cam-1", rig.clock.now(), rig.clock.now().tzinfo)  # type: ignore[arg-type]
    assert (found.failures, found.repaired) == (1, 1)
    assert found.mttr_s == 3600
    assert found.months[0].failures == 0  # it was there all the time
    assert found.months[0].share == 1


@pytest.mark.parametrize(
    ("first", "every", "unit", "day", "following"),
    [
        ("2026-01-31", 1, "month", "2026-01-31", "2026-02-28"),
        ("2026-01-31", 1, "month", "2026-02-28", "2026-03-31"),
        ("2026-01-31", 3, "month", "2026-02-01", "2026-04-30"),
        ("2024-02-29", 12, "month", "2024-02-29", "2025-02-28"),
        ("2026-09-07", 2, "week", "2026-09-07", "2026-09-21"),
        ("2026-09-07", 2, "week", "2026-10-01", "2026-10-05"),
        ("2026-09-07", 2, "week", "2026-09-01", "2026-09-07"),
    ],
)
def test_what_is_due_next(first: str, every: int, unit: checks.Unit, day: str, following: str) -> None:
    found = checks.due_after(date.fromisoformat(first), every, unit, date.fromisoformat(day))
    assert found == date.fromisoformat(following)


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(1, 60),
    st.sampled_from(["week", "month"]),
    st.integers(0, 4000),
)
def test_what_is_due_next_is_ahead_and_no_more_than_one_interval(
    first: date, every: int, unit: checks.Unit, days: int
) -> None:
    day = first + timedelta(days=days)
    found = checks.due_after(first, every, unit, day)
    assert day < found <= day + timedelta(days=every * (7 if unit == "week" else 31))


def test_a_check_is_done_late_and_keeps_its_schedule(rig: Rig) -> None:
    with db.write(rig.engine) as conn:
        now = rig.clock.now()
        said = checks.Plan(title="摄像头月检", every=1, unit="month", first_due=date(2026, 9, 1), place="campus")
        check = checks.plan(conn, SCHOOL, said, "facility", now)
        assert len(checks.devices_of(conn, SCHOOL, check)) == 4
        with pytest.raises(Conflict, match="what was found"):
            checks.done(conn, SCHOOL, check.id, date(2026, 9, 7), "wang", now, passed=False, note="")
        after = checks.done(conn, SCHOOL, check.id, date(2026, 9, 7), "wang", now, passed=True, note="")
        assert after.next_due == date(2026, 10, 1)
        early = checks.done(conn, SCHOOL, check.id, date(2026, 9, 28), "wang", now, passed=True, note="")
        assert early.next_due == date(2026, 11, 1)
        assert [run.due for run in checks.history(conn, check.id)] == [date(2026, 10, 1), date(2026, 9, 1)]
        checks.end(conn, SCHOOL, check.id, now)
        assert checks.planned(conn, SCHOOL) == []


def test_parts_are_used_by_a_ticket_and_never_more_than_there_are(rig: Rig) -> None:
    ticket = opened(rig)
    with db.write(rig.engine) as conn:
        now = rig.clock.now()
        part = spares.add(conn, SCHOOL, "镜头", "L-4", "B2", 3, 2, "facility", now)
        spares.move(conn, SCHOOL, part.id, -2, "wang", now, ticket=ticket.id)
        with pytest.raises(Conflict, match="there are 1 of 镜头; 2 cannot be taken"):
            spares.move(conn, SCHOOL, part.id, -2, "wang", now)
        with pytest.raises(NotFound):
            spares.move(conn, SCHOOL, part.id, -1, "wang", now, ticket="no-such")
        assert spares.used_by(conn, ticket.id) == [("镜头", 2)]
        assert [(one.change, one.stock) for one in spares.history(conn, part.id)] == [(-2, 1), (3, 3)]
        full = spares.add(conn, SCHOOL, "电源", "", "", 9, 1, "facility", now)
        assert [one.id for one in spares.on_shelf(conn, SCHOOL)] == [part.id, full.id]  # too few first


def photo(form: str, size: tuple[int, int] = (600, 400)) -> bytes:
    picture = Image.new("RGB", size, (200, 30, 30))
    exif = picture.getexif()
    exif[0x0112] = 6  # turned
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[1] = "N"  # where
    file = io.BytesIO()
    picture.save(file, form, exif=exif, **({"comment": b"secret"} if form == "JPEG" else {}))
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_upright_made_smaller_and_says_nothing_of_its_maker(form: str) -> None:
    cleaned = photos.clean(photo(form, (3000, 2000)))
    with Image.open(io.BytesIO(cleaned)) as found:
        assert found.format == "JPEG"
        assert max(found.size) == photos.LONGEST
        assert found.height > found.width
        assert len(found.getexif()) == 0
    assert b"PhoneMaker" not in cleaned
    assert b"secret" not in cleaned


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", photo("JPEG")[:-200], photo("PNG")[:60]])
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Conflict, match="no JPEG, PNG or WebP"):
        photos.clean(content)


def test_a_picture_whose_marks_are_broken_is_refused_like_one_that_is() -> None:
    marks = Image.Exif()
    marks[0x0112], marks[0x011A] = 6, 72.0  # turned, and so many dots to the inch
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, "JPEG", exif=marks)
    number, text = b"\x01\x1a\x00\x05", b"\x01\x1a\x00\x02"
    assert file.getvalue().count(number) == 1
    with pytest.raises(Conflict, match="no JPEG, PNG or WebP"):
        photos.clean(file.getvalue().replace(number, text))


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    with pytest.raises(Conflict, match="too large"):
        photos.clean(file.getvalue())
