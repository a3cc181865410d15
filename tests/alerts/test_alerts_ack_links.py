"""Acknowledge by link: made only for people, good once, for a while, and on record with the name that was given."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerts.life import actions
from alerts.notify.notice import Notice, Parcel, Receipt
from alerts.notify.text import Message, together
from alerts.tables import ack_links as table
from alerts.telling import ack_links
from alerts.telling.ack_links import Linked, Links
from alerts.telling.dispatch import Dispatcher
from alerts.telling.worker import AlertWorker
from campus import db
from campus.errors import Conflict
from campus.events import SensorAlarm
from tests.alerts.play import Play

BASE = "https://console.test"
LINKS = Links(BASE, timedelta(minutes=60))


class Channel:
    """An endpoint that takes everything and keeps the links."""

    name, address = "there", "x"
    min_severity = "info"

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.links: list[str] = []

    def render(self, notice: Notice) -> bytes:
        self.links.append(notice.link)
        return notice.link.encode()

    def send(self, parcel: Parcel) -> Receipt:
        return Receipt(result="done", detail="")


def told(play: Play, kind: str = "sms") -> Channel:
    """A smoke alarm that was told to an endpoint of ``kind``."""
    channel = Channel(kind)
    dispatcher = Dispatcher({"there": channel}, links=LINKS)  # type: ignore[dict-item]
    worker = AlertWorker(play.engine, {"there": channel}, play.clock, dispatcher=dispatcher)  # type: ignore[dict-item]
    play.handle(play.envelope("smoke-1", SensorAlarm(kind="smoke", active=True)))
    worker.run_once()
    return channel


def token_of(channel: Channel) -> str:
    return channel.links[0].removeprefix(f"{BASE}/ack/")


def use(play: Play, token: str, name: str = "李强") -> Linked | None:
    with db.write(play.engine) as conn:
        return ack_links.use(conn, token, name, "10.0.0.7", play.clock.now(), play.clock.now())


def look(play: Play, token: str) -> Linked | None:
    with db.read(play.engine) as conn:
        return ack_links.look(conn, token, play.clock.now())


def test_a_link_acknowledges_once_and_the_history_holds_name_and_endpoint(play: Play) -> None:
    token = token_of(told(play))
    assert (found := use(play, f"{token}")) is not None
    assert (found.standing, found.state) == ("done", "acknowledged")
    alarm = play.the("smoke", "smoke-1")
    assert (alarm.state, alarm.acknowledged_by) == ("acknowledged", "link:there")
    last = play.detail(alarm.id).steps[-1]
    assert (last.action, last.note, last.why.en) == ("acknowledge", "李强", "by the link of a message")
    assert (again := use(play, token)) is not None
    assert again.standing == "used"
    assert len(play.detail(alarm.id).steps) == 2


def test_looking_changes_nothing_however_often(play: Play) -> None:
    token = token_of(told(play))
    for _ in range(3):
        assert (found := look(play, token)) is not None
        assert found.standing == "open"
    assert play.the("smoke", "smoke-1").state == "unacknowledged"


def test_a_link_expires_and_is_forgotten_later(play: Play) -> None:
    token = token_of(told(play))
    play.clock.advance(timedelta(minutes=60))
    assert (found := use(play, token)) is not None
    assert found.standing == "expired"
    assert play.the("smoke", "smoke-1").state == "unacknowledged"
    with db.write(play.engine) as conn:
        assert ack_links.forget_before(conn, play.clock.now() + timedelta(seconds=1)) == 1
    assert look(play, token) is None


def test_where_somebody_was_faster_the_link_says_so(play: Play) -> None:
    token = token_of(told(play))
    with db.write(play.engine) as conn:
        actions.acknowledge(conn, play.the("smoke", "smoke-1").id, "guard-1", play.clock.now())
    assert (found := use(play, token)) is not None
    assert found.standing == "dealt_with"
    assert play.the("smoke", "smoke-1").acknowledged_by == "guard-1"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61])
def test_without_a_name_nothing_is_acknowledged(play: Play, name: str) -> None:
    token = token_of(told(play))
    with pytest.raises(Conflict):
        use(play, token, name)
    assert play.the("smoke", "smoke-1").state == "unacknowledged"


def test_a_guessed_link_is_unknown_and_the_database_holds_no_link(play: Play) -> None:
    token = token_of(told(play))
    assert use(play, token[:-1] + "!") is None
    with db.read(play.engine) as conn:
        (row,) = conn.execute(sa.select(table)).all()
    assert token not in repr(row)
    assert len(token) == 24


@pytest.mark.parametrize("kind", ["webhook", "mqtt"])
def test_machines_get_no_link(play: Play, kind: str) -> None:
    assert told(play, kind).links == [""]


def test_only_what_asks_somebody_has_a_link(play: Play) -> None:
    channel = told(play)
    with db.write(play.engine) as conn:
        actions.acknowledge(conn, play.the("smoke", "smoke-1").id, "guard-1", play.clock.now())
    dispatcher = Dispatcher({"there": channel}, links=LINKS)  # type: ignore[dict-item]
    AlertWorker(play.engine, {"there": channel}, play.clock, dispatcher=dispatcher).run_once()  # type: ignore[dict-item]
    assert [bool(one) for one in channel.links] == [True, False]


def test_in_a_short_message_the_text_is_cut_and_not_the_link() -> None:
    one = Message(alarm="a", urgent=True, title="烟雾报警", text="很长" * 500, link=f"{BASE}/ack/abc")
    _, text = together([one], 200)
    assert f"{BASE}/ack/abc\n" in text
    assert len(text.encode()) <= 200
    short = Message(alarm="a", urgent=True, title="烟雾报警", text="大厅", link=f"{BASE}/ack/abc")
    _, both = together([short, short], 2000)
    assert both.count(f"{BASE}/ack/abc\n") == 2
