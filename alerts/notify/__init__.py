"""How people and programs are told of alarms: one module per channel, listed in `alerts.notify.kinds`."""
