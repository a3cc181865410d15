"""Devices that keep their own topics and formats: one codec for each, to the events and readings of everybody else."""
