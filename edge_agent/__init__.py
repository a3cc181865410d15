"""The program beside cameras, gates and labs: it turns what they see into small typed messages over MQTT."""
