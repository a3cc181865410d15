"""Firmware: files that were signed, what is installed where, campaigns that bring the one to the other."""
