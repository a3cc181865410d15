"""The reader that is attached to this machine, by the section of the settings that describes it."""

from __future__ import annotations

from campus.clock import Clock
from edge_agent.extras import needs
from edge_agent.gate.source import PassSource
from edge_agent.reader.settings import QrCamera, SerialLine, Wedge


def attached_reader(reader: Wedge | SerialLine | QrCamera, of: str, key: bytes, clock: Clock) -> PassSource:
    """The reader of ``of`` (as errors name it); ``key`` is the school's, for signed codes. Raises `SettingsError`."""
    if isinstance(reader, Wedge):
        with needs("linux", f"{of}: a keyboard wedge, which only Linux gives to one program alone,"):
            from edge_agent.reader.wedge import KeyboardWedge
        return KeyboardWedge(reader, clock)
    if isinstance(reader, SerialLine):
        with needs("gate", of):
            from edge_agent.reader.serial_line import SerialReader
        return SerialReader(reader, clock)
    return _qr(reader, of, key, clock)


def _qr(reader: QrCamera, of: str, key: bytes, clock: Clock) -> PassSource:
    with needs("edge", of):
        from edge_agent.camera.sources import make_source
        from edge_agent.reader.qr import QrReader
        from edge_agent.settings import Camera
    camera = Camera(id="reader", source=reader.source, login_file=reader.login_file, fps=reader.fps, loop_file=False)
    return QrReader(reader, make_source(camera), key, clock)
