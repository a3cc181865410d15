"""The agent beside an attendance gate."""
