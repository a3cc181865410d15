"""A real Mosquitto with real TLS and the accounts that the platform writes: who comes in, says and hears what."""

import queue
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import paho.mqtt.client as paho
import pytest
import sqlalchemy as sa

from campus import db
from campus.clock import VirtualClock
from campus.mqtt.client import Message, MqttClient
from campus.settings import Mqtt
from campus.topics import Channel, subscription
from cli.commands.init import ACCESS
from cli.programs.broker import Listener, Mosquitto, find_mosquitto, is_listening
from cli.programs.broker_access import BrokerAccess
from devices.ledger.files import import_devices
from devices.registry import Registry
from devices.trust import accounts, authority, codes
from devices.trust.accounts import Credential
from devices.trust.passwords import hashed
from tests.conftest import free_port

pytestmark = pytest.mark.broker
SCHOOL = "school-1"
PATIENCE_S = 30
DEVICES = """id,kind,name,name_en,place,parent,model,covers,x,y
edge-1,agent,E,E,,,,,,
cam-1,camera,C,C,,edge-1,,,,
gate-1,gate,G,G,,,,,,
"""


class Site:
    """A broker as `campus up` runs it, and what writes its accounts; nobody is enrolled yet."""

    def __init__(self, engine: sa.Engine, clock: VirtualClock, folder: Path) -> None:
        self.engine, self.clock = engine, clock
        self.certificates = authority.Files(folder / "trust")
        authority.make_authority(self.certificates, SCHOOL, datetime.now(UTC))
        authority.certify_server(self.certificates, ["127.0.0.1"], datetime.now(UTC))
        devices = folder / "devices.csv"
        devices.write_text(DEVICES)
        with db.write(engine) as conn:
            import_devices(conn, SCHOOL, devices, clock.now())
        passwords, acl = folder / "passwords", folder / "acl"
        passwords.write_text(f"campus:{hashed('platform')}\n")
        acl.write_text(ACCESS)
        self.listener = Listener(
            port=free_port(), tls_port=free_port(), password_file=passwords, acl_file=acl,
            cert_file=self.certificates.server, key_file=self.certificates.server_key,
        )  # fmt: skip
        self.access = BrokerAccess(engine, Registry(engine), passwords, acl, clock)
        self.access.step()
        program = find_mosquitto()
        assert program is not None
        self.broker = Mosquitto(program, self.listener, folder / "broker")
        self.broker.start()
        eventually(lambda: is_listening("127.0.0.1", self.listener.tls_port))

    def write(self) -> None:
        """What happens within two seconds in a running platform."""
        self.access.step()
        self.broker.look_after()

    def enrol(self, device: str) -> Credential:
        with db.write(self.engine) as conn:
            code = codes.make(conn, SCHOOL, device, "head", self.clock.now())
            made = codes.trade(conn, code, "127.0.0.1", self.clock.now())
        self.write()
        return made

    def settings(self, who: Credential) -> Mqtt:
        return Mqtt(
            port=self.listener.tls_port, tls=True, ca_file=self.certificates.authority,
            username=who.username, password=who.password,
        )  # fmt: skip

    def device(self, who: Credential, name: str = "device", **options: object) -> MqttClient:
        return MqttClient(self.settings(who), name, **options)  # type: ignore[arg-type]

    def platform(self, heard: "queue.Queue[Message]") -> MqttClient:
        settings = Mqtt(port=self.listener.port, username="campus", password="platform")
        return MqttClient(settings, "platform", subscriptions=subscription(), on_message=heard.put)


@pytest.fixture
def site(engine: sa.Engine, clock: VirtualClock, tmp_path: Path) -> Iterator[Site]:
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    made = Site(engine, clock, tmp_path)
    yield made
    made.broker.stop()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def connected(client: MqttClient) -> bool:
    client.start()
    return client.wait_connected(PATIENCE_S)


def publish(client: MqttClient, *topics: str, retain: bool = False) -> None:
    for topic in topics:
        answered: queue.Queue[None] = queue.Queue()
        client.publish(topic, b"x", retain=retain, on_ack=lambda answered=answered: answered.put(None))  # type: ignore[misc]
        answered.get(timeout=PATIENCE_S)


def others(channel: Channel) -> list[str]:
    """Topics of other devices, of another school's device of the same id, and of nobody."""
    return [f"campus/{SCHOOL}/gate-1/{channel}", f"campus/school-2/edge-1/{channel}", f"campus/{SCHOOL}/{channel}"]


@pytest.mark.parametrize("retain", [False, True])
def test_an_enrolled_agent_speaks_for_itself_and_what_stands_behind_it(site: Site, retain: bool) -> None:
    heard: queue.Queue[Message] = queue.Queue()
    platform, agent = site.platform(heard), site.device(site.enrol("edge-1"))
    try:
        assert connected(platform)
        platform.wait_subscribed(PATIENCE_S)
        assert connected(agent)
        publish(agent, *(topic for channel in Channel for topic in others(channel)), retain=retain)
        publish(agent, f"campus/{SCHOOL}/edge-1/command", f"campus/{SCHOOL}/edge-1/config", retain=retain)
        own = [f"campus/{SCHOOL}/{device}/event" for device in ("edge-1", "cam-1")]
        publish(agent, *own)
        assert [heard.get(timeout=PATIENCE_S).topic for _ in own] == own
        assert heard.empty()
    finally:
        agent.stop()
        platform.stop()


