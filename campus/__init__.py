"""The shared floor: events, topics, codec, clock, settings, stores, MQTT, scheduling and the service loop."""

__version__ = "0.1.0"
