"""What the rendered camera sees, and how it is served."""
