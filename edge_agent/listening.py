"""Listens to a gate, a sensor, a headset or the agent's own machine, and says what it hears and what is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import msgspec

from campus.clock import Clock
from campus.errors import Unavailable
from campus.mqtt.client import MqttClient
from campus.settings import Mqtt
from edge_agent.gate.settings import Gate
from edge_agent.gate.source import Pass, PassSource
from edge_agent.lab.headsets import Looks
from edge_agent.lab.settings import Headset
from edge_agent.machine import machine_health
from edge_agent.remark import Remark
from edge_agent.sensor.measured import SensorSource
from edge_agent.sensor.settings import Sensor
from edge_agent.settings import Agent
from edge_agent.timekeeping import clock_offset, is_kept

LISTEN_S = 15.0
LOOKS = 3  # so often a sensor is asked
CONNECT_S = 5.0
CLOCK_OFF_S = 2.0
DISK_LOW = 0.1
_STOP_FIRST = "Stop the agent while you check (systemctl stop campus-edge): a reader has one listener"
_SILENT = {
    "zkteco": "In the terminal: cloud server (ADMS) = this machine and the gate's port; no proxy, no firewall between",
    "hikvision": "Check address, power and network; open it in a browser with the login of login_file",
    "wedge": f"Is the user in the group input? Is device a name of /dev/input/by-id? {_STOP_FIRST}",
    "line": f"Is the user in the group dialout? Is device a name of /dev/serial/by-id? {_STOP_FIRST}",
    "qr": "Check the camera's address, power and network",
}
_WRONG = {
    "refused": "A terminal that is not in `terminals`, or not in `networks`: add its serial number or network",
    "login_refused": "Mend login_file; wait ten minutes, terminals lock an account after a few wrong passwords",
    "bad_lines": "What the reader sends is no card number: mend baud, start, end, length, pattern or form",
    "bad_alerts": "The terminal sends what cannot be understood: update its firmware, and send us the log",
    "clock_jumps": "Set the terminal's clock, and let it be kept by NTP",
    "codes_forged": "Codes of another school or key: print them anew with `campus codes`",
    "codes_unknown": "QR codes that are no student codes were shown; `plain` would take them for card numbers",
    "codes_expired": "Print new codes with `campus codes`, or check this machine's clock",
    "codes_replayed": "A code of one use was shown twice",
}


def check_gate(gate: Gate, reader: PassSource, key: bytes, seconds: float = LISTEN_S) -> Iterator[Remark]:
    """Listen to the gate's reader for ``seconds``; cards are told by their hash. The reader is closed afterwards."""
    stop, heard = threading.Event(), list[Pass]()

    def listen() -> None:
        while (seen := reader.next(stop)) is not None:
            heard.append(seen)

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join(seconds)
    reachable, health, problem = reader.reachable(), reader.health(), getattr(reader, "problem", "")
    stop.set()
    thread.join()
    there = reachable and not problem and health.get("connected", 1.0) > 0
    state = "the reader is there" if there else problem or "the reader is not there"
    yield Remark(state, "" if there else _SILENT.get(gate.source, "Check it"))
    yield from (_about_pass(seen, key) for seen in heard[:20])
    yield from (Remark(f"{name}: {health[name]:.0f}", fix) for name, fix in _WRONG.items() if health.get(name))
    if not heard:
        fix = f"Show a card that is known within the {seconds:.0f} seconds; direction and pattern are tried by that"
        yield Remark("nobody passed", fix if there else "")


def _about_pass(seen: Pass, key: bytes) -> Remark:
    shown = f"a card of {len(seen.number)} characters" if seen.number else "a student code"
    way = seen.direction or "open, or that of the lane"
    return Remark(f"{shown}, credential {seen.hashed(key)[:8]}..., direction {way}")


def check_sensor(sensor: Sensor, sources: Sequence[SensorSource]) -> Iterator[Remark]:
    """Ask each source of the sensor some times; they are closed afterwards."""
    for source, fix_of in zip(sources, _sensor_fixes(sensor), strict=True):
        try:
            for _ in range(LOOKS):
                measured = source.measure()
                told = [*measured.values.items(), *measured.contacts]
                yield Remark(", ".join(f"{name} = {value}" for name, value in told) or "nothing is told")
                if measured.implausible:
                    fix = "Check wiring, register, type, word_order and scale against the manual, and low and high"
                    yield Remark(f"{measured.implausible} values could not be true", fix)
                time.sleep(min(sensor.poll_s, 1.0))
        except Unavailable as error:
            yield Remark(str(error), fix_of)
        finally:
            source.close()


def _sensor_fixes(sensor: Sensor) -> list[str]:
    """What to do about each source that does not answer, in the order in which `Sources` makes them."""
    fixes = []
    if sensor.modbus is not None:
        fixes.append("Swap A and B; check unit, baud and parity, power, and the group dialout of the user")
    if sensor.pins:
        fixes.append("Check chip (gpiodetect), the group gpio of the user, and that nothing else uses the pin")
    if sensor.files:
        fixes.append("Is the path right, and is the driver loaded (dtoverlay=w1-gpio on a Raspberry Pi)?")
    return [fix if fix.endswith("?") else f"{fix}. {_STOP_FIRST}" for fix in fixes]


def check_headset(headset: Headset, looks: Looks) -> Remark:
    """Ask one headset."""
    try:
        values = looks.look().values()
    except Unavailable as error:
        return Remark(
            f"{headset.id}, seat {headset.seat}: {error}", "Mend that; `adb devices` must list it as `device`"
        )
    told = ", ".join(f"{name} = {value}" for name, value in values.items())
    fix = "" if "worn" in values else "It does not tell whether it is worn: no session will be seen; update its system"
    return Remark(f"{headset.id}, seat {headset.seat}: {told}", fix)


def check_agent(agent: Agent, school: str, broker: Mqtt, clock: Clock) -> Iterator[Remark]:
    """The broker, the machine's clock and its disk."""
    client = MqttClient(broker, f"edge-check-{school}-{agent.id}")
    client.start()
    there = client.wait_connected(CONNECT_S)
    client.stop()
    fix = "" if there else "Check [mqtt] host, port, user and password, TLS files, and the network between"
    yield Remark(f"the broker {broker.host}:{broker.port} {'answers' if there else 'does not let us in'}", fix)
    free = machine_health(agent.spool.parent).get("disk_free", 0.0)
    yield Remark(
        f"disk: {100 * free:.0f} % free", "Make room: the spool needs it in an outage" if free < DISK_LOW else ""
    )
    kept = is_kept()
    if kept is not None:
        wrong = "Switch on time synchronisation: timedatectl set-ntp true"
        yield Remark(f"the clock is {'kept' if kept else 'not kept'} by the system", "" if kept else wrong)
    if agent.time_server:
        yield _about_clock(agent.time_server, clock)


def _about_clock(server: str, clock: Clock) -> Remark:
    try:
        off = clock_offset(server, clock.now)
    except Unavailable as error:
        return Remark(str(error), "Name a time server that this machine may ask over UDP port 123")
    wrong = "Passes would be dated wrongly: timedatectl set-ntp true"
    return Remark(f"the clock is {1000 * off:+.0f} ms off by {server}", wrong if abs(off) > CLOCK_OFF_S else "")


def without_history(gate: Gate) -> Gate:
    """``gate`` for a check: a terminal is not asked for what it kept."""
    if gate.hikvision is None:
        return gate
    asked = msgspec.structs.replace(gate.hikvision, history_hours=0.0)
    return msgspec.structs.replace(gate, hikvision=asked)
