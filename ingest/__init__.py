"""Broker to truth: consumer, pipeline, series sink, dead letters."""
