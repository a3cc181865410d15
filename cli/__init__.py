"""Composition roots and the `campus` command: the only place that sees every room."""
