"""The sources that a sensor's settings ask for; libraries are loaded for what is used."""

from __future__ import annotations

from campus.clock import Clock
from edge_agent.extras import needs
from edge_agent.sensor.files import FileSource
from edge_agent.sensor.measured import SensorSource
from edge_agent.sensor.settings import Modbus, Pin, Sensor


class Sources:
    """Makes the sources of an agent's sensors, which share what they are attached to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buses: object | None = None

    def of(self, sensor: Sensor) -> list[SensorSource]:
        """One source for each way the sensor is attached; raises `SettingsError`."""
        made: list[SensorSource] = []
        if sensor.modbus is not None:
            made.append(self._modbus(sensor.id, sensor.modbus))
        if sensor.pins:
            made.append(_pins(sensor.id, sensor.pins))
        if sensor.files:
            made.append(FileSource(sensor.files, self._clock))
        return made

    def _modbus(self, sensor: str, settings: Modbus) -> SensorSource:
        with needs("sensor", f"sensor {sensor}"):
            from edge_agent.sensor.modbus import Buses, ModbusSource
        if not isinstance(self._buses, Buses):
            self._buses = Buses()
        return ModbusSource(settings, self._buses.bus(sensor, settings), self._clock)


def _pins(sensor: str, pins: tuple[Pin, ...]) -> SensorSource:
    with needs("gpio", f"sensor {sensor}"):
        import gpiod

        from edge_agent.sensor.pins import PinSource
    return PinSource(pins, gpiod)
