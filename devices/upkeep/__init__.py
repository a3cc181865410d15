"""Keeping devices working: tickets, planned checks, spare parts."""
