"""Which routes are in force: the file's until there is a revision, then the newest, taken up without a restart."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.rules import revisions
from alerts.rules.yaml_document import RuleFileError
from alerts.telling.dispatch import Dispatcher
from alerts.telling.in_force import RouteSource, in_force, put
from alerts.telling.routefile import EVERYONE_TEXT, read_routes
from alerts.telling.routes import EVERYONE
from alerts.telling.tables import route_revisions
from alerts.telling.worker import AlertWorker
from campus import db
from campus.errors import Conflict
from tests.alerts.play import Play, at
from tests.alerts.test_alerts_routing import People, Post

ENDPOINTS = ("group", "sms")
TO = "root:\n  name: all\n  levels: [{{to: [guard], by: [{}]}}]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "routes.yaml"
    path.write_text(TO.format("group"), encoding="utf-8")
    return path


def save(play: Play, path: Path | None, text: str, reason: str = "asked for") -> int:
    with db.write(play.engine) as conn:
        return put(conn, path, text, "a-1", reason, play.clock.now(), ENDPOINTS)


def kept(play: Play) -> list[tuple[int, str, str]]:
    with db.read(play.engine) as conn:
        return [(one.number, one.made_by, one.reason) for one in revisions.recent(conn, route_revisions)]


def test_the_default_is_written_as_it_is_meant() -> None:
    assert read_routes(EVERYONE_TEXT, "draft") == EVERYONE


def test_the_newest_revision_wins_over_the_file_and_what_it_replaced_is_kept(play: Play, file: Path) -> None:
    assert save(play, file, TO.format("sms")) == 2
    assert save(play, file, TO.format("sms, group")) == 3
    assert kept(play) == [(3, "a-1", "asked for"), (2, "a-1", "asked for"), (1, "file", "as it was found")]
    with db.read(play.engine) as conn:
        assert in_force(conn, file).number == 3
        old = revisions.text_of(conn, route_revisions, 1)
    assert old == file.read_text(encoding="utf-8")
    assert save(play, file, old, "back") == 4


def test_without_a_file_the_default_is_what_one_can_go_back_to(play: Play) -> None:
    save(play, None, TO.format("sms"))
    with db.read(play.engine) as conn:
        assert revisions.text_of(conn, route_revisions, 1) == EVERYONE_TEXT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("root: {name: a, level: 3}", "line 1: .*`level` - at `\\$.root`; did you mean `levels`"),
        ("root:\n  name: a\n  levels: [{to: [guards]}]", "line 3: .*'guards'.*did you mean `guard`"),
        ("root:\n  levels: []", "line 2: .*add `name`"),
        ("root:\n  name: a\n  levels: {to: 3}", "line 3: .*write a list"),
        ("root: {name: 2026-13-45}", "line 1: cannot be read"),
        ("root: &a {name: x, routes: [*a]}", "line 1: cannot be read"),
        (TO.format("sms, fax"), "line 3: 'fax' is no endpoint; add it under .* known are group, sms"),
        ("root: {name: a}\nstand_ins: {fax: sms}", "line 2: 'fax' is no endpoint"),
    ],
)
def test_a_wrong_text_is_refused_with_line_key_and_fix_and_nothing_is_kept(play: Play, text: str, said: str) -> None:
    with pytest.raises(RuleFileError, match=said):
        save(play, None, text)
    assert kept(play) == []


def test_a_reason_is_needed_and_a_change_too(play: Play, file: Path) -> None:
    with pytest.raises(Conflict, match="reason"):
        save(play, file, TO.format("sms"), "  ")
    with pytest.raises(Conflict, match="already"):
        save(play, file, TO.format("group"))


def test_a_revision_can_be_put_in_the_place_of_a_file_that_is_gone(play: Play, tmp_path: Path) -> None:
    assert save(play, tmp_path / "gone.yaml", TO.format("sms")) == 1


class Desk:
    """A worker that was started over the routes of a file."""

    def __init__(self, play: Play, path: Path | None) -> None:
        self.play = play
        self.posts = {name: Post(name) for name in ENDPOINTS}
        self.source = RouteSource(path, ENDPOINTS)
        dispatcher = Dispatcher(self.posts, self.source, play.calendar, People())
        self.worker = AlertWorker(play.engine, self.posts, play.clock, dispatcher=dispatcher)

    def told(self, sentence: str) -> list[str]:
        """Which endpoints hear of what happens now."""
        before = {name: len(post.got) for name, post in self.posts.items()}
        self.play._say(sentence, sentence)
        self.worker.run_once()
        return [name for name, post in self.posts.items() if len(post.got) > before[name]]


@pytest.fixture
def desk(play: Play, file: Path) -> Desk:
    play.until(at("09:00"))
    return Desk(play, file)


def test_a_running_worker_takes_a_revision_up_from_its_commit_on(desk: Desk, file: Path) -> None:
    assert desk.told("smoke-1 alarms smoke") == ["group"]
    save(desk.play, file, TO.format("sms"))
    assert desk.told("smoke-2 alarms smoke") == ["sms"]
    file.write_text(TO.format("group"), encoding="utf-8")  # no longer what counts
    assert desk.told("smoke-3 alarms smoke") == ["sms"]


def test_before_the_first_revision_a_changed_file_is_taken_up_and_a_wrong_one_is_not(desk: Desk, file: Path) -> None:
    file.write_text(TO.format("sms, group") + "# longer", encoding="utf-8")
    assert desk.told("smoke-1 alarms smoke") == ["group", "sms"]
    file.write_text("root: 3", encoding="utf-8")
    assert desk.told("smoke-2 alarms smoke") == ["group", "sms"]


def test_an_endpoint_that_left_the_settings_costs_no_alarm(play: Play) -> None:
    play.until(at("09:00"))
    save(play, None, TO.format("sms"))
    desk = Desk(play, None)
    del desk.posts["sms"]
    desk.worker = AlertWorker(
        play.engine, desk.posts, play.clock, dispatcher=Dispatcher(desk.posts, desk.source, play.calendar, People())
    )
    assert desk.told("smoke-1 alarms smoke") == ["group"]


def test_a_worker_does_not_begin_with_a_wrong_file_but_with_a_revision_it_does(play: Play, file: Path) -> None:
    file.write_text(TO.format("fax"), encoding="utf-8")
    source = RouteSource(file, ENDPOINTS)
    with db.read(play.engine) as conn, pytest.raises(RuleFileError, match="fax"):
        source.check(conn)
    save(play, file, TO.format("sms"))
    with db.read(play.engine) as conn:
        source.check(conn)
        assert source(conn) == read_routes(TO.format("sms"), "draft")


def test_nothing_but_a_number_is_asked_while_nothing_changes(play: Play, file: Path) -> None:
    save(play, file, TO.format("sms"))
    source = RouteSource(file, ENDPOINTS)
    with db.read(play.engine) as conn:
        source(conn)
        asked: list[str] = []
        sa.event.listen(conn, "before_cursor_execute", lambda *said: asked.append(said[2]))
        source(conn)
        assert ["max(" in statement for statement in asked] == [True]
