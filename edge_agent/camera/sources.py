"""The picture source that a camera's settings ask for."""

from __future__ import annotations

from edge_agent.camera.file_source import FileSource
from edge_agent.camera.live_source import LiveSource
from edge_agent.camera.privacy import MaskedSource
from edge_agent.camera.rendered import SceneSource
from edge_agent.camera.source import Source, is_live, opener
from edge_agent.login import with_login
from edge_agent.settings import Camera


def make_source(camera: Camera) -> Source:
    """Open nothing yet: a source connects when it is first asked, or by itself in the background when it is live."""
    source = _bare(camera)
    return MaskedSource(source, camera.masks) if camera.masks else source


def _bare(camera: Camera) -> Source:
    if camera.source == "sim":
        return SceneSource(camera.fps)
    if is_live(camera.source):
        return LiveSource(opener(with_login(camera.source, camera.login_file)), camera.fps, camera.id)
    open_file = opener(camera.source, folder_fps=camera.file_fps or camera.fps)
    return FileSource(open_file, camera.fps, true_fps=camera.file_fps, loop=camera.loop_file)
