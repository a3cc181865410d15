"""Where rooms meet: a port that one room states, answered from the others."""
