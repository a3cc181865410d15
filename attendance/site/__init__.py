"""Who is on site: in, out or unknown, by class, dormitory and place."""
