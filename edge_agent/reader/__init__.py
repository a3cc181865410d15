"""Readers of cards and codes at a gate or in a lab: keyboard wedges, serial lines, and cameras that read QR codes."""
