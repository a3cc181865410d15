"""What gates, doors and readers saw of students, stored once and read back with directions."""
