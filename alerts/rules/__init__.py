"""What a rule is: its kinds and keys, the file it is written in, the library that comes with the platform."""
