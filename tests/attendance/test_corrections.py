"""A person's word: held against the machine, given to many at once, taken back, locked after a time, and proved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa
from attendance_play import SCHOOL, Play
from click.testing import CliRunner

from attendance.policy import Mark
from attendance.register import corrections
from attendance.register.chain import Proof, verify
from attendance.register.tables import links, marks
from campus import db
from campus.clock import to_ms
from campus.errors import Conflict, NotFound, Overtaken
from cli.commands.attendance import attendance


def prove(play: Play, noted: str | None = None) -> Proof:
    with db.read(play.engine) as conn:
        return verify(conn, SCHOOL, noted)


def correct_both(play: Play, at: str, students: Sequence[str] = ("s-1", "s-2")) -> list[Mark]:
    with db.write(play.engine) as conn:
        session = play.session(conn)
        return corrections.correct_many(conn, session, students, "present", "升旗", "t-1", play.at(at))


def a_morning(play: Play) -> Play:
    """s-1 passes, s-2 does not, absence is decided, and s-2 is corrected."""
    play.passes("07:41")
    play.tick(play.at("08:10"))
    play.correct("08:20", "present", "s-2")
    return play


def test_a_student_without_any_mark_can_be_corrected(play: Play) -> None:
    play.correct("06:55", "official")

    assert (play.line().status, play.line().by, play.line().reason) == ("official", "t-1", "在教室")
    assert [mark.number for mark in play.history()] == [1]


def test_a_student_of_another_class_cannot_be_corrected_here(play: Play) -> None:
    with pytest.raises(NotFound, match="s-3"):
        play.correct("07:30", "present", "s-3")


@pytest.mark.parametrize(("status", "reason", "by"), [("here", "r", "t-1"), ("late", "  ", "t-1"), ("late", "r", "")])
def test_a_correction_needs_a_status_a_reason_and_a_person(play: Play, status: str, reason: str, by: str) -> None:
    with pytest.raises(Conflict):
        play.correct("07:30", status, reason=reason, by=by)  # type: ignore[arg-type]


def test_a_word_that_arrives_late_says_when_it_was_said_and_is_one_mark_however_often_it_arrives(play: Play) -> None:
    for at in ("08:30", "08:31"):
        play.correct(at, "present", said_at=play.at("08:20"))

    assert [mark.status for mark in play.history()] == ["present"]
    assert play.line().evidence == {"said_at": to_ms(play.at("08:20"))}


def test_what_another_person_said_meanwhile_stands_against_a_word_that_arrives_late(play: Play) -> None:
    play.correct("08:25", "absent", by="t-2")
    with pytest.raises(Overtaken, match="t-2"):
        play.correct("08:30", "present", said_at=play.at("08:20"))
    play.correct("08:31", "present", said_at=play.at("08:26"))  # said with that in view

    assert [mark.status for mark in play.history()] == ["absent", "present"]


def test_what_the_machine_found_meanwhile_does_not_stand_against_a_word_that_arrives_late(play: Play) -> None:
    play.tick(play.at("08:10"))
    play.correct("08:30", "present", said_at=play.at("08:05"))

    assert play.line().status == "present"


def test_a_class_is_corrected_at_once_and_put_back_at_once(play: Play) -> None:
    a_morning(play)
    correct_both(play, "08:30")
    assert {play.line(one).status for one in ("s-1", "s-2")} == {"present"}

    with db.write(play.engine) as conn:
        corrections.undo_many(conn, play.session(conn), ["s-1", "s-2"], "t-1", play.at("08:40"))
    play.tick(play.at("08:41"))
    assert [play.line(one).status for one in ("s-1", "s-2")] == ["present", "absent"]


def test_many_are_corrected_all_or_none(play: Play) -> None:
    with pytest.raises(NotFound):
        correct_both(play, "08:30", ["s-1", "s-3"])

    assert play.history() == []


def test_a_roll_is_locked_after_a_fortnight_but_not_for_the_office(play: Play) -> None:
    a_morning(play)
    later = play.at("17:40") + timedelta(days=14)
    with db.write(play.engine) as conn:
        session = play.session(conn)
        with pytest.raises(Conflict, match="locked"):
            corrections.correct(conn, session, "s-1", "late", "晚到", "t-1", later)
        with pytest.raises(Conflict, match="locked"):
            corrections.undo(conn, session, "s-2", "t-1", later)
        mark = corrections.correct(conn, session, "s-1", "late", "晚到", "office", later, office=True)
    assert set(mark.evidence) == {"locked_at"}
    assert play.line().status == "late"


def test_the_chain_holds_over_a_morning(play: Play) -> None:
    proof = prove(a_morning(play))

    assert (proof.marks, proof.links, proof.breaks) == (4, 3, ())
    assert prove(play, proof.head).breaks == ()


@pytest.mark.parametrize(
    "change",
    [
        marks.update().where(marks.c.student == "s-2", marks.c.number == 1).values(status="present"),
        marks.update().where(marks.c.student == "s-2", marks.c.number == 1).values(link=1),
        marks.update().where(marks.c.number == 2).values(reason="另一个理由"),
        marks.update().where(marks.c.number == 2).values(link=None),
        links.delete().where(links.c.number == 1),
        links.update().where(links.c.number == 2).values(marks=1),
    ],
    ids=["a status", "a link's number", "a reason", "taken out of the chain", "a link gone", "a count"],
)
def test_whatever_is_changed_afterwards_breaks_the_chain(play: Play, change: sa.Update | sa.Delete) -> None:
    a_morning(play)
    with db.write(play.engine) as conn:
        conn.execute(change)

    assert prove(play).breaks


def test_a_chain_cut_off_at_its_end_does_not_hold_the_noted_head(play: Play) -> None:
    head = prove(a_morning(play)).head
    with db.write(play.engine) as conn:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        conn.exec_driver_sql("UPDATE roll SET number = 1 WHERE student = 's-2'")
        conn.execute(marks.delete().where(marks.c.student == "s-2", marks.c.number == 2))
        conn.execute(links.delete().where(links.c.number == 3))

    assert prove(play).breaks == ()
    assert [one.what for one in prove(play, head).breaks]


def test_the_command_proves_a_register_and_names_what_is_wrong(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    a_morning(play)
    monkeypatch.setenv("CAMPUS_DATABASE__URL", str(play.engine.url))
    sound = CliRunner().invoke(attendance, ["verify"])
    assert sound.exit_code == 0, sound.output
    assert f"{SCHOOL}: 4 marks in 3 links; head " in sound.output

    with db.write(play.engine) as conn:
        conn.execute(marks.update().where(marks.c.number == 2).values(status="absent"))
    broken = CliRunner().invoke(attendance, ["verify", "--school", SCHOOL])
    assert broken.exit_code == 1
    assert "link 3: its marks, or the link before it, were changed" in broken.output
