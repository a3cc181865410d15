"""Which sessions a day has, when each is looked at, who belongs to it, and how each kind is taken."""
