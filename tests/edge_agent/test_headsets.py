"""VR labs with real headsets: what they say, sessions by who wears one, students by the card tapped before."""

import stat
import sys
import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openvr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus.clock import VirtualClock
from campus.credentials import hash_credential
from campus.errors import Unavailable
from campus.events import LabSeatLeft, LabSeatTaken
from edge_agent.gate.source import Pass
from edge_agent.lab import adb
from edge_agent.lab.adb import AdbHeadset
from edge_agent.lab.agent import LabAgent
from edge_agent.lab.headsets import HeadsetLab
from edge_agent.lab.settings import Headset, Lab
from edge_agent.lab.state import SEPARATOR, HeadsetState, read_state
from edge_agent.lab.steamvr import SteamVrHeadset
from edge_agent.lab.taps import Taps
from tests.edge_agent.conftest import Notebook

KEY = b"k" * 32
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  status: 2
  health: 2
  level: 87
  scale: 100
  voltage: 4230
  temperature: 312
"""
THERMAL = "IsStatusOverride: false\nThermalEventListeners:\nThermal Status: 1\nCached temperatures:\n"
FRAMES = "09-07 08:00:01.000 I VrApi: FPS=72/72,Prd=45ms,Tear=0,Early=0,Stale=3,VSnc=0,Lat=1,Fov=0"


def said(*, power: str = "", runtime: str = "", battery: str = BATTERY) -> str:
    return SEPARATOR.join([battery, THERMAL, power, runtime, FRAMES])


def test_battery_heat_and_frames_are_read() -> None:
    state = read_state(said(power="mWakefulness=Awake\n"))
    assert (state.battery, state.charging, state.temperature, state.thermal_status) == (87, True, 31.2, 1)
    assert (state.fps, state.stale_frames) == (72, 3)
    assert "tracking_lost" not in state.values()


@pytest.mark.parametrize(
    ("power", "runtime", "worn"),
    [
        ("", "Vr Power Manager\n  State: HEADSET_MOUNTED\n", True),
        ("mWakefulness=Awake\nmProximityPositive=true", "  State: STANDBY\n", False),  # the runtime knows better
        ("  mWakefulness=Awake\n  mProximityPositive=true\n", "", True),
        ("mWakefulness=Awake\nmProximityPositive=false", "", False),
        ("mWakefulness=Awake", "Can't find service: vrpowermanager", True),
        ("mWakefulness=Asleep", "", False),
        ("", "", None),
    ],
)
def test_who_wears_it_is_told_by_the_runtime_or_by_being_awake_and_near(power: str, runtime: str, worn: Any) -> None:
    assert read_state(said(power=power, runtime=runtime)).worn is worn


@given(
    st.text()
    | st.lists(st.sampled_from([SEPARATOR, "level: ", "temperature: ", "9" * 40, "-", "FPS=", "\n"])).map("".join)
)
@settings(max_examples=60)
def test_any_text_is_a_state_in_range(text: str) -> None:
    state = read_state(text)
    assert state.battery is None or 0 <= state.battery <= 100
    assert state.temperature is None or -40 <= state.temperature <= 120


# -- adb ------------------------------------------------------------------------------------------------------------

PROGRAM = """#!{python}
import sys, time
from pathlib import Path
serial, script = sys.argv[2], sys.argv[4]
if serial == "STRANGE":
    sys.exit("error: device unauthorized.")
if serial == "SLOW":
    time.sleep(30)
print((Path(__file__).parent / serial).read_text())
"""


@pytest.fixture
def played_adb(tmp_path: Path) -> Path:
    """A program that answers as adb does, with what stands in a file of the headset's name."""
    path = tmp_path / "adb"
    path.write_text(PROGRAM.format(python=sys.executable))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_headset_is_asked_through_adb(played_adb: Path) -> None:
    (played_adb.parent / "1WMHH").write_text(said(runtime="State: HEADSET_MOUNTED"))
    state = AdbHeadset(str(played_adb), "1WMHH").look()
    assert (state.worn, state.battery) == (True, 87)


