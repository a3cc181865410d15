"""`campus doctor` looks at the disks that the platform writes to, and at no other."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from campus.settings import Dashboards, Database, Series, Settings
from cli.commands.doctor import Finding, examine


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of which the part called ``full`` lies on a disk with hardly any room."""
    (tmp_path / "full").mkdir()

    def usage(path: Path) -> SimpleNamespace:
        return SimpleNamespace(free=5e8 if "full" in Path(path).parts else 9e10)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return tmp_path


def disk(series: Series, where: Path, database: str = "campus.db", files: str = "files") -> Finding:
    made = Settings(
        series=series,
        database=Database(url=f"sqlite:///{where}/{database}"),
        dashboards=Dashboards(files=where / files),
    )
    return next(one for one in examine(made) if one.what == "disk")


def test_the_fullest_of_them_is_told(where: Path) -> None:
    full = disk(Series(path=where / "full" / "new" / "series.db"), where)
    assert (full.verdict, full.says) == ("problem", f"0.5 GB free at {where}/full/new")
    assert disk(Series(path=where / "series.db"), where, database="full/campus.db").verdict == "problem"
    assert disk(Series(path=where / "series.db"), where, files="full/files").verdict == "problem"
    assert disk(Series(path=where / "series.db"), where).verdict == "ok"


def test_where_the_series_would_lie_does_not_matter_when_influxdb_has_them(where: Path) -> None:
    away = Series(kind="influx", url="http://127.0.0.1:9", token="t", path=where / "full" / "series.db")
    assert disk(away, where).verdict == "ok"
