"""The long-running programs and what keeps them running: broker, pipeline session, supervision."""