def test_a_device_hears_nothing_that_is_not_for_it(site: Site) -> None:
    heard: queue.Queue[Message] = queue.Queue()
    filters = ["#", "campus/#", f"campus/{SCHOOL}/edge-1/+", f"campus/{SCHOOL}/gate-1/command"]
    gate = site.device(site.enrol("gate-1"), subscriptions=filters, on_message=heard.put)
    platform = site.platform(queue.Queue())
    try:
        assert connected(gate)
        gate.wait_subscribed(PATIENCE_S)
        assert connected(platform)
        publish(platform, f"campus/{SCHOOL}/edge-1/command", f"campus/{SCHOOL}/gate-1/command")
        assert heard.get(timeout=PATIENCE_S).topic == f"campus/{SCHOOL}/gate-1/command"
        assert {message.topic for message in heard.queue} <= {f"campus/{SCHOOL}/gate-1/command"}
    finally:
        gate.stop()
        platform.stop()


def test_a_last_will_in_anothers_name_is_never_told(site: Site) -> None:
    heard: queue.Queue[Message] = queue.Queue()
    platform, who = site.platform(heard), site.enrol("edge-1")
    try:
        assert connected(platform)
        platform.wait_subscribed(PATIENCE_S)
        for topic in (*others(Channel.STATUS), f"campus/{SCHOOL}/edge-1/status"):
            lose(site, who, topic)
        assert heard.get(timeout=PATIENCE_S).topic == f"campus/{SCHOOL}/edge-1/status"
        assert heard.empty()
    finally:
        platform.stop()


def lose(site: Site, who: Credential, will: str) -> None:
    """Connect with a last will, and lose the connection without a word."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "lost")
    client.username_pw_set(who.username, who.password)
    client.tls_set(str(site.certificates.authority))
    client.will_set(will, b"gone", qos=1)
    client.connect("127.0.0.1", site.listener.tls_port)
    deadline = time.monotonic() + PATIENCE_S
    while not client.is_connected():
        assert time.monotonic() < deadline, "the broker did not answer"
        client.loop(0.1)
    raw = client.socket()
    assert raw is not None
    raw.shutdown(socket.SHUT_RDWR)
    client.loop(0.1)


def test_a_revoked_device_is_thrown_out_while_it_is_connected(site: Site) -> None:
    who = site.enrol("gate-1")
    client = site.device(who)
    try:
        assert connected(client)
        with db.write(site.engine) as conn:
            accounts.revoke(conn, SCHOOL, "gate-1", "head", site.clock.now(), "lost")
        site.write()
        eventually(lambda: not client.connected)
        assert not client.wait_connected(1.0)
    finally:
        client.stop()


def test_a_renewed_account_works_beside_the_old_one_until_its_time_is_over(site: Site) -> None:
    old = site.enrol("gate-1")
    with db.write(site.engine) as conn:
        new = accounts.renew(conn, old.username, old.password, site.clock.now())
    site.write()
    first, second = site.device(old, "old"), site.device(new, "new")
    try:
        assert connected(first)
        assert connected(second)
        site.clock.advance(accounts.OVERLAP)
        site.write()
        eventually(lambda: not first.connected)
        assert second.connected
    finally:
        first.stop()
        second.stop()


def test_a_device_trusts_no_broker_of_another_authority(site: Site, tmp_path: Path) -> None:
    foreign = authority.Files(tmp_path / "foreign")
    authority.make_authority(foreign, "evil", datetime.now(UTC))
    settings = msgspec.structs.replace(site.settings(site.enrol("gate-1")), ca_file=foreign.authority)
    client = MqttClient(settings, "careful")
    try:
        client.start()
        assert not client.wait_connected(1.0)
    finally:
        client.stop()
    context = ssl.create_default_context(cafile=str(site.certificates.authority))
    plain = socket.create_connection(("127.0.0.1", site.listener.tls_port))
    with (
        context.wrap_socket(plain, server_hostname="elsewhere.example", do_handshake_on_connect=False) as wrapped,
        pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"),
    ):
        wrapped.do_handshake()


def test_nobody_takes_over_the_session_of_another_by_its_name(site: Site) -> None:
    victim, thief = site.device(site.enrol("edge-1"), "edge-1"), site.device(site.enrol("gate-1"), "edge-1")
    try:
        assert connected(victim)
        assert connected(thief)
        publish(victim, f"campus/{SCHOOL}/edge-1/status")  # answered, so the broker has not closed its connection
        assert victim.connected
    finally:
        thief.stop()
        victim.stop()


def test_without_an_account_nobody_comes_in(site: Site) -> None:
    for who in (Credential(SCHOOL, "gate-1", "", ""), Credential(SCHOOL, "gate-1", "school-1/gate-1~1", "guess")):
        client = site.device(who)
        client.start()
        try:
            assert not client.wait_connected(1.0)
        finally:
            client.stop()
