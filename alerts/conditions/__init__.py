"""Whether a rule holds: readings, events and the passing of time to signals, signals to conditions."""
