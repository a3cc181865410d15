"""Pages, scripts and styles travel compressed to whoever takes that, and whole to whoever does not."""

import gzip

import pytest

from dashboards.assets import static_root
from tests.dashboards.conftest import SignIn


@pytest.mark.parametrize("path", ["/console", f"{static_root()}/console.js", f"{static_root()}/frame.css"])
def test_what_is_text_travels_compressed(sign_in: SignIn, path: str) -> None:
    guard = sign_in("guard")
    packed = guard.get(path, headers={"Accept-Encoding": "gzip"})
    whole = guard.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in whole.headers
    assert packed.headers["Content-Type"] == whole.headers["Content-Type"]
    assert int(packed.headers["Content-Length"]) < 0.5 * len(whole.content)
    assert len(gzip.compress(whole.content)) < len(whole.content)
