"""The series store that the settings ask for; the InfluxDB client is loaded only when it is the one."""

from __future__ import annotations

from campus import settings
from campus.series.store import SeriesStore


def open_series(section: settings.Series) -> SeriesStore:
    """Open the store of ``[series]``. Raises `SettingsError` for a setting that cannot work, `Unavailable` for a file
    that cannot be opened; InfluxDB is not contacted before the first call.
    """
    if section.kind == "influx":
        from campus.series.influx import InfluxSeries

        return InfluxSeries(section)
    from campus.series.sqlite import SqliteSeries

    return SqliteSeries(section.path)
