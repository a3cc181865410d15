"""Looking back: what the rules would have raised, and what the alarms asked of people."""
