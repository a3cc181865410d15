"""The roster: read from OneRoster, School Data Sync or a provider, checked, brought in step, and kept so."""