def test_what_is_wrong_with_a_headset_is_told_with_the_fix(played_adb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match=r"headset STRANGE .*unauthorized.*allow USB debugging"):
        AdbHeadset(str(played_adb), "STRANGE").look()
    with pytest.raises(Unavailable, match=r"cannot be run.*install adb"):
        AdbHeadset(str(played_adb.parent / "none"), "X").look()
    monkeypatch.setattr(adb, "LIMIT_S", 0.1)
    with pytest.raises(Unavailable, match="no answer within"):
        AdbHeadset(str(played_adb), "SLOW").look()


# -- SteamVR --------------------------------------------------------------------------------------------------------


class Vr:
    """What SteamVR does; names, numbers and errors are the real library's."""

    def __init__(self) -> None:
        self.runs, self.worn, self.tracked, self.dropped, self.shut = True, True, True, 100, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(openvr, name)

    def init(self, _kind: int) -> "Vr":
        if not self.runs:
            raise openvr.error_code.InitError_Init_NoServerForBackgroundApp(121)
        return self

    def shutdown(self) -> None:
        self.shut += 1

    def isTrackedDeviceConnected(  # noqa: N802 - the names are the library's
        self, _index: int
    ) -> bool:
        if not self.runs:
            raise openvr.OpenVRError("gone")
        return True

    def getDeviceToAbsoluteTrackingPose(self, *_: Any) -> list[Any]:  # noqa: N802
        good, bad = openvr.TrackingResult_Running_OK, openvr.TrackingResult_Running_OutOfRange
        return [SimpleNamespace(eTrackingResult=good if self.tracked else bad)]

    def getTrackedDeviceActivityLevel(self, _index: int) -> int:  # noqa: N802
        in_use, idle = openvr.k_EDeviceActivityLevel_UserInteraction, openvr.k_EDeviceActivityLevel_Standby
        return in_use if self.worn else idle

    def getFloatTrackedDeviceProperty(self, *_: Any) -> float:  # noqa: N802
        raise openvr.OpenVRError("no battery")

    def VRChaperone(self) -> Any:  # noqa: N802
        return SimpleNamespace(areBoundsVisible=lambda: not self.tracked)

    def VRCompositor(self) -> Any:  # noqa: N802
        return SimpleNamespace(getCumulativeStats=lambda: SimpleNamespace(m_nNumDroppedFrames=self.dropped))


def test_steamvr_tells_tracking_boundary_and_dropped_frames_and_may_be_closed() -> None:
    vr = Vr()
    headset = SteamVrHeadset(vr)  # type: ignore[arg-type]
    assert headset.look() == HeadsetState(worn=True, frames_dropped=0, tracking_lost=False, boundary_shown=False)
    vr.tracked, vr.dropped = False, 117
    assert headset.look() == HeadsetState(worn=True, frames_dropped=17, tracking_lost=True, boundary_shown=True)
    vr.runs = False
    for _ in range(2):
        with pytest.raises(Unavailable, match="SteamVR"):
            headset.look()
    assert vr.shut == 1
    vr.runs = True
    assert headset.look().worn


# -- sessions -------------------------------------------------------------------------------------------------------


class Worn:
    """A headset that is worn as a test says; None: it does not answer."""

    def __init__(self) -> None:
        self.state: HeadsetState | None = HeadsetState(worn=False, battery=50.0)

    def look(self) -> HeadsetState:
        if self.state is None:
            raise Unavailable("the headset", "no answer")
        return self.state

    def worn(self, worn: bool) -> None:
        self.state = HeadsetState(worn=worn, battery=50.0)


class Rig:
    """A lab of two headsets, asked step by step."""

    def __init__(self, clock: VirtualClock, voice: Notebook, **more: Any) -> None:
        self.a, self.b = Worn(), Worn()
        headsets = (Headset(id="hs-1", seat="1", serial="A"), Headset(id="hs-2", seat="2", serial="B"))
        self.lab = Lab(id="lab-1", source="headsets", headsets=headsets, **more)
        self.source = HeadsetLab(self.lab, {"hs-1": self.a, "hs-2": self.b}, clock, voice)
        self.agent = LabAgent(self.lab, self.source, KEY, clock, voice)
        self._clock, self._voice, self._stop = clock, voice, threading.Event()

    def let(self, seconds: float) -> None:
        """Let the agent work for so long; the change that comes in it is told."""
        end = self._clock.now() + timedelta(seconds=seconds)
        while (left := (end - self._clock.now()).total_seconds()) > 0:
            change = self.source.next(self._stop, left)
            if change is not None:
                self.agent._tell(change, self._clock.now())

    def tap(self, *numbers: str) -> None:
        cards = iter([Pass(number) for number in numbers])
        reader = SimpleNamespace(next=lambda stop: next(cards, None))
        self.source.listen(reader, KEY, self._stop)  # type: ignore[arg-type]

    def sessions(self) -> list[tuple[str, str | None]]:
        return [(e.seat, e.credential) for _, e, _ in self._voice.events if isinstance(e, LabSeatTaken)]


