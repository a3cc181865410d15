"""The headset that SteamVR drives on this machine, by OpenVR in the background: SteamVR is never started by us."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from campus.errors import Unavailable
from edge_agent.lab.state import HeadsetState

_HEADSET = 0  # k_unTrackedDeviceIndex_Hmd


class SteamVrHeadset:
    """``openvr`` is the library. SteamVR may be closed and begun again while we run."""

    def __init__(self, openvr: ModuleType) -> None:
        self._openvr = openvr
        self._system: Any = None
        self._dropped: int | None = None

    def look(self) -> HeadsetState:
        """Ask it now; raises `Unavailable` when SteamVR does not run."""
        vr = self._openvr
        try:
            if self._system is None:
                self._system = vr.init(vr.VRApplication_Background)
            return self._state()
        except vr.OpenVRError as error:
            self._leave()
            raise Unavailable("SteamVR", str(error) or type(error).__name__) from None

    def _state(self) -> HeadsetState:
        vr, system = self._openvr, self._system
        if not system.isTrackedDeviceConnected(_HEADSET):
            raise Unavailable("SteamVR", "no headset is connected to it")
        pose = system.getDeviceToAbsoluteTrackingPose(vr.TrackingUniverseStanding, 0.0, 1)[_HEADSET]
        worn = system.getTrackedDeviceActivityLevel(_HEADSET) == vr.k_EDeviceActivityLevel_UserInteraction
        return HeadsetState(
            worn=worn,
            battery=self._battery(),
            frames_dropped=self._newly_dropped(),
            tracking_lost=worn and pose.eTrackingResult != vr.TrackingResult_Running_OK,
            boundary_shown=bool(vr.VRChaperone().areBoundsVisible()),
        )

    def _battery(self) -> float | None:
        vr = self._openvr
        try:
            share = self._system.getFloatTrackedDeviceProperty(_HEADSET, vr.Prop_DeviceBatteryPercentage_Float)
        except vr.OpenVRError:
            return None  # a headset with a cable has none
        return round(100 * float(share), 1)

    def _newly_dropped(self) -> float:
        total = int(self._openvr.VRCompositor().getCumulativeStats().m_nNumDroppedFrames)
        before, self._dropped = self._dropped, total
        return float(max(0, total - before)) if before is not None else 0.0

    def _leave(self) -> None:
        if self._system is not None:
            self._system = None
            self._openvr.shutdown()
