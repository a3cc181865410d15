"""What the alerts count, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter

STEPS = Counter("campus_alerts_changes_total", "Conditions that were raised, repeated or returned", ["change"])
HISTORY = Counter("campus_alerts_late_readings_total", "Readings too late to decide a live alarm")
DELIVERIES = Counter("campus_alerts_deliveries_total", "Attempts to send, by result", ["endpoint", "result"])
RELOADS = Counter("campus_alerts_rule_reloads_total", "Changed rules files, taken up or refused", ["result"])
