"""MQTT over paho, whose one home this is."""
