"""The life of an alarm: its states and steps, what people do with it, what is told and kept of it."""
