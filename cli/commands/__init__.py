"""The commands of `campus`, a module each; what they do is done by the rooms."""
