"""The same model by OpenCV and by ONNX Runtime: the same output, the same people."""

import sys
from pathlib import Path

import numpy as np
import pytest

from campus.errors import SettingsError
from edge_agent.camera.detectors import make_detector
from edge_agent.camera.geometry import iou
from edge_agent.camera.network import load_network
from edge_agent.camera.truth import frames_of
from edge_agent.settings import Camera


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("kind", "file", "side"), [("yolox", "yolox_nano.onnx", 416), ("fastestdet", "FastestDet.onnx", 352)]
)
def test_both_runtimes_find_the_same_people(real_data: Path, kind: str, file: str, side: int) -> None:
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    model = real_data / "models" / file
    image = next(frames_of(real_data / "video" / "pets09_s2l1_1-480.mp4"))
    batch = np.random.default_rng(3).random((1, 3, side, side), dtype=np.float32)
    one, other = (load_network(model, side, runtime).run(batch) for runtime in ("opencv", "onnxruntime"))
    assert one.shape == other.shape
    assert np.abs(one - other).max() < 1e-3 * max(1.0, np.abs(one).max())
    found = [
        make_detector(Camera(id="c", source="sim", detector=kind, model=model, runtime=runtime)).detect(image)  # type: ignore[arg-type]
        for runtime in ("opencv", "onnxruntime")
    ]
    assert len(found[0]) == len(found[1]) > 2
    for left, right in zip(*found, strict=True):
        assert iou(left.box, right.box) > 0.99
        assert left.score == pytest.approx(right.score, abs=0.01)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(SettingsError, match=r"bad\.onnx: ONNX Runtime cannot run it"):
        load_network(tmp_path / "bad.onnx", 416, "onnxruntime")


def test_where_the_library_is_missing_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some.onnx").write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(SettingsError, match=r"campus-safety\[onnx\]"):
        load_network(tmp_path / "some.onnx", 416, "onnxruntime")
