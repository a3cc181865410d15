"""The agent beside a VR lab."""
