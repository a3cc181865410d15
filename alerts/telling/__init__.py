"""Who is told of an alarm, over what, and what follows while nobody acknowledges."""
