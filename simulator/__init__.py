"""A school that does not exist: people, devices, incidents with known truth."""
