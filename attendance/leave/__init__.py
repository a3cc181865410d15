"""Leave asked for and granted, and the illness watch that follows the sick ones."""
