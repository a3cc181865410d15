"""Where a walking person will be next: a constant-velocity Kalman filter for the foot point, and a smoothed size."""

from __future__ import annotations

from edge_agent.camera.geometry import Box, Point

# All in units of the person's own height in the picture, so that near and far people are treated alike. A person of
# 1.7 m walks at about 1.4 m/s (0.8 heights/s) and changes speed by about 1.5 m/s^2 (0.9 heights/s^2).
MEASURE = 0.06  # standard deviation of a detected foot point
START_SPEED = 0.8  # ... of the speed of someone seen for the first time
ACCELERATION = 0.9  # ... of the change of speed
SIZE_GAIN = 0.3  # how much of a new box size is believed
MAX_STEP_S = 2.0  # beyond this a guess about the speed says nothing any more


class _Axis:
    """Position and speed along one axis: a two-state Kalman filter written out in scalars."""

    def __init__(self, position: float, height: float) -> None:
        self.position = position
        self.speed = 0.0
        self._pp = (MEASURE * height) ** 2
        self._ps = 0.0
        self._ss = (START_SPEED * height) ** 2

    def predict(self, dt: float, height: float) -> None:
        noise = (ACCELERATION * height) ** 2
        self.position += self.speed * dt
        self._pp += dt * (2 * self._ps + dt * self._ss) + noise * dt**4 / 4
        self._ps += dt * self._ss + noise * dt**3 / 2
        self._ss += noise * dt**2

    def correct(self, measured: float, height: float) -> None:
        gain = 1.0 / (self._pp + (MEASURE * height) ** 2)
        surprise = measured - self.position
        kp, ks = self._pp * gain, self._ps * gain
        self.position += kp * surprise
        self.speed += ks * surprise
        self._ss -= ks * self._ps
        self._ps *= 1.0 - kp
        self._pp *= 1.0 - kp


class Walk:
    """The way of one person; times in seconds, places in shares of the frame."""

    def __init__(self, box: Box) -> None:
        self._width, self._height = box.width, box.height
        self._x, self._y = (_Axis(value, box.height) for value in box.foot)

    def predict(self, dt: float) -> None:
        """Let ``dt`` seconds pass."""
        dt = min(dt, MAX_STEP_S)
        for axis in (self._x, self._y):
            axis.predict(dt, self._height)

    def correct(self, box: Box) -> None:
        """Take a detected box in."""
        foot = box.foot
        self._x.correct(foot[0], self._height)
        self._y.correct(foot[1], self._height)
        self._width += SIZE_GAIN * (box.width - self._width)
        self._height += SIZE_GAIN * (box.height - self._height)

    @property
    def foot(self) -> Point:
        """The estimated foot point."""
        return (self._x.position, self._y.position)

    @property
    def box(self) -> Box:
        """The estimated box."""
        x, y = self.foot
        return Box(x - self._width / 2, y - self._height, x + self._width / 2, y)
