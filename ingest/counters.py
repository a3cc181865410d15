"""What the pipeline counts, for Prometheus: every loss and delay has a number here."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("campus_ingest_messages_total", "Messages acknowledged, by what became of them", ["outcome"])
POINTS = Counter("campus_ingest_points_total", "Points of the series, by what became of them", ["outcome"])
DEAD = Counter("campus_ingest_dead_letters_total", "Messages put among the dead letters, by reason", ["reason"])
RETRIES = Counter("campus_ingest_retries_total", "Batches tried again because a store was away", ["store"])
BATCH = Histogram(
    "campus_ingest_batch_messages", "Messages in a batch", buckets=(1, 10, 50, 100, 500, 1000, 2000, 5000)
)
SECONDS = Histogram("campus_ingest_batch_seconds", "From batch to acknowledgement, seconds of real time")
SPOOLED = Gauge("campus_ingest_series_spool_rows", "Batches of points waiting for the series store to return")
FAILED_TICKS = Counter("campus_ingest_failed_ticks_total", "Ticks that failed and were tried again")
SPARKPLUG_GAPS = Counter("campus_ingest_sparkplug_gaps_total", "Gaps in the numbering of Sparkplug edge nodes")
