"""The register: marks decided, appended, corrected, and proved by a hash chain."""