def test_a_session_is_joined_to_the_card_tapped_before(clock: VirtualClock, voice: Notebook) -> None:
    rig = Rig(clock, voice)
    rig.tap("77")
    rig.let(20)
    rig.b.worn(True)
    rig.let(20)
    assert rig.sessions() == [("2", hash_credential(KEY, "77"))]
    rig.b.worn(False)
    rig.let(6)
    rig.b.worn(True)  # the lenses were wiped
    rig.let(600)
    rig.b.worn(False)
    rig.let(20)
    (left,) = [event for _, event, _ in voice.events if isinstance(event, LabSeatLeft)]
    assert left.seat == "2"
    assert 600 < left.duration_s < 660
    told = [values for device, values, _ in voice.readings if device == "hs-2"]
    assert {"battery": 50.0, "worn": True} in told
    assert len(told) == pytest.approx(666 / 30, abs=4)


def test_when_several_cards_wait_nobody_is_named_unless_they_sit_in_order(clock: VirtualClock, voice: Notebook) -> None:
    rig = Rig(clock, voice)
    rig.tap("77", "78")
    rig.a.worn(True)
    rig.let(20)
    assert rig.sessions() == [("1", None)]
    assert rig.source.doubtful() == 1
    ordered = Rig(clock, Notebook(), in_order=True)
    ordered.tap("77", "78", "77")
    ordered.b.worn(True)
    ordered.let(20)
    ordered.a.worn(True)
    ordered.let(20)
    assert ordered.sessions() == [("2", hash_credential(KEY, "78")), ("1", hash_credential(KEY, "77"))]


def test_a_card_that_waited_too_long_belongs_to_nobody(clock: VirtualClock, voice: Notebook) -> None:
    taps = Taps(timedelta(seconds=60), ["1"], in_order=False)
    taps.tap("c", [], clock.now())
    assert taps.claim("1", clock.now() + timedelta(seconds=61)) is None


def test_a_headset_that_is_away_is_offline_and_keeps_its_session(clock: VirtualClock, voice: Notebook) -> None:
    rig = Rig(clock, voice)
    rig.a.worn(True)
    rig.let(20)
    rig.a.state = None
    rig.let(60)
    assert not rig.source.reachable("hs-1")()
    assert rig.source.reachable("hs-2")()
    assert rig.source.health("hs-1")()["missed"] >= 3
    assert rig.agent.health() == {"seats_taken": 1.0}
    rig.a.worn(False)
    rig.let(20)
    assert rig.agent.health() == {"seats_taken": 0.0}


@pytest.mark.parametrize(
    ("headsets", "named"),
    [
        ((), r"\[\[labs.headsets\]\] is missing"),
        (({"id": "a", "seat": "1", "serial": "x"}, {"id": "b", "seat": "1", "serial": "y"}), "a seat is there twice"),
        (
            ({"id": "a", "seat": "1", "serial": "x"}, {"id": "a", "seat": "2", "serial": "y"}),
            "a headset is there twice",
        ),
        (({"id": "a", "seat": "1", "kind": "steamvr"}, {"id": "b", "seat": "2", "kind": "steamvr"}), "drives one"),
    ],
)
def test_a_lab_that_cannot_be_is_refused(headsets: tuple[dict[str, Any], ...], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Lab(id="lab-1", source="headsets", headsets=tuple(Headset(**one) for one in headsets))
    with pytest.raises(ValueError, match="serial is missing"):
        Headset(id="a", seat="1")
