"""The plan: where things stand, what cameras see, the drawings under it."""
