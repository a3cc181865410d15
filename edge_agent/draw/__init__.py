"""A small local page on which zones, lines and areas of a camera are drawn: `campus edge draw`."""
