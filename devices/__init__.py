"""Which things exist and whether they live: registry, places, presence."""
