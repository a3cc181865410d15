"""The agent beside sensors that do not speak MQTT: Modbus, pins of a board, files of the kernel."""
